"""Learning-rate schedules over epochs (course appendix)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    COLOURS,
    Array,
    label,
    new_figure,
    table,
)
from lightning_course.optim import (
    SGD,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstant,
)

START, EPOCHS, K = 0.001, 200, 0.03

SCHEDULES: dict[str, Callable[[Optimizer], Any] | None] = {
    "constant": None,
    "step: half every 50 epochs": lambda optimizer: StepLR(optimizer, 50, 0.5),
    f"exponential: A·exp(−{K:g}·t)": lambda optimizer: ExponentialDecay(optimizer, K),
    f"1/t: A / ({K:g}·t + 1)": lambda optimizer: InverseTimeDecay(optimizer, K),
    "course: 0.0001 from epoch 50": lambda optimizer: PiecewiseConstant(
        optimizer, {0: START, 50: 0.0001}
    ),
}


def explain() -> Explanation:
    """Draw the rates of five schedules, and where noisy gradients settle under each."""
    rates = {name: rates_of(make) for name, make in SCHEDULES.items()}
    rests = {name: noisy_descent(values) for name, values in rates.items()}
    figure = new_figure(f"Learning-rate schedules, from A = {START:g}", 6.8)
    grid = figure.add_gridspec(2, 2)
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    below = figure.add_subplot(grid[1, :])
    for (name, values), colour in zip(rates.items(), COLOURS, strict=False):
        for axes in (left, right):
            axes.plot(values, color=colour, lw=1.4, drawstyle="steps-post")
        below.plot(rests[name], color=colour, lw=1.2, label=name)
    label(left, "the rate", "epoch", "learning rate")
    label(right, "the same on a logarithmic scale", "epoch", "learning rate", yscale="log")
    label(
        below,
        "w² with noisy gradients: large rates are fast and then oscillate, small rates settle",
        "epoch",
        "distance of w from 0, logarithmic",
        yscale="log",
    )
    figure.legend(
        *below.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=9,
    )
    shown = (0, 25, 50, 100, EPOCHS - 1)
    rows = [
        [name, *(f"{values[epoch]:.2g}" for epoch in shown), f"{rests[name][-1]:.2g}"]
        for name, values in rates.items()
    ]
    return Explanation(
        {"schedules": figure},
        [
            *table(["rate in epoch", *(f"{epoch}" for epoch in shown), "|w| at the end"], rows),
            "The exponential and 1/t begin to fall equally fast; after that 1/t falls more "
            f"slowly, and is half of A in epoch 1/k = {1 / K:.0f}. Epochs count from 0, as in "
            "Keras.",
            "Here the exponential falls so early that w never reaches 0; with the constant rate w "
            "never settles.",
        ],
    )


def rates_of(make: Callable[[Optimizer], Any] | None) -> Array:
    """Return the rate of each epoch under a schedule, None for a constant rate."""
    theta = torch.zeros(1, requires_grad=True)
    optimizer = SGD([theta], lr=START)
    scheduler = make(optimizer) if make else None
    rates = []
    for _ in range(EPOCHS):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if scheduler:
            scheduler.step()
    return np.array(rates)


def noisy_descent(rates: Array, steps: int = 40, walkers: int = 200) -> Array:
    """Return the distance of w from the minimum of w² after each epoch, with noisy gradients.

    Args:
        rates: The rate of each epoch.
        steps: Steps per epoch.
        walkers: Number of paths; the distance is their root mean square.

    Returns:
        (epochs + 1,).
    """
    random = np.random.default_rng(0)
    path = fs.gradient_descent(
        lambda w: 2 * w + random.standard_normal(walkers),
        np.full(walkers, 1.0),
        lambda step: float(rates[step // steps]),
        steps * len(rates),
    )
    distance: Array = np.sqrt((path[::steps] ** 2).mean(axis=1))
    return distance
