"""Every optimiser beside its formula in plain Python, number by number, and beside torch's."""

import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.optim import SGD, AdaGrad, Adam, CourseAdam, RMSProp

Formula = Callable[..., Iterator[float]]  # gradients and options → the change of each step


def sgd(gradients: list[float], lr: float, momentum: float, nesterov: bool) -> Iterator[float]:
    v = 0.0
    for g in gradients:
        v = momentum * v - lr * g
        yield momentum * v - lr * g if nesterov else v


def adagrad(gradients: list[float], lr: float, start: float, eps: float) -> Iterator[float]:
    cache = start
    for g in gradients:
        cache += g**2
        yield -lr * g / math.sqrt(cache + eps)


def rmsprop(
    gradients: list[float], lr: float, rho: float, momentum: float, eps: float
) -> Iterator[float]:
    cache = v = 0.0
    for g in gradients:
        cache = rho * cache + (1 - rho) * g**2
        v = momentum * v + lr * g / math.sqrt(cache + eps)
        yield -v


def adam(
    gradients: list[float], lr: float, betas: tuple[float, float], eps: float, form: str
) -> Iterator[float]:
    beta1, beta2 = betas
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        if form == "course":
            yield -lr * m_hat / math.sqrt(v_hat + eps)
        elif form == "torch":
            yield -lr * m_hat / (math.sqrt(v_hat) + eps)
        else:
            alpha = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
            yield -alpha * m / (math.sqrt(v) + eps)


# A class alone stands for its defaults: Keras's, in CourseAdam the course's.
ROWS: dict[str, tuple[Any, Formula]] = {
    "SGD": (SGD, partial(sgd, lr=0.01, momentum=0.0, nesterov=False)),
    "SGD with momentum": (
        partial(SGD, lr=0.1, momentum=0.9),
        partial(sgd, lr=0.1, momentum=0.9, nesterov=False),
    ),
    "Nesterov": (
        partial(SGD, lr=0.1, momentum=0.9, nesterov=True),
        partial(sgd, lr=0.1, momentum=0.9, nesterov=True),
    ),
    "AdaGrad": (AdaGrad, partial(adagrad, lr=1e-3, start=0.1, eps=1e-7)),
    "AdaGrad from 0": (
        partial(AdaGrad, lr=0.1, initial_accumulator_value=0, eps=1e-8),
        partial(adagrad, lr=0.1, start=0.0, eps=1e-8),
    ),
    "RMSProp": (RMSProp, partial(rmsprop, lr=1e-3, rho=0.9, momentum=0.0, eps=1e-7)),
    "RMSProp with momentum": (
        partial(RMSProp, lr=0.1, rho=0.99, momentum=0.5, eps=1e-10),
        partial(rmsprop, lr=0.1, rho=0.99, momentum=0.5, eps=1e-10),
    ),
    "Adam": (Adam, partial(adam, lr=1e-3, betas=(0.9, 0.999), eps=1e-7, form="keras")),
    "CourseAdam": (CourseAdam, partial(adam, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, form="course")),
    "CourseAdam with options": (
        partial(CourseAdam, lr=0.1, betas=(0.0, 0.5), eps=1e-3),
        partial(adam, lr=0.1, betas=(0.0, 0.5), eps=1e-3, form="course"),
    ),
    # The third form needs no class of ours.
    "torch's Adam": (
        torch.optim.Adam,
        partial(adam, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, form="torch"),
    ),
}


def path(optimizer_class: Any, gradients: list[float]) -> list[float]:
    w = torch.nn.Parameter(torch.tensor([0.5], dtype=torch.float64))
    optimizer = optimizer_class([w])
    points = []
    for g in gradients:
        w.grad = torch.full_like(w, g)
        optimizer.step()
        points.append(w.item())
    return points


def written_out(formula: Formula, gradients: list[float]) -> list[float]:
    w, points = 0.5, []
    for change in formula(gradients):
        w += change
        points.append(w)
    return points


def hundred_gradients(scale: float) -> list[float]:
    rng = random.Random(0)
    return [rng.gauss(0.3, 1) * scale for _ in range(100)]


@pytest.mark.parametrize("scale", [10, 1e-4, 1e-8])  # the last two: where ε weighs
@pytest.mark.parametrize("name", ROWS)
def test_a_hundred_steps_equal_the_formula(name: str, scale: float) -> None:
    optimizer_class, formula = ROWS[name]
    gradients = hundred_gradients(scale)
    ours, expected = path(optimizer_class, gradients), written_out(formula, gradients)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)


