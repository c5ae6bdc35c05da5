"""The user's own tables: CSV files of any encoding and separator."""

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lightning_course.command_line import did_you_mean
from lightning_course.errors import UserError
from lightning_course.files.reading import read_bytes
from lightning_course.sources import formats
from lightning_course.sources.base import Provenance
from lightning_course.sources.encodings import decode
from lightning_course.sources.numbers import Marks, decimal_marks, parse_numbers
from lightning_course.terminal import printable

# More than that are no oversight of a program that exports an index.
_MAX_NAMELESS = 100

# What fits into an int64.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def read_own_table(
    path: str | Path,
    columns: Sequence[str],
    encoding: str | None = None,
    separator: str | None = None,
) -> tuple[pd.DataFrame, Provenance]:
    """Return a CSV file whose first line names its columns, every cell as text.

    Args:
        path: The file.
        columns: Columns that must be there.
        encoding: Such as "utf-8" or "cp1252"; None follows the rule of
            :func:`~lightning_course.sources.encodings.decode`, and one line on stderr says where it
            comes to cp1252.
        separator: One character, "tab" or "blank" (blanks in any number); None takes the one of
            comma, semicolon, tab and bar with which the first line has the wanted columns.

    Returns:
        All columns of the file in its order, dtype str with "" for empty cells, and its provenance.
        Blanks around a name do not count. A column without a name is left out if all its cells are
        empty, else it is called "column 1" (by its number, from 1), and ``attrs["nameless"]`` lists
        it. ``attrs["decimal_marks"]`` is for ``numbers.parse_numbers``. The index numbers the rows
        as a spreadsheet does: the names stand in row 1.

    Raises:
        UserError: No such file, no rows, no such column, bytes that are not text of the encoding,
            or rows of unequal length.
    """
    path = Path(path)
    text, named, provenance = _read(path, encoding, columns)
    separator = named if separator is None else separator
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise UserError(f"{path} is empty: it needs a line with the names of its columns, and rows")
    separator = (
        formats.separator_of_header(first, columns)
        if separator is None
        else formats.named_separator(separator)
    )
    (_, names), *rows = formats.parse(text, separator, str(path), "names {} columns")
    _check_named_once(rows, names, path)
    table = _table(rows, names, separator, path)
    if missing := [name for name in columns if name not in table]:
        there = ", ".join(map(repr, table.columns[:20]))
        hint = did_you_mean(missing[0], table.columns)
        raise UserError(f"{path} has no column '{missing[0]}'{hint}; its first line names: {there}")
    if table.empty:
        raise UserError(f"{path} has a line of column names and no rows")
    return table, provenance


class AnyTable(NamedTuple):
    """A table whose format was found out.

    Attributes:
        table: Numbers as int64 or float64, dates as datetime64, the rest as str; missing values as
            NaN, NaT or "". Index, columns without names and ``attrs`` as in :func:`read_own_table`.
        provenance: Kind "own".
        separator: What separates its fields: a character, or a blank for blanks in any number.
        has_header: Whether its first line names the columns.
        columns: How many columns the file has; ``table`` can have fewer.
    """

    table: pd.DataFrame
    provenance: Provenance
    separator: str
    has_header: bool
    columns: int


def read_any_table(
    path: str | Path,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    names: Sequence[str] = (),
    most_columns: int | None = None,
) -> AnyTable:
    """Return a text file of rows and find out how it is written.

    Args:
        path: The file.
        encoding: See :func:`read_own_table`.
        separator: See there; None finds it out, blanks included.
        header: Whether the first line names the columns; None finds that out too.
        names: Names of the columns from the left, in place of those of the file. The others of a
            file without a header are named by their number, from 0.
        most_columns: How many columns are returned at most, from the left; None: all.

    Raises:
        UserError: No such file, nothing in it, not text, rows of unequal length, more names than
            columns, or a name twice.
    """
    path = Path(path)
    text, named, provenance = _read(path, encoding)
    separator = named if separator is None else separator
    if not text.strip():
        raise UserError(f"{path} is empty")
    separator = (
        formats.guess_separator(text) if separator is None else formats.named_separator(separator)
    )
    rows = formats.parse(text, separator, str(path))
    first, rest = rows[0][1], [row for _, row in rows[1:]]
    if header is None:
        header = bool(rest) and formats.names_columns(first, rest)
    if len(names) > len(first):
        raise UserError(f"{len(names)} names of columns, and {path} has {len(first)}")
    if header:
        _check_named_once(rows[1:], first, path)
    own = first if header else list(map(str, range(len(first))))
    table = _table(rows[1:] if header else rows, [*names, *own[len(names) :]], separator, path)
    if table.empty:
        raise UserError(f"{path} has a line of column names and no rows")
    shown = table.iloc[:, :most_columns]
    typed = shown.apply(with_type, marks=table.attrs["decimal_marks"])
    typed.attrs = table.attrs
    return AnyTable(typed, provenance, separator, header, table.shape[1])


