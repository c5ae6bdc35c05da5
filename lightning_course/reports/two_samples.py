"""Are two samples of a figure from one distribution? Two tests, an interval, Holm's correction.

Two tests, because they see different things:

- Kolmogorov and Smirnov's sees any difference of two distributions: the level, but also the spread
  and the tails, which a wrong optimiser or initialiser changes first. Mann and Whitney's sees the
  level alone.
- Wilcoxon's signed-rank test sees the level alone, but of differences in pairs: what the rows of a
  seed do to both sides alike drops out, which is most of the spread of many tasks.

A large p is no proof of equality. The interval that belongs to Wilcoxon's test says how large a
difference of the level may have gone unseen.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import ks_2samp, rankdata

FloatArray = npt.NDArray[np.floating]


def kolmogorov_smirnov(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the exact two-sided p of two samples being from one distribution (Smirnov 1939).

    Values that are equal, as accuracies of few rows are, make it larger than it should be.

    Returns:
        NaN for fewer than two values in a sample, or where all are alike.
    """
    if min(len(first), len(second)) < 2 or len({*first, *second}) == 1:
        return float("nan")
    return float(ks_2samp(first, second, method="auto").pvalue)


def signed_rank(differences: Sequence[float]) -> float:
    """Return the exact two-sided p of differences being as often and as far above 0 as below it.

    Wilcoxon 1945: zeros are left out, equal sizes share their ranks. The distribution is that of
    these very ranks under random signs, so that ties, for which scipy's is an approximation, do no
    harm. Of n differences p is 2 / 2ⁿ or more.

    Returns:
        NaN where fewer than two differences are not zero.
    """
    values = np.asarray([value for value in differences if value], float)
    if len(values) < 2:
        return float("nan")
    # Twice the ranks: shared ones may be halves.
    ranks = np.rint(2 * rankdata(np.abs(values))).astype(int)
    chances = _sums_of_random_signs(ranks)
    positive = int(ranks[values > 0].sum())
    tail = min(chances[: positive + 1].sum(), chances[positive:].sum())
    return float(min(1.0, 2 * tail))


def _sums_of_random_signs(ranks: npt.NDArray[np.integer]) -> FloatArray:
    """Return the chance of each sum 0 … Σr of the ranks that are taken with probability ½ each."""
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1
    for rank in ranks:
        taken = np.zeros_like(chances)
        taken[rank:] = chances[: len(chances) - rank]
        chances = (chances + taken) / 2
    return chances


def shift(differences: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Return the typical difference and the exact interval for it that belongs to Wilcoxon's test.

    Hodges and Lehmann 1963: the median of the means of all pairs of differences, and those of
    these means between which 0 would have to lie for the test not to reject it.

    Args:
        differences: Of a pair each, at least one.
        level: Of the interval, in (0, 1).

    Returns:
        (estimate, low, high). Low and high are NaN where n is too small for the level: 0.95 takes
        6 differences.
    """
    values = np.asarray(differences, float)
    rows, columns = np.triu_indices(len(values))
    means = np.sort((values[rows] + values[columns]) / 2)
    chances = _sums_of_random_signs(np.arange(1, len(values) + 1))
    # How many sums are so small that together they are rarer than half of what is left over.
    dropped = int(np.searchsorted(chances.cumsum(), (1 - level) / 2, side="right"))
    if dropped == 0:
        return float(np.median(means)), float("nan"), float("nan")
    return float(np.median(means)), float(means[dropped - 1]), float(means[-dropped])


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number (Holm 1979); NaN stays and does not count.

    The chance of any false alarm among them is then at most the level they are compared with,
    however they hang together.
    """
    known = sorted((value, index) for index, value in enumerate(values) if value == value)
    corrected = [float("nan")] * len(values)
    highest = 0.0
    for rank, (value, index) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * value))
        corrected[index] = highest
    return corrected
