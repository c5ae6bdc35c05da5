"""Figures of a table before any model: pure functions from a DataFrame to a Figure."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from lightning_course.reports.columns import present, shorten
from lightning_course.reports.figures import BLUE, GREY, Figure

# More points than this hide each other and take seconds to draw.
_MOST_POINTS = 5_000

_MOST_BARS, _MOST_CATEGORIES = 40, 12

FloatArray = npt.NDArray[np.float64]


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the names of the columns of numbers that have a value."""
    return [
        name
        for name in table.columns
        if is_numeric_dtype(table[name])
        and not is_bool_dtype(table[name])
        and len(_finite(table[name]))
    ]


def drawable_columns(table: pd.DataFrame) -> list[str]:
    """Return the names of the columns that :func:`histograms` can draw.

    Those are numbers; text with few different values; and prose, whose length is drawn.
    """
    numeric = set(numeric_columns(table))
    return [name for name in table.columns if name in numeric or _kind_of_text(table[name])]


def histograms(
    table: pd.DataFrame,
    title: str,
    units: Mapping[str, str] | None = None,
    columns_of_panels: int = 6,
) -> Figure:
    """Return a histogram of each column, in a grid.

    Numbers of the same sign that differ a thousandfold stand on a logarithmic axis. Bars of whole
    numbers are whole numbers wide, so that none of them holds more numbers than its neighbour. Text
    with few different values is counted; of prose the number of characters is drawn.

    Args:
        table: At least one column; numbers (NaN and infinities are left out, and counted) or text.
        title: Which data.
        units: Units by the column's name.
        columns_of_panels: Panels beside each other, at most.
    """
    width = min(columns_of_panels, max(1, math.ceil(math.sqrt(table.shape[1] * 1.5))))
    height = math.ceil(table.shape[1] / width)
    figure = Figure(figsize=(max(2.5 * width, 6), 1.9 * height + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = np.atleast_1d(figure.subplots(height, width)).ravel()
    for axes, name in zip(panels, table.columns, strict=False):
        axes.tick_params(labelsize=7)
        if is_numeric_dtype(table[name]):
            _histogram(axes, _finite(table[name]))
        elif _kind_of_text(table[name]) == "categories":
            _category_bars(axes, present(table[name]))
        else:
            _histogram(axes, np.array([*map(len, present(table[name]))], float))
            axes.set_xlabel("characters", fontsize=7)
        label = _label(name, units)
        left_out = len(table) - len(
            _finite(table[name]) if is_numeric_dtype(table[name]) else present(table[name])
        )
        if left_out:
            label += f": {left_out:,} missing"
        axes.set_title(label, fontsize=8)
    for axes in panels[table.shape[1] :]:
        axes.set_axis_off()
    return figure


def scatter_matrix(
    table: pd.DataFrame, title: str, units: Mapping[str, str] | None = None, seed: int = 0
) -> Figure:
    """Return every column plotted against every other, with its histogram on the diagonal.

    Above the diagonal stands Pearson's correlation of the rows that have both values.

    Args:
        table: Two or more columns of numbers; NaN and infinities are left out.
        title: Which data.
        units: Units by the column's name.
        seed: Fixes which rows are drawn of a table that has more than 5,000.
    """
    size = table.shape[1]
    if len(table) > _MOST_POINTS:
        title += f"; {_MOST_POINTS:,} of its {len(table):,} rows, drawn at random"
        table = table.sample(_MOST_POINTS, random_state=seed)
    values = [table[name].to_numpy(np.float64, na_value=np.nan) for name in table.columns]
    values = [np.where(np.isfinite(column), column, np.nan) for column in values]
    side = max(1.75 * size + 0.6, 5)
    figure = Figure(figsize=(side, side), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = figure.subplots(size, size, squeeze=False)
    for row, column in np.ndindex(size, size):
        axes: Any = panels[row, column]
        axes.tick_params(labelsize=7)
        if row == column:
            _histogram(axes, values[row][~np.isnan(values[row])], logarithmic=False)
        else:
            _scatter(axes, values[column], values[row], correlate=column > row)
            # Room for the correlation.
            axes.set_ylim(_limits(values[row], above=0.13))
        axes.set_xlim(_limits(values[column]))
        for axis, drawn in ((axes.xaxis, values[column]), (axes.yaxis, values[row])):
            axis.set_major_locator(MaxNLocator(3, integer=_few_whole_numbers(drawn)))
            axis.get_offset_text().set_fontsize(7)
        if row < size - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel(_label(table.columns[column], units), fontsize=8)
        if row == column:
            # Its own scale is a count, not the column's.
            axes.set_yticks([])
        elif column > 0:
            axes.set_yticklabels([])
        if column == 0:
            axes.set_ylabel(_label(table.columns[row], units), fontsize=8)
    return figure


def _histogram(axes: Axes, values: FloatArray, logarithmic: bool | None = None) -> None:
    """Draw a histogram; ``logarithmic`` None lets the values decide."""
    if not len(values):
        _say(axes, "no values")
        return
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    different, counts = np.unique(values, return_counts=True)
    whole = bool(np.array_equal(different, np.round(different)))
    if len(different) == 1 or _few_whole_numbers(different):
        # One bar a value, such as a class.
        axes.bar(different, counts, width=0.8, color=BLUE)
        axes.set_xlim(different[0] - 1, different[-1] + 1)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=whole))
        return
    if logarithmic is None:
        logarithmic = bool(values.min() > 0 and values.max() / values.min() >= 1_000)
    axes.hist(values, bins=list(_edges(values, whole, logarithmic)), color=BLUE)
    if logarithmic:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4))