@given(st.sampled_from(sorted(ROWS)), st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_any_gradients_follow_the_formula(name: str, gradients: list[float]) -> None:
    # ε keeps a gradient of 0 from dividing by 0.
    optimizer_class, formula = ROWS[name]
    ours, expected = path(optimizer_class, gradients), written_out(formula, gradients)
    torch.testing.assert_close(ours, expected, rtol=1e-12, atol=1e-12)


def test_the_three_adams_part_where_gradients_are_small() -> None:
    at = {
        scale: [
            abs(path(partial(c, eps=1e-8), [scale])[0] - 0.5) / 1e-3
            for c in (CourseAdam, torch.optim.Adam, Adam)
        ]
        for scale in (1.0, 1e-4, 1e-8)
    }
    # The first step as a share of the learning rate: g/√(g² + ε), g/(g + ε), g/(g + 31.6 ε).
    assert at[1.0] == pytest.approx([1, 1, 1], abs=1e-6)
    assert at[1e-4] == pytest.approx([math.sqrt(0.5), 0.9999, 0.99685], abs=1e-5)
    assert at[1e-8] == pytest.approx([1e-4, 0.5, 0.030654], abs=1e-6)


WITHOUT_EPSILON = {
    "SGD": (SGD, partial(torch.optim.SGD, lr=0.01)),
    "SGD with momentum": (
        partial(SGD, momentum=0.9),
        partial(torch.optim.SGD, lr=0.01, momentum=0.9),
    ),
    "Nesterov": (
        partial(SGD, momentum=0.9, nesterov=True),
        partial(torch.optim.SGD, lr=0.01, momentum=0.9, nesterov=True),
    ),
    "AdaGrad": (
        partial(AdaGrad, eps=0),
        partial(torch.optim.Adagrad, lr=1e-3, initial_accumulator_value=0.1, eps=0),
    ),
    "RMSProp": (
        partial(RMSProp, eps=0),
        partial(torch.optim.RMSprop, lr=1e-3, alpha=0.9, eps=0),
    ),
    "RMSProp with momentum": (
        partial(RMSProp, eps=0, momentum=0.9),
        partial(torch.optim.RMSprop, lr=1e-3, alpha=0.9, eps=0, momentum=0.9),
    ),
    "CourseAdam": (partial(CourseAdam, eps=0), partial(torch.optim.Adam, eps=0)),
    "Adam": (partial(Adam, eps=0), partial(torch.optim.Adam, eps=0)),
}


@pytest.mark.parametrize("name", WITHOUT_EPSILON)
def test_without_epsilon_and_at_a_constant_rate_torch_s_are_the_same(name: str) -> None:
    ours, theirs = WITHOUT_EPSILON[name]
    gradients = hundred_gradients(1)
    torch.testing.assert_close(path(ours, gradients), path(theirs, gradients), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp"])
def test_epsilon_inside_the_root_is_torch_s_squared(name: str) -> None:
    # With next to nothing in the cache only ε divides: g/√ε here, g/ε in torch's.
    ours, theirs = {
        "AdaGrad": (partial(AdaGrad, initial_accumulator_value=0), torch.optim.Adagrad),
        "RMSProp": (RMSProp, torch.optim.RMSprop),
    }[name]
    tiny = [1e-12]
    inside = path(partial(ours, lr=1e-3, eps=1e-8), tiny)[0]
    outside = path(partial(theirs, lr=1e-3, eps=1e-4), tiny)[0]
    assert inside - 0.5 == pytest.approx(outside - 0.5, rel=1e-4)


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_falling_rate_leaves_keras_s_velocity_alone(nesterov: bool) -> None:
    def after_the_fall(optimizer_class: Any) -> float:
        w = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        optimizer = optimizer_class([w], lr=0.1, momentum=0.9, nesterov=nesterov)
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1])
        w.grad = torch.ones_like(w)
        optimizer.step()
        schedule.step()
        before = w.item()
        w.grad = torch.zeros_like(w)
        optimizer.step()
        return w.item() - before

    # One step at 0.1 with a gradient of 1, then one at 0.01 with none: what still moves is the
    # velocity, Keras's −0.1 times 0.9, torch's 1 times 0.9 and the new rate.
    once_more = 0.9 if nesterov else 1
    assert after_the_fall(SGD) == pytest.approx(-0.09 * once_more, abs=1e-15)
    assert after_the_fall(torch.optim.SGD) == pytest.approx(-0.009 * once_more, abs=1e-15)
