"""Figures of series: the whole series, and forecasts against the true values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from torch import Tensor

from lightning_course.datamodules import SeriesDataModule
from lightning_course.models import Evaluation, Forecaster
from lightning_course.reports.digits import in_units
from lightning_course.reports.figures import (
    BLUE,
    GREY,
    LINES,
    ORANGE,
    Figure,
    common_legend,
    panel_note,
)
from lightning_course.reports.forecasting import MEAN, naive_forecasts, values_ahead

FloatArray = npt.NDArray[np.float64]

# Columns of a series that a figure shows, one below the other.
MAX_COLUMNS = 4
# How much of the time before a split is shown, as a fraction of the split.
_HISTORY = 0.2
# Background grey of the validation and test splits.
_SHADES = ("0.92", "0.82")

ONE_STEP, MULTI_STEP = "one step ahead", "many steps ahead"


@dataclass(frozen=True)
class Paths:
    """The true values of a split and their forecasts, in the units of the series.

    Attributes:
        rows: The R rows of the series that a forecast from the split's first window to its end
            goes over.
        true: The true values, (R, D).
        one_step: Each value from the true ones before it, (R, D). With a horizon H above 1 the
            first value of each prediction counts, and the last H − 1 rows are NaN.
        multi_step: A single forecast whose predictions are fed back in, (R, D).
        naive: The same for the naive forecasts, by name.
    """

    rows: range
    true: FloatArray
    one_step: FloatArray
    multi_step: FloatArray
    naive: Mapping[str, FloatArray]


def forecast_paths(module: Forecaster, data: SeriesDataModule, evaluation: Evaluation) -> Paths:
    """Return the true values of an evaluated split, a model's forecasts and the naive ones."""
    ahead = values_ahead(data, evaluation.split)
    steps, width = ahead.shape
    first = data.splits[evaluation.split][0][:1].cpu()
    near = evaluation.predictions.reshape(len(evaluation.predictions), -1, width)[:, 0]
    one_step = np.full((steps, width), np.nan)
    one_step[: len(near)] = _in_units(data, near)
    start = data.target_rows(evaluation.split).start
    return Paths(
        rows=range(start, start + steps),
        true=_in_units(data, ahead),
        one_step=one_step,
        multi_step=_in_units(data, module.forecast(first, steps)[0]),
        naive={
            name: _in_units(data, forecast(first, steps)[0])
            for name, forecast in naive_forecasts(data).items()
        },
    )


def _in_units(data: SeriesDataModule, values: Tensor) -> FloatArray:
    return in_units(values.cpu(), data.decode)


def forecast_table(paths: Paths, data: SeriesDataModule) -> pd.DataFrame:
    """Return the numbers behind the forecast's figure, in the units of the series.

    Columns "time", "true", "one_step", "multi_step" and one for each naive forecast; of a series
    with several columns each of them once for each, such as "true_low".
    """
    columns: dict[str, Any] = {"time": data.time_texts(paths.rows)}
    forecasts = {"true": paths.true, "one_step": paths.one_step, "multi_step": paths.multi_step}
    for name, values in {**forecasts, **paths.naive}.items():
        for column, value_name in zip(values.T, data.value_names, strict=True):
            ending = f"_{value_name}" if len(data.value_names) > 1 else ""
            columns[f"{name}{ending}"] = column
    return pd.DataFrame(columns)


def value_labels(data: SeriesDataModule) -> list[str]:
    """Return the names of the columns with their unit where it is known."""
    data.prepare()
    # A user's own series has no unit.
    unit = f" ({data.unit})" if data.unit and data.csv is None else ""
    return [name + unit for name in data.value_names]


def time_axis(data: SeriesDataModule) -> npt.NDArray[Any]:
    """Return the x values of the rows of a series: dates (L,), else 0 … L − 1."""
    data.prepare()
    if data.times is None:
        return np.arange(len(data.values))
    # Local time: matplotlib would shift time zones to UTC.
    return data.times.tz_localize(None).to_numpy()


