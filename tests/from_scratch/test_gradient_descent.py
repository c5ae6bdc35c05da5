import math
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course import from_scratch, optim

pytestmark = pytest.mark.filterwarnings("error")

seeds = st.integers(0, 999)


def square(w: Any) -> Any:
    """The gradient of the course's L(w) = w²."""
    return 2 * w


def torch_path(
    optimizer: Callable[..., torch.optim.Optimizer], start: Any, curvature: Any, steps: int
) -> Any:
    """The path of an optimiser on ½·Σ curvature·w²."""
    w = torch.tensor(start, requires_grad=True)
    path, steps_taken = [start], optimizer([w])
    for _ in range(steps):
        steps_taken.zero_grad()
        (torch.tensor(curvature) * w**2).sum().div(2).backward()
        steps_taken.step()
        path.append(w.detach().numpy().copy())
    return np.stack(path)


@pytest.mark.parametrize(
    ("rate", "behaviour"), [(0.001, "crawls"), (0.1, "falls"), (0.9, "swings"), (1.1, "diverges")]
)
def test_rates_on_the_course_s_parabola(rate: float, behaviour: str) -> None:
    path = from_scratch.gradient_descent(square, 1.0, rate, steps=50)
    assert path.shape == (51,)
    np.testing.assert_allclose(path, (1 - 2 * rate) ** np.arange(51), rtol=1e-12)
    assert (abs(path[-1]) < 1e-4) == (behaviour in ("falls", "swings"))
    assert (path.min() < 0) == (behaviour in ("swings", "diverges"))
    assert (abs(path[-1]) > 1000) == (behaviour == "diverges")
    assert (path[-1] > 0.9) == (behaviour == "crawls" or path[-1] > 1000)


def test_the_solution_is_0_and_a_rate_of_1_never_gets_there() -> None:
    assert abs(from_scratch.gradient_descent(square, 5.0, 0.3, steps=100)[-1]) < 1e-30
    assert from_scratch.gradient_descent(square, 5.0, 1.0, steps=3).tolist() == [5, -5, 5, -5]
    # One step of 0.5 is the minimum itself.
    assert from_scratch.gradient_descent(square, 5.0, 0.5, steps=2).tolist() == [5, 0, 0]


def test_a_path_that_diverges_ends_without_a_warning() -> None:
    path = from_scratch.gradient_descent(lambda w: 4 * w**3, 2.0, 1.0, steps=20)
    assert not np.isfinite(path[-1])


@settings(deadline=None)
@given(st.integers(0, 20), st.floats(0.001, 0.1), st.floats(0, 0.99), seeds)
def test_momentum_equals_the_networks_optimiser(
    steps: int, rate: float, momentum: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    start, curvature = random.normal(size=(2, 3)), random.uniform(0, 10, size=(2, 3))
    ours = from_scratch.gradient_descent(lambda w: curvature * w, start, rate, steps, momentum)
    assert ours.shape == (steps + 1, 2, 3)
    for optimizer in (optim.SGD, torch.optim.SGD):
        wanted = torch_path(
            lambda p, kind=optimizer: kind(p, lr=rate, momentum=momentum), start, curvature, steps
        )
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-10)


def test_momentum_equals_keras() -> None:
    # Keras 3.15's SGD(0.1, momentum=0.9), gradient (2, 20)·w, from (1, −2).
    ours = from_scratch.gradient_descent(
        lambda w: np.array([2, 20]) * w, [1, -2], 0.1, steps=3, momentum=0.9
    )
    np.testing.assert_allclose(ours[1:], [[0.8, 2], [0.46, 1.6], [0.062, -1.96]], atol=1e-7)


def test_without_a_gradient_the_box_slides_on() -> None:
    # A push in the first step only: then v shrinks by μ each step.
    pushes = iter([1.0, 0.0, 0.0, 0.0])
    path = from_scratch.gradient_descent(lambda w: next(pushes), 0.0, 1.0, 4, momentum=0.5)
    assert path.tolist() == [0, -1, -1.5, -1.75, -1.875]


def test_the_rate_is_in_the_velocity() -> None:
    def schedule(step: int) -> float:
        return 0.1 if step == 0 else 0.0

    # With the rate outside, as in torch, the second step would be 0 long.
    path = from_scratch.gradient_descent(lambda w: 1.0, 0.0, schedule, 2, momentum=0.5)
    np.testing.assert_allclose(path, [0, -0.1, -0.15])


@settings(deadline=None)
@given(st.integers(1, 4), seeds)
def test_numerical_gradient(dimensions: int, seed: int) -> None:
    point = np.random.default_rng(seed).normal(size=(dimensions, 2))
    x = torch.tensor(point, requires_grad=True)
    (torch.sin(x).sum() * x[0, 0]).backward()
    ours = from_scratch.numerical_gradient(lambda p: float(np.sin(p).sum() * p[0, 0]))(point)
    np.testing.assert_allclose(ours, x.grad, rtol=0, atol=1e-8)


def test_descent_on_any_function_goes_by_a_numerical_gradient() -> None:
    path = from_scratch.gradient_descent(
        from_scratch.numerical_gradient(lambda p: float((p[0] - 3) ** 2 + (p[1] + 1) ** 4)),
        [0.0, 0.0],
        0.1,
        steps=300,
    )
    np.testing.assert_allclose(path[-1], [3, -1], atol=0.2)