def _edges(values: FloatArray, whole: bool, logarithmic: bool) -> FloatArray:
    """Return the borders of the bars: about √N of them."""
    low, high = float(values.min()), float(values.max())
    bars = min(_MOST_BARS, max(8, math.ceil(math.sqrt(len(values)))))
    if logarithmic:
        return np.geomspace(low, high, bars + 1)
    if whole and high - low < 1e9:
        width = math.ceil((high - low + 1) / bars)
        return np.arange(low - 0.5, high + 0.5 + width, width)
    return np.linspace(low, high, bars + 1)


def _category_bars(axes: Axes, values: "pd.Series[Any]") -> None:
    counts = values.value_counts().head(_MOST_CATEGORIES)[::-1]
    names = [shorten(str(name), 14) for name in counts.index]
    axes.barh(range(len(counts)), counts, color=BLUE)
    axes.set_yticks(range(len(counts)), names)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))


def _scatter(axes: Axes, x: FloatArray, y: FloatArray, correlate: bool) -> None:
    both = ~np.isnan(x) & ~np.isnan(y)
    if not both.any():
        _say(axes, "no values")
        return
    x, y = x[both], y[both]
    size = 9 if len(x) < 300 else 4 if len(x) < 2_000 else 1.5
    axes.scatter(x, y, s=size, color=BLUE, alpha=0.4, linewidths=0, rasterized=True)
    # A constant column correlates with nothing.
    if correlate and len(x) > 2 and x.min() < x.max() and y.min() < y.max():
        # Plus zero: without it −0.004 would be "-0.00".
        r = round(float(np.corrcoef(x, y)[0, 1]), 2) + 0.0
        frame = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1}
        axes.text(
            0.97,
            0.97,
            f"r = {r:.2f}",
            fontsize=7,
            ha="right",
            va="top",
            bbox=frame,
            transform=axes.transAxes,
        )


def _say(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center", color=GREY, transform=axes.transAxes)
    axes.set(xticks=[], yticks=[])


def _limits(values: FloatArray, above: float = 0.05) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low == high or _few_whole_numbers(values):
        # Their bars are 0.8 wide.
        return low - 0.6, high + 0.6
    return low - 0.05 * (high - low), high + above * (high - low)


def _few_whole_numbers(values: FloatArray) -> bool:
    different = np.unique(values[~np.isnan(values)])
    whole = np.array_equal(different, np.round(different))
    return bool(len(different) and whole and different[-1] - different[0] < _MOST_CATEGORIES)


def _finite(values: "pd.Series[Any]") -> FloatArray:
    numbers: FloatArray = values.to_numpy(np.float64, na_value=np.nan)
    return numbers[np.isfinite(numbers)]


def _kind_of_text(values: "pd.Series[Any]") -> str:
    """Return "categories", "prose", or "" where text is neither."""
    if is_numeric_dtype(values) or not pd.api.types.is_string_dtype(values):
        return ""
    texts = present(values)
    if len(texts) and texts.nunique() <= min(_MOST_CATEGORIES, len(texts) / 2):
        return "categories"
    return "prose" if len(texts) and texts.str.count(" ").mean() >= 3 else ""


def _label(name: object, units: Mapping[str, str] | None) -> str:
    unit = (units or {}).get(str(name))
    return f"{shorten(str(name), 28)} ({unit})" if unit else shorten(str(name), 28)