def whole_series(
    times: npt.NDArray[Any],
    values: FloatArray,
    splits: Mapping[str, range],
    paths: Paths,
    labels: Sequence[str],
    title: str,
) -> Figure:
    """Return the whole series with its splits, and the one-step predictions of one of them.

    Args:
        times: Dates or numbers of the rows (L,).
        values: The series (L, D).
        splits: Rows that are predicted, by split in order of time. All but the first are shaded.
        paths: Of the split whose predictions are shown.
        labels: Of the D columns; the first few are shown.
        title: What was trained, on which data.
    """
    figure, panels = _panels(labels, title)
    shown = times[paths.rows.start : paths.rows.stop]
    for column, axes in enumerate(panels):
        for shade, (name, rows) in zip(_SHADES, list(splits.items())[1:], strict=False):
            end = times[min(rows.stop, len(times) - 1)]
            axes.axvspan(times[rows.start], end, color=shade, lw=0, label=name)
        axes.plot(times, values[:, column], color="black", lw=1, label="true values")
        axes.plot(shown, paths.one_step[:, column], color=BLUE, lw=1, label=ONE_STEP)
        _limit(axes, values[:, column], values[:, column], {ONE_STEP: paths.one_step[:, column]})
    _finish(figure, panels, times)
    return figure


def forecast_against_truth(
    times: npt.NDArray[Any],
    values: FloatArray,
    paths: Paths,
    labels: Sequence[str],
    title: str,
) -> Figure:
    """Return the true values of a split, with some of the time before, and all forecasts of it.

    Two panels a column: one step ahead, then many. Their axes include the true values and the
    model's forecasts, unless these go too far; what is cut off is named above the axis. The
    training mean is left out: it is a horizontal line.

    Args:
        times: Dates or numbers of the rows (L,).
        values: The series (L, D).
        paths: The split.
        labels: Of the D columns; the first few are shown.
        title: Which split of what.
    """
    figure, panels = _panels(labels, title, of_each=2)
    start, stop = paths.rows.start, paths.rows.stop
    before = max(0, start - max(10, int(_HISTORY * len(paths.rows))))
    for axes in panels:
        axes.axvline(times[start], color=GREY, lw=0.8)
    for column, pair in enumerate(zip(panels[::2], panels[1::2], strict=True)):
        past = values[before:stop, column]
        model = {ONE_STEP: paths.one_step[:, column], MULTI_STEP: paths.multi_step[:, column]}
        naive = {name: path[:, column] for name, path in paths.naive.items() if name != MEAN}
        for axes, colour, (name, path), others in zip(
            pair, (BLUE, ORANGE), model.items(), ({}, naive), strict=True
        ):
            axes.plot(times[before:stop], past, color="black", lw=1.2, label="true values")
            for style, (other, naively) in zip(LINES, others.items(), strict=False):
                axes.plot(times[start:stop], naively, color=GREY, ls=style, lw=1, label=other)
            axes.plot(times[start:stop], path, color=colour, lw=1.2, label=name)
            _limit(axes, past, values[:, column], {name: path}, others)
    _finish(figure, panels, times[before:stop])
    return figure


def one_step_closely(
    times: npt.NDArray[Any],
    values: FloatArray,
    paths: Paths,
    labels: Sequence[str],
    title: str,
    most: int = 60,
) -> Figure:
    """Return the end of a split's one-step predictions, beside the last value before each.

    A model that copies the last value looks right until you zoom in: it lags by one step (course
    chapter 5.6).

    Args:
        times: Dates or numbers of the rows (L,).
        values: The series (L, D).
        paths: The split.
        labels: Of the D columns; the first few are shown.
        title: Which split of what.
        most: Number of steps shown.
    """
    known = int(np.isfinite(paths.one_step).all(axis=1).sum())
    rows = paths.rows[:known][-most:]
    figure, panels = _panels(labels, f"{title}, the last {len(rows)} predictions")
    shown = slice(rows.start, rows.stop)
    for column, axes in enumerate(panels):
        path = paths.one_step[:known][-most:, column]
        before = values[rows.start - 1 : rows.stop - 1, column]
        axes.plot(times[shown], values[shown, column], color="black", lw=1.2, label="true values")
        axes.plot(times[shown], before, color=GREY, ls="--", lw=1, label="last value")
        axes.plot(times[shown], path, color=BLUE, lw=1.2, marker="o", ms=3, label=ONE_STEP)
        _limit(axes, values[shown, column], values[:, column], {ONE_STEP: path})
    _finish(figure, panels, times[shown])
    return figure


