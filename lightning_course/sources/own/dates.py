"""Dates as people and programs write them; a column with two readings is never guessed."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Microseconds = npt.NDArray[np.int64]

# A weekday, a date, a time of day, an offset from UTC or the name of a zone, in this order; the
# year may come last. An hour alone comes after a T, after YYYY-MM-DD or before am or pm: the 18 of
# "31 Dec 18" is not an hour.
_CELL = re.compile(
    r"""(?: (?:mon|tue(?:s)?|wed(?:nes)?|thu(?:r|rs)?|fri|sat(?:ur)?|sun)(?:day)? [.,]*\s+ )?
    (?P<date> \S.*?)
    (?:
        (?: (?<=\d)T\s* | ,?\s+ | [-:](?=\d\d:\d\d) ) (?P<hour>\d\d?)
        (?:
            (?: : | (?<=T\d\d) | (?<=\d{8}\s\d\d) ) (?P<minute>\d\d)
            (?:
                (?: : | (?<=T\d{4}) | (?<=\d{8}\s\d{4}) ) (?P<second>\d\d)
                (?: [.,](?P<fraction>\d+) )?
            )?
            | (?= \s*[ap]\.?m ) | (?<= T\d\d ) | (?<= \d{4}-\d\d-\d\d\s\d\d )
        )
        (?: \s*(?P<half>[ap])\.?m\.? )?
        (?: \s*(?P<zone> (?:UTC|GMT)?[+-]\d\d?(?::?\d\d)? | [A-Z]+(?:/[A-Z_]+)* ) )?
        (?: \s+(?P<year>\d{4}) )?
        | \s*(?:Z|UTC|GMT)
    )?
    (?: \s*[\[(][^\])]*[\])] )?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# Hours from UTC. Names with several meanings, such as CST, are left out.
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}
_ZONES |= {"EST": -5, "EDT": -4, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = re.compile(
    r"""(?<![A-Z])
    (?: JAN(?:UARY)? | FEB(?:RUARY)? | MAR(?:CH)? | APR(?:IL)? | MAY | JUNE? | JULY? | AUG(?:UST)?
    | SEP(?:T|TEMBER)? | OCT(?:OBER)? | NOV(?:EMBER)? | DEC(?:EMBER)? )
    (?![A-Z])\.?""",
    re.VERBOSE,
)
_ORDINAL = re.compile(r"(?<=\d)(?:ST|ND|RD|TH)\b")
_WEEK = re.compile(r"(\d{4})[-\s]?W(\d\d?)|W(\d\d?)[-/\s]?(\d{4})")
# A week as pandas writes it, and others: from its first day to its last.
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\s*(?:/|-|TO)\s*\d{4}-\d\d-\d\d")
# Quarters and halves of a year: 2019Q4, Q4 2019, 4Q19, 2019-H1, 2019S1.
_PART = re.compile(
    r"(?P<y1>\d{4}|\d\d)[\W_]*(?P<u1>[QHS])(?P<n1>\d)"
    r"|(?P<u2>[QHS])(?P<n2>\d)[\W_]*(?P<y2>\d{4}|\d\d)"
    r"|(?P<n3>\d)(?P<u3>[QHS])[\W_]*(?P<y3>\d{4}|\d\d)"
)
_MONTHS_IN_PART = {"Q": 3, "H": 6, "S": 6}

# The meaning of the parts of a date: n is a number of one or two digits, y one of four digits, b
# the name of a month, and other numbers are replaced by their number of digits. Where there are
# several readings, the whole column decides.
_READINGS = {
    "ynn": ("%Y %m %d",),
    "nny": ("%d %m %Y", "%m %d %Y"),
    "nnn": ("%d %m %y", "%m %d %y", "%y %m %d"),
    "nby": ("%d %b %Y",),
    "bny": ("%b %d %Y",),
    "ybn": ("%Y %b %d",),
    "nbn": ("%d %b %y",),
    "bnn": ("%b %d %y",),
    "yn": ("%Y %m",),
    "ny": ("%m %Y",),
    "by": ("%b %Y",),
    "yb": ("%Y %b",),
    # The second readings are days of an unknown year.
    "bn": ("%b %y", "%b %d"),
    "nb": ("%y %b", "%d %b"),
    "yMn": ("%Y %m",),
    "yWnn": ("%G %V %u",),
    "y3": ("%Y %j",),
    "8": ("%Y%m%d",),
}
_NUMBER_READINGS = {
    "6": ("%Y%m", "%y%m%d"),
    "10": ("%Y%m%d%H",),
    "12": ("%Y%m%d%H%M",),
    "14": ("%Y%m%d%H%M%S",),
}
_PIECE = re.compile(r"\d+|[A-Z]+|[^A-Z\d]+", re.ASCII)

# Time since 1970, in the years 1980 to 2100.
_UNIX = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1, "nanoseconds": 1e-3}
_UNIX_RANGE = (315_532_800 * 10**6, 4_102_444_800 * 10**6)

