from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lightning_course.errors import UserError
from lightning_course.sources import read_own_table
from lightning_course.sources.own.numbers import MISSING, as_numbers, is_number, parse_numbers

NUMBERS = ["1", "-1.5", "+.5", "1.", " 2e-3 ", "1E5", "1e+5", "007"]
NO_NUMBERS = [
    "1_000",
    "0x1",
    "e5",
    ".",
    "1 2",
    "1,5",
    "1.5.",
    "\u0661",
    "\uff11",
    "\u22125",
    "5%",
    "$5",
    "5 kg",
]
NO_NUMBERS += ["1,234", "1,234.5", "1.234,5", "1 234", "1'234", "12:30", "1/2", "1d5", "-", "none"]
NO_NUMBERS += ["Yes", "tRUE", "#DIV/0!"]


@pytest.mark.parametrize("cell", NUMBERS)
def test_numbers(cell: str) -> None:
    assert is_number(cell)
    assert parse_numbers([cell, "2"]).values.tolist() == [float(cell), 2]


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_no_numbers(cell: str) -> None:
    assert not is_number(cell)
    parsed = parse_numbers(["1.5", cell])
    assert parsed.wrong.tolist() == [False, True]
    assert not parsed.missing.any()


def test_infinite_numbers() -> None:
    values = parse_numbers(["inf", "-Infinity", "1e999", "-INF"]).values
    assert values.tolist() == [np.inf, -np.inf, np.inf, -np.inf]
    assert not is_number("inf")


@pytest.mark.parametrize("cell", sorted(MISSING))
def test_missing_values(cell: str) -> None:
    parsed = parse_numbers(["1", f" {cell} "])
    assert parsed.missing.tolist() == [False, True]
    assert not parsed.wrong.any()


def test_missing_values_are_those_of_pandas(tmp_path: Path) -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert STR_NA_VALUES | {"?", "na", "NaT", "\\N"} == MISSING


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["True", "False"], [1, 0]),
        ([" TRUE", "false ", "NA"], [1, 0, np.nan]),
        (["False"], [0]),
        (["True", "1"], [np.nan, 1]),
    ],
)
def test_booleans(cells: list[str], expected: list[float]) -> None:
    np.testing.assert_array_equal(parse_numbers(cells).values, expected)


def table(path: Path, *rows: str) -> pd.DataFrame:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_own_table(path, [])[0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["x;y", "0,5;0", "1,5;2"], [[0.5, 0], [1.5, 2]]),
        (["x\ty", "1\t-,5", "2\t3,"], [[1, -0.5], [2, 3]]),
        (["x;y", "0,5;1e-05", "1,5;2,5"], [[0.5, 1e-5], [1.5, 2.5]]),
        (["x|y", "1,5e3|NULL", "2|na"], [[1500, np.nan], [2, np.nan]]),
        # One column shows what commas of the file are.
        (["x;y", "1,234;1,5", "12,500;2"], [[1.234, 1.5], [12.5, 2]]),
        (["x;y", "1.25;1,5", "2.5;2"], [[1.25, 1.5], [2.5, 2]]),
        (["x;y", "1.234;1", "2.345;2"], [[1.234, 1], [2.345, 2]]),
        (["x;y", "1.234;1", "2.5;2", "500;3"], [[1.234, 1], [2.5, 2], [500, 3]]),
        (["x,y", "1.234,1", "500,2"], [[1.234, 1], [500, 2]]),
    ],
)
def test_decimal_commas(tmp_path: Path, rows: list[str], expected: list[list[float]]) -> None:
    path = tmp_path / "my.csv"
    values = as_numbers(table(path, *rows), rows[0][::2], path, missing=True, use="new rows")
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["x;y", "1,234;1", "2,345;2"], "'1,234' is not a number: write numbers with a decimal"),
        (
            ["x;y", "1.234;0,5", "2.500;0,7"],
            "'1.234' is not a number: write numbers with a decimal",
        ),
        (["x;y", "500;1", "1.234;1"], "row 3, column 'x': '1.234' is not a number: write numbers"),
        # A list of pairs beside thousands does not make their commas decimal.
        (["x\ty", "1,234\t1,2", "2,500\t1,2,3"], "'1,234' is not a number"),
        (["x;y", "1,5;1", "2.5;2"], "'1,5' is not a number: write numbers with a decimal point"),
        (["x;y", "1.234,5;1"], "'1.234,5' is not a number: write numbers with a decimal point"),
        (["x,y", '"1,5",1'], "'1,5' is not a number: write numbers with a decimal point"),
        (["x,y", '"1,234.5",1'], "without thousands separators"),
        (["x,y", "1 234,1"], "without thousands separators"),
        (["x,y", "1_234,1"], "without thousands separators"),
        (["x,y", "1'234.5,1"], "without thousands separators"),
        (["x,y", "1\u00a0234,1"], "without thousands separators"),
        (["x,y", "12 %,1"], "row 2, column 'x': '12 %' is not a number: write the number without"),
        (["x,y", "€5,1"], "write the number without the sign"),
        (["x,y", "1,1", "\u22125,1"], "write it in the digits 0 to 9, with - for minus"),
        (["x,y", "1,1", "\u0661,1"], "row 3, column 'x': '\u0661' is not a number: write it in"),
        (["x,y", "True,1", "2,1"], "row 2, column 'x': 'True' is not a number: True and False are"),
        (["x,y", "inf,1"], "row 2, column 'x': 'inf' is not finite"),
        (["x,y", "1e999,1"], "row 2, column 'x': '1e999' is not finite"),
        (["x,y", "0x10,1"], "'0x10' is not a number: name the columns to use with --data.features"),
        (["x,y", "1,1", "-,1"], "'-' is not a number: where a value is missing, leave the cell"),
        (["x,y", "1,1", "Null,1"], "'Null' is not a number: where a value is missing, leave the"),
        (["x,y", "1,1", "#DIV/0!,1"], "where a value is missing, leave the cell empty or write NA"),
        (["x,y", "?,1", "NA,1", "1,1"], "row 2, column 'x': the value is missing (as in 2 rows in"),
        (["x,y", "?,1", "NULL,1"], "column 'x' has no value at all"),
    ],
)
def test_what_has_two_readings_is_refused(tmp_path: Path, rows: list[str], words: str) -> None:
    path = tmp_path / "my.csv"
    with pytest.raises(UserError) as error:
        as_numbers(table(path, *rows), ["x", "y"], path)
    assert words in str(error.value)
    assert len(str(error.value)) < 300 + len(str(path))


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("features", "--data.missing mean"),
        ("target", "remove these rows"),
        ("series", "fill it in, as every row is one step in time"),
        ("new rows", "fill it in or remove the row"),
    ],
)
def test_advice_helps(tmp_path: Path, use: Any, words: str) -> None:
    path = tmp_path / "my.csv"
    with pytest.raises(UserError, match="row 2, column 'x': the value is missing") as error:
        as_numbers(table(path, "x,y", "NA,1", "1,2"), ["x"], path, use=use)
    assert words in str(error.value)
    assert ("--data.missing" in str(error.value)) == (use == "features")


def test_a_notebook_s_table() -> None:
    frame = pd.DataFrame({"n": [1, 2], "f": [0.5, np.nan], "b": [True, False], "o": [None, 3]})
    frame["o"] = frame["o"].astype(object)
    values = as_numbers(frame, list(frame), "x", missing=True)
    np.testing.assert_array_equal(values, [[1, 0.5, 1, np.nan], [2, np.nan, 0, 3]])
