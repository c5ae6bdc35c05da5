from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lightning_course import from_scratch

pytestmark = pytest.mark.filterwarnings("error")

Function = Callable[..., Any]

TORCH: list[tuple[str, dict[str, float], Function]] = [
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    ("relu", {}, F.relu),
    ("leaky_relu", {}, lambda x: F.leaky_relu(x, 0.3)),
    ("leaky_relu", {"slope": 0.01}, F.leaky_relu),
    ("elu", {}, F.elu),
    ("elu", {"alpha": 0.5}, lambda x: F.elu(x, 0.5)),
    ("softplus", {}, lambda x: F.softplus(x, threshold=1000)),
    ("bionodal_root_unit", {"radix": 1.0}, F.elu),
    ("bionodal_root_unit", {}, lambda x: _bionodal(x, 2.0)),
    ("bionodal_root_unit", {"radix": 3.0}, lambda x: _bionodal(x, 3.0)),
    ("odd_root_unit", {"radix": 1.0}, lambda x: x * 1),
    ("odd_root_unit", {}, lambda x: _odd(x, 2.0)),
]
CASES = pytest.mark.parametrize(
    ("name", "options", "in_torch"),
    TORCH,
    ids=[f"{name}-{'-'.join(map(str, options.values()))}" for name, options, _ in TORCH],
)
numbers = st.lists(st.floats(-50, 50), min_size=1, max_size=20)


def _bionodal(x: torch.Tensor, r: float) -> torch.Tensor:
    # The root of a negative number is nan, and so would be its gradient.
    right = (r**2 * torch.where(x >= 0, x, 0.0) + 1) ** (1 / r)
    return torch.where(x >= 0, right, torch.exp(r * x)) - 1 / r


def _odd(x: torch.Tensor, r: float) -> torch.Tensor:
    return torch.sign(x) * ((r**2 * x.abs() + 1) ** (1 / r) - 1)


@CASES
@settings(deadline=None)
@given(values=numbers)
def test_equals_torch(
    name: str, options: dict[str, float], in_torch: Function, values: list[float]
) -> None:
    ours = getattr(from_scratch, name)(values, **options)
    assert ours.dtype == np.float64
    wanted = in_torch(torch.tensor(values, dtype=torch.float64))
    np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)


@CASES
@settings(deadline=None)
@given(values=numbers)
def test_derivative_equals_autograd(
    name: str, options: dict[str, float], in_torch: Function, values: list[float]
) -> None:
    if name == "odd_root_unit":  # autograd takes 0 for the slope of |x| and of sign(x) at 0
        values = [value for value in values if value != 0]
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    in_torch(x).sum().backward()
    ours = getattr(from_scratch, f"{name}_derivative")(values, **options)
    np.testing.assert_allclose(ours, x.grad, rtol=1e-10, atol=1e-12)


@CASES
def test_shape_is_kept(name: str, options: dict[str, float], in_torch: Function) -> None:
    for suffix in ("", "_derivative"):
        function = getattr(from_scratch, name + suffix)
        for shape in ((), (0,), (2, 3, 4)):
            assert function(np.ones(shape), **options).shape == shape


@CASES
def test_nothing_overflows(name: str, options: dict[str, float], in_torch: Function) -> None:
    far = np.array([-1e6, -1000.0, 1000.0, 1e6])
    for suffix in ("", "_derivative"):
        assert np.isfinite(getattr(from_scratch, name + suffix)(far, **options)).all()


def test_the_course_s_numbers() -> None:
    assert from_scratch.sigmoid(0.0) == 0.5
    x = np.linspace(-6, 6, 1201)
    assert from_scratch.sigmoid_derivative(x).max() == from_scratch.sigmoid_derivative(0.0) == 0.25
    np.testing.assert_allclose(from_scratch.tanh(x), 2 * from_scratch.sigmoid(2 * x) - 1)
    # Far out, where 1 − σ(x) would be a rounded 0.
    assert from_scratch.sigmoid_derivative(50.0) == pytest.approx(np.exp(-50.0))
    assert from_scratch.tanh_derivative(50.0) == pytest.approx(4 * np.exp(-100.0))