# Of two digits, pandas reads 50 as 2050 and 69 as 1969.
_FIRST_YEAR_OF_TWO_DIGITS = 1950
_FIRST_YEAR = np.datetime64("1000", "us")

# Such as "Wednesday, September 30, 2018 11:59:59.999999 PM America/New_York".
_MAX_CHARACTERS = 80

# If none of the first rows is a date, the column is not read.
_SAMPLE = 100


class Dates(NamedTuple):
    """A column of N cells as dates.

    Attributes:
        times: (N,) without a time zone; NaT where a cell is not a date, or not written as most are.
        other: A second reading of the same cells that fits as well, or None.
        unix: The unit, such as "milliseconds", if the cells are times since 1970, else None.
        utc: Whether the cells have different offsets, so that all times were converted to UTC.
    """

    times: pd.DatetimeIndex
    other: pd.DatetimeIndex | None = None
    unix: str | None = None
    utc: bool = False


def read_dates(cells: "pd.Series[str]", *, numbers: bool, years: bool) -> Dates:
    """Return a column of text as dates.

    All cells must be written in one way. Where the day may be the month (01/02/2018) and no cell
    decides, or the year may be the day (01/02/03), there are two readings.

    Offsets from UTC are ignored if all cells have the same offset, or the same time of day (daily
    prices from midnight to midnight, in summer and winter). Else all times are converted to UTC; a
    time without an offset is then read as UTC.

    Args:
        cells: N cells without spaces around them.
        numbers: Whether numbers may be dates, such as 201812 or seconds since 1970.
        years: Whether a year alone is a date.
    """
    if not len(cells) or _read(cells.head(_SAMPLE), numbers, years).times.isna().all():
        return Dates(pd.DatetimeIndex([pd.NaT] * len(cells)))
    return _read(cells, numbers, years)


def _read(cells: "pd.Series[str]", numbers: bool, years: bool) -> Dates:
    cells = cells.where(cells.str.len() <= _MAX_CHARACTERS, "")
    if numbers and cells.str.fullmatch(r"\d+\.0").all():
        # pandas writes integers like this after it has read missing values in their column.
        cells = cells.str.removesuffix(".0")
    parts = cells.str.extract("^(?:" + _CELL.pattern + ")$", flags=_CELL.flags)
    texts = (parts["date"] + (" " + parts["year"]).fillna("")).fillna("").str.upper()
    clocks, valid = _clocks(parts)
    readings: list[Dates] = []
    # Each day is parsed once: with hours, it occurs in many rows.
    places, different = pd.factorize(texts)
    for days in _days(pd.Series(different), numbers, years):
        stamps = days.to_numpy().astype("datetime64[us]")[places]
        found = ~np.isnat(stamps) & valid.to_numpy()
        stamps += clocks.astype("timedelta64[us]")
        stamps[~found | (stamps < _FIRST_YEAR)] = np.datetime64("NaT")
        readings.append(_without_zone(stamps, clocks, parts["zone"]))
    if numbers:
        readings += _since_1970(cells)
    return _best(readings, len(cells))


def _best(readings: list[Dates], count: int) -> Dates:
    """Return the reading that fits most cells, and a second one if it fits as many."""
    if not readings:
        return Dates(pd.DatetimeIndex([pd.NaT] * count))
    counts = [np.count_nonzero(reading.times.notna()) for reading in readings]
    first, *others = (r for r, found in zip(readings, counts, strict=True) if found == max(counts))
    other = next((o.times for o in others if not o.times.equals(first.times)), None)
    return first._replace(other=other)


def _clocks(parts: pd.DataFrame) -> tuple[Microseconds, "pd.Series[bool]"]:
    """Return the (N,) times of day in microseconds, and which of them exist."""
    hour, minute, second = (
        parts[name].fillna("0").astype("int64") for name in ("hour", "minute", "second")
    )
    half = parts["half"].str.lower()
    valid = (hour < 24) & (minute < 60) & (second < 60) & (half.isna() | hour.between(1, 12))
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p"))
    micros = parts["fraction"].fillna("").str.ljust(6, "0").str[:6].astype("int64")
    clocks = ((hour * 60 + minute) * 60 + second) * 10**6 + micros
    return np.asarray(clocks, np.int64), valid


def _without_zone(
    stamps: npt.NDArray[np.datetime64], clocks: Microseconds, zones: "pd.Series[str]"
) -> Dates:
    """Return times without their offsets, or in UTC; see :func:`read_dates`."""
    found = ~np.isnat(stamps)
    zones = zones.fillna("").str.upper()
    if utc := zones[found].nunique() > 1 and len(np.unique(clocks[found])) > 1:
        offsets = zones.map({zone: _offset(zone) for zone in zones.unique()})
        stamps = stamps - offsets.to_numpy().astype("timedelta64[us]")
    return Dates(pd.DatetimeIndex(stamps), utc=utc)


