"""Ways to write dates: each is read to the right times, and its reverse is refused."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from lightning_course.errors import UserError
from lightning_course.sources import Series, read_own_series

ROWS = 40
DAYS = pd.date_range("2018-11-20", periods=ROWS)
HOURS = pd.date_range("2018-11-20 01:30", periods=ROWS, freq="7h")
SECONDS = pd.date_range("2018-11-20 23:59:40", periods=ROWS, freq="s")
WEEKS = pd.date_range("2018-11-19", periods=ROWS, freq="7D")
MONTHS = pd.date_range("2012-03-01", periods=ROWS, freq="MS")
QUARTERS = pd.date_range("2009-01-01", periods=ROWS, freq="QS")
YEARS = pd.date_range("1960-01-01", periods=ROWS, freq="YS")
FLOATS = {"%Y": YEARS, "%Y%m": MONTHS, "%Y%m%d": DAYS}

FORMS: dict[str, tuple[list[str], pd.DatetimeIndex]] = {
    form: (times.strftime(form).tolist(), times)
    for times, forms in (
        (DAYS, ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y")),
        (DAYS, ("%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y", "%y-%m-%d")),
        (DAYS, ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%d. %B %Y", "%b %d, %Y")),
        (DAYS, ("%B %d, %Y", "%b %d %Y", "%Y-%b-%d", "%a, %d %b %Y", "%A, %B %d, %Y")),
        (DAYS, ("%Y-%j", "%G-W%V-%u", "%GW%V-%u", "%Y年%m月%d日", "%Y-%m-%dZ", "%Y-%m-%d UTC")),
        (HOURS, ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%MZ", "%Y%m%dT%H%M%S")),
        (HOURS, ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S+01:00", "%Y-%m-%d %H:%M:%S +0100")),
        (HOURS, ("%Y-%m-%d %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M")),
        (HOURS, ("%d/%m/%Y, %H:%M:%S", "%B %d, %Y %I:%M %p", "%Y%m%d%H%M%S", "%Y%m%d%H%M")),
        (HOURS, ("%Y-%m-%d %H:%M:%S,000", "%Y-%m-%d %H:%M CET", "%Y-%m-%d %H:%M Europe/Berlin")),
        (HOURS, ("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S GMT", "%d/%b/%Y:%H:%M:%S +0000")),
        (HOURS, ("%Y-%m-%dT%H:%M:%S+01:00[Europe/Berlin]", "%a %b %d %H:%M:%S +0000 %Y")),
        (HOURS, ("%Y%m%d %H%M%S", "%b %d %Y %I:%M%p", "%a %b %d %H:%M:%S UTC %Y")),
        (HOURS, ("%d%b%Y:%H:%M:%S", "%Y-%m-%d %H:%M UTC+1", "%Y-%m-%dT%H:%M:%S.000000Z")),
        (DAYS, ("%d%b%Y", "%Y_%m_%d", "%Y. %m. %d.", "%Y-%m-%d (%a)", "%Y-%m-%d/2999-01-01")),
        (WEEKS, ("%G-W%V", "%GW%V", "W%V %G", "%G W%V")),
        (MONTHS, ("%Y-%m", "%Y/%m", "%YM%m", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%m/%Y", "%Y %b")),
        (YEARS, ("%Y", "%YQ1")),
    )
    for form in forms
}
for name, form in {
    "2019Q4": "{0.year}Q{0.quarter}",
    "2019-Q4": "{0.year}-Q{0.quarter}",
    "Q4 2019": "Q{0.quarter} {0.year}",
    "4Q2019": "{0.quarter}Q{0.year}",
    "Q4 '19": "Q{0.quarter} '{0:%y}",
}.items():
    FORMS[name] = [form.format(time) for time in QUARTERS], QUARTERS
FORMS["2019H1"] = [f"{t.year}H{t.quarter // 2 + 1}" for t in QUARTERS[::2]], QUARTERS[::2]
FORMS["21st"] = (
    [f"{t.day}{end} Nov 2018" for t, end in zip(DAYS[1:4], ("st", "nd", "rd"), strict=True)],
    DAYS[1:4],
)
for unit, size in {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}.items():
    FORMS[f"unix {unit}"] = [f"{t.timestamp() * size:.0f}" for t in HOURS], HOURS
FORMS["unix s, float"] = [str(t.timestamp()) for t in SECONDS], SECONDS
# pandas writes integers like this in a column with missing values.
FORMS |= {f"{name}.0": ([f"{t:{name}}.0" for t in ts], ts) for name, ts in FLOATS.items()}
FORMS["unix s, fractions"] = (
    [f"{t.timestamp() + 0.25:.2f}" for t in SECONDS],
    SECONDS + pd.Timedelta("250ms"),
)


def read(folder: Path, cells: Sequence[str], name: str = "time") -> Series:
    """Return the series 0, 1, 2, … with these dates."""
    table = pd.DataFrame({name: list(cells), "load": range(len(cells))})
    table.to_csv(folder / "my.csv", index=False)
    return read_own_series(folder / "my.csv", ["load"])


def refused(folder: Path, cells: Sequence[str], name: str = "time") -> str:
    with pytest.raises(UserError) as error:
        read(folder, cells, name)
    line = str(error.value).replace(str(folder / "my.csv"), "FILE")
    assert "\n" not in line
    assert len(line) < 300
    return line


@pytest.mark.parametrize("form", FORMS)
def test_a_way_to_write_dates(tmp_path: Path, form: str) -> None:
    cells, times = FORMS[form]
    found = read(tmp_path, cells).times
    assert found is not None
    assert found.tolist() == times.tolist()
    assert "sort the file" in refused(tmp_path, cells[::-1])
    # Two rows exchanged are found too.
    assert refused(tmp_path, [cells[1], cells[0], *cells[2:]])


@pytest.mark.parametrize("form", ["unix s", "unix ms", "unix s, fractions"])
def test_numbers_since_1970_are_said(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # In the first column whatever it is called, as pandas' index has no name.
    assert read(tmp_path, FORMS[form][0], "row").times is not None
    assert "seconds since 1970, from 2018-11-20 " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cells", "readings"),
    [
        (["01/02/2018", "02/02/2018", "03/02/2018"], "01 February 2018 or 02 January 2018"),
        (["01.01.2018", "01.02.2018", "01.03.2018"], "01 February 2018 or 02 January 2018"),
        (["1/2/18 10:00", "2/2/18 10:00"], "01 February 2018 or 02 January 2018"),
        # The day or the year may stand first.
        (["01/12/18", "02/12/18", "03/12/18"], "01 December 2018 or 12 January 2018"),
        (["10-11-12", "10-11-13", "10-11-14"], "10 November 2012 or 11 October 2012"),
        # A month of a year, or a day of any.
        (["Jan-18", "Feb-18", "Mar-18"], "01 January 2018 or 18 January"),
        (["200901", "200902", "200903"], "01 January 2009 or 01 September 2020"),
        (["30.12.59", "31.12.59", "01.01.60"], "30 December 2059 or 30 December 1959"),
    ],
)
def test_two_readings_are_never_guessed(tmp_path: Path, cells: list[str], readings: str) -> None:
    line = refused(tmp_path, cells)
    assert f"may be {readings}" in line
    assert "no row of the column decides; write dates as YYYY-MM-DD, such as 2018-12-31" in line


def test_one_row_decides(tmp_path: Path) -> None:
    days = pd.date_range("2018-01-01", periods=13)
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        found = read(tmp_path, days.strftime(form)).times
        assert found is not None
        assert found.tolist() == days.tolist()
    # January 18 to January 19: in one year only the first reading rises.
    months = pd.date_range("2018-01-01", periods=13, freq="MS")
    found = read(tmp_path, months.strftime("%b-%y")).times
    assert found is not None
    assert found.tolist() == months.tolist()


@pytest.mark.parametrize(
    "cells",
    [
        ["1013.2", "1012.5", "1012.4", "1013.1"],
        ["1013.125", "1012.250", "1012.125", "1013.250"],
        ["10:00", "11:00", "12:00", "13:00"],
        ["10:11:12", "10:11:13", "10:11:14", "10:11:15"],
        ["192.168.0.1", "192.168.0.2", "192.168.0.3", "192.168.0.4"],
        ["31 décembre 2018", "1 janvier 2019", "2 janvier 2019", "3 janvier 2019"],
        ["2018/19", "2019/20", "2020/21", "2021/22"],
        ["31 Dec", "1 Jan", "2 Jan", "3 Jan"],
    ],
)
def test_what_is_no_date_is_said(
    tmp_path: Path, cells: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path, cells).times is None
    err = capsys.readouterr().err
    assert f"column 'time' is not read as dates ('{cells[0]}')" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("", ["0", "1", "2", "3"]),
        ("step", ["1", "2", "4", "8"]),
        ("time", ["0.5", "1.0", "1.5", "2.0"]),
        # Day numbers of a spreadsheet, which count days as well.
        ("date", ["43463", "43464", "43465", "43466"]),
        # A year alone is a date in a column that is called like one.
        ("step", ["1960", "1961", "1962", "1963"]),
    ],
)
def test_rising_numbers_count_rows(
    tmp_path: Path, name: str, cells: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path, cells, name).times is None
    assert capsys.readouterr().err == ""
    line = refused(tmp_path, cells[::-1], name)
    assert f"its numbers fall from {cells[-1]} in row 2 to {cells[0]} in row 5" in line
    assert "sort the file, the oldest row first" in line


@pytest.mark.parametrize(
    "cells",
    [
        [f"FY{year}" for year in range(2015, 2021)],
        [f"{year}/{year % 100 + 1}" for year in range(2015, 2021)],
        [f"FY{2019 + n // 13}-P{n % 13 + 1:02}" for n in range(20)],
        [f"P{n % 13 + 1} {2019 + n // 13}" for n in range(20)],
        [f"KW {n % 52 + 1:02}/{2019 + n // 52}" for n in range(60)],
        [f"Montag, {day}.01.2018" for day in range(1, 32, 7)],
        ["2018-01-01 Monday", "2018-01-02 Tuesday", "2018-01-03 Wednesday"],
        ["10:00", "11:00", "12:00", "13:00"],
        ["Zeile 8", "Zeile 9", "Zeile 10"],
    ],
    ids=lambda cells: cells[-1],
)
def test_texts_whose_numbers_fall_are_refused(
    tmp_path: Path, cells: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path, cells).times is None
    assert "is not read as dates" in capsys.readouterr().err
    assert f"fall from {cells[-1]} in row 2 to {cells[0]}" in refused(tmp_path, cells[::-1])


def test_numbers_of_a_time_that_leave_some_out_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path, ["43463", "43464", "43465", "43490"], "date").times is None
    assert "the order of rows is not checked, nor gaps" in capsys.readouterr().err


def test_numbers_that_rise_and_fall_are_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path, ["20.5", "20.1", "21.3"], "celsius").times is None
    assert capsys.readouterr().err == ""
    assert read(tmp_path, ["2018", "2018", "2019"], "year").times is None
    assert "column 'year' is not read as dates ('2018')" in capsys.readouterr().err
    # Years and months in two columns, newest first.
    assert "its numbers fall from 2019 in" in refused(tmp_path, ["2019", "2018", "2018"], "year")
    # A volume in the first column is no time since 1970.
    assert read(tmp_path, ["510000000", "730000000", "620000000"], "volume").times is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["week", "calendarWeek", "KW", "year_week"])
def test_numbers_in_a_column_of_weeks_are_weeks(tmp_path: Path, name: str) -> None:
    cells = WEEKS.strftime("%G%V").tolist()
    # Weeks 1 to 12 could be months.
    for part, times in ((cells, WEEKS), (cells[6:18], WEEKS[6:18])):
        found = read(tmp_path, part, name).times
        assert found is not None
        assert found.tolist() == times.tolist()
    assert "'201854' is not a date" in refused(tmp_path, [*cells[:6], "201854"], name)


def test_words_with_a_year_are_said_in_any_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n,x,jour\n1,1,31 décembre 2018\n2,3,1 janvier 2019\n")
    assert read_own_series(path, ["x"]).times is None
    assert "column 'jour' is not read as dates ('31 décembre 2018')" in capsys.readouterr().err


def test_columns_called_like_a_time_beside_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.csv"
    seconds = FORMS["unix s"][0][:4]
    table = pd.DataFrame({"shop": list("AAAA"), "x": range(4), "openTime": seconds})
    table.to_csv(path, index=False)
    series = read_own_series(path, ["x"])
    assert series.times is not None
    assert series.times.name == "openTime"
    # Not what only looks like a time.
    table.rename(columns={"openTime": "sometimes"}).to_csv(path, index=False)
    assert read_own_series(path, ["x"]).times is None
    assert "column 'shop' is not read as dates ('A')" in capsys.readouterr().err
    table["openTime"] = ["4", "3", "2", "1"]
    table.to_csv(path, index=False)
    with pytest.raises(UserError, match="column 'openTime': its numbers fall from 4 in row 2"):
        read_own_series(path, ["x"])
    table["openTime"] = ["4", "3", "2", "1"]
    table.rename(columns={"openTime": "remaining time"}).to_csv(path, index=False)
    assert read_own_series(path, ["x"]).times is None


def test_zones_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # The night of summer time: an hour, not two.
    found = read(tmp_path, ["2018-03-25 01:30 CET", "2018-03-25 03:30 CEST"]).times
    assert found is not None
    assert found.tolist() == [pd.Timestamp("2018-03-25 00:30"), pd.Timestamp("2018-03-25 01:30")]
    words = "column 'time' is read in UTC, as its offsets differ, from 2018-03-25 00:30:00 to"
    assert words in capsys.readouterr().err
    # Daily: as they stand.
    found = read(tmp_path, ["2018-03-24 00:00 XXT", "2018-03-25 00:00 XXST"]).times
    assert found is not None
    assert found.tolist() == [pd.Timestamp("2018-03-24"), pd.Timestamp("2018-03-25")]
    assert capsys.readouterr().err == ""


def test_a_column_that_is_named_may_be_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("x,n\n1,2018\n2,2019\n3,2020\n")
    series = read_own_series(path, ["x"], "n")
    assert series.times is not None
    assert series.times.year.tolist() == [2018, 2019, 2020]
    path.write_text("x,n\n1,43463\n2,43464\n")
    with pytest.raises(UserError, match="'43463' is not a date but the number of a day; make"):
        read_own_series(path, ["x"], "n")
