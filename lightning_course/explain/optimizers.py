"""Optimisers on one surface, and where Adam adds its epsilon (course appendix)."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    Array,
    label,
    legend,
    new_figure,
    table,
)
from lightning_course.reports.figures import Figure

STEEPNESS = np.array([0.2, 4.0])
START, STEPS = np.array([-6.0, -2.5]), 150
EPSILON = 1e-8
SHOWN = (10, 30, 60, STEPS)

Form = Literal["course", "keras", "torch"]


def gradient(theta: Array) -> Array:
    """Return the gradient of the surface: (0.2·θ₀, 4·θ₁)."""
    return STEEPNESS * theta


def surface(theta: Array) -> Array:
    """Return L = 0.1·θ₀² + 2·θ₁² of parameters (…, 2)."""
    total: Array = (STEEPNESS * theta**2).sum(axis=-1) / 2
    return total


# Each with its own rate, because no rate suits all.
OPTIMIZERS: dict[str, Callable[[], Array]] = {
    "SGD, η = 0.3": lambda: fs.gradient_descent(gradient, START, 0.3, STEPS),
    "momentum 0.9, η = 0.05": lambda: fs.gradient_descent(gradient, START, 0.05, STEPS, 0.9),
    "AdaGrad, η = 0.8": lambda: fs.adagrad(gradient, START, 0.8, STEPS),
    "RMSProp, η = 0.2": lambda: fs.rmsprop(gradient, START, 0.2, STEPS),
    "Adam, η = 0.4": lambda: fs.adam(gradient, START, 0.4, STEPS),
}
FORMS: dict[Form, tuple[str, str]] = {
    "course": (ORANGE, "course: m̂ / √(v̂ + ε)"),
    "torch": (GREEN, "torch: m̂ / (√v̂ + ε)"),
    "keras": (BLUE, "Keras: ε beside √v, before the correction"),
}


def explain() -> Explanation:
    """Draw five paths with their losses, and Adam's first step by the size of the gradient."""
    paths = {name: descend() for name, descend in OPTIMIZERS.items()}
    rows = [
        [name, *(f"{surface(path)[step]:.2g}" for step in SHOWN)] for name, path in paths.items()
    ]
    small = {form: first_step(1e-6, form) for form in get_args(Form)}
    rmsprop = paths["RMSProp, η = 0.2"]
    swing = np.abs(rmsprop[-20:]).mean()
    nearest = int(surface(rmsprop).argmin())
    # The first step after that which is more than η = 0.2 away.
    thrown = nearest + int((np.abs(rmsprop[nearest:]).max(axis=1) > 0.2).argmax())
    return Explanation(
        {"paths": _paths(paths), "adam_epsilon": _epsilon()},
        [
            f"loss, from {surface(START):g} on:",
            *table(["after steps", *map(str, SHOWN)], rows),
            "AdaGrad's cache only grows, so its steps shrink. RMSProp's cache forgets large "
            "gradients, so that small ones are scaled up again: in step "
            f"{thrown} it is thrown out of the minimum, and then oscillates by {swing:.2f} around "
            "it, about half of η. It needs a schedule.",
            "Adam's first step is η for every gradient that is large compared with ε.",
            f"For a gradient of 1e-6 and ε = {EPSILON:g} it is {small['course']:.3f}·η in the "
            f"course's form, {small['torch']:.3f}·η in torch's and {small['keras']:.3f}·η in "
            f"Keras's: ε under the root acts like √ε = {np.sqrt(EPSILON):g} beside it.",
        ],
    )


def first_step(size: float, form: Form) -> float:
    """Return Adam's first step as a fraction of η, for a gradient of this size."""
    return -float(fs.adam(lambda _: size, 0.0, 1.0, 1, epsilon=EPSILON, form=form)[1])


def _paths(paths: dict[str, Array]) -> Figure:
    figure = new_figure("Five optimisers on $L = 0.1\\,\\theta_0^2 + 2\\,\\theta_1^2$", 7)
    top, bottom = figure.subplots(2, 1, height_ratios=(1.1, 1))
    x, y = np.meshgrid(np.linspace(-7, 3, 120), np.linspace(-3, 2.2, 80))
    levels = np.geomspace(0.05, 25, 12)
    heights = surface(np.stack([x, y], axis=-1))
    top.contour(x, y, heights, levels=levels, colors=GREY, linewidths=0.6, alpha=0.7)
    for number, (name, path) in enumerate(paths.items()):
        colour = COLOURS[number]
        # Later lines are thinner: AdaGrad and RMSProp take the same path.
        top.plot(*path.T, color=colour, marker="o", ms=4.5 - 0.5 * number, lw=2.4 - 0.4 * number)
        bottom.plot(surface(path), color=colour, lw=1.3, label=name)
    top.plot(*START, color="black", marker="o")
    top.plot(0, 0, color="black", marker="x", ms=9)
    label(
        top, f"{STEPS} steps from the dot to the cross", "$\\theta_0$, flat", "$\\theta_1$, steep"
    )
    label(bottom, "loss", "step", "L, logarithmic", yscale="log", ylim=(1e-10, 50))
    legend(bottom, loc="lower left")
    return figure


def _epsilon() -> Figure:
    figure = new_figure(f"Adam's first step by the size of the gradient, ε = {EPSILON:g}", 3.7)
    axes = figure.subplots()
    sizes = np.geomspace(1e-11, 1, 200)
    for form, (colour, name) in FORMS.items():
        steps = [first_step(size, form) for size in sizes]
        axes.plot(sizes, steps, color=colour, label=name)
    label(axes, "", "|gradient|, logarithmic", "first step / η", xscale="log")
    legend(axes, loc="upper left")
    return figure
