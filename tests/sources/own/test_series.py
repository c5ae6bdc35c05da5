from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lightning_course.errors import UserError
from lightning_course.sources import Series, next_times, read_own_series
from lightning_course.sources.base import sha256_of


def read(path: Path, dates: Sequence[str], **options: Any) -> Series:
    """Return the series 0, 1, 2, … with these dates."""
    path = path / "my.csv"
    path.write_text("".join(["day,x\n", *(f"{date},{n}\n" for n, date in enumerate(dates))]))
    return read_own_series(path, ["x"], **options)


def error(path: Path, dates: Sequence[str], **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(path, dates, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path / "my.csv"), "FILE")


def written(start: str, periods: int, freq: str, form: str = "%Y-%m-%d") -> list[str]:
    return pd.date_range(start, periods=periods, freq=freq).strftime(form).tolist()


def test_columns_in_the_order_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("day;amount;shop;price\n2018-01-30;3;A;1.5\n2018-01-31; 4 ;A;-2e3\n")
    series = read_own_series(path, ["price", "amount"])
    assert series.values.dtype == np.float64
    assert series.values.tolist() == [[1.5, 3], [-2000, 4]]
    assert series.names == ("price", "amount")
    assert series.times is not None
    assert series.times.name == "day"
    assert series.times.tolist() == [pd.Timestamp(2018, 1, 30), pd.Timestamp(2018, 1, 31)]
    assert series.provenance.kind == "own"
    assert series.provenance.sha256 == sha256_of(path)


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["2018-01-31", "2018-02-01"], ["2018-01-31", "2018-02-01"]),
        (["2018/01/31", "2018/02/01"], ["2018-01-31", "2018-02-01"]),
        (["2018/1/31", "2018/2/1"], ["2018-01-31", "2018-02-01"]),
        (["20180131", "20180201"], ["2018-01-31", "2018-02-01"]),
        ([" 2018-01 ", "2018-02"], ["2018-01-01", "2018-02-01"]),
        (["2018-01-31 9:00", "2018-01-31 21:30"], ["2018-01-31 09:00", "2018-01-31 21:30"]),
        (["2018-01-31T09", "2018-01-31T10:00:00.5"], ["2018-01-31 09:00", "2018-01-31 10:00:00.5"]),
        # One offset for all, or one time of day: dates as they stand.
        (["2018-03-24T00:00+01:00", "2018-03-25T00:00+01:00"], ["2018-03-24", "2018-03-25"]),
        (["2018-03-25 00:00:00+01:00", "2018-03-26 00:00:00+02:00"], ["2018-03-25", "2018-03-26"]),
        (["2018-03-25T00:00Z", "2018-03-25T12:00Z"], ["2018-03-25", "2018-03-25 12:00"]),
        # The night of summer time: an hour, not two.
        (["2018-03-25 01:00+0100", "2018-03-25 03:00+0200"], ["2018-03-25", "2018-03-25 01:00"]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"date_column": "day"}])
def test_ways_to_write_a_date(
    tmp_path: Path, cells: list[str], dates: list[str], options: dict[str, str]
) -> None:
    times = read(tmp_path, cells, **options).times
    assert times is not None
    assert times.tolist() == [pd.Timestamp(date) for date in dates]


def test_years_alone_are_dates_only_in_a_column_that_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, ["1960", "1961", "1962"]).times is None
    times = read(tmp_path, ["1960", "1961", "1962"], date_column="day").times
    assert times is not None
    assert times.tolist() == [pd.Timestamp(year, 1, 1) for year in (1960, 1961, 1962)]
    assert next_times(times, 2).year.tolist() == [1963, 1964]


@pytest.mark.parametrize("cells", [["1", "2", "3"], ["Mon", "Tue", "Wed"], ["2018-01-01", "", ""]])
def test_other_columns_are_no_dates(tmp_path: Path, cells: list[str]) -> None:
    assert read(tmp_path, cells).times is None


