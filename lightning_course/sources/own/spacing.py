"""The spacing of a time series: the order of its rows, gaps, and the dates that follow."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.checks import check_minimum
from lightning_course.errors import UserError

Days = npt.NDArray[np.datetime64]
# A day of a month: its number, or pandas's offset from the first day to the business day.
MonthDay = int | pd.offsets.BMonthEnd | pd.offsets.BMonthBegin

# Holidays in a row: stock exchanges in New York were closed for four days in September 2001.
MAX_HOLIDAYS = 4


def next_times(times: pd.DatetimeIndex, steps: int) -> pd.DatetimeIndex:
    """Return the dates that follow those of a series, for a forecast.

    Args:
        times: At least two dates in strictly rising order, without a time zone.
        steps: The number of dates, at least 1.

    Returns:
        The ``steps`` dates after the last one, by the first of these rules that fits all dates:

        - business days (see :func:`read_own_series`), without regard to holidays: after a Friday
          comes Monday;
        - the same weekday of each month, such as the third Friday;
        - one day of each month, quarter or year: the first or last day, the first or last business
          day, or the same day, or the last day of a month that is shorter (after January 30,
          February 28);
        - else the usual step, which is the median.

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
    elif (weekday := _weekday_of_months(times)) is not None:
        following = pd.date_range(times[-1], periods=steps + 1, freq=weekday)[1:]
    elif (clocks == clocks[0]).all() and (rule := _day_of_months(days)) is not None:
        months = days.astype("datetime64[M]")
        following = _days_in(months[-1] + _usual(np.diff(months)) * ahead, rule) + clocks[-1]
    else:
        following = stamps[-1] + _usual(np.diff(stamps)) * ahead
    return pd.DatetimeIndex(following, name=times.name)


def check_order(times: pd.DatetimeIndex, cells: "pd.Series[str]", path: str | Path) -> None:
    """Raise a UserError unless dates rise from row to row.

    Args:
        times: (L,) dates.
        cells: (L,) the dates as text in the file, with the name of their column.
        path: The file, for messages.
    """
    steps = np.diff(times.to_numpy()).astype("int64")
    for wrong, what in (
        (steps < 0, "is before {0} of row {1}: sort the file by date, the oldest row first"),
        (
            steps == 0,
            "repeats the date of row {1}: keep one row per date (are these two series, or is the "
            "time of day in another column?)",
        ),
    ):
        if wrong.any():
            at = int(wrong.argmax())
            above, row = cells.index[at : at + 2]
            problem = what.format(cells[above], above)
            raise UserError(f"{path}, row {row}, column '{cells.name}': {cells[row]} {problem}")


def check_gaps(times: pd.DatetimeIndex, cells: "pd.Series[str]", path: str | Path) -> None:
    """Raise a UserError unless dates are equally spaced; arguments as of :func:`check_order`."""
    steps = np.diff(times.to_numpy())
    business = _business_steps(times)
    gaps = steps * 2 >= _usual(steps) * 3 if business is None else business > MAX_HOLIDAYS + 1
    if not gaps.any():
        return
    at = int(gaps.argmax())
    above, row = cells.index[at : at + 2]
    if business is not None:
        what = f"{business[at] - 1} business days are missing (at most {MAX_HOLIDAYS} may be)"
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
    """Return the L − 1 steps in business days, or None if the rows are not business days."""
    days = times.to_numpy().astype("datetime64[D]")
    if not np.is_busday(days).all():
        return None
    steps = np.busday_count(days[:-1], days[1:])
    return steps if steps.min() > 0 and _usual(steps) == 1 else None


def _day_of_months(days: Days) -> MonthDay | None:
    """Return the rule by which each day is one of its month, or None."""
    months = days.astype("datetime64[M]")
    if (np.diff(months) < np.timedelta64(1, "M")).any():
        return None
    index = pd.DatetimeIndex(days)
    number = 31 if index.is_month_end.all() else int(index.day.max())
    same = (_days_in(months, number) == days).all()
    if not (same and number in (1, 31)) and np.is_busday(days).all():
        for rule, sign in ((pd.offsets.BMonthEnd(0), 1), (pd.offsets.BMonthBegin(0), -1)):
            # A holiday moves the day: not more than half of the days, and not far.
            moved = sign * np.busday_count(days, _days_in(months, rule))
            if (moved == 0).mean() > 0.5 and ((moved >= 0) & (moved <= MAX_HOLIDAYS)).all():
                return rule
    return number if same else None


def _days_in(months: Days, rule: MonthDay) -> Days:
    """Return one day of each month: by its number, at most the last day, or by an offset."""
    first = months.astype("datetime64[D]")
    if isinstance(rule, int):
        days: Days = np.minimum(first + (rule - 1), (months + 1).astype("datetime64[D]") - 1)
        return days
    return (pd.DatetimeIndex(first) + rule).to_numpy().astype("datetime64[D]")


def _weekday_of_months(times: pd.DatetimeIndex) -> str | None:
    """Return pandas's name of a rule such as the third Friday of each month, or None."""
    if len(times) < 3:
        return None
    with warnings.catch_warnings():
        # pandas will return an object instead of the name.
        warnings.simplefilter("ignore")
        freq = pd.infer_freq(times)
    name = str(getattr(freq, "freqstr", freq))
    return name if name.startswith("WOM-") else None


def _usual(steps: npt.NDArray[Any]) -> Any:
    """Return the median step; of two in the middle, the shorter one, so that it is a real step."""
    return np.sort(steps)[(len(steps) - 1) // 2]


def _words(step: np.timedelta64) -> str:
    """Return a step in the largest unit that gives an integer, such as "90 minutes"."""
    seconds = pd.Timedelta(step).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds / size:,.0f} {name}" + "s" * (seconds != size)
    return f"{seconds:g} seconds"
