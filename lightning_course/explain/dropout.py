"""Dropout in training and at prediction (course chapter 3.2).

The layer is torch's, which equals Keras's: a unit is 0 with the probability ``rate``, and the other
units are divided by 1 − rate (inverted dropout), so that prediction needs no change.
"""

import numpy as np
import torch
from torch import nn

from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREY,
    ORANGE,
    Array,
    label,
    legend,
    new_figure,
    number_grid,
    table,
)

RATE = 0.2  # the course's
RATES = (0.1, 0.2, 0.5, 0.8)
UNITS, PASSES = 36, 4_000


def explain() -> Explanation:
    """Draw one pass of a layer in training and at prediction, and the mean and spread of many."""
    ones = np.ones((6, 6))
    once = dropped(ones, RATE)
    means, deviations = moments(RATES)
    figure = new_figure(
        "Dropout: in training some units are 0 at random, the others are scaled up", 3.7
    )
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.25))
    for axes, values, title in (
        (left, once, f"training, rate {RATE:g}: one pass"),
        (middle, dropped(ones, RATE, training=False), "prediction: unchanged"),
    ):
        number_grid(axes, values, title, shades=values / 1.25, fontsize=8.5, ylabel="unit, row")
    rates = np.linspace(0, 0.85, 100)
    right.plot(rates, np.ones_like(rates), color=BLUE, lw=1, label="1")
    right.plot(rates, spread(rates), color=ORANGE, lw=1, label="√(rate / (1 − rate))")
    right.plot(RATES, means, color=BLUE, ls="", marker="o", ms=5, label="mean, measured")
    right.plot(RATES, deviations, color=ORANGE, ls="", marker="s", ms=5, label="spread, measured")
    right.plot(rates, 1 - rates, color=GREY, ls=":", label="mean without scaling")
    label(right, f"a unit of 1 over {PASSES:,} passes", "rate", "mean and standard deviation")
    legend(right)
    rows = [
        [f"{rate:g}", f"{mean:.3f}", f"{deviation:.3f}", f"{float(spread(rate)):.3f}"]
        for rate, mean, deviation in zip(RATES, means, deviations, strict=True)
    ]
    zeros = int((once == 0).sum())
    return Explanation(
        {"units": figure},
        [
            f"One pass with rate {RATE:g}: {zeros} of {UNITS} units are 0, the others are "
            f"{once.max():g} = 1 / (1 − {RATE:g}); the mean of all is {once.mean():.3f}.",
            f"{PASSES:,} passes of a unit that is 1:",
            *table(["rate", "mean", "spread", "√(rate / (1 − rate))"], rows),
            "At prediction nothing is dropped and nothing scaled: model.eval() in torch, "
            "training=False in Keras.",
        ],
    )


def dropped(values: Array, rate: float, training: bool = True, seed: int = 0) -> Array:
    """Return values after a dropout layer, the same shape; the seed decides what is dropped."""
    layer = nn.Dropout(rate).train(training)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        outputs: Array = layer(torch.from_numpy(values)).numpy()
    return outputs


def moments(rates: tuple[float, ...]) -> tuple[Array, Array]:
    """Return mean and standard deviation of a unit of 1 over many passes, for each rate."""
    passes = [dropped(np.ones(PASSES), rate) for rate in rates]
    return np.array([p.mean() for p in passes]), np.array([p.std() for p in passes])


def spread(rate: float | Array) -> Array:
    """Return √(rate / (1 − rate)), the standard deviation of a unit of 1."""
    return np.sqrt(rate / (1.0 - np.asarray(rate)))
