"""Activation functions and their derivatives (course chapter 3.1)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import BLUE, GREY, ORANGE, label, new_figure, table

# Name, function, derivative, formula.
FUNCTIONS = (
    ("sigmoid", fs.sigmoid, fs.sigmoid_derivative, "1 / (1 + exp(−x))"),
    ("tanh", fs.tanh, fs.tanh_derivative, "2 · sigmoid(2x) − 1"),
    ("relu", fs.relu, fs.relu_derivative, "max(x, 0)"),
    ("leaky relu", fs.leaky_relu, fs.leaky_relu_derivative, "x or 0.3 · x"),
    ("elu", fs.elu, fs.elu_derivative, "x or exp(x) − 1"),
    ("softplus", fs.softplus, fs.softplus_derivative, "log(1 + exp(x))"),
    (
        "bionodal root unit",
        fs.bionodal_root_unit,
        fs.bionodal_root_unit_derivative,
        "√(4x + 1) or exp(2x), − ½",
    ),
    ("odd root unit", fs.odd_root_unit, fs.odd_root_unit_derivative, "± (√(4|x| + 1) − 1)"),
)


def explain() -> Explanation:
    """Draw eight activation functions with their derivatives; list which saturate or die."""
    x = np.linspace(-4, 4, 401)
    figure = new_figure("Activation functions and their derivatives", 5.2)
    panels = figure.subplots(2, 4, sharex=True, sharey=True)
    for axes, (name, function, derivative, formula) in zip(panels.flat, FUNCTIONS, strict=True):
        axes.axhline(0, color=GREY, lw=0.8)
        axes.axvline(0, color=GREY, lw=0.8)
        (value,) = axes.plot(x, function(x), color=BLUE)
        (slope,) = axes.plot(x, derivative(x), color=ORANGE, ls="--")
        label(axes, f"{name}\n{formula}", "x", "f(x) and f′(x)", ylim=(-3.2, 4.2))
        axes.title.set_fontsize(9)
        axes.label_outer()
    figure.legend(
        [value, slope],
        ["the function f(x): a unit's output", "its derivative: the gradient that gets through"],
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=9,
    )
    return Explanation({"functions": figure}, _lines())


def _lines() -> list[str]:
    places = np.array([-4.0, 0.0, 4.0])
    wide = np.linspace(-10, 10, 2001)
    rows = [
        [name, *(f"{slope:.3f}" for slope in [*derivative(places), derivative(wide).max()])]
        for name, _, derivative, _ in FUNCTIONS
    ]
    random = np.random.default_rng(0)
    inputs = random.standard_normal(10_000)
    means = [f"{f(inputs).mean():.2f} for {name}" for name, f, _, _ in FUNCTIONS[:3]]
    rows_of_inputs = random.standard_normal((1_000, 4))
    kernel = random.standard_normal((4, 100))
    dead = [
        int(fs.dead_units(fs.dense(rows_of_inputs, kernel, np.full(100, bias), fs.relu)).sum())
        for bias in (0.0, -6.0)
    ]
    steepest = float(fs.sigmoid_derivative(0.0))
    return [
        *table(["derivative at x =", "-4", "0", "4", "largest"], rows),
        f"Twenty layers of sigmoids multiply twenty derivatives: at most {steepest:g}^20 = "
        f"{steepest**20:.1e}, apart from the weights.",
        f"For 10,000 standardised inputs the mean output is {', '.join(means)}.",
        f"With bias 0, {dead[0]} of 100 relu units are dead, which means 0 for each of 1,000 rows; "
        f"with bias -6, {dead[1]} are.",
        f"tanh(1) = {float(fs.tanh(1.0)):.4f} = 2·sigmoid(2) − 1 = "
        f"{2 * float(fs.sigmoid(2.0)) - 1:.4f}: not only the height is scaled, as the course's "
        "notes say, but also x.",
    ]
