"""Gradient descent on a parabola with four learning rates, and linear regression by batches.

Course chapter 2.3 and appendix.
"""

from typing import Any

import numpy as np

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
from lightning_course.reports.figures import Figure

RATES = {"too small": 0.02, "good": 0.2, "oscillating": 0.9, "divergent": 1.05}
START, STEPS = 2.0, 20

BATCH_SIZES = {"all 256 rows": None, "batches of 32": 32, "batches of 4": 4}
ROWS, EPOCHS, BATCH_RATE = 256, 6, 0.1


def explain() -> Explanation:
    """Draw L(w) = w² with four learning rates, and linear regression by batches."""
    paths = {
        name: fs.gradient_descent(lambda w: 2 * w, START, rate, STEPS)
        for name, rate in RATES.items()
    }
    x, y = _line_data()
    batches = {
        name: fs.stochastic_gradient_descent(
            fs.linear_mse_gradient, [-1.0, 1.5], x, y, BATCH_RATE, EPOCHS, size
        )
        for name, size in BATCH_SIZES.items()
    }
    rows = [
        [name, f"{rate:g}", f"{1 - 2 * rate:.2f}", f"{path[-1]:.3g}", f"{path[-1] ** 2:.3g}"]
        for (name, rate), path in zip(RATES.items(), paths.values(), strict=True)
    ]
    steps = {name: (len(path) - 1) // EPOCHS for name, path in batches.items()}
    errors = {name: _error(path[-1], x, y) for name, path in batches.items()}
    best = _error(np.linalg.lstsq(x, y, rcond=None)[0].astype(np.float64), x, y)
    lines = [
        f"L(w) = w² from w = {START:g}, {STEPS} steps of w ← w − η·2w = (1 − 2η)·w:",
        *table(["", "η", "1 − 2η", "w at the end", "L(w)"], rows),
        "The step goes against the gradient. The course's notes say in its direction, which is up.",
        f"A line through {ROWS} rows, {EPOCHS} epochs with η = {BATCH_RATE:g}; the smallest "
        f"possible error is {best:.3f}.",
        *(
            f"{name}: {steps[name]} step{'s' * (steps[name] > 1)} per epoch, error {error:.3f}"
            for name, error in errors.items()
        ),
        f"An epoch is a pass over all rows. N / 32 = {ROWS // 32} is the number of steps per "
        "epoch; the course's notes call it the number of epochs.",
    ]
    figures = {"learning_rates": _rates(paths), "batches": _batches(batches, x, y, best)}
    return Explanation(figures, lines)


def _rates(paths: dict[str, Array]) -> Figure:
    figure = new_figure("Gradient descent on L(w) = w²: four learning rates η", 5.6)
    grid = figure.add_gridspec(2, 4, height_ratios=(1, 1.1))
    w = np.linspace(-4, 4, 201)
    below: Any = figure.add_subplot(grid[1, :])
    colours = (BLUE, GREEN, ORANGE, PINK)
    first = None
    for column, (colour, (name, path)) in enumerate(zip(colours, paths.items(), strict=True)):
        axes = figure.add_subplot(grid[0, column], sharey=first)
        first = first or axes
        axes.plot(w, w**2, color=GREY, lw=1)
        axes.plot(path, path**2, color=colour, marker="o", ms=4, lw=1)
        axes.plot(path[0], path[0] ** 2, color="black", marker="o", ms=6)
        title = f"η = {RATES[name]:g}: {name}"
        label(axes, title, "w", "L(w)", xlim=(-4, 4), ylim=(-0.8, 16))
        if column:
            axes.tick_params(labelleft=False)
            axes.set_ylabel("")
        below.plot(path**2, color=colour, marker="o", ms=3, label=f"η = {RATES[name]:g}, {name}")
    label(below, "the same, step by step", "step", "L(w), logarithmic", yscale="log")
    below.xaxis.get_major_locator().set_params(integer=True)
    legend(below, loc="lower left")
    return figure


def _batches(paths: dict[str, Array], x: Array, y: Array, best: float) -> Figure:
    figure = new_figure(f"Linear regression by batches of three sizes (η = {BATCH_RATE:g})", 3.9)
    left, right = figure.subplots(1, 2)
    slopes, offsets = np.meshgrid(np.linspace(-1.4, 2.4, 60), np.linspace(-1.3, 1.9, 60))
    weights = np.stack([slopes.ravel(), offsets.ravel()])
    errors = ((x @ weights - y[:, None]) ** 2).mean(axis=0).reshape(slopes.shape)
    left.contour(slopes, offsets, errors, levels=12, colors=GREY, linewidths=0.6, alpha=0.6)
    styles = {"all 256 rows": (BLUE, 3), "batches of 32": (GREEN, 2), "batches of 4": (ORANGE, 1)}
    for name, path in paths.items():
        # The noisiest lies below the others.
        colour, order = styles[name]
        left.plot(*path.T, color=colour, marker="o", ms=2 + order / 2, lw=1, zorder=order + 1)
        losses = [_error(theta, x, y) for theta in path]
        passes = np.linspace(0, EPOCHS, len(path))
        right.plot(passes, losses, color=colour, lw=1.2, zorder=order + 1, label=name)
    left.plot(*paths["all 256 rows"][0], color="black", marker="o", zorder=9)
    label(left, "path of the line's weights, from the black dot", "slope w", "offset b")
    label(
        right,
        "error on all rows",
        "epoch: passes over the rows",
        "mean squared error, logarithmic",
        yscale="log",
    )
    right.axhline(best, color=GREY, ls=":", lw=1.2, label="smallest possible error")
    legend(right)
    return figure


def _line_data() -> tuple[Array, Array]:
    """Return inputs with a column of ones (N, 2), and targets around the line 1.5·x − 0.5."""
    random = np.random.default_rng(0)
    x = random.standard_normal(ROWS)
    y = 1.5 * x - 0.5 + 0.5 * random.standard_normal(ROWS)
    return np.stack([x, np.ones(ROWS)], axis=1), y


def _error(weights: Array, x: Array, y: Array) -> float:
    return fs.mean_squared_error(y, fs.dense(x, weights[:, None])[:, 0])
