"""What all optimisers do alike: groups, missing gradients, state, bad input."""

import copy
import io
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from lightning_course.optim import SGD, AdaGrad, Adam, CourseAdam, RMSProp

ALL: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": partial(SGD, lr=0.1),
    "SGD with momentum": partial(SGD, lr=0.1, momentum=0.9),
    "Nesterov": partial(SGD, lr=0.1, momentum=0.9, nesterov=True),
    "AdaGrad": partial(AdaGrad, lr=0.1),
    "RMSProp": partial(RMSProp, lr=0.01),
    "RMSProp with momentum": partial(RMSProp, lr=0.01, momentum=0.9),
    "Adam": partial(Adam, lr=0.1),
    "CourseAdam": partial(CourseAdam, lr=0.1),
}
every_optimiser = pytest.mark.parametrize("name", ALL)


def parameters(shapes: Sequence[Sequence[int]]) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(list(shape), generator=generator)) for shape in shapes]


def train(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], steps: range) -> None:
    """Take steps whose gradients depend on weight, step and place."""
    for step in steps:
        for index, w in enumerate(weights):
            w.grad = w.detach() + torch.cos(torch.tensor(float(step + index)))
        optimizer.step()


@every_optimiser
def test_parameters_of_several_dtypes(name: str) -> None:
    dtypes = [torch.float32, torch.bfloat16, torch.float64]
    mixed = [nn.Parameter(torch.ones(2, 3, dtype=dtype)) for dtype in dtypes]
    train(ALL[name](mixed), mixed, range(3))
    for index, dtype in enumerate(dtypes):
        alone = nn.Parameter(torch.ones(2, 3, dtype=dtype))
        optimizer = ALL[name]([alone])
        for step in range(3):
            alone.grad = alone.detach() + torch.cos(torch.tensor(float(step + index)))
            optimizer.step()
        assert torch.equal(mixed[index], alone)


@every_optimiser
def test_groups_have_their_own_rate(name: str) -> None:
    slow, fast = parameters([(3,), (3,)])
    together = ALL[name]([{"params": [slow], "lr": 1e-3}, {"params": [fast]}])
    train(together, [slow, fast], range(5))
    alone_slow, alone_fast = parameters([(3,), (3,)])
    train(ALL[name]([alone_slow], lr=1e-3), [alone_slow], range(5))
    optimizer = ALL[name]([alone_fast])
    train(optimizer, [nn.Parameter(torch.zeros(1)), alone_fast], range(5))
    assert torch.equal(slow, alone_slow)
    assert torch.equal(fast, alone_fast)
    assert not torch.equal(slow, fast)


@every_optimiser
def test_a_group_added_later_begins_at_its_first_step(name: str) -> None:
    first, late, alone = parameters([(3,), (3,), (3,)])
    late.data, alone.data = torch.ones(3), torch.ones(3)
    optimizer = ALL[name]([first])
    train(optimizer, [first], range(5))
    optimizer.add_param_group({"params": [late]})
    train(optimizer, [late], range(3))
    train(ALL[name]([alone]), [alone], range(3))
    assert torch.equal(late, alone)


@every_optimiser
def test_without_a_gradient_a_parameter_stays_and_has_no_state(name: str) -> None:
    with_gradient, without = parameters([(3,), (3,)])
    before = [with_gradient.detach().clone(), without.detach().clone()]
    optimizer = ALL[name]([with_gradient, without])
    optimizer.step()  # no gradients at all
    assert not optimizer.state
    train(optimizer, [with_gradient], range(2))
    assert not torch.equal(with_gradient, before[0])
    assert torch.equal(without, before[1])
    assert without not in optimizer.state


@every_optimiser
def test_gradients_are_left_as_they_are(name: str) -> None:
    weights = parameters([(3,), (2, 2)])
    optimizer = ALL[name](weights)
    for w in weights:
        w.grad = torch.full_like(w, 0.3)
    optimizer.step()
    assert all(torch.equal(w.grad, torch.full_like(w, 0.3)) for w in weights if w.grad is not None)