def _offset(zone: str) -> np.timedelta64:
    """Return the offset from UTC of "+01:00", "GMT+0100", "CET" or "", else NaT."""
    if match := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?", zone):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return np.timedelta64(minutes if match[1] == "+" else -minutes, "m")
    hours = _ZONES.get(zone or "UTC")
    return np.timedelta64("NaT", "m") if hours is None else np.timedelta64(hours * 60, "m")


def _days(texts: "pd.Series[str]", numbers: bool, years: bool) -> list["pd.Series[pd.Timestamp]"]:
    """Return the days of (N,) dates in capitals, once for each reading."""
    texts = texts.str.replace(_ORDINAL, "", regex=True)
    texts = texts.str.replace(_MONTH, lambda match: match[0][:3], regex=True)
    texts = texts.map(_first_day)
    if (parts := texts.str.extract("^(?:" + _PART.pattern + ")$"))["n1"].notna().any() or (
        parts[["n2", "n3"]].notna().any(axis=None)
    ):
        return [_parts_of_years(parts)]
    shapes = list(map(_shape, texts))
    shape = Counter(shapes).most_common(1)[0][0]
    known = _READINGS | (_NUMBER_READINGS if numbers else {}) | ({"y": ("%Y",)} if years else {})
    key = re.sub(r"[^A-Za-z\d:]", "", shape)
    if key not in known or (len(key) == 2 and re.search("[.,]", shape) and "b" not in key):
        # 1013.2 is a number.
        return []
    like = np.array([other == shape for other in shapes])
    sample = texts[like].iloc[0]
    readings = []
    for reading in known[key]:
        form = _form(sample, reading)
        days = pd.to_datetime(texts.where(like), format=form, errors="coerce")
        readings.append((reading, days))
    if any("%y" in reading for reading, _ in readings):
        # 01/12/18 has no year of four digits: the order of the rows decides which part is the year.
        places = {reading.find("%y") for reading, days in readings if _is_ordered(days)}
        readings = [r for r in readings if not places or r[0].find("%y") in places]
        if any((days.dt.year >= _FIRST_YEAR_OF_TWO_DIGITS + 100).any() for _, days in readings):
            # 50 may be 1950 or 2050.
            readings += [(r, days - pd.DateOffset(years=100)) for r, days in readings]
    most = max(days.notna().sum() for _, days in readings)
    readings = [(reading, days) for reading, days in readings if days.notna().sum() == most]
    if not any(re.search("%[yYG]", reading) for reading, _ in readings):
        # Days of an unknown year.
        return []
    return [days for _, days in readings]


def _first_day(text: str) -> str:
    """Return the first day of a week; other texts unchanged."""
    if match := _WEEK.fullmatch(text):
        return f"{match[1] or match[4]}-W{match[2] or match[3]}-1"
    return match[1] if (match := _RANGE.fullmatch(text)) else text


def _is_ordered(days: "pd.Series[pd.Timestamp]") -> bool:
    ordered = days.is_monotonic_increasing or days.is_monotonic_decreasing
    return bool(ordered and days.notna().all())


def _shape(text: str) -> str:
    """Return a date with its parts replaced by n, y, b or a number; see ``_READINGS``."""
    shape = ""
    for piece in _PIECE.findall(text):
        if piece.isdigit():
            shape += {1: "n", 2: "n", 4: "y"}.get(len(piece), str(len(piece)))
        else:
            shape += "b" if piece in _MONTH_NAMES else piece
    return shape


def _form(sample: str, reading: str) -> str:
    """Return the format of a date: a reading's parts with the separators of the sample."""
    if " " not in reading:
        return reading
    directives = iter(reading.split())
    return "".join(
        next(directives) if piece.isdigit() or piece in _MONTH_NAMES else piece.replace("%", "%%")
        for piece in _PIECE.findall(sample)
    )


def _parts_of_years(parts: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Return the first days of quarters or halves of years."""
    year, unit, number = (
        parts[f"{name}1"].fillna(parts[f"{name}2"]).fillna(parts[f"{name}3"])
        for name in ("y", "u", "n")
    )
    month = (number.astype("float") - 1) * unit.map(_MONTHS_IN_PART) + 1
    form = "%y-%m" if (year.str.len() == 2).all() else "%Y-%m"
    texts = year + "-" + month.map("{:02.0f}".format)
    return pd.to_datetime(texts, format=form, errors="coerce")


def _since_1970(cells: "pd.Series[str]") -> list[Dates]:
    """Return numbers as times since 1970, in the unit that gives years from 1980 to 2100."""
    numbers = pd.to_numeric(cells, errors="coerce")
    for unit, size in _UNIX.items():
        low, high = (bound / size for bound in _UNIX_RANGE)
        if numbers.between(low, high).all():
            micros = (numbers * size).round().astype("int64").to_numpy()
            return [Dates(pd.DatetimeIndex(micros.astype("datetime64[us]")), unix=unit)]
    return []
