"""Shared parts of the figures: size, colours, grids of numbers, one photo."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.patches import Rectangle
from sklearn.datasets import load_sample_image

from lightning_course.from_scratch import average_pool
from lightning_course.reports.figures import BLUE as BLUE
from lightning_course.reports.figures import GREY as GREY
from lightning_course.reports.figures import ORANGE as ORANGE
from lightning_course.reports.figures import Figure

# More of Okabe and Ito's palette, where three colours are not enough.
GREEN, PINK, AMBER, SKY = "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
COLOURS = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY)

# Inches; the commands draw it as 900 pixels, the width of a web page.
WIDTH = 8.2

# CC BY asks for the name beside the photo.
PHOTO_CREDIT = "photo: danielbuechele, CC BY 2.0, from scikit-learn"

Array = npt.NDArray[np.float64]
# (row, column, height, width) in cells.
Window = tuple[int, int, int, int]


def new_figure(title: str, height: float) -> Figure:
    """Return an empty figure of the common width, with a title; height in inches."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.has_formulas = True
    figure.suptitle(title, fontsize=11)
    return figure


def label(axes: Any, title: str = "", xlabel: str = "", ylabel: str = "", **settings: Any) -> None:
    """Set title and labels in the common sizes; further settings are ``Axes.set``'s."""
    axes.set(xlabel=xlabel, ylabel=ylabel, **settings)
    axes.set_title(title, fontsize=10)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)


def legend(axes: Any, **options: Any) -> None:
    """Draw the legend in the common style."""
    axes.legend(**{"fontsize": 8, "frameon": False, **options})


def number_grid(
    axes: Any,
    values: npt.ArrayLike,
    title: str,
    *,
    windows: Sequence[Window] = (),
    shades: npt.ArrayLike | None = None,
    texts: npt.ArrayLike | None = None,
    fontsize: float = 10,
    xlabel: str = "column",
    ylabel: str = "row",
) -> None:
    """Draw a small matrix as cells with their numbers.

    Args:
        axes: The axes to draw on.
        values: (H, W).
        title: The title above.
        windows: Cells to frame, the first in orange and the others in the further colours.
        shades: (H, W) from 0 (white) to 1 (blue); None: by the values.
        texts: (H, W) of text; None: the values.
        fontsize: Font size of the numbers.
        xlabel: Label of the columns.
        ylabel: Label of the rows.
    """
    cells = np.asarray(values, float)
    if shades is None:
        spread = cells.max() - cells.min()
        shades = (cells - cells.min()) / spread if spread > 0 else np.zeros_like(cells)
    # Half of the colour map's range keeps black numbers readable on every shade.
    axes.imshow(np.asarray(shades), cmap="Blues", vmin=0, vmax=2)
    written = np.vectorize(lambda value: f"{value:g}")(cells) if texts is None else texts
    for (row, column), text in np.ndenumerate(np.asarray(written)):
        axes.text(column, row, text, ha="center", va="center", fontsize=fontsize)
    for window, colour in zip(windows, (ORANGE, GREEN, PINK, AMBER), strict=False):
        frame(axes, window, colour)
    label(axes, title, xlabel, ylabel, xticks=range(cells.shape[1]), yticks=range(cells.shape[0]))
    axes.set_xticks(np.arange(-0.5, cells.shape[1]), minor=True)
    axes.set_yticks(np.arange(-0.5, cells.shape[0]), minor=True)
    axes.grid(False)
    axes.grid(which="minor", color="white", lw=1.5)
    axes.tick_params(which="both", length=0)


def frame(axes: Any, window: Window, colour: str) -> None:
    """Draw a frame around cells of a :func:`number_grid`, inside their border."""
    row, column, height, width = window
    # Above the lines between the cells.
    style: dict[str, Any] = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "zorder": 5}
    axes.add_patch(Rectangle((column - 0.45, row - 0.45), width - 0.1, height - 0.1, **style))


def draw_image(axes: Any, image: npt.ArrayLike, title: str, **options: Any) -> None:
    """Draw an image without smoothing its pixels; grey (H, W) by default from black to white."""
    axes.imshow(image, **{"cmap": "gray", "interpolation": "nearest", **options})
    label(axes, title, "column, pixels", "row, pixels")
    axes.grid(False)


@cache
def photo() -> npt.NDArray[np.uint8]:
    """Return scikit-learn's photo of a Chinese temple: (427, 640, 3), values 0 to 255."""
    image: npt.NDArray[np.uint8] = load_sample_image("china.jpg")
    image.flags.writeable = False
    return image


@cache
def grey_photo() -> Array:
    """Return the photo in grey and half as large: (213, 320), values 0 to 255."""
    # The weights of BT.601, which Pillow and television use for grey.
    image = average_pool(photo() @ np.array([0.299, 0.587, 0.114]), 2)
    image.flags.writeable = False
    return image


def rows_of(values: npt.ArrayLike) -> str:
    """Return a matrix in one line: ``60 70 50 / 60 70 50 / 20 30 20``."""
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in np.asarray(values))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table: the first column left-aligned, the others right-aligned."""
    cells = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        first, *others = zip(row, widths, strict=True)
        padded = [cell.rjust(width) for cell, width in others]
        lines.append("  ".join([first[0].ljust(first[1]), *padded]).rstrip())
    return lines
