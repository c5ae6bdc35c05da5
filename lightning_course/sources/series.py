"""The user's own time series: numbers in order of time, with dates or without (chapter 5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.errors import UserError
from lightning_course.sources.base import Provenance
from lightning_course.sources.numbers import MISSING, as_numbers
from lightning_course.sources.tables import read_own_table
from lightning_course.validation import check_minimum

FloatArray = npt.NDArray[np.float64]

# Holidays in a row: stock exchanges in New York were closed for four days in September 2001.
MOST_HOLIDAYS = 4

# Year first; a time of day only after a whole date.
_DATE = re.compile(
    r"""(?P<year>[1-9]\d{3})
    (?: (?P<dash>[-/]) (?P<month>\d{1,2})
        (?: (?P=dash) (?P<day>\d{1,2})
            (?: [T ]+ (?P<hour>\d{1,2}) (?: :(?P<minute>\d\d) (?: :(?P<second>\d\d(\.\d+)?) )? )?
                [ ]? (?P<offset>Z|[+-]\d\d(:?\d\d)?)?
            )?
        )?
    )?""",
    re.ASCII | re.VERBOSE,
)
# ISO 8601 allows 20181231 too.
_COMPACT = re.compile(r"([1-9]\d{3})(\d\d)(\d\d)", re.ASCII)

# Other ways to write a date: 12/31/2018, 31.12.18, Dec 31, 2018, 31-Dec-18.
_YEAR_LAST = re.compile(
    r"""\d{1,2} ([-/.]) \d{1,2} \1 (\d{4}|\d\d) \b .*
    | (?=.*\d) (.*[^a-z])? (jan(uary)? | feb(ruary)? | mar(ch)? | apr(il)? | may | june? | july?
      | aug(ust)? | sept?(ember)? | oct(ober)? | nov(ember)? | dec(ember)?) ([^a-z].*)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, eq=False)
class Series:
    """A time series of one or more values a row.

    Attributes:
        values: (L, D) float64, finite, in order of time.
        times: L dates in strictly rising order, under the name of their column; None where the file
            has none.
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

    A date begins with the year, as 2018-12-31, 2018/12/31 or 20181231; it may end with a time of
    day, as 2018-12-31 23:59:59 or 2018-12-31T23:59Z, or with the month, as 2018-12. In a column
    that is named, a year alone is a date too.

    An offset from UTC, as the +01:00 of some files, is left out where all rows have the same, or
    the same time of day (daily prices from midnight to midnight, in summer and winter). Else all
    times are changed to UTC; what has no offset then counts as UTC.

    The rows must be equally spaced, as a window of ten rows means ten steps. Two rules:

    - Business days, where no date is a Saturday or Sunday, no two are on the same day and the usual
      step is one business day: at most ``MOST_HOLIDAYS`` business days in a row may be missing.
    - Else a step must be shorter than one and a half of the usual one. Months, quarters and years
      differ by less among themselves.

    The usual step is the median one (of two, the shorter).

    Args:
        path: A CSV file, see :func:`~lightning_course.sources.read_own_table`.
        columns: D names of its columns of numbers, at least one.
        date_column: Its column of dates. None takes the leftmost of the other columns all of whose
            cells are dates; or where there is none, the leftmost most of whose cells are, in
            whatever order of day, month and year, and tells what is wrong with it; or no column.
        encoding: See ``read_own_table``.
        separator: See ``read_own_table``.
        allow_gaps: Whether rows that are not equally spaced are taken as if they were. Their order
            is checked all the same.

    Returns:
        The series: L rows in the file's order.

    Raises:
        ValueError: No columns.
        UserError: See ``read_own_table``; a value that is missing, infinite or no number; a column
            that does not vary; a cell that is no date, or not year first; dates that are not in
            rising order, occur twice, or have a gap between them.
    """
    if not columns:
        raise ValueError("columns must name at least one column")
    dates = [] if date_column is None else [date_column]
    table, provenance = read_own_table(path, [*columns, *dates], encoding, separator)
    values = as_numbers(table, columns, path, use="series")
    for name, column in zip(columns, values.T, strict=True):
        if column.min() == column.max():
            raise UserError(
                f"{path}, column '{name}' does not vary (every value is {column[0]:g}): there is "
                "nothing to forecast"
            )
    found = date_column or _date_column(table, columns)
    times = None
    if found is not None:
        cells = table[found].str.strip()
        times = _read_times(cells, path, named=date_column is not None)
        _check_order(times, cells, path)
        if not allow_gaps:
            _check_gaps(times, cells, path)
    return Series(values, times, tuple(columns), provenance)


