import datetime

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lightning_course.sources import next_times


@given(
    st.sampled_from(
        ["D", "2D", "B", "W-MON", "W-SUN", "MS", "ME", "2MS", "QS", "QE", "YS", "YE", "h", "7min"]
    )
    | st.sampled_from(
        ["BMS", "BME", "2BME", "BQS", "BQE", "BQE-JAN", "BYS", "BYE", "WOM-3FRI", "WOM-1MON"]
    ),
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
    # Fewer days may all be business days.
    st.integers(8, 30),
    st.integers(1, 30),
)
def test_the_next_dates_are_those_of_pandas(
    freq: str, start: datetime.datetime, count: int, steps: int
) -> None:
    every = pd.date_range(start.replace(microsecond=0), periods=count + steps, freq=freq)
    known = every[:count]
    # The first business day of a quarter is the first day of it for years: two readings.
    assume(not (freq.startswith("B") and freq != "B" and (known.day.nunique() == 1)))
    assume(not (freq.startswith("B") and known.is_month_end.all()))
    following = next_times(known, steps)
    assert following.tolist() == every[count:].tolist()


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), st.sampled_from([1, 3, 12]))
def test_the_next_months_have_the_same_day_or_their_last(start: datetime.date, step: int) -> None:
    every = pd.DatetimeIndex(
        [pd.Timestamp(start) + pd.DateOffset(months=step * n) for n in range(40)], name="day"
    )
    following = next_times(every[:24], 16)
    assert following.name == "day"
    assert following.tolist() == every[24:].tolist()


@pytest.mark.parametrize(
    ("dates", "following"),
    [
        # Friday, after a holiday on Wednesday.
        (["2018-01-01", "2018-01-02", "2018-01-04", "2018-01-05"], ["2018-01-08", "2018-01-09"]),
        (["2018-01-04 16:00", "2018-01-05 16:00"], ["2018-01-08 16:00", "2018-01-09 16:00"]),
        (["2018-01-05", "2018-01-06"], ["2018-01-07", "2018-01-08"]),
        (["2018-01-31", "2018-02-28"], ["2018-03-31", "2018-04-30"]),
        (["2018-02-28", "2018-04-30"], ["2018-06-30", "2018-08-31"]),
        (["2017-12-30", "2018-01-30"], ["2018-02-28", "2018-03-30"]),
        (["2018-11-15", "2018-12-15"], ["2019-01-15", "2019-02-15"]),
        # A month is missing.
        (["2018-01-01", "2018-02-01", "2018-03-01", "2018-05-01"], ["2018-06-01", "2018-07-01"]),
        (["2018-01-30 12:00", "2018-02-14 12:00"], ["2018-03-01 12:00", "2018-03-16 12:00"]),
        # On the same day of months, but at other times.
        (["2018-01-01 00:00", "2018-02-01 12:00"], ["2018-03-05 00:00", "2018-04-05 12:00"]),
        # No spacing at all: the median step, five days.
        (["2018-01-01", "2018-01-03", "2018-01-08", "2018-01-20"], ["2018-01-25", "2018-01-30"]),
    ],
)
def test_next_dates(dates: list[str], following: list[str]) -> None:
    times = pd.DatetimeIndex([pd.Timestamp(date) for date in dates])
    assert next_times(times, 2).tolist() == [pd.Timestamp(date) for date in following]


@pytest.mark.parametrize(
    ("times", "steps", "message"),
    [
        (pd.date_range("2018", periods=5), 0, "steps must be at least 1, got 0"),
        (pd.date_range("2018", periods=1), 1, "must be at least 2 dates in rising order"),
        (pd.date_range("2018", periods=5)[::-1], 1, "in rising order"),
        (pd.DatetimeIndex(["2018-01-01", "2018-01-01"]), 1, "in rising order"),
        (pd.date_range("2018", periods=5, tz="UTC"), 1, "without a time zone"),
    ],
)
def test_next_dates_of_what(times: pd.DatetimeIndex, steps: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        next_times(times, steps)


def test_last_business_days_of_months() -> None:
    days = ["2018-09-28", "2018-10-31", "2018-11-30", "2018-12-31", "2019-01-31", "2019-02-28"]
    # Not the weekend of March 30, not March in place of February.
    assert next_times(pd.DatetimeIndex(days), 13).strftime("%Y-%m-%d").tolist() == [
        *("2019-03-29", "2019-04-30", "2019-05-31", "2019-06-28", "2019-07-31", "2019-08-30"),
        *("2019-09-30", "2019-10-31", "2019-11-29", "2019-12-31", "2020-01-31", "2020-02-28"),
        "2020-03-31",
    ]


@pytest.mark.parametrize(
    ("days", "following"),
    [
        # Good Friday was March 30, 2018, Memorial Day May 31, 2010.
        (["2018-01-31", "2018-02-28", "2018-03-29", "2018-04-30"], ["2018-05-31", "2018-06-29"]),
        (["2010-03-31", "2010-04-30", "2010-05-28", "2010-06-30"], ["2010-07-30", "2010-08-31"]),
        # After New Year's Day.
        (["2019-01-02", "2019-02-01", "2019-03-01", "2019-04-01"], ["2019-05-01", "2019-06-03"]),
        # Quarters.
        (["2017-09-29", "2017-12-29", "2018-03-29", "2018-06-29"], ["2018-09-28", "2018-12-31"]),
    ],
)
def test_a_holiday_moves_the_business_day_of_a_month(days: list[str], following: list[str]) -> None:
    assert next_times(pd.DatetimeIndex(days), 2).strftime("%Y-%m-%d").tolist() == following