def readable_limits(
    true: FloatArray, forecasts: Iterable[FloatArray], most: float
) -> tuple[float, float]:
    """Return the ends of an axis for true values (N,) and forecasts (R,) of them.

    It includes the true values, and the forecasts as far as they lie at most ``most`` beyond them.
    """
    low, high = float(true.min()), float(true.max())
    bounds = low - most, high + most
    for path in forecasts:
        finite = path[np.isfinite(path)]
        if len(finite):
            low = min(low, max(float(finite.min()), bounds[0]))
            high = max(high, min(float(finite.max()), bounds[1]))
    margin = 0.05 * (high - low)
    return low - margin, high + margin


def _limit(
    axes: Axes,
    true: FloatArray,
    series: FloatArray,
    model: Mapping[str, FloatArray],
    naive: Mapping[str, FloatArray] | None = None,
) -> None:
    """Set the limits of the axes, and name above them what they cut off.

    Args:
        axes: The axes.
        true: The true values that they show (N,).
        series: All true values (L,); their range is how far a model's forecast may go beyond.
        model: Forecasts of the model by name.
        naive: Other forecasts, which do not affect the limits.
    """
    # A constant series has no range.
    span = float(np.ptp(series)) or abs(float(series[0])) or 1.0
    low, high = readable_limits(true, model.values(), span)
    if low == high:
        low, high = low - span, high + span
    axes.set_ylim(low, high)
    axes.margins(x=0.01)
    cut = []
    for name, path in {**model, **(naive or {})}.items():
        # Only NaN: there is no forecast. NaN after numbers: infinity minus infinity.
        finite = path[np.isfinite(path)]
        if len(finite) < np.count_nonzero(~np.isnan(path)) or not len(finite):
            cut.append(f"{name} (diverges)")
        elif finite.min() < low or finite.max() > high:
            extreme = finite[np.abs(finite - (low + high) / 2).argmax()]
            cut.append(f"{name} (to {extreme:.4g})")
    if cut:
        panel_note(axes, f"cut off: {', '.join(cut)}")


def _panels(labels: Sequence[str], title: str, of_each: int = 1) -> tuple[Figure, list[Axes]]:
    shown = labels[:MAX_COLUMNS]
    count = of_each * len(shown)
    figure = Figure(figsize=(10, 1.2 + (3.2 if count == 1 else 2.4) * count), layout="constrained")
    if len(labels) > len(shown):
        title = f"{title}: {len(shown)} of {len(labels)} columns"
    figure.suptitle(title, fontsize=11)
    panels = list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])
    for axes, label in zip(panels, np.repeat(shown, of_each), strict=True):
        axes.set_ylabel(label)
        axes.grid(alpha=0.25)
    return figure, panels


def _finish(figure: Figure, panels: Sequence[Axes], times: npt.NDArray[Any]) -> None:
    """Label the panels' common x axis and add their common legend."""
    if np.issubdtype(times.dtype, np.datetime64):
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        panels[-1].xaxis.set_major_locator(locator)
        formatter: Any = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        # The year alone: matplotlib would add the last month, which the ticks show already.
        formatter.offset_formats[2] = "%Y"
        panels[-1].xaxis.set_major_formatter(formatter)
    else:
        panels[-1].set_xlabel("step")
    common_legend(figure)
