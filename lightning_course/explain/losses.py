"""Losses, and the likelihoods that they come from (course chapter 3.2 and appendix)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    Array,
    label,
    legend,
    new_figure,
    table,
)

TARGETS, PREDICTIONS = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
LABELS, PROBABILITIES = np.array([1, 0, 1, 1]), np.array([0.9, 0.2, 0.6, 0.5])
CLASSES = np.array([0, 2, 1])
CLASS_PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.3, 0.4, 0.3]])

LOG_2_PI = float(np.log(2 * np.pi))


def explain() -> Explanation:
    """Draw each loss, and the likelihood of the target, over the prediction."""
    figure = new_figure("Losses are negative logarithms of likelihoods (dotted)", 4.1)
    left, middle, right = figure.subplots(1, 3)

    error = np.linspace(-3, 3, 121)
    square = np.array([fs.mean_squared_error([0.0], [e]) for e in error])
    nll = np.array([fs.gaussian_nll([0.0], [e]) for e in error])
    left.plot(error, square, color=BLUE, label="squared error")
    left.plot(error, nll, color=SKY, ls="--", label="−log density: half of\nit plus a constant")
    left.plot(error, np.exp(-nll), color=GREY, ls=":", label="Gaussian density")
    label(left, "regression", "prediction − target", "loss, or density", ylim=(-0.1, 9))
    legend(left, loc="upper center")

    p = np.linspace(0.001, 0.999, 400)
    for target, colour in ((1, BLUE), (0, ORANGE)):
        loss = np.array([fs.binary_cross_entropy([target], [q]) for q in p])
        middle.plot(p, loss, color=colour, label=f"cross-entropy if it is {target}")
        middle.plot(p, np.exp(-loss), color=colour, ls=":", label=f"its likelihood if {target}")
    label(
        middle, "two classes", "predicted probability of 1", "loss, or likelihood", ylim=(-0.1, 5)
    )
    legend(middle, loc="upper center")

    logits = np.linspace(-6, 6, 121)
    for classes, colour in ((2, GREEN), (3, BLUE), (10, AMBER)):
        loss = np.array([_true_class_loss(logit, classes) for logit in logits])
        right.plot(logits, loss, color=colour, label=f"{classes} classes")
        right.plot(0, np.log(classes), color=colour, marker="o")
    right.plot([], [], color="black", ls="", marker="o", label="guessing: log K")
    label(
        right,
        "K classes, the other logits 0",
        "logit of the true class",
        "cross-entropy",
        ylim=(-0.2, 9),
        xticks=range(-6, 7, 3),
    )
    legend(right)
    return Explanation({"likelihoods": figure}, _lines())


def _true_class_loss(logit: float, classes: int) -> float:
    logits: Array = np.zeros((1, classes))
    logits[0, 0] = logit
    return fs.sparse_categorical_cross_entropy_logits([0], logits)


def _lines() -> list[str]:
    mse, n = fs.mean_squared_error(TARGETS, PREDICTIONS), len(TARGETS)
    gaussian = fs.gaussian_nll(TARGETS, PREDICTIONS)
    bce = fs.binary_cross_entropy(LABELS, PROBABILITIES)
    bernoulli = fs.bernoulli_nll(LABELS, PROBABILITIES)
    sparse = fs.sparse_categorical_cross_entropy(CLASSES, CLASS_PROBABILITIES)
    one_hot = fs.one_hot(CLASSES, CLASS_PROBABILITIES.shape[1])
    full = fs.categorical_cross_entropy(one_hot, CLASS_PROBABILITIES)
    categorical = fs.categorical_nll(CLASSES, CLASS_PROBABILITIES)
    never = fs.binary_cross_entropy([1], [0.0])
    clipped = fs.binary_cross_entropy([1], [0.0], clip=1e-7)
    rows = [
        [name, f"{loss:.4f}", identity, f"{computed:.4f}", f"{likelihood:.4f}"]
        for name, loss, identity, computed, likelihood in (
            ("MSE: Gaussian", mse, "N/2·(loss + log 2π)", n / 2 * (mse + LOG_2_PI), gaussian),
            ("binary: Bernoulli", bce, "N·loss", len(LABELS) * bce, bernoulli),
            ("categorical: categorical", full, "N·loss", len(CLASSES) * full, categorical),
        )
    ]
    return [
        *table(["loss: distribution", "loss", "", "is", "−log likelihood"], rows),
        f"Sparse is the same number, {sparse:.4f}, from {len(CLASSES)} class ids instead of "
        f'{one_hot.size} one-hot entries: "sparse" means that the targets are ids. The course\'s '
        "notes explain it by the zeros of one-hot rows, which it does not need.",
        f"A probability of 0 for the true class costs {never:g}; clipped to 1e-7, as Keras does "
        f"where it cannot find the logits, it costs {clipped:.3f}.",
        f"Guessing among 10 classes costs log 10 = {_true_class_loss(0.0, 10):.3f}.",
    ]
