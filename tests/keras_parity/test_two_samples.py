import math

import numpy as np
import pytest
from two_samples import holm, kolmogorov_smirnov, shift, signed_rank


def test_samples_that_do_not_overlap() -> None:
    # Of the C(6, 3) = 20 ways to deal six values out, two are as extreme.
    assert kolmogorov_smirnov([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)


@pytest.mark.parametrize(("first", "second"), [([1], [1, 2]), ([], []), ([3, 3], [3, 3])])
def test_without_a_distribution_there_is_no_p(first: list[float], second: list[float]) -> None:
    assert math.isnan(kolmogorov_smirnov(first, second))


def test_signed_ranks_by_hand() -> None:
    assert signed_rank([1, 2, 3, 4, 5]) == pytest.approx(2 / 2**5)
    # Sums of ranks up to 2 on one side: {}, {1}, {2}; twice 3 of 16.
    assert signed_rank([1, -2, 3, 4]) == pytest.approx(2 * 3 / 2**4)


def test_ties_share_ranks_and_zeros_are_left_out() -> None:
    # Ranks 1.5, 1.5, 3: of eight signs two give all or nothing.
    assert signed_rank([1, 1, 0, 2]) == pytest.approx(2 / 8)
    # 1.5 on one side: {}, and one of two.
    assert signed_rank([1, -1, 2]) == pytest.approx(2 * 3 / 8)
    assert math.isnan(signed_rank([0, 0, 1]))


def test_the_interval_is_that_of_the_tables() -> None:
    differences = [float(2**n) for n in range(10)]
    means = sorted((differences[i] + differences[j]) / 2 for i in range(10) for j in range(i, 10))
    # Of ten differences the tables' critical value is 8: the 9th mean from either end.
    assert shift(differences) == (float(np.median(means)), means[8], means[-9])


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    differences = np.random.default_rng(2).normal(1, 1, 9)
    _, low, high = shift(list(differences))
    for inside in (low + 1e-9, high - 1e-9):
        assert signed_rank(list(differences - inside)) > 0.05
    for outside in (low - 1e-9, high + 1e-9):
        assert signed_rank(list(differences - outside)) <= 0.05


def test_five_differences_have_no_interval() -> None:
    estimate, low, high = shift([1, 2, 3, 4, 5])
    assert estimate == 3
    assert math.isnan(low)
    assert math.isnan(high)
    assert shift([1, 2, 3, 4, 5, 6]) == (3.5, 1, 6)


def test_holm_by_hand() -> None:
    corrected = holm([0.04, math.nan, 0.01, 0.03])
    # 1 · 0.04 is less than 2 · 0.03, and a larger p may not become the smaller one.
    assert corrected == pytest.approx([0.06, math.nan, 0.03, 0.06], nan_ok=True)
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