def test_a_gradient_of_0_may_be_a_saddle() -> None:
    path = from_scratch.gradient_descent(lambda w: np.array([2, -2]) * w, [1.0, 0.0], 0.1, 100)
    assert abs(path[-1]).max() < 1e-8  # where w₀² − w₁² is no minimum


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 4), seeds)
def test_linear_gradient_equals_autograd(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y, w = (
        random.normal(size=(rows, columns)),
        random.normal(size=rows),
        random.normal(size=columns),
    )
    weights = torch.tensor(w, requires_grad=True)
    torch.nn.functional.mse_loss(torch.tensor(x) @ weights, torch.tensor(y)).backward()
    ours = from_scratch.linear_mse_gradient(w, x, y)
    np.testing.assert_allclose(ours, weights.grad, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 70), st.integers(1, 40), st.integers(0, 3))
def test_each_epoch_sees_each_row_once(rows: int, batch_size: int, epochs: int) -> None:
    seen: list[list[float]] = []

    def gradient(theta: Any, x: Any, y: Any) -> Any:
        assert (x == y).all()
        seen.append(x.tolist())
        return 0 * theta

    path = from_scratch.stochastic_gradient_descent(
        gradient, [0.0], range(rows), range(rows), 0.1, epochs, batch_size
    )
    batches = math.ceil(rows / batch_size)
    assert path.shape == (1 + epochs * batches, 1)
    for epoch in range(epochs):
        steps = seen[epoch * batches : (epoch + 1) * batches]
        assert all(len(step) == batch_size for step in steps[:-1])
        assert sorted(chain.from_iterable(steps)) == list(range(rows))


def regression(rows: int) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(0)
    x = np.column_stack([random.normal(size=rows), np.ones(rows)])
    return x, x @ [2.0, -1.0], np.zeros(2)


def test_batches_converge_in_fewer_epochs() -> None:
    x, y, start = regression(640)
    arguments = (from_scratch.linear_mse_gradient, start, x, y, 0.05)
    full = from_scratch.stochastic_gradient_descent(*arguments, epochs=5, batch_size=None)
    small = from_scratch.stochastic_gradient_descent(*arguments, epochs=5)
    assert full.shape == (6, 2)
    assert small.shape == (101, 2)
    assert np.abs(small[-1] - [2, -1]).max() < 1e-3 < 0.5 < np.abs(full[-1] - [2, -1]).max()


def test_all_rows_in_a_batch_are_full_gradient_descent() -> None:
    x, y, start = regression(40)
    ours = from_scratch.stochastic_gradient_descent(
        from_scratch.linear_mse_gradient, start, x, y, 0.1, 20, batch_size=None, momentum=0.9
    )
    wanted = from_scratch.gradient_descent(
        lambda w: from_scratch.linear_mse_gradient(w, x, y), start, 0.1, 20, momentum=0.9
    )
    np.testing.assert_array_equal(ours, wanted)


def test_the_seed_fixes_the_order() -> None:
    x, y, start = regression(50)

    def run(seed: int) -> Any:
        return from_scratch.stochastic_gradient_descent(
            from_scratch.linear_mse_gradient, start, x, y, 0.05, 2, 16, seed=seed
        )

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()
    # An order of its own for each epoch: the same one twice would repeat the first batch.
    batches: list[Any] = []
    from_scratch.stochastic_gradient_descent(
        lambda w, a, b: batches.append(b) or 0 * w, start, x, y, 0.1, 2, 16
    )
    assert (batches[0] != batches[4]).any()


def test_a_gradient_that_works_in_place_leaves_the_path_alone() -> None:
    def gradient(w: Any) -> Any:
        w *= 2
        return w

    path = from_scratch.gradient_descent(gradient, [1.0], 0.25, steps=2)
    assert path.tolist() == [[1], [0.5], [0.25]]


DATA = ([[1.0]], [1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.gradient_descent(square, 1.0, -0.1, 3), "at least 0, got -0.1"),
        (lambda: from_scratch.gradient_descent(square, 1.0, math.nan, 0), "rate .* got nan"),
        (lambda: from_scratch.gradient_descent(square, 1.0, lambda t: -t, 3), "got -1"),
        (lambda: from_scratch.gradient_descent(square, 1.0, 0.1, -1), "at least 0, got -1"),
        (lambda: from_scratch.gradient_descent(square, 1.0, 0.1, 1.5), "integer, got 1.5"),
        (lambda: from_scratch.gradient_descent(square, 1.0, 0.1, 1, 1.0), "below 1, got 1.0"),
        (lambda: from_scratch.gradient_descent(square, [], 0.1, 1), r"start .* shape \(0,\)"),
        (
            lambda: from_scratch.gradient_descent(lambda w: [1, 2], [1.0], 0.1, 1),
            r"gradient must have shape \(1,\) .*, got \(2,\)",
        ),
        (
            lambda: from_scratch.stochastic_gradient_descent(
                from_scratch.linear_mse_gradient, [0.0], [[1.0]], [1.0, 2.0], 0.1, 1
            ),
            r"as many rows, got shapes \(1, 1\) and \(2,\)",
        ),
        (
            lambda: from_scratch.stochastic_gradient_descent(
                from_scratch.linear_mse_gradient, [0.0], *DATA, 0.1, 1, batch_size=0
            ),
            "batch_size must be at least 1, got 0",
        ),
        (
            lambda: from_scratch.stochastic_gradient_descent(
                from_scratch.linear_mse_gradient, [0.0], *DATA, 0.1, epochs=-1
            ),
            "epochs must be at least 0, got -1",
        ),
        (lambda: from_scratch.numerical_gradient(float, step=0), "step must be above 0 .* got 0"),
        (
            lambda: from_scratch.linear_mse_gradient(np.ones(2), np.ones((3, 1)), np.ones(3)),
            r"weights must have shape \(1,\) .*, got \(2,\)",
        ),
        (
            lambda: from_scratch.linear_mse_gradient(np.ones(1), np.ones((3, 1)), np.ones(2)),
            r"y must have shape \(3,\) .*, got \(2,\)",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
