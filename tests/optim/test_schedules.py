import io
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, LRScheduler, MultiStepLR

from lightning_course.optim import SGD, ExponentialDecay, InverseTimeDecay, PiecewiseConstant

MOORE = {0: 0.001, 50: 0.0001}
ALL: dict[str, Callable[[torch.optim.Optimizer], LRScheduler]] = {
    "ExponentialDecay": partial(ExponentialDecay, k=0.1),
    "InverseTimeDecay": partial(InverseTimeDecay, k=0.1),
    "PiecewiseConstant": partial(PiecewiseConstant, rates={2: 0.05, 5: 0.01}),
}


def optimizer(*rates: float) -> SGD:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": rate} for rate in rates]
    return SGD(groups, momentum=0.9)


def rates_by_epoch(
    schedule: Callable[[torch.optim.Optimizer], LRScheduler], epochs: int, *rates: float
) -> list[tuple[float, ...]]:
    """Return the rates of all groups that each epoch is trained with."""
    sgd = optimizer(*rates)
    scheduler = schedule(sgd)
    seen = []
    for _ in range(epochs):
        seen.append(tuple(group["lr"] for group in sgd.param_groups))
        assert list(seen[-1]) == scheduler.get_last_lr()
        sgd.step()
        scheduler.step()
    return seen


@given(st.floats(1e-6, 10), st.floats(0, 5))
def test_the_formulas(a: float, k: float) -> None:
    inverse = rates_by_epoch(partial(InverseTimeDecay, k=k), 5, a)
    assert inverse == [(a / (k * t + 1),) for t in range(5)]
    exponential = rates_by_epoch(partial(ExponentialDecay, k=k), 5, a)
    assert exponential == [(a * math.exp(-k * t),) for t in range(5)]


def test_the_first_epoch_has_the_optimiser_s_rate_and_the_half_comes_in_epoch_1_over_k() -> None:
    assert rates_by_epoch(partial(InverseTimeDecay, k=0.25), 5, 0.8) == [
        pytest.approx((rate,)) for rate in (0.8, 0.64, 0.8 / 1.5, 0.8 / 1.75, 0.4)
    ]


def test_groups_keep_their_proportion() -> None:
    for slow, fast in rates_by_epoch(ALL["InverseTimeDecay"], 20, 0.01, 0.1):
        assert fast == pytest.approx(10 * slow)


def test_torch_s_exponential_decay_is_the_same() -> None:
    ours = rates_by_epoch(ALL["ExponentialDecay"], 100, 0.1)
    theirs = rates_by_epoch(partial(ExponentialLR, gamma=math.exp(-0.1)), 100, 0.1)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)


def test_1_over_t_falls_more_slowly_than_exponentially() -> None:
    inverse = rates_by_epoch(ALL["InverseTimeDecay"], 50, 0.1)
    exponential = rates_by_epoch(ALL["ExponentialDecay"], 50, 0.1)
    assert inverse[0] == exponential[0]
    assert all(i > e for i, e in zip(inverse[1:], exponential[1:], strict=True))


def test_the_course_s_schedule_for_moore_s_law() -> None:
    def schedule(epoch: int) -> float:
        return 0.0001 if epoch >= 50 else 0.001

    ours = rates_by_epoch(partial(PiecewiseConstant, rates=MOORE), 60, 0.001)
    assert ours == [(schedule(epoch),) for epoch in range(60)]
    # What configs/moores_law.yaml does:
    theirs = rates_by_epoch(partial(MultiStepLR, milestones=[50], gamma=0.1), 60, 0.001)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)


def test_before_the_first_epoch_the_optimiser_s_rate_stands() -> None:
    # In any order, and for all groups alike.
    schedule = partial(PiecewiseConstant, rates={3: 0.2, 1: 0.3})
    assert rates_by_epoch(schedule, 5, 0.5, 0.6) == [
        (0.5, 0.6),
        (0.3, 0.3),
        (0.3, 0.3),
        (0.2, 0.2),
        (0.2, 0.2),
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_saved_schedule_goes_on_as_if_it_had_never_stopped(name: str) -> None:
    whole = rates_by_epoch(ALL[name], 10, 0.1, 0.2)
    sgd = optimizer(0.1, 0.2)
    scheduler = ALL[name](sgd)
    for _ in range(4):
        sgd.step()
        scheduler.step()
    file = io.BytesIO()
    torch.save((sgd.state_dict(), scheduler.state_dict()), file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)

    sgd = optimizer(0.1, 0.2)
    scheduler = ALL[name](sgd)
    sgd.load_state_dict(saved[0])
    scheduler.load_state_dict(saved[1])
    for expected in whole[4:]:
        assert tuple(group["lr"] for group in sgd.param_groups) == expected
        sgd.step()
        scheduler.step()


@pytest.mark.parametrize("name", ALL)
def test_lambda_schedules_of_the_same_formula_agree(name: str) -> None:
    scheduler: Any = ALL[name](optimizer(0.1))
    lambdas = partial(LambdaLR, lr_lambda=lambda epoch: scheduler.rate(0.1, epoch) / 0.1)
    torch.testing.assert_close(
        rates_by_epoch(ALL[name], 10, 0.1), rates_by_epoch(lambdas, 10, 0.1), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (partial(InverseTimeDecay, k=-0.1), "k must be at least 0, got -0.1"),
        (partial(ExponentialDecay, k=-1), "k must be at least 0, got -1"),
        (partial(PiecewiseConstant, rates={}), "rates must have at least one epoch, got none"),
        (partial(PiecewiseConstant, rates={-1: 0.1}), "epoch of a rate must be at least 0, got -1"),
        (
            partial(PiecewiseConstant, rates={50: -0.1}),
            "rate from epoch 50 must be at least 0, got -0.1",
        ),
    ],
)
def test_arguments_out_of_range_are_named(schedule: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        schedule(optimizer(0.1))
