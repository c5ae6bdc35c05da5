"""Do two samples of a metric come from one distribution? Two tests, an interval, a correction.

- The Kolmogorov-Smirnov test is sensitive to any difference: of the level, but also of the spread
  and the tails, which a wrong optimiser or initialiser changes first.
- The Wilcoxon signed-rank test is sensitive to the level alone, of the differences within pairs:
  the effect that the rows of a seed have on both sides cancels, which is most of the spread of many
  tasks.

A large p is no proof of equality. The interval says how large a difference of the level may have
been missed.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import PermutationMethod, ks_2samp, wilcoxon

NAN = float("nan")


def kolmogorov_smirnov(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the exact two-sided p; NaN for fewer than two values, or if all are equal."""
    if min(len(first), len(second)) < 2 or len({*first, *second}) == 1:
        return NAN
    return float(ks_2samp(first, second).pvalue)


def signed_rank(differences: Sequence[float]) -> float:
    """Return the two-sided p of Wilcoxon's test; NaN for fewer than two differences besides zeros.

    It is exact; where differences are equal but for their signs, for 13 differences at most.
    """
    values = np.asarray([value for value in differences if value])
    if len(values) < 2:
        return NAN
    has_ties = len(np.unique(np.abs(values))) < len(values)
    # SciPy's "exact" assumes that there are no ties; all 2**13 signs can be tried.
    method = PermutationMethod(n_resamples=2**13) if has_ties else "exact"
    return float(wilcoxon(values, method=method).pvalue)


def shift(differences: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Return the typical difference and the exact interval that belongs to Wilcoxon's test.

    Hodges and Lehmann 1963: the median of the means of all pairs of differences. The interval ends
    at those of these means between which 0 would have to lie for the test not to reject it.

    Returns:
        (estimate, low, high). Low and high are NaN where there are too few differences for the
        level: 0.95 takes 6.
    """
    values = np.asarray(differences)
    means = np.sort([(a + b) / 2 for i, a in enumerate(values) for b in values[i:]])
    # The probability of each sum of the ranks 1 … n, if each is taken with probability ½.
    sums = np.ones(1)
    for rank in range(1, len(values) + 1):
        sums = np.convolve(sums, [0.5, *[0] * (rank - 1), 0.5])
    # As many means are dropped at either end as sums are rare enough.
    dropped = int(np.searchsorted(sums.cumsum(), (1 - level) / 2, side="right"))
    low, high = (means[dropped - 1], means[-dropped]) if dropped else (NAN, NAN)
    return float(np.median(means)), float(low), float(high)


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979); a NaN stays and does not count."""
    corrected = np.array(values, dtype=float)
    order = np.argsort(corrected)[: np.isfinite(corrected).sum()]
    scaled = corrected[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.maximum.accumulate(np.minimum(scaled, 1))
    return corrected.tolist()
