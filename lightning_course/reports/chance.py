"""Is a classifier of two classes better than guessing?"""

from scipy.stats import binomtest


def binomial_interval(correct: int, rows: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share, ``correct`` of ``rows`` (Clopper, Pearson 1934).

    Args:
        correct: From 0 to ``rows``.
        rows: At least 1; each right or wrong on its own.
    """
    interval = binomtest(correct, rows).proportion_ci(confidence_level=0.95, method="exact")
    return float(interval.low), float(interval.high)


def verdict(correct: int, rows: int, majority: float) -> str:
    """Return in words what an accuracy is worth, with its 95 % interval.

    Args:
        correct: Rows that were classified rightly.
        rows: All of them.
        majority: The share of rows that are of the training rows' more frequent class, which is
            the accuracy of always naming that.
    """
    low, high = binomial_interval(correct, rows)
    levels = {"50 %": 0.5, f"the training majority's {100 * majority:.1f} %": majority}
    both = " and ".join(levels)
    within = [name for name, level in levels.items() if low <= level <= high]
    if low > max(levels.values()):
        place = f"above {both}: better than guessing"
    elif high < min(levels.values()):
        place = f"below {both}: worse than guessing"
    elif within:
        place = f"which holds {' and '.join(within)}: no better than guessing"
    else:
        place = f"below {max(levels, key=lambda name: levels[name])}: no better than guessing"
    return (
        f"accuracy {100 * correct / rows:.1f} % of {rows:,}: 95 % interval {100 * low:.1f} to "
        f"{100 * high:.1f} %, {place}"
    )
