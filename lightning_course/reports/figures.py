"""Figures of runs: pure functions from numbers to a matplotlib Figure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from lightning_course.reports.canvas import Figure as Figure
from lightning_course.reports.canvas import render as render

# Okabe and Ito's palette, which colour-blind readers can distinguish too.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"
LINES: tuple[Any, ...] = ("--", ":", "-.", (0, (6, 2, 1, 2, 1, 2)))

# A confusion matrix with more classes shows shades only.
_MAX_NUMBERED = 20
# Longer class names are cut: they would take the matrix's room.
_MAX_NAME = 24
# How far from the curves a horizontal line may lie, in units of their range.
_MAX_LEVEL_DISTANCE = 3.0

IntArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.floating]


def predicted_class(probabilities: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the predicted class numbers (N,) and their probabilities (N,).

    Args:
        probabilities: Of class 1 (N,), which is predicted above 0.5; or of each class (N, K).
    """
    if probabilities.ndim == 1:
        predicted = (probabilities > 0.5).astype(np.int64)
        return predicted, np.where(predicted == 1, probabilities, 1 - probabilities)
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def learning_curves(
    history: pd.DataFrame, title: str, baselines: Mapping[str, Mapping[str, float]] | None = None
) -> Figure:
    """Return the curves of each metric over the epochs, training and validation.

    Args:
        history: Columns "epoch" (from 0) and "train/NAME", "val/NAME" for each metric.
        title: What was trained, on which data.
        baselines: Metrics of the naive baselines by name, drawn as horizontal lines. One so far
            off that it would squash the curves is named above them instead.
    """
    names = [name.removeprefix("train/") for name in history.columns if name.startswith("train/")]
    # The loss first, then alphabetically.
    names.sort(key=lambda name: (name != "loss", name))
    figure = Figure(figsize=(4.6 * len(names), 3.6), layout="constrained")
    figure.suptitle(title, fontsize=11)
    epochs = history["epoch"] + 1
    marker = "o" if len(history) <= 20 else None
    for axes, name in zip(np.atleast_1d(figure.subplots(1, len(names))), names, strict=True):
        axes.plot(epochs, history[f"train/{name}"], color=BLUE, marker=marker, ms=3, label="train")
        if f"val/{name}" in history:
            measured = history[f"val/{name}"].notna()
            axes.plot(
                epochs[measured],
                history.loc[measured, f"val/{name}"],
                color=ORANGE,
                marker=marker,
                ms=3,
                label="validation",
            )
        levels = {
            baseline: metrics[name]
            for baseline, metrics in (baselines or {}).items()
            if name in metrics
        }
        draw_levels(axes, levels)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.25)
    common_legend(figure)
    return figure


def draw_levels(axes: Axes, levels: Mapping[str, float]) -> list[Line2D]:
    """Add horizontal lines to curves and choose the y scale; lines too far off are named above.

    Args:
        axes: The axes with the curves.
        levels: Heights by name.

    Returns:
        The lines that were drawn.
    """
    curves = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
    near = [height for height in levels.values() if _is_near(height, curves)]
    # A line far below must not cause a logarithmic scale on which it lies too far off.
    log = spans_decades([curves]) or (
        spans_decades([curves, near]) and all(_is_near(level, curves, log=True) for level in near)
    )
    lines, far = [], []
    for style, (name, height) in zip(cycle(LINES), levels.items(), strict=False):
        if _is_near(height, curves, log=log):
            lines.append(axes.axhline(height, color=GREY, ls=style, lw=1, label=name))
        else:
            side = "above" if height > np.nanmax(curves) else "below"
            far.append(f"{name} {height:.4g} ({side})")
    if log:
        axes.set_yscale("log")
    if far:
        panel_note(axes, "\n".join(far))
    return lines


def _is_near(height: float, curves: FloatArray, *, log: bool = False) -> bool:
    """Whether a horizontal line is so near the curves (N,) that it does not squash them."""
    values = curves[np.isfinite(curves)]
    if log:
        if height <= 0:
            return False
        values, height = np.log(values), float(np.log(height))
    # A constant curve cannot be squashed.
    if not len(values) or not np.ptp(values):
        return True
    reach = _MAX_LEVEL_DISTANCE * np.ptp(values)
    return bool(values.min() - reach <= height <= values.max() + reach)


def panel_note(axes: Axes, note: str) -> None:
    """Write a note above a panel."""
    axes.set_title(note, loc="right", fontsize=8, color=GREY)


