import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course.optim import SGD

GRADIENTS = st.lists(st.floats(-10, 10), min_size=1, max_size=30)


def keras_sgd(
    w: float, gradients: list[float], rates: list[float], momentum: float, nesterov: bool
) -> float:
    """Keras's update written out: m = momentum * m - lr * g; w += m."""
    m = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        m = momentum * m - lr * g
        w += momentum * m - lr * g if nesterov else m
    return w


def run(optimizer: SGD, w: torch.nn.Parameter, gradients: list[float], rates: list[float]) -> float:
    for g, lr in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        w.grad = torch.full_like(w, g)
        optimizer.step()
    return w.item()


# The first optimiser of a process imports more of torch: that takes a second.
@settings(deadline=None)
@given(GRADIENTS, st.sampled_from([0.0, 0.5, 0.9]), st.booleans())
def test_equals_keras_formula_under_a_schedule(
    gradients: list[float], momentum: float, nesterov: bool
) -> None:
    rates = [0.1 if step < 5 else 0.01 for step in range(len(gradients))]
    w = torch.nn.Parameter(torch.tensor([0.5], dtype=torch.float64))
    ours = run(SGD([w], momentum=momentum, nesterov=nesterov), w, gradients, rates)
    assert ours == pytest.approx(keras_sgd(0.5, gradients, rates, momentum, nesterov), abs=1e-12)


def test_torch_s_takes_another_path_when_the_rate_falls() -> None:
    gradients, rates = [1.0] * 6, [0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
    ours, theirs = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    run(SGD([ours], momentum=0.9), ours, gradients[:3], rates[:3])
    run(torch.optim.SGD([theirs], momentum=0.9), theirs, gradients[:3], rates[:3])  # type: ignore[arg-type]
    torch.testing.assert_close(ours, theirs)
    ours, theirs = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    run(SGD([ours], momentum=0.9), ours, gradients, rates)
    run(torch.optim.SGD([theirs], momentum=0.9), theirs, gradients, rates)  # type: ignore[arg-type]
    assert (ours - theirs).abs() > 0.1


def test_the_state_travels() -> None:
    def fresh() -> tuple[torch.nn.Parameter, SGD]:
        w = torch.nn.Parameter(torch.ones(2))
        return w, SGD([w], lr=0.1, momentum=0.9)

    w, optimizer = fresh()
    run_both = [0.3, -0.2, 0.7]
    for g in run_both:
        w.grad = torch.full_like(w, g)
        optimizer.step()
    again, restored = fresh()
    again.data.copy_(w.data)
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for parameter, optim in ((w, optimizer), (again, restored)):
        parameter.grad = torch.ones(2)
        optim.step()
    assert torch.equal(w, again)


def test_a_frozen_parameter_and_a_closure() -> None:
    w, frozen = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = SGD([w, frozen], lr=0.1)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1.0
    assert w.item() == pytest.approx(0.8)
    assert frozen.item() == 1.0


def test_arguments_out_of_range_are_named() -> None:
    w = [torch.nn.Parameter(torch.ones(1))]
    with pytest.raises(ValueError, match="learning rate must be at least 0, got -1"):
        SGD(w, lr=-1)
    with pytest.raises(ValueError, match="momentum must be at least 0 and below 1, got 1"):
        SGD(w, momentum=1.0)