def next_times(times: pd.DatetimeIndex, steps: int) -> pd.DatetimeIndex:
    """Return the dates that follow those of a series, for a forecast.

    Args:
        times: At least two dates in strictly rising order, without a time zone.
        steps: How many dates, at least 1.

    Returns:
        The ``steps`` dates after the last one, by the first of these that fits all dates:

        - business days (see :func:`read_own_series`), holidays or not: after a Friday, Monday;
        - months, quarters, years: the same day and time of it, where there is no such day its last
          (after January 31, February 28), always the last where all dates are the last;
        - else the usual step, which is the median one.

    Raises:
        ValueError: Too few steps or dates, dates that do not rise, or a time zone.
    """
    check_minimum("steps", steps, 1)
    rising = times.is_monotonic_increasing and times.is_unique
    if len(times) < 2 or not rising or times.tz is not None:
        raise ValueError("times must be at least 2 dates in rising order, without a time zone")
    stamps = times.to_numpy()
    days = stamps.astype("datetime64[D]")
    clocks = stamps - days
    ahead = np.arange(1, steps + 1)
    if _business_steps(times) is not None:
        following = np.busday_offset(days[-1], ahead) + clocks[-1]
    elif (clocks == clocks[0]).all() and (step := _month_step(days)) is not None:
        months, day = step
        first_days, lengths = _months(days[-1].astype("datetime64[M]") + months * ahead)
        following = first_days + (np.minimum(day, lengths) - 1) + clocks[-1]
    else:
        following = stamps[-1] + _usual(np.diff(stamps)) * ahead
    return pd.DatetimeIndex(following, name=times.name)


def _date_column(table: pd.DataFrame, columns: Sequence[str]) -> str | None:
    """Return the column of dates, see :func:`read_own_series`."""
    others = {name: table[name].str.strip() for name in table.columns if name not in columns}
    are_dates = {name: np.asarray(_as_dates(cells).notna()) for name, cells in others.items()}
    for name, dates in are_dates.items():
        if dates.all():
            return name
    for name, dates in are_dates.items():
        year_last = [cell for cell in others[name][~dates] if _YEAR_LAST.fullmatch(cell)]
        # Not passed over in silence: such a file may have its newest row first.
        if dates.sum() + len(year_last) > len(dates) / 2:
            return name
    return None


def _read_times(cells: "pd.Series[str]", path: str | Path, named: bool) -> pd.DatetimeIndex:
    """Return the dates of a column; UserError where a cell is none."""
    times = _as_dates(cells, years=named)
    for row, cell in cells[times.isna()].items():
        where = f"{path}, row {row}, column '{cells.name}'"
        if not named:
            where += " (taken for the dates, as most of its cells are)"
        if cell in MISSING:
            raise UserError(f"{where}: the date is missing; fill it in")
        what = "is not a date"
        if _YEAR_LAST.fullmatch(cell):
            what = "does not begin with the year, so that its day may be taken for its month"
        raise UserError(
            f"{where}: {cell[:40]!r} {what}; write dates as YYYY-MM-DD, such as 2018-12-31"
        )
    return times.rename(cells.name)


