from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch.nn import functional as F

from lightning_course import from_scratch

pytestmark = pytest.mark.filterwarnings("error")


@settings(deadline=None)
@given(st.integers(2, 20), st.integers(0, 999))
def test_equals_torch_and_scipy(length: int, seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, length))
    x, y = torch.tensor(a), torch.tensor(b)
    assert from_scratch.dot_product(a, b) == pytest.approx(float(x @ y), abs=1e-12)
    cosine = from_scratch.cosine_similarity(a, b)
    assert cosine == pytest.approx(float(F.cosine_similarity(x, y, 0)), abs=1e-12)
    pearson = from_scratch.pearson_correlation(a, b)
    assert pearson == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-12)
    distance = from_scratch.euclidean_distance(a, b)
    assert distance == pytest.approx(float(torch.dist(x, y)), abs=1e-12)
    # a·b = |a|·|b|·cos θ
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    assert from_scratch.dot_product(a, b) == pytest.approx(lengths * cosine, abs=1e-12)


@settings(deadline=None)
@given(st.integers(2, 20), st.floats(0.1, 10), st.floats(-10, 10), st.integers(0, 999))
def test_what_each_measure_does_not_see(
    length: int, factor: float, constant: float, seed: int
) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, length))
    cosine = from_scratch.cosine_similarity(a, b)
    assert from_scratch.cosine_similarity(a, factor * b) == pytest.approx(cosine, abs=1e-9)
    pearson = from_scratch.pearson_correlation(a, b)
    shifted = from_scratch.pearson_correlation(a, factor * b + constant)
    assert shifted == pytest.approx(pearson, abs=1e-9)
    assert from_scratch.cosine_similarity(a, a) == pytest.approx(1)
    assert from_scratch.cosine_similarity(a, -a) == pytest.approx(-1)
    assert from_scratch.pearson_correlation(a, -a) == pytest.approx(-1)


def test_right_angles_are_not_zero_correlation() -> None:
    assert from_scratch.cosine_similarity([1, 0], [0, 1]) == 0
    assert from_scratch.pearson_correlation([1, 0], [0, 1]) == pytest.approx(-1)


def test_images_count_as_flattened() -> None:
    image, kernel = [[10, 30], [20, 30]], [[1, 0], [0, 2]]
    assert from_scratch.dot_product(image, kernel) == 70
    assert from_scratch.dot_product(image, kernel) == from_scratch.cross_correlate_2d(image, kernel)


def test_sizes_beyond_the_square_root_of_the_largest_number() -> None:
    assert from_scratch.cosine_similarity([1e300, 1e300], [1e-300, 0]) == pytest.approx(0.5**0.5)
    assert -1 <= from_scratch.cosine_similarity([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]) <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.dot_product([1, 2], [1]), r"shape \(2,\) .*, got \(1,\)"),
        (lambda: from_scratch.cosine_similarity([0, 0], [1, 2]), "a must not be all zeros"),
        (lambda: from_scratch.cosine_similarity([1, 2], [0, 0]), "b must not be all zeros"),
        (lambda: from_scratch.pearson_correlation([0.1, 0.1, 0.1], [1, 2, 3]), "values are 0.1"),
        (lambda: from_scratch.pearson_correlation([1], [2]), "a must not be constant"),
        (lambda: from_scratch.euclidean_distance([[1]], [1]), r"shape \(1, 1\) .*, got \(1,\)"),
        (lambda: from_scratch.dot_product([], []), r"empty, got shape \(0,\)"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