def test_the_leftmost_column_of_dates_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n,a,x,b\n1,2018-01-02,5,2019-01-02\n2,2018-01-03,6,2019-01-01\n")
    series = read_own_series(path, ["x"])
    assert series.times is not None
    assert series.times.name == "a"
    with pytest.raises(UserError, match="column 'b': 2019-01-01 is before 2019-01-02 of row 2"):
        read_own_series(path, ["x"], date_column="b")
    # A column of dates that is wanted as numbers is a mistake in the name.
    with pytest.raises(UserError, match="row 2, column 'a': '2018-01-02' is not a number"):
        read_own_series(path, ["a"])


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(written("2018-01-31", 40, "D"), id="days"),
        pytest.param(written("2018-01-31", 40, "B"), id="business days"),
        pytest.param(written("2018-01-01", 40, "W-MON"), id="weeks, never at a weekend"),
        pytest.param(written("2018-01-01", 40, "W-SUN"), id="weeks"),
        pytest.param(written("2018-01-01", 40, "MS"), id="months"),
        pytest.param(written("2018-01-01", 40, "MS", "%Y-%m"), id="months without days"),
        pytest.param(written("2018-01-01", 40, "ME"), id="ends of months"),
        pytest.param(written("2018-01-01", 40, "BME"), id="last business days of months"),
        pytest.param(written("2018-01-01", 12, "SMS"), id="half months"),
        pytest.param(written("2018-01-01", 20, "QE"), id="quarters"),
        pytest.param(written("2018-01-01", 20, "YS"), id="years"),
        pytest.param(written("2018-01-01", 99, "h", "%Y-%m-%d %H:%M"), id="hours"),
        pytest.param(written("2018-01-01", 99, "15min", "%Y-%m-%dT%H:%M:%S"), id="quarter hours"),
        pytest.param(["2018-01-01", "2018-02-11"], id="two rows"),
        # Good Friday and Easter Monday; 11 to 14 September 2001.
        pytest.param(
            ["2018-03-27", "2018-03-28", "2018-03-29", "2018-04-03", "2018-04-04"], id="Easter"
        ),
        pytest.param(
            ["2001-09-06", "2001-09-07", "2001-09-10", "2001-09-17", "2001-09-18"], id="four days"
        ),
        # Half a day early at Christmas: still one row each business day.
        pytest.param(
            ["2018-12-20 16:00", "2018-12-21 16:00", "2018-12-24 13:00", "2018-12-26 16:00"],
            id="closing times",
        ),
    ],
)
def test_equal_spacing(tmp_path: Path, cells: list[str]) -> None:
    series = read(tmp_path, cells)
    assert series.times is not None
    assert len(series.times) == len(series.values) == len(cells)


DAYS, WEEKDAYS = written("2018-01-01", 20, "D"), written("2018-01-01", 20, "B")
GAP = "; fill in the rows between, or take all rows as equally spaced with --data.allow_gaps true"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            [*DAYS[:5], *DAYS[6:]],
            "FILE, rows 6 and 7, column 'day': from 2018-01-05 to 2018-01-07 there is a gap: "
            f"2 days, where the usual step is 1 day{GAP}",
        ),
        # Seven rows from a Thursday to the Thursday after the next: five business days are missing.
        (
            [*WEEKDAYS[:4], *WEEKDAYS[9:]],
            "FILE, rows 5 and 6, column 'day': from 2018-01-04 to 2018-01-12 5 business days are "
            f"missing (at most 4 may be){GAP}",
        ),
        (
            [*written("2018-01-01", 5, "MS", "%Y-%m"), "2018-07", "2018-09"],
            "from 2018-05 to 2018-07 there is a gap: 61 days, where the usual step is 31 days "
            "(one of 2 gaps); fill",
        ),
        (["2018-01-01", "2018-01-08", "2018-01-15", "2018-01-29"], "14 days, where the usual"),
        (["2018-01", "2018-04", "2018-10"], "183 days, where the usual step is 90 days"),
        (["2018-01-01 00:00", "2018-01-01 01:00", "2018-01-01 02:30"], "90 minutes, where the us"),
        (["2018-01-01 0:00:00", "2018-01-01 0:00:01", "2018-01-01 0:00:03.5"], "2.5 seconds, whe"),
        # Times of weekdays are not business days: the night is a gap.
        (
            [f"2018-01-0{day} {hour}:00" for day in (1, 2) for hour in range(10, 16)],
            "from 2018-01-01 15:00 to 2018-01-02 10:00 there is a gap: 19 hours, where the usual "
            "step is 1 hour",
        ),
    ],
)
def test_gaps_are_refused_unless_allowed(tmp_path: Path, cells: list[str], words: str) -> None:
    assert words in error(tmp_path, cells)
    times = read(tmp_path, cells, allow_gaps=True).times
    assert times is not None
    assert len(times) == len(cells)