def _as_dates(cells: "pd.Series[str]", years: bool = False) -> pd.DatetimeIndex:
    """Return N dates, NaT where a cell is none; a year alone is one if `years`."""
    texts, offsets, clocks = [], [], set()
    for cell in cells:
        if compact := _COMPACT.fullmatch(cell):
            cell = "-".join(compact.groups())
        match = _DATE.fullmatch(cell)
        if match is None or not (match["month"] or years):
            texts.append("")
            offsets.append("")
            continue
        hour, minute, second = (match[name] or "0" for name in ("hour", "minute", "second"))
        clocks.add(clock := f"{hour:0>2}:{minute:0>2}:{second:0>2}")
        texts.append(f"{match['year']}-{match['month'] or 1:0>2}-{match['day'] or 1:0>2}T{clock}")
        offsets.append(match["offset"] or "")
    differ = len({offset for text, offset in zip(texts, offsets, strict=True) if text}) > 1
    if differ and len(clocks) > 1:
        texts = [text + offset for text, offset in zip(texts, offsets, strict=True)]
    # Without any offset, UTC means nothing.
    times = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    return times.tz_localize(None)


def _check_order(times: pd.DatetimeIndex, cells: "pd.Series[str]", path: str | Path) -> None:
    steps = np.diff(times.to_numpy()).astype("int64")
    for wrong, what in (
        (steps < 0, "is before {0} of row {1}: sort the file by date, the oldest row first"),
        (steps == 0, "is the date of row {1} too: keep one row a date (or are these two series?)"),
    ):
        if wrong.any():
            at = int(wrong.argmax())
            above, row = cells.index[at : at + 2]
            told = what.format(cells[above], above)
            raise UserError(f"{path}, row {row}, column '{cells.name}': {cells[row]} {told}")


def _check_gaps(times: pd.DatetimeIndex, cells: "pd.Series[str]", path: str | Path) -> None:
    steps = np.diff(times.to_numpy())
    business = _business_steps(times)
    gaps = steps * 2 >= _usual(steps) * 3 if business is None else business > MOST_HOLIDAYS + 1
    if not gaps.any():
        return
    at = int(gaps.argmax())
    above, row = cells.index[at : at + 2]
    if business is not None:
        what = f"{business[at] - 1} business days are missing (at most {MOST_HOLIDAYS} may be)"
    else:
        what = f"there is a gap: {_words(steps[at])}, where the usual step is "
        what += _words(_usual(steps))
    more = f" (one of {gaps.sum():,} gaps)" if gaps.sum() > 1 else ""
    raise UserError(
        f"{path}, rows {above} and {row}, column '{cells.name}': from {cells[above]} to "
        f"{cells[row]} {what}{more}; fill in the rows between, or take all rows as equally spaced "
        "with --data.allow_gaps true"
    )


def _business_steps(times: pd.DatetimeIndex) -> npt.NDArray[np.int64] | None:
    """Return the L − 1 steps in business days, or None where the rows are not such days."""
    days = times.to_numpy().astype("datetime64[D]")
    if not np.is_busday(days).all():
        return None
    steps = np.busday_count(days[:-1], days[1:])
    return steps if steps.min() > 0 and _usual(steps) == 1 else None


def _month_step(days: npt.NDArray[np.datetime64]) -> tuple[int, int] | None:
    """Return the usual step in months and the day, 31 for the last one; None where days vary."""
    months = days.astype("datetime64[M]")
    first_days, lengths = _months(months)
    day = (days - first_days).astype("int64") + 1
    usual_day = 31 if (day == lengths).all() else day.max()
    steps = np.diff(months).astype("int64")
    if steps.min() < 1 or (day != np.minimum(usual_day, lengths)).any():
        return None
    return int(_usual(steps)), int(usual_day)


def _months(months: npt.NDArray[np.datetime64]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the first days of months, and how many days they have."""
    first_days = months.astype("datetime64[D]")
    return first_days, ((months + 1).astype("datetime64[D]") - first_days).astype("int64")


def _usual(steps: npt.NDArray[Any]) -> Any:
    """Return the median; of an even number, the lower of the two in the middle: a real step."""
    return np.sort(steps)[(len(steps) - 1) // 2]


def _words(step: np.timedelta64) -> str:
    """Return a step in the largest unit of which it is a whole number, such as "90 minutes"."""
    seconds = pd.Timedelta(step).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds / size:,.0f} {name}" + "s" * (seconds != size)
    return f"{seconds:g} seconds"
