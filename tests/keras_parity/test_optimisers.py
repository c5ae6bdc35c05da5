"""Our optimisers and schedules beside Keras's of the same names: fifty steps of a small network.

``tests/optim`` holds them against the formulas; here Keras itself is the oracle. Double precision
on both sides, with losses of ordinary size and so small that ε weighs.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lightning_course.optim import (
    SGD,
    AdaGrad,
    Adam,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstant,
    RMSProp,
)

STEPS = 50
TOLERANCE = 1e-11

# Keras's name and arguments, our class and arguments; without arguments the defaults are compared.
OPTIMISERS: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "SGD": ("SGD", {}, SGD, {}),
    "SGD with momentum": (
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9},
        SGD,
        {"lr": 0.05, "momentum": 0.9},
    ),
    "Nesterov": (
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
        SGD,
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    ),
    "RMSProp": ("RMSprop", {}, RMSProp, {}),
    "RMSProp with momentum": (
        "RMSprop",
        {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-5},
        RMSProp,
        {"lr": 0.01, "rho": 0.8, "momentum": 0.5, "eps": 1e-5},
    ),
    "AdaGrad": ("Adagrad", {}, AdaGrad, {}),
    "AdaGrad from 0": (
        "Adagrad",
        {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-5},
        AdaGrad,
        {"lr": 0.1, "initial_accumulator_value": 0.0, "eps": 1e-5},
    ),
    "Adam": ("Adam", {}, Adam, {}),
    "Adam with options": (
        "Adam",
        {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5},
        Adam,
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-5},
    ),
}

# Ours count epochs, Keras's steps: here an epoch is a step. Keras's takes the new rate after a
# boundary, ours from an epoch on.
RATE = 0.05
SCHEDULES: dict[str, tuple[str, dict[str, Any], Callable[[Any], Any]]] = {
    "ExponentialDecay": (
        "ExponentialDecay",
        {"initial_learning_rate": RATE, "decay_steps": 1, "decay_rate": math.exp(-0.1)},
        lambda optimizer: ExponentialDecay(optimizer, k=0.1),
    ),
    "InverseTimeDecay": (
        "InverseTimeDecay",
        {"initial_learning_rate": RATE, "decay_steps": 1, "decay_rate": 0.1},
        lambda optimizer: InverseTimeDecay(optimizer, k=0.1),
    ),
    "PiecewiseConstant": (
        "PiecewiseConstantDecay",
        {"boundaries": [9, 29], "values": [RATE, 0.02, 0.001]},
        lambda optimizer: PiecewiseConstant(optimizer, {0: RATE, 10: 0.02, 30: 0.001}),
    ),
}


@pytest.mark.parametrize("scale", [1, 1e-6])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_are_keras_s(keras: Any, pairs: Any, name: str, scale: float) -> None:
    keras_name, arguments, our_class, options = OPTIMISERS[name]
    with pairs.float64():
        optimizer = getattr(keras.optimizers, keras_name)(**arguments)
        model, network = small_networks(keras)
        expected = keras_path(keras, model, optimizer, scale)
    ours = our_path(network, our_class(network.parameters(), **options), None, scale)
    assert pairs.difference(ours[-1], ours[0]) > 0
    for step in range(STEPS + 1):
        assert pairs.difference(ours[step], expected[step]) <= TOLERANCE


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimiser", ["SGD", "RMSprop", "Adam"])
def test_schedules_are_keras_s(keras: Any, pairs: Any, name: str, optimiser: str) -> None:
    keras_name, arguments, our_schedule = SCHEDULES[name]
    our_class = {"SGD": SGD, "RMSprop": RMSProp, "Adam": Adam}[optimiser]
    # Adam has no argument of that name; momentum is where the place of the rate matters.
    momentum = {} if optimiser == "Adam" else {"momentum": 0.9}
    with pairs.float64():
        rate = getattr(keras.optimizers.schedules, keras_name)(**arguments)
        optimizer = getattr(keras.optimizers, optimiser)(rate, **momentum)
        model, network = small_networks(keras)
        expected = keras_path(keras, model, optimizer, 1)
    ours_optimizer = our_class(network.parameters(), lr=RATE, **momentum)
    ours = our_path(network, ours_optimizer, our_schedule(ours_optimizer), 1)
    for step in range(STEPS + 1):
        assert pairs.difference(ours[step], expected[step]) <= TOLERANCE


def small_networks(keras: Any) -> tuple[Any, nn.Sequential]:
    """Return a network of two layers twice, with the same weights."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(6, activation="tanh"), layers.Dense(1)]
    )
    network = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)).double()
    with torch.no_grad():
        for parameter, array in zip(network.parameters(), model.get_weights(), strict=True):
            parameter.copy_(torch.tensor(array.T))
    return model, network


def rows() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(STEPS, 16, 4))
    return inputs, np.sin(inputs.sum(axis=2, keepdims=True)) + 1


def keras_path(keras: Any, model: Any, optimizer: Any, scale: float) -> list[Any]:
    """Return all weights before the first step and after each, in one vector (joined)."""

    def loss(targets: Any, outputs: Any) -> Any:
        return scale * keras.losses.mean_squared_error(targets, outputs)

    model.compile(optimizer=optimizer, loss=loss)
    path = [joined(model.get_weights())]
    for inputs, targets in zip(*rows(), strict=True):
        model.train_on_batch(inputs, targets)
        path.append(joined(model.get_weights()))
    return path


def our_path(network: nn.Sequential, optimizer: Any, schedule: Any, scale: float) -> list[Any]:
    def weights() -> Any:
        return joined([parameter.detach().numpy().T for parameter in network.parameters()])

    path = [weights()]
    for inputs, targets in zip(*rows(), strict=True):
        optimizer.zero_grad()
        outputs = network(torch.from_numpy(inputs))
        (scale * nn.functional.mse_loss(outputs, torch.from_numpy(targets))).backward()
        optimizer.step()
        if schedule:
            schedule.step()
        path.append(weights())
    return path


def joined(weights: list[Any]) -> Any:
    return np.concatenate([array.flatten() for array in weights])