def with_type(cells: pd.Series, marks: Marks = "points") -> pd.Series:
    """Return a column as numbers or dates where every cell is one or is missing.

    Args:
        cells: Text; what counts as missing is listed in ``numbers.MISSING``.
        marks: See :func:`~lightning_course.sources.numbers.parse_numbers`.

    Returns:
        dtype int64 (whole numbers, none missing), float64 with NaN for missing ones, datetime64
        (dates that begin with year-month-day) with NaT, or str with "". A column without values is
        float64.
    """
    numbers = parse_numbers(cells.tolist(), marks)
    stripped = [cell.strip() for cell in cells]
    if not numbers.wrong.any():
        if all(map(_WHOLE.fullmatch, stripped)):
            return pd.Series(map(int, stripped), cells.index, "int64", cells.name)
        return pd.Series(numbers.values, cells.index, name=cells.name)
    present = cells[~numbers.missing].str.strip()
    if present.str.match(r"\d{4}-\d\d-\d\d").all():
        dates = pd.to_datetime(present, format="ISO8601", errors="coerce", utc=True)
        if dates.notna().all():
            return dates.dt.tz_localize(None).reindex(cells.index)
    return cells.mask(numbers.missing, "")


def _read(
    path: Path, encoding: str | None, columns: Sequence[str] = ()
) -> tuple[str, str | None, Provenance]:
    """Return a file's text, the separator that its first line names, if any, and the provenance."""
    content = read_bytes(path)
    text, remark = decode(content, str(path), encoding)
    if remark is not None:
        print(printable(remark), file=sys.stderr)
    text, separator = formats.without_separator_line(text)
    if separator is None:
        text, skipped = formats.without_preamble(text, columns)
        if skipped:
            lines = (
                "line above the table is"
                if skipped == 1
                else f"{skipped} lines above the table are"
            )
            print(
                printable(f"{path}: the first {lines} left out"),
                file=sys.stderr,
            )
    return (
        text,
        separator,
        Provenance(
            kind="own", name=path.stem, sha256=hashlib.sha256(content).hexdigest(), file=path.name
        ),
    )


def _check_named_once(rows: Sequence[formats.Row], names: Sequence[str], path: Path) -> None:
    """Raise a UserError where a row repeats the names of the columns, as of files put together."""
    again = [number for number, row in rows if row == names]
    if again and len(names) > 1:
        several = f" (one of {len(again):,} such rows)" if len(again) > 1 else ""
        raise UserError(
            f"{path}, row {again[0]} repeats the names of the columns{several}: remove it"
        )


def _table(
    rows: Sequence[formats.Row], names: Sequence[str], separator: str, path: Path
) -> pd.DataFrame:
    """Return the table of text, see :func:`read_own_table`."""
    columns = list(zip(*(row for _, row in rows), strict=True)) or [()] * len(names)
    named: dict[str, tuple[str, ...]] = {}
    nameless = []
    for number, (name, cells) in enumerate(zip(names, columns, strict=True), start=1):
        name = name.strip()
        if not name:
            # Spreadsheets leave empty columns on the right.
            if not any(cell.strip() for cell in cells):
                continue
            name = f"column {number}"
            nameless.append(name)
            if len(nameless) > _MAX_NAMELESS:
                raise UserError(f"{path}: its first line leaves many columns without names")
        if name in named:
            raise UserError(f"{path} names the column '{name}' twice")
        named[name] = cells
    table = pd.DataFrame(named, [number for number, _ in rows], dtype=str)
    table.attrs["nameless"] = nameless
    table.attrs["decimal_marks"] = decimal_marks(named.values(), separator)
    return table