@pytest.mark.parametrize("allow_gaps", [False, True])
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["2018-01-03", "2018-01-02", "2018-01-01"],
            "FILE, row 3, column 'day': 2018-01-02 is before 2018-01-03 of row 2: sort the file by "
            "date, the oldest row first",
        ),
        (
            ["2018-01-01", "2018-01-02", "2018-01-02"],
            "FILE, row 4, column 'day': 2018-01-02 repeats the date of row 3: keep one row per",
        ),
        (["2018-01-02", "2018-01-02", "2018-01-01"], "row 4, column 'day': 2018-01-01 is before"),
    ],
)
def test_order_is_always_checked(
    tmp_path: Path, cells: list[str], words: str, allow_gaps: bool
) -> None:
    assert words in error(tmp_path, cells, allow_gaps=allow_gaps)


FIRST = ["2018-01-01", "2018-01-02", "2018-01-03"]
HINT = "; write dates as YYYY-MM-DD, such as 2018-12-31"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", "the date is missing; fill it in"),
        ("NA", "the date is missing; fill it in"),
        ("Total", f"'Total' is not a date{HINT}"),
        ("2018-02-30", f"'2018-02-30' is not a date{HINT}"),
        ("2018/25/12", "is not a date"),
        ("0000-01-01", "is not a date"),
        ("2018-01/04", "is not written as most dates"),
        ("2018-01-04 24:00", "is not a date"),
        ("201801", "is not a date"),
        ("5", "is not a date"),
        ("04/01/2018", f"is not written as most dates of the column are{HINT}"),
        ("Jan 04 2018", f"is not written as most dates of the column are{HINT}"),
        ("43465", "is not a date but the number of a day; make the column one of dates in the"),
    ],
)
def test_cells_that_are_no_dates(tmp_path: Path, cell: str, words: str) -> None:
    caught = error(tmp_path, [*FIRST, cell], date_column="day")
    assert caught.startswith("FILE, row 5, column 'day': ")
    assert words in caught
    caught = error(tmp_path, [*FIRST, cell])
    assert caught.startswith("FILE, row 5, column 'day' (read as the dates, as most of its cells")
    assert words in caught


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["1", "", "3"], "FILE, row 3, column 'x': the value is missing: fill it in, as"),
        (["1", "two", "3"], "FILE, row 3, column 'x': 'two' is not a number"),
        (["1", "2,500", "3"], "FILE, row 3, column 'x': '2,500' is not a number"),
        (["1", "inf", "3"], "FILE, row 3, column 'x': 'inf' is not finite"),
        (["4", "4", "4.0"], "FILE, column 'x' does not vary (every value is 4): there is nothing"),
        (["4"], "FILE, column 'x' does not vary (every value is 4)"),
    ],
)
def test_bad_values(tmp_path: Path, rows: list[str], words: str) -> None:
    path = tmp_path / "my.csv"
    path.write_text("".join(["n;x\n", *(f"{n};{row}\n" for n, row in enumerate(rows))]))
    with pytest.raises(UserError) as caught:
        read_own_series(path, ["x"])
    message = str(caught.value).replace(str(path), "FILE")
    assert message.startswith(words)
    # Options of tables.
    assert "--data" not in message


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text('day,x,note\n2018-01-01,1,"a\nb"\n\n2018-01-02,2,c\n\n2018-01-20,3,d\n')
    with pytest.raises(UserError, match="rows 4 and 6, column 'day': from 2018-01-02 to 2018-01-2"):
        read_own_series(path, ["x"])


def test_names_that_are_not_there(tmp_path: Path) -> None:
    assert "FILE has no column 'date' (did" in error(tmp_path, ["2018-01-01"], date_column="date")
    with pytest.raises(ValueError, match="columns must name at least one"):
        read_own_series(tmp_path / "my.csv", [])


def test_no_dates_at_all(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("x\n1\n2\n")
    series = read_own_series(path, ["x"])
    assert series.times is None
    assert series.values.tolist() == [[1], [2]]


def test_the_real_prices_have_no_gap(real_data: Path) -> None:
    path = real_data / "sbux/sbux.csv"
    series = read_own_series(path, ["close"])
    assert series.values.shape == (1259, 1)
    assert series.values[[0, -1], 0].tolist() == [28.185, 54.46]
    assert series.times is not None
    assert series.times.name == "date"
    # From a Wednesday over the weekend.
    following = ["2018-02-08", "2018-02-09", "2018-02-12"]
    assert next_times(series.times, 3).tolist() == [pd.Timestamp(date) for date in following]
    named = read_own_series(path, ["open", "close"], date_column="date")
    assert named.values[:, 1].tolist() == series.values[:, 0].tolist()
