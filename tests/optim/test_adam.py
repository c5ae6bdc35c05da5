import math

import pytest
import torch

from lightning_course.optim import Adam


def keras_adam(
    w: float, gradients: list[float], lr: float = 1e-3, eps: float = 1e-7
) -> list[float]:
    """Keras's update written out: alpha = lr·sqrt(1 − β₂ᵗ)/(1 − β₁ᵗ), w −= alpha·m/(√v + ε)."""
    m = v = 0.0
    path = []
    for t, g in enumerate(gradients, start=1):
        m += (1 - 0.9) * (g - m)
        v += (1 - 0.999) * (g * g - v)
        alpha = lr * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w -= alpha * m / (math.sqrt(v) + eps)
        path.append(w)
    return path


@pytest.mark.parametrize("fused", [True, False])
def test_equals_keras_formula_where_epsilon_matters(fused: bool) -> None:
    # Gradients near ε: with torch's placement of ε the paths part in the first digit.
    gradients = [3e-8, -1e-7, 5e-7, 2e-8, -4e-8] * 20
    w = torch.nn.Parameter(torch.tensor([0.5], dtype=torch.float64))
    optimizer = Adam([w], fused=fused)
    path = []
    for g in gradients:
        w.grad = torch.tensor([g], dtype=torch.float64)
        optimizer.step()
        path.append(w.item())
    torch.testing.assert_close(path, keras_adam(0.5, gradients), rtol=0, atol=1e-13)


def test_torch_adam_differs_there() -> None:
    w = torch.nn.Parameter(torch.tensor([0.5], dtype=torch.float64))
    optimizer = torch.optim.Adam([w], eps=1e-7)
    w.grad = torch.tensor([3e-8], dtype=torch.float64)
    optimizer.step()
    assert abs(w.item() - keras_adam(0.5, [3e-8])[0]) > 1e-5


def test_state_dict_continues_where_it_stopped() -> None:
    def train(optimizer: Adam, w: torch.nn.Parameter, steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()

    whole = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    train(Adam([whole]), whole, 7)

    half = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    first = Adam([half])
    train(first, half, 3)
    second = Adam([half])
    second.load_state_dict(first.state_dict())
    assert second.param_groups[0]["t"] == 3
    train(second, half, 4)
    torch.testing.assert_close(half, whole, rtol=0, atol=0)


def test_groups_have_their_own_epsilon() -> None:
    a, b = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = Adam([{"params": [a]}, {"params": [b], "eps": 1e-3}], eps=1e-7)
    a.grad = b.grad = torch.ones(1)
    optimizer.step()
    assert [group["keras_eps"] for group in optimizer.param_groups] == [1e-7, 1e-3]
    assert optimizer.param_groups[1]["eps"] == pytest.approx(1e-3 / math.sqrt(1 - 0.999))


def test_closure_is_called_once_and_its_loss_returned() -> None:
    w = torch.nn.Parameter(torch.ones(2))
    optimizer = Adam([w])
    calls = []

    def closure() -> torch.Tensor:
        calls.append(1)
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    assert float(optimizer.step(closure)) == 2.0
    assert len(calls) == 1
