import math
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

sizes = st.integers(1, 8)
seeds = st.integers(0, 999)


def close(ours: float, wanted: Any) -> bool:
    return ours == pytest.approx(float(wanted), rel=1e-10, abs=1e-12)


@settings(deadline=None)
@given(sizes, sizes, seeds)
def test_mean_squared_error_is_gaussian(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    y, p = random.normal(size=(2, rows, columns))
    mse = from_scratch.mean_squared_error(y, p)
    assert close(mse, F.mse_loss(torch.tensor(p), torch.tensor(y)))
    nll = from_scratch.gaussian_nll(y, p)
    assert close(nll, -stats.norm(p, 1).logpdf(y).sum())
    assert close(nll, y.size / 2 * (mse + math.log(2 * math.pi)))
    wide = from_scratch.gaussian_nll(y, p, variance=4)
    assert close(wide, -stats.norm(p, 2).logpdf(y).sum())


@settings(deadline=None)
@given(sizes, seeds)
def test_binary_cross_entropy_is_bernoulli(rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits, y = random.normal(size=rows) * 5, random.integers(0, 2, rows)
    p = from_scratch.sigmoid(logits)
    loss = from_scratch.binary_cross_entropy(y, p)
    assert close(loss, F.binary_cross_entropy(torch.tensor(p), torch.tensor(y).double()))
    from_logits = F.binary_cross_entropy_with_logits(torch.tensor(logits), torch.tensor(y).double())
    assert close(from_scratch.binary_cross_entropy_logits(y, logits), from_logits)
    nll = from_scratch.bernoulli_nll(y, p)
    assert close(nll, -stats.bernoulli(p).logpmf(y).sum())
    assert close(nll, rows * loss)


@settings(deadline=None)
@given(sizes, st.integers(2, 6), seeds)
def test_categorical_cross_entropy_is_categorical(rows: int, classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits, labels = random.normal(size=(rows, classes)) * 5, random.integers(0, classes, rows)
    p, one_hot = from_scratch.softmax(logits), from_scratch.one_hot(labels, classes)
    wanted = F.cross_entropy(torch.tensor(logits), torch.tensor(labels))
    assert close(from_scratch.categorical_cross_entropy(one_hot, p), wanted)
    assert close(from_scratch.categorical_cross_entropy_logits(one_hot, logits), wanted)
    assert close(from_scratch.sparse_categorical_cross_entropy(labels, p), wanted)
    assert close(from_scratch.sparse_categorical_cross_entropy_logits(labels, logits), wanted)
    nll = from_scratch.categorical_nll(labels, p)
    throws = stats.multinomial(1, p)
    assert close(nll, -throws.logpmf(one_hot).sum())
    assert close(nll, rows * float(wanted))


@settings(deadline=None)
@given(sizes, st.integers(2, 6), seeds)
def test_soft_targets_equal_torch(rows: int, classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, classes))
    soft = random.dirichlet(np.ones(classes), rows)
    wanted = F.cross_entropy(torch.tensor(logits), torch.tensor(soft))
    p = from_scratch.softmax(logits)
    assert close(from_scratch.categorical_cross_entropy(soft, p), wanted)
    y, q = soft[:, 0], p[:, 0]
    wanted = F.binary_cross_entropy(torch.tensor(q), torch.tensor(y))
    assert close(from_scratch.binary_cross_entropy(y, q), wanted)


@settings(deadline=None)
@given(sizes, st.integers(2, 6), seeds)
def test_gradients_by_logits_are_what_the_docstrings_say(
    rows: int, classes: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    logits, labels = random.normal(size=(rows, classes)), random.integers(0, classes, rows)
    gradient = from_scratch.numerical_gradient(
        lambda a: from_scratch.sparse_categorical_cross_entropy_logits(labels, a)
    )(logits)
    difference = from_scratch.softmax(logits) - from_scratch.one_hot(labels, classes)
    np.testing.assert_allclose(gradient, difference / rows, rtol=0, atol=1e-8)
    y = labels % 2
    gradient = from_scratch.numerical_gradient(
        lambda a: from_scratch.binary_cross_entropy_logits(y, a)
    )(logits[:, 0])
    difference = from_scratch.sigmoid(logits[:, 0]) - y
    np.testing.assert_allclose(gradient, difference / rows, rtol=0, atol=1e-8)


def test_certainty() -> None:
    # The course: 0 where it is right, infinite where it is wrong.
    assert from_scratch.binary_cross_entropy([0, 1], [0.0, 1.0]) == 0
    assert from_scratch.binary_cross_entropy([1], [0.0]) == math.inf
    assert from_scratch.bernoulli_nll([1], [0.0]) == math.inf
    sure = [[0.0, 1.0]]
    assert from_scratch.categorical_cross_entropy([[0, 1]], sure) == 0
    assert from_scratch.categorical_cross_entropy([[1, 0]], sure) == math.inf
    assert from_scratch.sparse_categorical_cross_entropy([1], sure) == 0
    assert from_scratch.sparse_categorical_cross_entropy([0], sure) == math.inf
    assert from_scratch.categorical_nll([0], sure) == math.inf


def test_clip_is_keras_s() -> None:
    # −log 1e-7 = 16.118…, the largest loss of one row in Keras without logits.
    for loss in (
        from_scratch.binary_cross_entropy([1], [0.0], clip=1e-7),
        from_scratch.categorical_cross_entropy([[1, 0]], [[0.0, 1.0]], clip=1e-7),
        from_scratch.sparse_categorical_cross_entropy([0], [[0.0, 1.0]], clip=1e-7),
    ):
        assert loss == pytest.approx(16.11809565095832)


def test_logits_far_out() -> None:
    assert from_scratch.binary_cross_entropy_logits([0, 1], [1000.0, -1000.0]) == 1000
    assert from_scratch.binary_cross_entropy_logits([1, 0], [1000.0, -1000.0]) == 0
    assert from_scratch.sparse_categorical_cross_entropy_logits([0], [[-1000.0, 1000]]) == 2000
    assert from_scratch.categorical_cross_entropy_logits([[1, 0]], [[-1000.0, 1000]]) == 2000
    assert math.isfinite(from_scratch.gaussian_nll([0.0], [100.0]))


HALF = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("mean_squared_error", ([1.0, 2.0], [1.0]), r"shape \(1,\) .*, got \(2,\)"),
        ("mean_squared_error", ([], []), r"empty, got shape \(0,\)"),
        ("gaussian_nll", ([1.0], [1.0], 0.0), "variance must be above 0 .*, got 0"),
        ("gaussian_nll", ([[1.0]], [1.0]), r"shape \(1,\) .*, got \(1, 1\)"),
        ("binary_cross_entropy", ([1], [1.5]), r"predictions must lie in \[0, 1\], got 1.5"),
        ("binary_cross_entropy", ([1], [math.nan]), r"predictions must lie in \[0, 1\], got nan"),
        ("binary_cross_entropy", ([-1], [0.5]), r"targets must lie in \[0, 1\], got -1.0"),
        ("binary_cross_entropy", ([1], [0.5], 0.5), "clip must be .* below 0.5, got 0.5"),
        ("binary_cross_entropy", ([1, 0], [0.5]), r"shape \(1,\) .*, got \(2,\)"),
        ("binary_cross_entropy_logits", ([2], [0.5]), r"targets must lie in \[0, 1\], got 2.0"),
        ("bernoulli_nll", ([0.5], [0.5]), "targets must be integers from 0 to 1, got 0.5"),
        ("bernoulli_nll", ([1], [-0.1]), r"predictions must lie in \[0, 1\], got -0.1"),
        ("categorical_cross_entropy", ([[1, 0]], [[0.5, 0.6]]), "sum to 1, got 1.1"),
        ("categorical_cross_entropy", ([[1, 1]], HALF), "each row of targets .* got 2"),
        ("categorical_cross_entropy", ([[1]], HALF), r"shape \(1, 2\) .*, got \(1, 1\)"),
        ("categorical_cross_entropy", ([1, 0], HALF), r"must have 2 axes, got shape \(2,\)"),
        ("categorical_cross_entropy_logits", ([[1, 0.5]], [[0, 0]]), "got 1.5"),
        ("sparse_categorical_cross_entropy", ([2], HALF), "from 0 to 1, got 2"),
        ("sparse_categorical_cross_entropy", ([-1], HALF), "from 0 to 1, got -1"),
        ("sparse_categorical_cross_entropy", ([0, 1], HALF), r"shape \(1,\) .*, got \(2,\)"),
        ("sparse_categorical_cross_entropy", ([0], [[0.5, 0.4]]), "sum to 1, got 0.9"),
        ("sparse_categorical_cross_entropy_logits", ([3], [[1, 2]]), "from 0 to 1, got 3"),
        ("categorical_nll", ([0.5], HALF), "from 0 to 1, got 0.5"),
        ("categorical_nll", ([0], [[2.0, -1.0]]), r"lie in \[0, 1\], got 2.0"),
    ],
)
def test_bad_input(name: str, arguments: tuple[Any, ...], message: str) -> None:
    function: Callable[..., float] = getattr(from_scratch, name)
    with pytest.raises(ValueError, match=message):
        function(*arguments)