def common_legend(figure: Figure) -> None:
    """Add one legend for all panels, below them.

    The figure must have a constrained layout.
    """
    panels = [panel.get_legend_handles_labels() for panel in figure.axes]
    handles = {label: handle for one in panels for handle, label in zip(*one, strict=True)}
    # As many in a row as fit.
    columns = min(len(handles), max(1, int(figure.get_figwidth() / 1.6)))
    figure.legend(
        handles.values(), handles.keys(), loc="outside lower center", ncols=columns, frameon=False
    )


def spans_decades(curves: Iterable[Any]) -> bool:
    """Whether curves fall so far that a linear scale cannot show their ends."""
    values = np.concatenate([np.asarray(curve, float) for curve in curves])
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0 and values.max() > 50 * values.min())


def learning_rate_search(
    rates: Sequence[float], losses: Sequence[float], suggestion: float, current: float, title: str
) -> Figure:
    """Return the loss over the learning rate, from a run in which the rate grows every step.

    Args:
        rates: Learning rates, growing.
        losses: Smoothed training losses for the first of them; the search stops when it diverges.
        suggestion: The rate in the middle of the loss's fall.
        current: The recipe's rate.
        title: What was trained, on which data.
    """
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(rates[: len(losses)], losses, color=BLUE, label="training loss, smoothed")
    axes.axvline(
        suggestion, color=ORANGE, ls="--", lw=1.2, label=f"middle of the fall: {suggestion:.2g}"
    )
    axes.axvline(current, color=GREY, ls=":", lw=1.2, label=f"this recipe: {current:g}")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title=title)
    axes.title.set_fontsize(11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="lower left")
    return figure


def confusion_matrices(
    targets: IntArray, predicted: IntArray, class_names: Sequence[str], title: str
) -> Figure:
    """Return the confusion matrix in rows and in percent of each true class.

    Args:
        targets: True labels 0 … K − 1, shape (N,).
        predicted: Predicted labels, shape (N,).
        class_names: K names.
        title: Which split of what.
    """
    counts = confusion_matrix(targets, predicted, labels=range(len(class_names)))
    # A class without rows gets zeros, not NaN.
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.55 * min(len(class_names), _MAX_NUMBERED)
    figure = Figure(figsize=(2 * side + 0.6, side + 0.3), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = (("rows", counts, counts / max(counts.max(), 1)), ("% of true class", shares, shares))
    for axes, (label, values, shade) in zip(figure.subplots(1, 2), panels, strict=True):
        axes.imshow(shade, cmap="Blues", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(values):
            if len(class_names) > _MAX_NUMBERED:
                break
            axes.text(
                column,
                row,
                f"{value}" if values is counts else f"{100 * value:.1f}",
                ha="center",
                va="center",
                color="white" if shade[row, column] > 0.5 else "black",
            )
        ticks = range(0, len(class_names), 1 + len(class_names) // (2 * _MAX_NUMBERED))
        names = [_shortened(class_names[tick]) for tick in ticks]
        rotation = 45 if len(names) > 4 and max(map(len, names)) > 2 else 0
        axes.set_xticks(ticks, names, rotation=rotation)
        axes.set_yticks(ticks, names)
        axes.set(xlabel="predicted", ylabel="true", title=label)
        axes.title.set_fontsize(10)
    return figure


def _shortened(name: str) -> str:
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def roc_and_precision_recall(targets: IntArray, probabilities: FloatArray, title: str) -> Figure:
    """Return the ROC curve and the precision–recall curve.

    Args:
        targets: Labels 0 or 1, shape (N,), both present.
        probabilities: Of label 1, shape (N,).
        title: Which split of what.
    """
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    figure.suptitle(title, fontsize=11)
    left, right = figure.subplots(1, 2)
    false_rate, true_rate, _ = roc_curve(targets, probabilities)
    area = roc_auc_score(targets, probabilities)
    left.plot(false_rate, true_rate, color=BLUE, label=f"this run (area {area:.4f})")
    left.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="guessing (area 0.5)")
    left.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    precision, recall, _ = precision_recall_curve(targets, probabilities)
    area = average_precision_score(targets, probabilities)
    share = float(targets.mean())
    right.plot(recall, precision, color=BLUE, label=f"this run (average precision {area:.4f})")
    right.axhline(share, color=GREY, ls="--", lw=1, label=f"guessing ({share:.3f})")
    right.set(xlabel="recall", ylabel="precision", title="precision-recall")
    for axes in (left, right):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.05))
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, loc="center")
    return figure
