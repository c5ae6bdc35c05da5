"""The Figure class of all plots, which draws text literally, and PNG files of it."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.figure
import numpy as np
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import ConciseDateFormatter
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, ScalarFormatter
from PIL import Image

from lightning_course.files.writing import write_atomically


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that draws text literally, whatever matplotlib's settings.

    Names come from users' data: between two ``$`` matplotlib would read a formula, and with
    ``text.usetex`` all of it as LaTeX. A notebook shows the figure as the value of a cell;
    matplotlib's own are shown only after pyplot has drawn something, and this needs no pyplot.

    Attributes:
        has_formulas: Whether text between two ``$`` is drawn as a formula.
    """

    has_formulas = False

    def draw(self, renderer: Any) -> None:
        """Draw the figure on a renderer, as matplotlib's canvases ask for it."""
        with matplotlib.rc_context({"text.usetex": False}), _missing_letters_warned_once():
            for text in self.findobj(Text):
                assert isinstance(text, Text)
                text.set_usetex(False)
                text.set_parse_math(self.has_formulas)
            for axes in self.axes:
                for axis in (axes.xaxis, axes.yaxis):
                    _let_matplotlib_format(axis)
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


def _let_matplotlib_format(axis: Axis) -> None:
    """Draw the tick labels that matplotlib itself formats, such as powers of ten, as formulas."""
    formatter = axis.get_major_formatter()
    if isinstance(formatter, ScalarFormatter):
        formatter.set_usetex(False)
    formatted_here = isinstance(formatter, ScalarFormatter | LogFormatter | ConciseDateFormatter)
    # This creates the labels now: drawing would create them with matplotlib's own settings.
    for label in (*axis.get_ticklabels(which="both"), axis.get_offset_text()):
        label.set_usetex(False)
        label.set_parse_math(formatted_here)


@contextmanager
def _missing_letters_warned_once() -> Iterator[None]:
    """Replace matplotlib's warning of each letter that its font lacks by one for all figures."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if re.match(r"Glyph .* missing from", str(warning.message)):
            _warn_of_missing_letters()
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


@cache
def _warn_of_missing_letters() -> None:
    """Warn, once a process: all figures have the same names."""
    warnings.warn(
        "the font of the figures lacks some of the letters in names: it draws them as boxes",
        stacklevel=2,
    )


def render(figure: Figure, path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Draw a figure, write it as PNG and return its pixels (H, W, 3) uint8."""
    pixels = draw(figure)
    write_atomically(path, png(pixels))
    return pixels


def draw(figure: Figure) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a figure's pixels (H, W, 3) uint8."""
    figure.set_dpi(110)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Return pixels (H, W, 3) uint8 as the content of a PNG file."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="png")
    return content.getvalue()