@settings(deadline=None)
@given(values=st.lists(st.floats(-30, 30), min_size=1, max_size=10), radix=st.floats(1, 10))
def test_bionodal_root_unit(values: list[float], radix: float) -> None:
    # Published by an independent implementation, for r = 2.
    ours = from_scratch.bionodal_root_unit([[-1, 0], [2, -3]], radix=2)
    np.testing.assert_allclose(ours, [[-0.36466473, 0.5], [2.5, -0.49752125]], rtol=0, atol=1e-7)
    odd = from_scratch.odd_root_unit([[-1, 0], [2, -3]], radix=2)
    np.testing.assert_allclose(odd, [[-1.236068, 0], [2, -2.6055512]], rtol=0, atol=1e-6)
    assert (from_scratch.bionodal_root_unit(values, radix) >= -1 / radix).all()
    assert (from_scratch.bionodal_root_unit_derivative(values, radix) <= radix + 1e-12).all()
    # Value and slope are continuous at 0.
    around = from_scratch.bionodal_root_unit([-1e-12, 0, 1e-12], radix)
    np.testing.assert_allclose(around, 1 - 1 / radix, rtol=0, atol=1e-10)
    slopes = from_scratch.bionodal_root_unit_derivative([-1e-12, 0, 1e-12], radix)
    np.testing.assert_allclose(slopes, radix, rtol=1e-9)


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 99))
def test_softmax_equals_torch(rows: int, classes: int, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(rows, classes)) * 10
    ours = from_scratch.softmax(logits)
    x = torch.tensor(logits)
    np.testing.assert_allclose(ours, F.softmax(x, -1), rtol=1e-12)
    np.testing.assert_allclose(from_scratch.log_softmax(logits), F.log_softmax(x, -1), rtol=1e-12)
    np.testing.assert_allclose(ours.sum(axis=-1), 1)
    jacobian = from_scratch.softmax_jacobian(logits)
    assert jacobian.shape == (rows, classes, classes)
    for row in range(rows):
        wanted = torch.autograd.functional.jacobian(lambda a: F.softmax(a, -1), x[row])
        np.testing.assert_allclose(jacobian[row], wanted, rtol=0, atol=1e-14)


def test_softmax_of_large_logits() -> None:
    assert from_scratch.softmax([1000.0, 1000.0, -1000.0]).tolist() == [0.5, 0.5, 0.0]
    assert from_scratch.log_softmax([1000.0, -1000.0]).tolist() == [0.0, -2000.0]
    assert np.isfinite(from_scratch.softmax_jacobian([1000.0, -1000.0])).all()


@settings(deadline=None)
@given(st.floats(-100, 100))
def test_softmax_of_two_classes_is_the_sigmoid(x: float) -> None:
    two = from_scratch.softmax([x, 0.0])[0]
    assert two == pytest.approx(float(from_scratch.sigmoid(x)), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.leaky_relu([1.0], -0.1), "slope must be at least 0, got -0.1"),
        (lambda: from_scratch.elu([1.0], alpha=0), "alpha must be above 0 .*, got 0"),
        (lambda: from_scratch.elu_derivative([1.0], alpha=np.nan), "alpha must .* got nan"),
        (lambda: from_scratch.bionodal_root_unit([1.0], radix=-2), "radix must .* got -2"),
        (lambda: from_scratch.odd_root_unit([1.0], radix=0), "radix must .* got 0"),
        (lambda: from_scratch.sigmoid(["ham"]), "x must be an array of numbers: .*ham"),
        (lambda: from_scratch.relu([[1], [2, 3]]), "x must be an array of numbers"),
        (lambda: from_scratch.softmax(1.0), "a single number"),
        (lambda: from_scratch.softmax([[], []]), r"must not be empty, got shape \(2, 0\)"),
    ],
)
def test_bad_input(call: Function, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
