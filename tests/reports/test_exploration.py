import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lightning_course.reports.exploration import (
    class_counts,
    example_images,
    histograms,
    numeric_columns,
    pixel_histogram,
    scatter_matrix,
    summary,
)

RNG = np.random.default_rng(0)
N = 60
TABLE = pd.DataFrame(
    {
        "normal": RNG.normal(size=N),
        "whole": RNG.integers(0, 1000, N),
        "class": RNG.integers(0, 3, N),
        "wide": 10.0 ** RNG.uniform(0, 9, N),
        "gaps": np.where(np.arange(N) % 3, np.arange(N) / 7, np.nan),
        "same": 2.5,
        "void": np.nan,
        "day": pd.date_range("2020-01-01", periods=N),
        "word": RNG.choice(["ham", "spam"], N),
        "prose": [f"message number {i} is this one" for i in range(N)],
    }
)


def drawn(figure: Any) -> list[Any]:
    """Draw a figure, which must not warn, and return its axes in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()
    return [axes for axes in figure.axes if axes.axison]


def heights(axes: Any) -> list[float]:
    return [patch.get_height() for patch in axes.patches]


def test_a_summary_has_every_column_and_what_is_odd() -> None:
    text = summary(pd.concat([TABLE, TABLE[:1]]), 30)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()[:11] if line}
    assert rows["normal"][:3] == ["float64", "0", "60"]
    assert rows["gaps"][:3] == ["float64", "21", "40"]
    assert rows["day"][:3] == ["datetime64", "0", "60"]
    assert "2020-02-29" in text
    assert rows["void"] == ["float64", "61", "0"]
    assert "columns with one value only: 1 (same)" in text
    assert "rows that repeat an earlier one: 1" in text


def test_a_summary_of_many_columns_and_long_cells_fits_a_terminal() -> None:
    many = pd.DataFrame(np.arange(600).reshape(2, 300), columns=[f"column {i}" for i in range(300)])
    lines = summary(many, 30).splitlines()
    assert lines[31] == "… and 270 more columns"
    wide = pd.DataFrame(
        {"name " * 40: ["word " * 400, "two\nlines\x1b[31m"], "b": ["x" * 400, "y"]}
    )
    text = summary(wide, 30)
    assert "two\\nlines\\x1b[31m" in text
    assert all(len(line) <= 100 for line in [*lines, *text.splitlines()])


def test_which_columns_a_scatter_matrix_can_have() -> None:
    assert numeric_columns(TABLE) == ["normal", "whole", "class", "wide", "gaps"]


def test_every_kind_of_column_has_its_histogram() -> None:
    panels = dict(zip(TABLE, drawn(histograms(TABLE, "t", {"normal": "cm"})), strict=True))
    assert panels["normal"].get_title() == "normal (cm)"
    assert panels["gaps"].get_title() == "gaps: 20 missing"
    assert panels["void"].get_title() == "void: 60 missing"
    assert panels["prose"].get_title() == "prose, characters"
    for name in ("normal", "whole", "wide", "day"):
        assert sum(heights(panels[name])) == N, name
    assert sum(heights(panels["gaps"])) == 40
    assert panels["wide"].get_xscale() == "log"
    assert panels["whole"].get_xscale() == "linear"
    # A bar for each class.
    for name in ("class", "word"):
        counts = [patch.get_width() for patch in panels[name].patches]
        assert counts == TABLE[name].value_counts().sort_index().tolist()


def test_bars_of_integers_hold_equally_many_integers() -> None:
    (axes,) = drawn(histograms(pd.DataFrame({"all": np.arange(1, 121)}), "t", {}))
    # The last one has what is left.
    assert set(heights(axes)[:-1]) == {11}


@pytest.mark.parametrize("far", [1e300, 10**15])
def test_an_outlier_takes_no_memory(far: float) -> None:
    (axes,) = drawn(histograms(pd.DataFrame({"x": [*range(20), far]}), "t", {}))
    assert len(axes.patches) <= 40


def test_a_scatter_matrix_has_each_pair() -> None:
    # Names that matplotlib or pandas might take for something else.
    table = TABLE[["normal", "whole", "gaps"]].set_axis(["a$b$", "whole", 7], axis=1)
    figure = scatter_matrix(table, "title", {"whole": "kg"})
    panels = drawn(figure)
    assert len(panels) == 9
    assert figure.get_suptitle() == "title"
    assert [axes.get_xlabel() for axes in panels[-3:]] == ["a$b$", "whole (kg)", "7"]
    assert [axes.get_ylabel() for axes in panels[::3]] == ["a$b$", "whole (kg)", "7"]
    assert len(panels[2].collections[0].get_offsets()) == 40


def test_of_many_rows_some_are_drawn() -> None:
    many = pd.DataFrame(RNG.normal(size=(6_000, 2)), columns=["a", "b"])
    figure = scatter_matrix(many, "title", {})
    assert "5,000 of its 6,000 rows" in figure.get_suptitle()
    assert len(figure.axes[1].collections[0].get_offsets()) == 5_000


@pytest.mark.parametrize("count", [1, 2, 13])
def test_grids_of_any_size(count: int) -> None:
    table = pd.DataFrame(RNG.normal(size=(9, count)), columns=[f"c{i}" for i in range(count)])
    assert len([axes for axes in histograms(table, "t", {}).axes if axes.axison]) == count


def test_classes_are_counted_by_split() -> None:
    counts = pd.DataFrame({"train": [50, 40], "test": [5, 4]}, ["cat", "automobile"])
    (axes,) = drawn(class_counts(counts, "t"))
    assert heights(axes) == [50, 40, 5, 4]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "automobile"]


@pytest.mark.parametrize("channels", [1, 3])
def test_examples_stand_in_the_row_of_their_class(channels: int) -> None:
    images = RNG.integers(1, 255, (5, channels, 4, 6), dtype=np.uint8)
    labels = np.array([1, 0, 1, 1, 0])
    (axes,) = drawn(example_images(images, labels, ["a", "b", "none"], "t", each=2))
    sheet = np.asarray(axes.images[0].get_array()).reshape(15, 14, channels)
    np.testing.assert_array_equal(sheet[0:4, 0:6], images[1].transpose(1, 2, 0))
    np.testing.assert_array_equal(sheet[5:9, 7:13], images[2].transpose(1, 2, 0))
    assert (sheet[10:] == 255).all()


def test_pixels_are_counted_by_channel() -> None:
    images = RNG.integers(0, 256, (2_500, 3, 2, 2), dtype=np.uint8)
    (axes,) = drawn(pixel_histogram(images, "t"))
    assert [line.get_label() for line in axes.lines] == ["red", "green", "blue"]
    for channel, line in enumerate(axes.lines):
        wanted = np.bincount(images[:, channel].ravel(), minlength=256)
        np.testing.assert_array_equal(line.get_ydata(), wanted)
