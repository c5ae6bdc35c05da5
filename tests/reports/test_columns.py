import numpy as np
import pandas as pd
import pytest

from lightning_course.reports.columns import (
    WIDTH,
    as_text,
    compact,
    describe_columns,
    first_rows,
    remarks,
    shorten,
)

TABLE = pd.DataFrame(
    {
        "year": [1971, 1972, 1972, 2018],
        "mass": [1.5, np.nan, np.inf, 2.5],
        "day": pd.to_datetime(["2020-01-02", None, "2020-01-01", "2020-01-03"]),
        "word": ["ham", "spam", "", "ham"],
        "same": [7, 7, 7, 7],
        "void": [np.nan] * 4,
    }
)


def test_columns_are_described() -> None:
    rows = describe_columns(TABLE).set_index("column")
    assert rows.loc["year"].tolist() == ["int64", "0", "3", "1971", "1983", "2018", ""]
    # Infinity is a value, but none to reckon with.
    assert rows.loc["mass"].tolist() == ["float64", "1", "3", "1.5", "2", "2.5", ""]
    assert rows.loc["day"].tolist() == ["datetime64", "1", "3", "2020-01-01", "", "2020-01-03", ""]
    assert rows.loc["word"].tolist() == ["text", "1", "2", "", "", "", "ham (2x)"]
    assert rows.loc["void"].tolist() == ["float64", "4", "0", "", "", "", ""]


def test_what_is_worth_knowing() -> None:
    assert remarks(pd.concat([TABLE, TABLE[:1]])) == [
        "1 column without any value: void",
        "1 column with one value only, which tell nothing: same",
        "1 column with infinite values, which are left out here: mass",
        "1 column of text, which a model needs as numbers: word",
        "1 row that repeat an earlier one",
    ]
    assert remarks(pd.DataFrame({"a": [1, 2]})) == []
    sparse = pd.DataFrame({"a": [1.0, 2.0] + [np.nan] * 3})
    assert remarks(sparse)[0] == "1 column with more than half of the values missing: a"


def test_few_columns_are_shown_of_many() -> None:
    many = pd.DataFrame(np.arange(600).reshape(2, 300), columns=[f"column {i}" for i in range(300)])
    lines = as_text(describe_columns(many), 30).splitlines()
    assert len(lines) == 32
    assert lines[-1] == "… and 270 more columns"
    lines = first_rows(many).splitlines()
    assert len(lines) == 4
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[0].startswith("column 0  column 1")
    assert lines[-1] == "… and 290 more columns"


def test_nothing_is_wider_than_a_terminal() -> None:
    wide = pd.DataFrame({"name " * 40: ["word " * 400, "two\nlines"], "b": ["x" * 400, "y"]})
    for text in (as_text(describe_columns(wide), 9), first_rows(wide)):
        assert all(len(line) <= WIDTH for line in text.splitlines())
    assert "two lines" in first_rows(wide)


def test_the_first_rows_as_people_write_them() -> None:
    assert first_rows(TABLE, rows=2).splitlines() == [
        "year  mass  day         word  same  void",
        "1971   1.5  2020-01-02  ham      7",
        "1972                    spam     7",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1971, "1971"),
        (12_345, "12,345"),
        (0.1 + 0.2, "0.3"),
        (23.6e9, "2.36e+10"),
        (float("nan"), "nan"),
        (-5.0, "-5"),
        (1 / 3, "0.3333"),
    ],
)
def test_compact_numbers(value: float, text: str) -> None:
    assert compact(value) == text


def test_shortening() -> None:
    assert shorten("a\n b", 9) == "a b"
    assert shorten("abcdef", 4) == "abc…"