@every_optimiser
def test_a_saved_optimiser_goes_on_as_if_it_had_never_stopped(name: str) -> None:
    def two_groups(weights: list[nn.Parameter]) -> torch.optim.Optimizer:
        return ALL[name]([{"params": weights[:1], "lr": 0.05}, {"params": weights[1:]}])

    shapes = [(3,), (2, 2), ()]
    whole = parameters(shapes)
    train(two_groups(whole), whole, range(8))

    half = parameters(shapes)
    first = two_groups(half)
    train(first, half, range(5))
    file = io.BytesIO()
    torch.save({"optimizer": first.state_dict(), "weights": [w.data for w in half]}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)

    again = [nn.Parameter(w) for w in saved["weights"]]
    second = two_groups(again)
    second.load_state_dict(saved["optimizer"])
    train(second, again, range(5, 8))
    assert all(torch.equal(a, b) for a, b in zip(whole, again, strict=True))


@every_optimiser
def test_a_copy_goes_on_alike(name: str) -> None:
    weights = parameters([(3,)])
    optimizer = ALL[name](weights)
    train(optimizer, weights, range(3))
    twin = copy.deepcopy(optimizer)
    twins = twin.param_groups[0]["params"]
    train(optimizer, weights, range(3, 6))
    train(twin, twins, range(3, 6))
    assert torch.equal(weights[0], twins[0])


@every_optimiser
def test_the_square_reaches_its_minimum(name: str) -> None:
    w = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = ALL[name]([w], lr=0.5 if name == "AdaGrad" else 0.01)

    def loss_and_gradients() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    first = optimizer.step(loss_and_gradients)  # type: ignore[arg-type]
    assert torch.as_tensor(first).item() == 5.0
    for _ in range(1000):
        optimizer.step(loss_and_gradients)  # type: ignore[arg-type]
    assert w.detach().abs().max() < 0.02


def embedding_step(optimizer_class: Callable[..., torch.optim.Optimizer], sparse: bool) -> Any:
    torch.manual_seed(0)
    embedding = nn.Embedding(5, 2, sparse=sparse)
    optimizer = optimizer_class(embedding.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        (embedding(torch.tensor([1, 1, 3])) ** 2).sum().backward()
        optimizer.step()
    return embedding.weight


@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp", "CourseAdam", "Adam"])
def test_sparse_gradients_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match=f"{name}.*sparse"):
        embedding_step(ALL[name], sparse=True)


@pytest.mark.parametrize("name", ["SGD", "SGD with momentum", "Nesterov"])
def test_gradient_descent_takes_sparse_gradients(name: str) -> None:
    dense, sparse = (embedding_step(ALL[name], sparse) for sparse in (False, True))
    torch.testing.assert_close(dense, sparse)


@pytest.mark.parametrize(
    ("optimizer_class", "options", "message"),
    [
        (AdaGrad, {"lr": -0.1}, "learning rate must be at least 0, got -0.1"),
        (AdaGrad, {"lr": float("nan")}, "learning rate must be at least 0, got nan"),
        (AdaGrad, {"eps": -1e-7}, "eps must be at least 0, got -1e-07"),
        (
            AdaGrad,
            {"initial_accumulator_value": -1},
            "initial_accumulator_value must be at least 0, got -1",
        ),
        (RMSProp, {"lr": "fast"}, "learning rate must be at least 0, got fast"),
        (RMSProp, {"rho": 1.0}, "rho must be at least 0 and below 1, got 1.0"),
        (RMSProp, {"momentum": -0.5}, "momentum must be at least 0 and below 1, got -0.5"),
        (RMSProp, {"eps": -1}, "eps must be at least 0, got -1"),
        (CourseAdam, {"lr": -1}, "learning rate must be at least 0, got -1"),
        (CourseAdam, {"betas": (1.0, 0.9)}, "betas[0] must be at least 0 and below 1, got 1.0"),
        (CourseAdam, {"betas": (0.9, -1)}, "betas[1] must be at least 0 and below 1, got -1"),
        (CourseAdam, {"eps": -1}, "eps must be at least 0, got -1"),
        (SGD, {"momentum": 2.0}, "momentum must be at least 0 and below 1, got 2.0"),
    ],
)
def test_arguments_out_of_range_are_named(
    optimizer_class: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer_class([nn.Parameter(torch.ones(1))], **options)
