from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course import from_scratch, optim

pytestmark = pytest.mark.filterwarnings("error")

CURVATURE = np.array([2.0, 20.0])
START = np.array([1.0, -2.0])


def gradient(w: Any) -> Any:
    return CURVATURE * w


def torch_path(optimizer: Callable[..., torch.optim.Optimizer], start: Any, steps: int) -> Any:
    w = torch.tensor(start, requires_grad=True)
    path, rule = [start], optimizer([w])
    for _ in range(steps):
        w.grad = torch.tensor(gradient(w.detach().numpy()))
        rule.step()
        path.append(w.detach().numpy().copy())
    return np.stack(path)


starts = st.lists(st.floats(0.1, 3) | st.floats(-3, -0.1), min_size=2, max_size=2).map(np.array)
rates = st.floats(1e-4, 0.5)
steps = st.integers(0, 20)


@settings(deadline=None)
@given(starts, rates, steps)
def test_adagrad_equals_torch(start: Any, rate: float, steps: int) -> None:
    # Where ε is does not matter while it is 0.
    ours = from_scratch.adagrad(gradient, start, rate, steps, epsilon=0)
    wanted = torch_path(lambda p: torch.optim.Adagrad(p, lr=rate, eps=0), start, steps)
    np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(starts, rates, steps, st.floats(0.5, 0.99))
def test_rmsprop_equals_torch(start: Any, rate: float, steps: int, decay: float) -> None:
    ours = from_scratch.rmsprop(gradient, start, rate, steps, decay, epsilon=0)
    wanted = torch_path(lambda p: torch.optim.RMSprop(p, lr=rate, alpha=decay, eps=0), start, steps)
    np.testing.assert_allclose(ours, wanted, rtol=1e-7, atol=1e-7)


@settings(deadline=None)
@given(starts, rates, steps, st.sampled_from([1e-8, 1e-3, 0.1]))
def test_adam_equals_the_optimisers(start: Any, rate: float, steps: int, epsilon: float) -> None:
    for form, optimizer in (("torch", torch.optim.Adam), ("keras", optim.Adam)):
        ours = from_scratch.adam(gradient, start, rate, steps, epsilon=epsilon, form=form)
        wanted = torch_path(lambda p, kind=optimizer: kind(p, lr=rate, eps=epsilon), start, steps)
        np.testing.assert_allclose(ours, wanted, rtol=1e-8, atol=1e-8)


@settings(deadline=None)
@given(starts, rates, steps, st.sampled_from([1e-8, 1e-3, 0.1]))
def test_epsilon_is_where_the_networks_optimisers_have_it(
    start: Any, rate: float, steps: int, epsilon: float
) -> None:
    def adagrad(parameters: Any) -> torch.optim.Optimizer:
        return optim.AdaGrad(parameters, rate, initial_accumulator_value=0, eps=epsilon)

    for rule, optimizer in (
        (from_scratch.adagrad, adagrad),
        (from_scratch.rmsprop, lambda p: optim.RMSProp(p, rate, eps=epsilon)),
        (from_scratch.adam, lambda p: optim.CourseAdam(p, rate, eps=epsilon)),
    ):
        ours = rule(gradient, start, rate, steps, epsilon=epsilon)
        wanted = torch_path(optimizer, start, steps)
        np.testing.assert_allclose(ours, wanted, rtol=1e-7, atol=1e-7)


def test_golden_numbers_of_keras() -> None:
    # Keras 3.15's optimisers with ε = 0.01 (torch backend; its rate is a float32).
    def last(rule: Callable[..., Any], **options: Any) -> Any:
        return rule(gradient, START, 0.1, 3, epsilon=1e-2, **options)[-1]

    np.testing.assert_allclose(last(from_scratch.adagrad), [0.78064302, -1.77582199], atol=1e-7)
    np.testing.assert_allclose(last(from_scratch.rmsprop), [0.37428355, -1.30873296], atol=1e-7)
    np.testing.assert_allclose(
        last(from_scratch.adam, form="keras"), [0.73436632, -1.70244681], atol=1e-7
    )


def test_adam_of_the_course_by_hand() -> None:
    # One step: m̂ = g and v̂ = g², so θ = θ₀ − η·g / √(g² + ε).
    path = from_scratch.adam(gradient, [1.0, -2.0], 0.1, 1, epsilon=0.5)
    g = np.array([2.0, -40.0])
    np.testing.assert_allclose(path[1], START - 0.1 * g / np.sqrt(g**2 + 0.5), rtol=1e-12)


def test_the_three_forms_of_adam_differ_by_epsilon_only() -> None:
    def path(form: Literal["course", "keras", "torch"], epsilon: float) -> Any:
        return from_scratch.adam(gradient, START, 0.1, 10, epsilon=epsilon, form=form)

    np.testing.assert_allclose(path("course", 0), path("keras", 0), rtol=1e-12)
    np.testing.assert_allclose(path("course", 0), path("torch", 0), rtol=1e-12)
    for one, other in (("course", "keras"), ("course", "torch"), ("keras", "torch")):
        assert np.abs(path(one, 0.1) - path(other, 0.1)).max() > 1e-3


def test_adagrad_s_steps_shrink_and_rmsprop_s_do_not() -> None:
    adagrad = from_scratch.adagrad(lambda w: 1.0, 0.0, 0.1, 100)
    np.testing.assert_allclose(-np.diff(adagrad), 0.1 / np.sqrt(np.arange(1, 101)), rtol=1e-6)
    rmsprop = from_scratch.rmsprop(lambda w: 1.0, 0.0, 0.1, 100)
    assert -np.diff(rmsprop)[-1] == pytest.approx(0.1, rel=1e-4)
    assert -np.diff(rmsprop)[0] == pytest.approx(0.1 / np.sqrt(0.1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.adagrad(gradient, START, -1, 1), "rate .* got -1"),
        (lambda: from_scratch.adagrad(gradient, START, 1, 1, -1e-8), "epsilon .* got -1e-08"),
        (lambda: from_scratch.rmsprop(gradient, START, 1, 1, 1.0), "decay .* below 1, got 1.0"),
        (lambda: from_scratch.rmsprop(gradient, START, 1, -1), "steps .* got -1"),
        (lambda: from_scratch.adam(gradient, START, 1, 1, (0.9, 1.0)), "beta 2 .* got 1.0"),
        (lambda: from_scratch.adam(gradient, START, 1, 1, form="tf"), "form .* got 'tf'"),
        (
            lambda: from_scratch.adam(lambda w: w[:1], START, 1, 1),
            r"gradient must have shape \(2,\) .*, got \(1,\)",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
