"""Regression on tables: the fitted line, doubling times, predicted against true values."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from lightning_course.datamodules import TableDataModule
from lightning_course.models import LinearRegressor
from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A line ``slope · x + intercept`` in the units of the table."""

    slope: float
    intercept: float

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the line's values at x (N,)."""
        return self.slope * x + self.intercept

    @property
    def doubling(self) -> float:
        """The increase of x over which exp(line) doubles: ln 2 / slope (infinite for slope 0)."""
        return math.log(2) / self.slope if self.slope else math.inf


def least_squares(x: FloatArray, y: FloatArray) -> Line:
    """Return the closed-form line through points x (N,), y (N,); horizontal if x is constant."""
    spread = np.square(x - x.mean()).sum()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / spread if spread else 0.0
    return Line(float(slope), float(y.mean() - slope * x.mean()))


def bootstrap_doubling(
    x: FloatArray, y: FloatArray, seed: int = 0, draws: int = 2_000
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the doubling time of the least-squares line.

    Each draw takes N of the N points with replacement (Efron 1979).
    """
    rows = np.random.default_rng(seed).integers(len(x), size=(draws, len(x)))
    xs, ys = x[rows], y[rows]
    xs -= xs.mean(axis=1, keepdims=True)
    slopes = (xs * ys).sum(axis=1) / np.square(xs).sum(axis=1)
    low, high = np.quantile(math.log(2) / slopes, [0.025, 0.975])
    return float(low), float(high)


def fitted_line(
    x: FloatArray,
    y: FloatArray,
    trained: Line,
    closed_form: Line,
    names: tuple[str, str],
    title: str,
    *,
    log: bool,
) -> Figure:
    """Return points with the trained and the closed-form line.

    Args:
        x: The feature (N,).
        y: The target in the units of the table (N,).
        trained: The trained line, of the target's logarithm if ``log``, else of the target.
        closed_form: The least-squares line, likewise.
        names: Names of feature and target.
        title: What was trained, on which data.
        log: Show a raw and a logarithmic scale side by side.
    """
    figure = Figure(figsize=(10 if log else 6, 4.2), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = np.linspace(x.min(), x.max(), 200)
    scales = ("linear", "log") if log else ("linear",)
    panels = figure.subplots(1, len(scales), squeeze=False)[0]
    for axes, scale in zip(panels, scales, strict=True):
        axes.scatter(x, y, s=14, color=GREY, alpha=0.7, label="data")
        for line, colour, style, label in (
            (trained, BLUE, "-", "trained"),
            (closed_form, ORANGE, "--", "least squares"),
        ):
            values = np.exp(line(grid)) if log else line(grid)
            axes.plot(grid, values, color=colour, ls=style, lw=1.8, label=label)
        axes.set(xlabel=names[0], ylabel=names[1], yscale=scale)
        axes.set_title(f"{scale} scale" if log else "", fontsize=10)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    return figure


def predicted_against_true(
    true: FloatArray, predicted: FloatArray, name: str, title: str
) -> Figure:
    """Return a scatter of predicted against true values, and the histogram of the errors.

    Args:
        true: In the units of the table (N,).
        predicted: Likewise.
        name: Of the target.
        title: Which split of what.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    figure.suptitle(title, fontsize=11)
    left, right = figure.subplots(1, 2)
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    left.scatter(true, predicted, s=14, color=BLUE, alpha=0.6)
    left.plot(ends, ends, color=GREY, ls="--", lw=1, label="predicted = true")
    left.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    left.legend(frameon=False)
    right.hist(predicted - true, bins=30, color=BLUE)
    right.axvline(0, color=GREY, ls="--", lw=1)
    right.set(xlabel=f"predicted - true {name}", ylabel="rows")
    for axes in (left, right):
        axes.grid(alpha=0.25)
    return figure


def trained_line(module: LinearRegressor, data: TableDataModule) -> Line:
    """Return the line of a model with one feature, in the units of the table.

    With ``target_scaling="log"`` it is that of the target's logarithm.
    """
    data.prepare()
    at = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    # Two points undo any linear scaling.
    low, high = data.unscaled(at)[:, 0]
    values = module.bias.cpu().double() + at[:, 0] * module.weight.cpu().double()
    values = values if data.target_scaling == "log" else data.decode(values)
    slope = float(values[1] - values[0]) / (high - low)
    return Line(slope, float(values[0]) - slope * low)


def points(data: TableDataModule) -> tuple[FloatArray, FloatArray]:
    """Return feature and target (N,) of the training rows of a table with one feature.

    In the units of the table, but the logarithm of the target where the model predicts that.
    """
    inputs, targets = (tensor.cpu() for tensor in data.splits["train"])
    y = targets.double() if data.target_scaling == "log" else data.decode(targets.double())
    return data.unscaled(inputs)[:, 0], y.numpy()
