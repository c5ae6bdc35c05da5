"""The figure of a forecast: the end of a series and its continuation."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure

# More panels would be too small to read.
_MAX_PANELS = 6
# Longer labels would reach into the next panel.
_MAX_LABEL = 40
# More markers would merge into a line.
_MAX_MARKERS = 40

Array = npt.NDArray[Any]


class Panel(NamedTuple):
    """One value of a series.

    Attributes:
        label: Its name and unit.
        known: Its history (L,).
        forecast: What follows (N,).
    """

    label: str
    known: Array
    forecast: Array


def forecast_figure(known: Array, ahead: Array, panels: Sequence[Panel], title: str) -> Figure:
    """Return a panel for each value: history, forecast, and a horizontal line at its last value.

    Args:
        known: The times of the history, dates or numbers (L,).
        ahead: The times of the forecast (N,).
        panels: The values; the first six are drawn.
        title: Which series is forecast, and by which model.
    """
    drawn = panels[:_MAX_PANELS]
    if left_out := len(panels) - len(drawn):
        title += f" ({left_out} more values are not drawn)"
    figure = Figure(figsize=(9, 1.2 + 2.8 * len(drawn)), layout="constrained")
    # A user's text may have dollar signs that do not mark a formula.
    figure.suptitle(title, fontsize=11, parse_math=False)
    # The line starts at the last known value, or a forecast of one step would have no line.
    times = np.concatenate([known[-1:], ahead])
    marker = "." if len(ahead) <= _MAX_MARKERS else None
    column = figure.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(column, drawn, strict=True):
        last = panel.known[-1]
        axes.plot(known, panel.known, color=BLUE, lw=1.2, label="history")
        axes.plot(
            times, np.full(len(times), last), color=GREY, ls="--", lw=1, label="naive: last value"
        )
        axes.plot(
            times, [last, *panel.forecast], color=ORANGE, lw=1.5, marker=marker, label="forecast"
        )
        axes.axvline(known[-1], color=GREY, ls=":", lw=0.8)
        axes.set_ylabel(_shortened(panel.label), parse_math=False)
        axes.grid(alpha=0.25)
    _label_times(column[-1], known)
    # Outside the panels: inside, it would cover a curve that fills its panel, such as the chirp.
    figure.legend(
        *column[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    figure.align_ylabels()
    return figure


def _shortened(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"


def _label_times(axes: Axes, known: Array) -> None:
    if known.dtype.kind == "M":
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    else:
        axes.set(xlabel="row, from 0")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
