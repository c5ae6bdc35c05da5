"""Time series of your own: numbers in order of time, with or without dates (chapter 5)."""

import itertools
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.errors import UserError
from lightning_course.sources.base import Provenance
from lightning_course.sources.own.dates import Dates, read_dates
from lightning_course.sources.own.numbers import MISSING, as_numbers, parse_numbers
from lightning_course.sources.own.spacing import check_gaps, check_order
from lightning_course.sources.own.tables import read_own_table
from lightning_course.terminal import printable

FloatArray = npt.NDArray[np.float64]

# The name of a column of times has only these words; with one of _YEAR_WORDS, a number from 1700 to
# 2100 may be a year.
_TIME_WORDS = {"epoch", "unix", "day", "week", "month", "quarter", "hour", "minute", "index", "t"}
_YEAR_WORDS = {"date", "datetime", "time", "timestamp", "year", "yr", "period", "ds", "dt"}
_YEAR_WORDS |= {"dates", "times", "years", "datum", "zeit", "jahr", "fecha", "año", "année"}
_OTHER_WORDS = {"open", "close", "start", "end", "local", "utc", "gmt", "event", "trade", "trading"}
_OTHER_WORDS |= {"observation", "obs", "stamp", "of", "the", "s", "ms", "us", "business"}

# The range of years alone, in a column that the user does not name.
_YEARS = (1700, 2100)
# Spreadsheets number the days; these are from 1954 to 2118.
_SPREADSHEET_DAYS = (20_000, 80_000)

_HAS_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")

_WEEK = re.compile(r"week|woche|semaine|\b(kw|wk)\b", re.IGNORECASE)

_EXAMPLE = "write dates as YYYY-MM-DD, such as 2018-12-31"


@dataclass(frozen=True, eq=False)
class Series:
    """A time series with one or more values per row.

    Attributes:
        values: (L, D) float64, finite, in order of time.
        times: L dates in strictly rising order, with the name of their column; None if the file has
            none.
        names: D names of the columns.
        provenance: Kind "own".
    """

    values: FloatArray
    times: pd.DatetimeIndex | None
    names: tuple[str, ...]
    provenance: Provenance


def read_own_series(
    path: str | Path,
    columns: Sequence[str],
    date_column: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    allow_gaps: bool = False,
) -> Series:
    """Return columns of a CSV file as a time series: each row is one step after the row above it.

    Dates may be written in any usual way: 2018-12-31, 31.12.2018, Dec 31, 2018, 2018-12, Dec 2018,
    2018Q4, 2018-W52, with or without a time of day and an offset, see
    :func:`~lightning_course.sources.own.dates.read_dates`. The column that the user names, or one
    whose name says that it is a time, may also have years alone, or seconds, milliseconds or
    microseconds since 1970; the first column may have the latter too. A date with two readings,
    such as 01/02/2018, is refused unless another row of the column decides.

    The rows must be equally spaced, because a window of ten rows means ten steps. Two rules:

    - Business days: no date is a Saturday or Sunday, no two are on the same day, and the usual step
      is one business day. At most ``spacing.MAX_HOLIDAYS`` of them in a row may be missing.
    - Else each step must be shorter than one and a half usual steps. Months, quarters and years
      differ by less.

    The usual step is the median (of two middle steps, the shorter one).

    Args:
        path: A CSV file, see :func:`~lightning_course.sources.read_own_table`.
        columns: D names of its columns of numbers, at least one.
        date_column: The column of dates. None: the leftmost of the other columns in which all cells
            are dates; else the leftmost in which most cells are, with an error about the others;
            else none. Then a line on stderr says so if the first column, or one named like a time,
            does not have rising numbers.
        encoding: See ``read_own_table``.
        separator: See ``read_own_table``.
        allow_gaps: Whether rows that are not equally spaced are treated as if they were. Their
            order is always checked.

    Returns:
        The series: L rows in the file's order.

    Raises:
        ValueError: ``columns`` is empty.
        UserError: See ``read_own_table``; a value is missing, infinite or not a number; a column is
            constant; a cell is not a date or has two readings; dates are not in rising order, occur
            twice, or have gaps; or, without dates, the numbers in the first column or in one named
            like a time fall, alone or within texts.
    """
    if not columns:
        raise ValueError("columns must name at least one column")
    named = [] if date_column is None else [date_column]
    table, provenance = read_own_table(path, [*columns, *named], encoding, separator)
    values = as_numbers(table, columns, path, use="series")
    for name, column in zip(columns, values.T, strict=True):
        if column.min() == column.max():
            raise UserError(
                f"{path}, column '{name}' does not vary (every value is {column[0]:g}): there is "
                "nothing to forecast"
            )
    if date_column is None:
        found = _find_dates(table, columns)
        if found is None:
            _check_undated(table, columns, path)
            return Series(values, None, tuple(columns), provenance)
        name, dates = found
        cells = table[name].str.strip()
    else:
        cells = table[date_column].str.strip()
        dates = _read_dates(cells, numbers=True, years=True)
    _check_dates(dates, cells, path, named=date_column is not None)
    times = dates.times.rename(cells.name)
    check_order(times, cells, path)
    if not allow_gaps:
        check_gaps(times, cells, path)
    return Series(values, times, tuple(columns), provenance)


