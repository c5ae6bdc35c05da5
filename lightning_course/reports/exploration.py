"""What a table or a set of images holds, before any model: a summary in words, and figures."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from lightning_course.reports.figures import BLUE, ORANGE, Figure
from lightning_course.terminal import printable

# More points than this hide each other and take seconds to draw.
_MAX_POINTS = 5_000
_MAX_BARS, _MAX_CATEGORIES = 40, 12

_STATISTICS = ["top", "freq", "mean", "std", "min", "max"]

Images = npt.NDArray[np.uint8]


def summary(table: pd.DataFrame, most: int) -> str:
    """Return the table's columns (type, missing values, pandas's ``describe``) and first rows.

    Args:
        table: Numbers, dates and text; missing values are NaN or NaT.
        most: The number of columns that are shown.
    """
    shown = table.iloc[:, :most]
    columns = shown.describe(include="all").T.reindex(columns=_STATISTICS).dropna(axis=1, how="all")
    columns = columns.map(lambda value: f"{value:%Y-%m-%d}" if hasattr(value, "year") else value)
    columns.insert(0, "type", shown.dtypes.astype(str).str.partition("[")[0])
    columns.insert(1, "missing", shown.isna().sum())
    columns.insert(2, "unique", shown.nunique())
    lines = [_as_text(columns.set_axis([*map(_short, columns.index)], axis=0))]
    if table.shape[1] > most:
        lines.append(f"… and {table.shape[1] - most:,} more columns")
    lines += ["\nfirst rows:", _as_text(shown.head().rename(columns=_short))]
    if constant := [_short(name) for name in table if table[name].nunique() == 1]:
        lines.append(f"\ncolumns with one value only: {len(constant)} ({', '.join(constant[:8])})")
    if copies := int(table.duplicated().sum()):
        lines.append(f"\nrows that repeat an earlier one: {copies:,}")
    return "\n".join(lines)


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the names of the columns of numbers that have at least two different values."""
    return [
        name
        for name in table.columns
        if is_numeric_dtype(table[name]) and table[name].nunique() > 1
    ]


