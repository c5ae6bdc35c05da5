"""Text in figures is drawn as it is written, whatever matplotlib is set to."""

import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from lightning_course.reports import canvas, exploration, figures, regression
from lightning_course.reports.canvas import Figure, render

NAMES = ["$", "$$", "$25k-$50k", r"$\frac$", "cost_$_per_$_unit", r"a\$b", "$x_{$"]


def drawn(figure: Figure, path: Path) -> list[Text]:
    """Draw a figure and return its texts that are not empty."""
    render(figure, path / "figure.png")
    texts = figure.findobj(Text)
    return [
        text for text in texts if isinstance(text, Text) and text.get_text() and text.get_visible()
    ]


def assert_plain(figure: Figure, path: Path, names: list[str]) -> None:
    texts = {text.get_text(): text for text in drawn(figure, path)}
    for name in names:
        found = [text for content, text in texts.items() if name in content]
        assert found, name
        for text in found:
            assert text._preprocess_math(text.get_text()) == (text.get_text(), False)  # type: ignore[attr-defined]


def test_names_of_classes_are_no_formulas(tmp_path: Path) -> None:
    rows = np.arange(len(NAMES))
    figure = figures.confusion_matrices(rows, rows, NAMES, "the title $x$")
    assert_plain(figure, tmp_path, [*NAMES, "the title $x$"])


def test_names_of_columns_are_no_formulas(tmp_path: Path) -> None:
    for name in NAMES:
        table = pd.DataFrame({name: range(30), f"{name} too": NAMES[:3] * 10})
        assert_plain(exploration.histograms(table, name, {}), tmp_path, [name, *NAMES[:3]])
        values = np.array([1.0, 2.0, 4.0])
        assert_plain(
            regression.predicted_against_true(values, values, name, name), tmp_path, [name]
        )


def test_names_in_a_legend_are_no_formulas(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    for name in NAMES:
        axes.plot([0, 1], [0, 1], label=name)
    axes.legend()
    axes.annotate(NAMES[2], (0, 0))
    assert_plain(figure, tmp_path, NAMES)


def test_powers_of_ten_stay_powers(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 1e6], [1, 1e6])
    axes.set_yscale("log")
    labels = [text for text in drawn(figure, tmp_path) if "10^{" in text.get_text()]
    assert labels
    assert all(text.get_parse_math() for text in labels)


def test_formulas_where_the_figure_says_so(tmp_path: Path) -> None:
    figure = Figure()
    figure.has_formulas = True
    title = figure.suptitle(r"$\theta$")
    render(figure, tmp_path / "figure.png")
    assert title.get_parse_math()


def test_latex_in_a_user_s_settings_changes_nothing(tmp_path: Path) -> None:
    def pixels() -> np.ndarray:
        history = pd.DataFrame({"epoch": [0, 1], "train/loss": [100.0, 0.1]})
        return render(figures.learning_curves(history, "a_title 5 %"), tmp_path / "figure.png")

    plain = pixels()
    with matplotlib.rc_context({"text.usetex": True}):
        assert (pixels() == plain).all()


def test_letters_that_the_font_lacks_are_told_once(tmp_path: Path) -> None:
    canvas._warn_of_missing_letters.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            figure = Figure()
            figure.suptitle("中文 🦩")
            render(figure, tmp_path / "figure.png")
    assert len(caught) == 1
    assert "lacks some of the letters" in str(caught[0].message)


@pytest.mark.parametrize("kind", ["shift_jis", "control"])
def test_other_odd_names_are_drawn(tmp_path: Path, kind: str) -> None:
    name = "\x1b[31mred\x00\n" if kind == "control" else "ｱ\ufffd"
    figure = Figure()
    figure.suptitle(name)
    render(figure, tmp_path / "figure.png")
