import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lightning_course.reports.exploration import (
    drawable_columns,
    histograms,
    numeric_columns,
    scatter_matrix,
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
        "infinite": np.where(np.arange(N) % 5, np.arange(N) / 7, np.inf),
        "same": 2.5,
        "void": np.nan,
        "day": pd.date_range("2020-01-01", periods=N),
        "word": RNG.choice(["ham", "spam"], N),
        "prose": [f"message number {i} is this one" for i in range(N)],
        "key": [f"id{i}" for i in range(N)],
    }
)
NUMBERS = ["normal", "whole", "class", "wide", "gaps", "infinite", "same"]


def drawn(figure: Any) -> list[Any]:
    """Draw a figure, which must not warn, and return its axes in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()
    return [axes for axes in figure.axes if axes.axison]


def heights(axes: Any) -> list[float]:
    return [patch.get_height() for patch in axes.patches]


def test_which_columns_can_be_drawn() -> None:
    assert numeric_columns(TABLE) == NUMBERS
    assert drawable_columns(TABLE) == [*NUMBERS, "word", "prose"]


def test_every_kind_of_column_has_its_histogram() -> None:
    names = drawable_columns(TABLE)
    panels = dict(zip(names, drawn(histograms(TABLE[names], "t", {"normal": "cm"})), strict=True))
    assert panels["normal"].get_title() == "normal (cm)"
    assert panels["gaps"].get_title() == "gaps: 20 missing"
    for name in ("normal", "whole", "class", "wide", "same", "prose"):
        assert sum(heights(panels[name])) == N, name
    assert sum(heights(panels["gaps"])) == 40
    assert sum(heights(panels["infinite"])) == 48
    assert panels["wide"].get_xscale() == "log"
    assert panels["whole"].get_xscale() == "linear"
    # A bar for each class.
    assert heights(panels["class"]) == TABLE["class"].value_counts().sort_index().tolist()
    counts = [patch.get_width() for patch in panels["word"].patches]
    assert sorted(counts) == sorted(TABLE["word"].value_counts())


def test_bars_of_whole_numbers_hold_equally_many_numbers() -> None:
    (axes,) = drawn(histograms(pd.DataFrame({"all": np.arange(1, 121)}), "t"))
    # The last one has what is left.
    assert set(heights(axes)[:-1]) == {11}


def test_an_outlier_takes_no_memory() -> None:
    for far in (1e300, 10**15):
        (axes,) = drawn(histograms(pd.DataFrame({"x": [0, 1, far]}), "t"))
        assert len(axes.patches) <= 40


def test_columns_without_values_say_so() -> None:
    (axes,) = drawn(histograms(TABLE[["void"]], "t"))
    assert axes.texts[0].get_text() == "no values"


def test_a_scatter_matrix_has_each_pair_and_its_correlation() -> None:
    figure = scatter_matrix(TABLE[["normal", "whole", "gaps"]], "title", {"whole": "kg"})
    panels = drawn(figure)
    assert len(panels) == 9
    assert figure.get_suptitle() == "title"
    assert [axes.get_xlabel() for axes in panels[-3:]] == ["normal", "whole (kg)", "gaps"]
    assert [axes.get_ylabel() for axes in panels[::3]] == ["normal", "whole (kg)", "gaps"]
    both = TABLE[["normal", "gaps"]].dropna()
    assert panels[2].texts[0].get_text() == f"r = {both.corr().iloc[0, 1]:.2f}"
    assert len(panels[2].collections[0].get_offsets()) == 40


def test_constant_and_empty_columns_break_nothing() -> None:
    figure = scatter_matrix(TABLE[["normal", "same", "void", "infinite", "class"]], "t")
    words = [text.get_text() for axes in drawn(figure) for text in axes.texts]
    assert words.count("no values") == 9


def test_of_many_rows_some_are_drawn() -> None:
    many = pd.DataFrame(RNG.normal(size=(6_000, 2)), columns=["a", "b"])
    figure = scatter_matrix(many, "title")
    assert "5,000 of its 6,000 rows" in figure.get_suptitle()
    assert len(figure.axes[1].collections[0].get_offsets()) == 5_000


@pytest.mark.parametrize("count", [1, 2, 5, 13, 30])
def test_grids_of_any_size(count: int) -> None:
    table = pd.DataFrame(RNG.normal(size=(9, count)), columns=[f"c{i}" for i in range(count)])
    figure = histograms(table, "t")
    assert len([axes for axes in figure.axes if axes.axison]) == count
