"""Cells that a spreadsheet would run are counted, and quoted where the user wants it."""

import io

import pandas as pd
import pytest

from lightning_course.files.spreadsheets import as_csv, is_formula, note


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "=cmd|' /C calc'!A0", "+SUM(1)", "-ring me", "@SUM(1)", "\t=1", "\r=1", "\n=1"),
        *("-1+1", "--", "+44 7911 123456", "-1e", "=", "-inf"),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run(cell: str) -> None:
    assert is_formula(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("", "a=b", " =1", "'=1", "1-2", "2024-01-31", -1, -1.5, None, float("nan"), True),
        *("-1", "+1", "-1.5", "-1,5", "-1.234,5", "-.5", "-1e-7", "-5 %"),
    ],
)
def test_a_cell_that_it_would_not(cell: object) -> None:
    assert not is_formula(cell)


def test_cells_stay_as_they_are_and_are_counted() -> None:
    texts = {"=name": ["=1+1", "free", None], "y": ["-3", "@a", ""]}
    table = pd.DataFrame({**texts, "x": [-1.5, 2, 3]})
    text, found = as_csv(table)
    assert found == 3
    assert text == table.to_csv(index=False)
    assert note(3, "--safe") == (
        "note: 3 cells begin with =, +, -, @ or a tab, and a spreadsheet would run them as "
        "formulas; --safe puts an apostrophe in front"
    )
    assert note(1, "--safe").startswith("note: 1 cell begins with")


def test_an_apostrophe_is_put_before_them() -> None:
    table = pd.DataFrame(
        [["=1+1", -1.5, "-3", "x"], ["free", 2.0, "@a", "\t=1"]], columns=["=name", "x", "y", "y"]
    )
    text, found = as_csv(table, spreadsheet_safe=True)
    assert found == 0
    again = pd.read_csv(io.StringIO(text), header=None, dtype=str).to_numpy().tolist()
    assert again == [
        ["'=name", "x", "y", "y"],
        ["'=1+1", "-1.5", "-3", "x"],
        ["free", "2.0", "'@a", "'\t=1"],
    ]
    assert table.iloc[0, 0] == "=1+1"


def test_categories_and_dates() -> None:
    table = pd.DataFrame(
        {"class": pd.Categorical(["=a", "b"]), "day": pd.to_datetime(["2024-01-31", "2024-02-29"])}
    )
    assert as_csv(table)[1] == 1
    assert as_csv(table, spreadsheet_safe=True)[0] == "class,day\n'=a,2024-01-31\nb,2024-02-29\n"