def histograms(table: pd.DataFrame, title: str, units: Mapping[str, str]) -> Figure:
    """Return a histogram of each column, in a grid.

    Positive numbers that span a factor of a thousand have a logarithmic axis. Text with few
    different values is counted; of other text, the number of characters is drawn.

    Args:
        table: At least one column of numbers, dates or text; missing values are left out.
        title: The name of the data.
        units: Units by the column's name.
    """
    width = min(6, math.ceil(math.sqrt(table.shape[1] * 1.5)))
    height = math.ceil(table.shape[1] / width)
    figure = Figure(figsize=(max(2.5 * width, 6), 1.9 * height + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = figure.subplots(height, width, squeeze=False).ravel()
    for axes, name in zip(panels, table, strict=False):
        values, label = table[name].dropna(), _label(name, units)
        if few := values.nunique() <= _MAX_CATEGORIES:
            counts = values.value_counts().sort_index()
            axes.barh(range(len(counts)), counts, color=BLUE)
            axes.set_yticks(range(len(counts)), [*map(_short, counts.index)])
        elif is_datetime64_any_dtype(values):
            axes.hist(values, _MAX_BARS, color=BLUE)
        else:
            if not is_numeric_dtype(values):
                values, label = values.str.len(), f"{label}, characters"
            numbers = values.to_numpy(np.float64)
            edges, scale = _edges(numbers)
            axes.hist(numbers, edges, color=BLUE)
            axes.set_xscale(scale)
        axes.tick_params(labelsize=7)
        (axes.xaxis if few else axes.yaxis).get_major_locator().set_params(nbins=3, integer=True)
        missing = len(table) - len(values)
        axes.set_title(label + (f": {missing:,} missing" if missing else ""), fontsize=8)
    for axes in panels[table.shape[1] :]:
        axes.set_axis_off()
    return figure


def scatter_matrix(table: pd.DataFrame, title: str, units: Mapping[str, str]) -> Figure:
    """Return every column plotted against every other, with its histogram on the diagonal.

    Args:
        table: At least two columns of numbers, each with two different values or more. Of more
            than 5,000 rows, 5,000 are drawn at random, always the same.
        title: The name of the data.
        units: Units by the column's name.
    """
    if len(table) > _MAX_POINTS:
        title += f"; {_MAX_POINTS:,} of its {len(table):,} rows, drawn at random"
        table = table.sample(_MAX_POINTS, random_state=0)
    size = table.shape[1]
    figure = Figure(figsize=(max(1.75 * size, 5), max(1.75 * size, 5)))
    figure.suptitle(title, fontsize=11)
    margins = {"left": 0.1, "right": 0.98, "bottom": 0.1, "top": 0.94}
    panels = figure.subplots(size, size, squeeze=False, gridspec_kw=margins)
    columns = table.set_axis(range(size), axis=1)
    pd.plotting.scatter_matrix(
        columns,
        ax=panels,  # type: ignore[arg-type]  # pandas-stubs knows a single one
        color=BLUE,
        hist_kwds={"color": BLUE},
    )
    for number, name in enumerate(table):
        panels[-1, number].set_xlabel(_label(name, units), fontsize=8)
        panels[number, 0].set_ylabel(_label(name, units), fontsize=8)
    return figure


def class_counts(counts: pd.DataFrame, title: str) -> Figure:
    """Return a bar chart of the number of images of each class in each split.

    Args:
        counts: A row for each class, a column for each split (at most two).
        title: The name of the data.
    """
    figure = Figure(figsize=(1.2 + 0.75 * len(counts), 3.4), layout="constrained")
    axes = figure.subplots()
    counts.plot.bar(ax=axes, rot=30, color=[BLUE, ORANGE], title=title, ylabel="images")
    return figure


def example_images(
    images: Images,
    labels: npt.NDArray[np.int64],
    class_names: Sequence[str],
    title: str,
    each: int = 10,
) -> Figure:
    """Return the first images of each of K classes, a row for each class.

    Args:
        images: Shape (N, C, H, W), C 1 (grey) or 3 (red, green, blue), from 0 to 255.
        labels: Shape (N,), from 0 to K − 1.
        class_names: K names.
        title: The name of the data.
        each: The number of images of a class, at most.
    """
    _, channels, height, width = images.shape
    sheet = np.full((len(class_names) * (height + 1), each * (width + 1), channels), 255, np.uint8)
    for number in range(len(class_names)):
        for place, image in enumerate(images[labels == number][:each]):
            top, left = number * (height + 1), place * (width + 1)
            sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    size = 0.55 * each + 1.4, 0.55 * len(class_names) + 0.5
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    # "nearest" shows the pixels as they are.
    axes.imshow(sheet.squeeze(-1) if channels == 1 else sheet, cmap="gray", interpolation="nearest")
    axes.set_yticks(np.arange(len(class_names)) * (height + 1) + height / 2, class_names)
    axes.set_xticks([])
    axes.set_title(title, fontsize=11)
    return figure


def pixel_histogram(images: Images, title: str) -> Figure:
    """Return how often each pixel value occurs, by channel, on a logarithmic axis.

    Args:
        images: Shape (N, C, H, W), C 1 (grey) or 3 (red, green, blue), from 0 to 255.
        title: The name of the data.
    """
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.subplots()
    channels = ("red", "green", "blue") if images.shape[1] == 3 else ("grey",)
    for number, name in enumerate(channels):
        # In parts: bincount turns each byte into an integer of eight.
        parts = np.array_split(images[:, number], 1 + len(images) // 1_000)
        counts = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
        axes.step(range(256), counts, where="mid", color=name, label=name, linewidth=1)
    axes.set(yscale="log", xlabel="value of a pixel", ylabel="pixels", title=title)
    axes.legend(frameon=False)
    return figure


def _edges(numbers: npt.NDArray[np.float64]) -> tuple[list[float], str]:
    """Return the edges of about √N bars, and the scale of their axis: "linear" or "log"."""
    low, high = float(numbers.min()), float(numbers.max())
    bars = min(_MAX_BARS, max(8, math.ceil(math.sqrt(len(numbers)))))
    if low > 0 and high / low >= 1_000:
        return np.geomspace(low, high, bars + 1).tolist(), "log"
    if high - low < 1e9 and (numbers == np.round(numbers)).all():
        # Each bar is an integer wide: else some would hold more integers than others.
        step = math.ceil((high - low + 1) / bars)
        return np.arange(low - 0.5, high + 0.5 + step, step).tolist(), "linear"
    return np.linspace(low, high, bars + 1).tolist(), "linear"


def _as_text(table: pd.DataFrame) -> str:
    text: str = table.to_string(
        na_rep="", max_colwidth=40, max_cols=12, line_width=100, float_format="{:.6g}".format
    )
    return printable(text, layout=True)


def _label(name: object, units: Mapping[str, str]) -> str:
    return _short(name) + (f" ({units[str(name)]})" if str(name) in units else "")


def _short(name: object) -> str:
    """Return a name in one line of at most 28 characters."""
    text = printable(" ".join(str(name).split()))
    return text if len(text) <= 28 else f"{text[:27]}…"
