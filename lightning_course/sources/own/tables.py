"""Tables of your own: CSV files with any encoding and separator."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy.typing as npt
import pandas as pd

from lightning_course.command_line import did_you_mean
from lightning_course.errors import UserError
from lightning_course.files.reading import read_bytes
from lightning_course.sources.base import Provenance
from lightning_course.sources.own import formats
from lightning_course.sources.own.dates import read_dates
from lightning_course.sources.own.encodings import decode
from lightning_course.sources.own.numbers import MISSING, as_numbers, decimal_marks, is_number
from lightning_course.terminal import printable

# More columns without a name are a mistake, not an exported index or two.
_MAX_NAMELESS = 100


def read_own_table(
    path: str | Path,
    columns: Sequence[str],
    encoding: str | None = None,
    separator: str | None = None,
    named: bool = True,
) -> tuple[pd.DataFrame, Provenance]:
    """Return a CSV file whose first line names its columns, every cell as text.

    Args:
        path: The file.
        columns: Columns that must be there; without any, all columns are as good.
        encoding: Such as "utf-8" or "cp1252"; None: detected, see
            :func:`~lightning_course.sources.own.encodings.decode`, and one line on stderr says
            where it is cp1252.
        separator: One character, "tab" or "blank" (any number of spaces or tabs); None: detected,
            see :func:`~lightning_course.sources.own.formats.find_separator`.
        named: Whether the first line must name the columns. If not, it is data where all its cells
            are numbers or missing, and the columns are called "0", "1", …

    Returns:
        All columns of the file in its order, dtype str with "" for empty cells, and the provenance.
        Spaces around a name are ignored. A column without a name is left out if all its cells are
        empty; else it is called "column 1" (by its number, from 1), and ``attrs["nameless"]`` lists
        it. ``attrs["decimal_marks"]`` is for ``numbers.parse_numbers``. The index numbers the rows
        as a spreadsheet does: the names are row 1.

    Raises:
        UserError: No such file, no rows, no such column, bytes that are not text of the encoding,
            or rows of unequal length.
    """
    path = Path(path)
    text, separator_line, provenance = _read(path, encoding, columns)
    if not text.strip():
        raise UserError(f"{path} is empty: it needs a line with the names of its columns, and rows")
    if separator is not None:
        separator = formats.named_separator(separator)
    else:
        separator = separator_line or formats.find_separator(text, columns)
    (first, names), *rows = formats.parse(text, separator, str(path))
    if not named and formats.are_numbers(names):
        rows = [(first, names), *rows]
        names = list(map(str, range(len(names))))
    _check_named_once(rows, names, path)
    table = _table(rows, names, separator, path)
    if missing := [name for name in columns if name not in table]:
        there = ", ".join(map(repr, table.columns[:20]))
        hint = did_you_mean(missing[0], table.columns)
        raise UserError(f"{path} has no column '{missing[0]}'{hint}; its first line names: {there}")
    if table.empty:
        raise UserError(f"{path} has a line of column names and no rows")
    return table, provenance


def with_types(table: pd.DataFrame, path: str | Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns of a table as numbers and dates, by the rules of training.

    Args:
        table: As :func:`read_own_table` returns it.
        path: The file, for messages.

    Returns:
        The columns as float64, as datetime64 where all cells are dates with one reading, else as
        str; missing values are NaN or NaT. And for each column of text that has some numbers, one
        line: why training refuses it.
    """
    typed: dict[str, npt.ArrayLike] = {}
    reasons = []
    for name in map(str, table):
        cells = table[name].str.strip()
        try:
            typed[name] = as_numbers(table, [name], path, missing=True)[:, 0]
            continue
        except UserError as error:
            missing = cells.isin(MISSING)
            dates = read_dates(cells, numbers=False, years=False)
            if dates.other is None and dates.times[~missing].notna().all() and not missing.all():
                typed[name] = dates.times
                continue
            typed[name] = table[name].mask(missing)
            if cells.map(is_number).any():
                reasons.append(str(error))
    return pd.DataFrame(typed, table.index), reasons


def _read(
    path: Path, encoding: str | None, columns: Sequence[str]
) -> tuple[str, str | None, Provenance]:
    """Return a file's text, the separator of a first line "sep=;", if any, and the provenance."""
    content = read_bytes(path)
    text, remark = decode(content, str(path), encoding)
    if remark is not None:
        print(printable(remark), file=sys.stderr)
    text, separator = formats.without_separator_line(text)
    if separator is None:
        text, skipped = formats.without_preamble(text, columns)
        if skipped:
            lines = "1 line" if skipped == 1 else f"{skipped} lines"
            print(printable(f"{path}: left out, {lines} above the table"), file=sys.stderr)
    sha256 = hashlib.sha256(content).hexdigest()
    return text, separator, Provenance("own", path.stem, sha256, path.name)


def _check_named_once(rows: Sequence[formats.Row], names: Sequence[str], path: Path) -> None:
    """Raise a UserError if a row repeats the names of the columns, as in concatenated files."""
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