def _is_called(name: str, words: set[str]) -> bool:
    """Whether a column's name, such as "OpenTime", means a time and has one of the words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = {word.lower() for word in re.findall(r"[^\W\d_]+", spaced)}
    return bool(parts & words) and parts <= _TIME_WORDS | _YEAR_WORDS | _OTHER_WORDS


def _read_dates(cells: "pd.Series[str]", *, numbers: bool, years: bool) -> Dates:
    """Return a column as dates; in one called "week", 201907 is a week, not a month."""
    if _WEEK.search(str(cells.name)):
        cells = cells.str.replace(r"^(\d{4})(\d\d)$", r"\1-W\2", regex=True)
    return read_dates(cells, numbers=numbers, years=years)


def _find_dates(table: pd.DataFrame, columns: Sequence[str]) -> tuple[str, Dates] | None:
    """Return the column of dates and its dates, see :func:`read_own_series`."""
    found: dict[str, Dates] = {}
    for name in table.columns.drop(list(columns)):
        cells = table[name].str.strip()
        timely, years = _is_called(name, _TIME_WORDS), _is_called(name, _YEAR_WORDS)
        dates = _read_dates(
            cells,
            numbers=timely or years or name == table.columns[0],
            years=years and _are_years(cells),
        )
        ordered = dates.times.is_monotonic_increasing or dates.times.is_monotonic_decreasing
        if dates.unix and not (timely or years or ordered):
            # For example a volume of shares.
            continue
        found[name] = dates
        if dates.times.notna().all():
            return name, dates
    for name, dates in found.items():
        # Not ignored: such a file may have its newest row first.
        if np.mean(dates.times.notna()) > 0.5:
            return name, dates
    return None


def _are_years(cells: "pd.Series[str]") -> bool:
    """Whether a column has years, none of them twice, or cells that are not numbers."""
    numbers = pd.to_numeric(cells, errors="coerce")
    return bool(numbers.isna().any() or (numbers.is_unique and numbers.between(*_YEARS).all()))


def _check_undated(table: pd.DataFrame, columns: Sequence[str], path: str | Path) -> None:
    """Print that the rows have no dates, if a column looks as if it had some.

    Raises:
        UserError: The numbers in the first column, or in one named like a time, fall.
    """
    unread = None
    for name in table.columns.drop(list(columns)):
        first, timely = name == table.columns[0], _is_called(name, _TIME_WORDS | _YEAR_WORDS)
        cells = table[name].str.strip()
        if not first and not timely and np.mean(cells.str.contains(_HAS_YEAR)) <= 0.5:
            continue
        numbers = parse_numbers(list(cells), table.attrs["decimal_marks"]).values
        if (first or timely) and _fall(numbers, cells, strictly=not timely):
            raise UserError(
                f"{path}, column '{name}': its numbers fall from {cells.iloc[0][:40]} in row "
                f"{cells.index[0]} to {cells.iloc[-1][:40]} in row {cells.index[-1]}: sort the "
                "file, the oldest row first; or if they are not times, remove that column"
            )
        steps = np.diff(numbers)
        spaced = (steps > 0).all() and (steps < 1.5 * np.median(steps)).all()
        if np.isnan(steps).any() or (timely and not spaced):
            unread = unread or f"column '{name}' is not read as dates ('{cells.iloc[0][:40]}')"
    if unread is not None:
        line = f"{path}: {unread}: the order of rows is not checked, nor gaps; {_EXAMPLE}"
        print(printable(line), file=sys.stderr)


def _fall(numbers: FloatArray, cells: "pd.Series[str]", *, strictly: bool) -> bool:
    """Whether the numbers of a column fall from row to row.

    In texts, all numbers are compared, from the left ("FY2020-P13") or the right ("KW 26/2020").

    Args:
        numbers: (L,) float64; NaN where a cell is not a number.
        cells: (L,) the column.
        strictly: Whether no number may occur twice. A year does, if months have another column.
    """
    orders = [[(number,) for number in numbers]]
    if np.isnan(numbers).any():
        parts = cells.str.findall(r"[0-9]{1,18}").map(lambda digits: tuple(map(int, digits)))
        if not parts.map(bool).all():
            return False
        orders = [parts.tolist(), parts.map(lambda digits: digits[::-1]).tolist()]
    pairs = [list(itertools.pairwise(order)) for order in orders]
    if any(all(before < after for before, after in order) for order in pairs):
        return False
    return any(
        any(before > after for before, after in order)
        and all(before > after or (before == after and not strictly) for before, after in order)
        for order in pairs
    )


def _check_dates(dates: Dates, cells: "pd.Series[str]", path: str | Path, named: bool) -> None:
    """Raise a UserError if a cell is not a date, or has two readings."""
    where = f"{path}, row {{}}, column '{cells.name}'"
    if not named:
        where += " (read as the dates, as most of its cells are)"
    for row, cell in cells[dates.times.isna()].items():
        at = where.format(row)
        if cell in MISSING:
            raise UserError(f"{at}: the date is missing; fill it in")
        what = "is not a date"
        if read_dates(pd.Series([cell]), numbers=False, years=False).times.notna().all():
            what = "is not written as most dates of the column are"
        elif cell.isdecimal() and _SPREADSHEET_DAYS[0] < int(cell) < _SPREADSHEET_DAYS[1]:
            what += " but the number of a day; make the column one of dates in the spreadsheet"
        raise UserError(f"{at}: {cell[:40]!r} {what}; {_EXAMPLE}")
    if dates.other is not None:
        position = int((dates.times != dates.other).argmax())
        first, second = (f"{times[position]:%d %B %Y}" for times in (dates.times, dates.other))
        raise UserError(
            f"{where.format(cells.index[position])}: '{cells.iloc[position]}' may be {first} or "
            f"{second}, and no row of the column decides; {_EXAMPLE}"
        )
    if dates.unix or dates.utc:
        what = f"as {dates.unix} since 1970" if dates.unix else "in UTC, as its offsets differ"
        read_as = f"read {what}, from {dates.times[0]} to {dates.times[-1]}"
        print(printable(f"{path}: column '{cells.name}' is {read_as}"), file=sys.stderr)
