"""Whether a two-class classifier is better than guessing."""

from scipy.stats import binomtest


def binomial_interval(correct: int, rows: int) -> tuple[float, float]:
    """Return the exact 95 % confidence interval of an accuracy (Clopper, Pearson 1934).

    Args:
        correct: Correctly classified rows, from 0 to ``rows``.
        rows: All rows, at least 1; they are independent.
    """
    interval = binomtest(correct, rows).proportion_ci(confidence_level=0.95, method="exact")
    return float(interval.low), float(interval.high)


def verdict(correct: int, rows: int, majority: float) -> str:
    """Return a sentence that compares an accuracy and its 95 % interval with guessing.

    Args:
        correct: Correctly classified rows.
        rows: All rows.
        majority: The accuracy of always predicting the training rows' more frequent class.
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
