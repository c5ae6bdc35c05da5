"""Momentum: a velocity that gradients only change (course appendix)."""

import numpy as np
import torch

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Array,
    label,
    legend,
    new_figure,
    table,
)
from lightning_course.optim import SGD

# A valley, 25 times as steep across as along.
STEEPNESS = np.array([1.0, 25.0])
START, RATE, STEPS = np.array([-9.0, 2.0]), 0.01, 100
MOMENTA = {0.0: BLUE, 0.5: GREEN, 0.9: ORANGE, 0.99: PINK}


def loss(theta: Array) -> Array:
    """Return L = (θ₀² + 25·θ₁²) / 2 of parameters (…, 2)."""
    total: Array = (STEEPNESS * theta**2).sum(axis=-1) / 2
    return total


def descend(momentum: float) -> Array:
    """Return the path (STEPS + 1, 2)."""
    return fs.gradient_descent(lambda theta: STEEPNESS * theta, START, RATE, STEPS, momentum)


def explain() -> Explanation:
    """Draw paths through a narrow valley, and the loss after each step."""
    paths = {momentum: descend(momentum) for momentum in MOMENTA}
    figure = new_figure(f"Gradient descent with momentum μ, η = {RATE:g}", 6.6)
    top, bottom = figure.subplots(2, 1)
    x, y = np.meshgrid(np.linspace(-10, 6, 120), np.linspace(-2.6, 2.6, 80))
    levels = np.geomspace(0.3, 120, 12)
    top.contour(
        x, y, loss(np.stack([x, y], axis=-1)), levels=levels, colors=GREY, linewidths=0.6, alpha=0.7
    )
    for momentum in (0.0, 0.9):
        path = paths[momentum][:61]
        name = f"μ = {momentum:g}" if momentum else "μ = 0: none"
        top.plot(*path.T, color=MOMENTA[momentum], marker="o", ms=3, lw=1, label=name)
    top.plot(*START, color="black", marker="o")
    top.plot(0, 0, color="black", marker="x", ms=8)
    label(
        top,
        "the first 60 steps, from the dot to the cross",
        "$\\theta_0$, flat",
        "$\\theta_1$, steep",
    )
    legend(top, loc="lower right")
    for momentum, path in paths.items():
        bottom.plot(loss(path), color=MOMENTA[momentum], lw=1.3, label=f"μ = {momentum:g}")
    label(bottom, "loss", "step", "L, logarithmic", yscale="log")
    legend(bottom, loc="lower left", ncols=4)

    rows = []
    for momentum, path in paths.items():
        below = np.flatnonzero(loss(path) < loss(START) / 1_000)
        # It must stay below; with 0.99 it only passes through.
        settled = [step for step in below if (loss(path)[step:] < loss(START) / 1_000).all()]
        first = f"{settled[0]}" if settled else f"not in {STEPS}"
        rows.append([f"{momentum:g}", f"{loss(path)[-1]:.2g}", first])
    keras, torchs = slowed_steps()
    return Explanation(
        {"valley": figure},
        [
            f"L = (θ₀² + 25·θ₁²) / 2 from {loss(START):g}:",
            *table(["μ", f"loss after {STEPS} steps", "below a thousandth from step"], rows),
            "Without a gradient each step multiplies the velocity by μ: 10 steps leave "
            f"{0.9**10:.2f} of it with μ = 0.9, and {0.99**10:.2f} with μ = 0.99.",
            f"If a schedule divides η by 10 during training, the next step is {keras:.3f} with the "
            "course's and Keras's form, where earlier gradients keep the old η, and "
            f"{torchs:.3f} with torch's, which multiplies the whole velocity by the new η.",
        ],
    )


def slowed_steps() -> tuple[float, float]:
    """Return the step after η falls from 0.1 to 0.01, with Keras's SGD and with torch's.

    Both have taken ten steps with the gradient 1 and momentum 0.9.
    """
    steps = []
    for make in (SGD, torch.optim.SGD):
        theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        theta.grad = torch.ones_like(theta)
        optimizer = make([theta], lr=0.1, momentum=0.9)
        for _ in range(10):
            optimizer.step()
        before = theta.item()
        optimizer.param_groups[0]["lr"] = 0.01
        optimizer.step()
        steps.append(theta.item() - before)
    return steps[0], steps[1]
