"""Softmax: logits become probabilities (course chapter 3.1)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    label,
    legend,
    new_figure,
    number_grid,
)

LOGITS = np.array([2.0, 1.0, 0.0, -1.0])
FACTORS = {0.3: SKY, 1.0: BLUE, 3.0: ORANGE}


def explain() -> Explanation:
    """Draw softmax of four logits, softmax against one logit, and its derivatives."""
    figure = new_figure("Softmax: logits become probabilities that sum to 1", 3.6)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1.05))
    places = np.arange(len(LOGITS))
    for shift, (factor, colour) in zip((-0.27, 0, 0.27), FACTORS.items(), strict=True):
        left.bar(
            places + shift,
            fs.softmax(factor * LOGITS),
            0.25,
            color=colour,
            label=f"logits × {factor:g}",
        )
    left.set_xticks(places, [f"{logit:g}" for logit in LOGITS])
    label(left, "four classes", "the class's logit", "probability", ylim=(0, 1.05))
    legend(left)

    x = np.linspace(-6, 6, 241)
    for classes, colour in ((2, GREEN), (4, BLUE), (10, SKY)):
        logits = np.concatenate([x[:, None], np.zeros((len(x), classes - 1))], axis=1)
        middle.plot(x, fs.softmax(logits)[:, 0], color=colour, label=f"{classes} classes")
    middle.plot(x, fs.sigmoid(x), color="black", ls=":", label="sigmoid")
    middle.axvline(0, color=GREY, lw=0.8)
    label(
        middle,
        "one logit, the others 0",
        "its logit",
        "its probability",
        ylim=(0, 1.05),
        xticks=range(-6, 7, 3),
    )
    legend(middle)

    jacobian = fs.softmax_jacobian(LOGITS)
    number_grid(
        right,
        jacobian,
        "derivatives at logits 2, 1, 0, −1",
        shades=np.abs(jacobian) / np.abs(jacobian).max(),
        texts=np.vectorize("{:.3f}".format)(jacobian),
        fontsize=8.5,
        xlabel="by the logit of class",
        ylabel="of the probability of class",
    )
    return Explanation({"probabilities": figure}, _lines())


def _lines() -> list[str]:
    p = fs.softmax(LOGITS)
    shifted = float(np.abs(fs.softmax(LOGITS + 100.0) - p).max())
    two, one = float(fs.softmax([1.5, 0.0])[0]), float(fs.sigmoid(1.5))
    columns = float(np.abs(fs.softmax_jacobian(LOGITS).sum(axis=0)).max().round(12))
    huge = fs.softmax([1000.0, 999.0])
    return [
        f"softmax({', '.join(f'{x:g}' for x in LOGITS)}) = {', '.join(f'{x:.4f}' for x in p)}; "
        f"their sum is {p.sum():.4f}.",
        f"100 added to every logit changes the probabilities by {shifted:.1g}: only differences "
        "count.",
        f"Two classes: softmax(1.5, 0) = {two:.4f} for the first, sigmoid(1.5) = {one:.4f}.",
        f"softmax(1000, 999) = {huge[0]:.4f}, {huge[1]:.4f}: the largest logit is subtracted "
        "first, or exp(1000) would overflow.",
        "A logit raises its own class's probability by as much as it lowers all others together: "
        f"each column of derivatives sums to {columns:g}.",
    ]
