"""Numbers and missing values in tables of your own: one parser for all commands."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from lightning_course.errors import UserError

# Missing values, spelled exactly like this: pandas's list, the question mark of the UCI repository,
# "na", pandas's NaT, and the \N of MySQL and PostgreSQL. "none" is a word, and a dash may mean 0.
MISSING = frozenset(
    (
        *("", "?", "NA", "N/A", "n/a", "na", "<NA>", "#NA", "#N/A", "#N/A N/A"),
        *("NULL", "null", "None", "NaT", "NaN", "nan", "-NaN", "-nan", "\\N"),
        *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)

# As pandas reads and writes them.
BOOLEANS = {"True": 1.0, "TRUE": 1.0, "true": 1.0, "False": 0.0, "FALSE": 0.0, "false": 0.0}

# Models are of float32.
_MAX = float(np.finfo(np.float32).max)

# Only ASCII: no other digits, no underscores, no hexadecimal numbers.
# The repeats are possessive, so that a long cell takes linear time.
_NUMBER = re.compile(r"[+-]?([0-9]++\.?[0-9]*+|\.[0-9]++)([eE][+-]?[0-9]++)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_INFINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?([0-9]++,[0-9]*+|,[0-9]++)([eE][+-]?[0-9]++)?")
# With three digits after it, a mark may be a decimal mark or a thousands separator.
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")

_SEPARATED = re.compile(r"[+-]?[0-9]*+([., '_\u2019\u00a0\u2009\u202f][0-9]++)++")

Marks = Literal["points", "commas", "unclear"]

Use = Literal["features", "target", "series", "new rows"]
# Other spellings that probably mean a missing value: messages point them out, nothing guesses.
NO_VALUE = re.compile(r"[-\u2013\u2014.*]+|#.+|none|null|nan|n\.?a\.?|missing", re.IGNORECASE)

# Advice for a cell that is not a number, and for a missing one.
_USE_OTHERS = {
    "features": "name the columns to use with --data.features",
    "target": "the target must be a number in every row",
    "series": "a series is of numbers",
    "new rows": "the model takes numbers only",
}
_FILL_IN = {
    "features": "fill it in, remove the row, or take the training mean with --data.missing mean",
    "target": "the target must be known: remove these rows",
    "series": "fill it in, as every row is one step in time",
    "new rows": "fill it in or remove the row",
}


class Numbers(NamedTuple):
    """A column of N cells.

    Attributes:
        values: (N,) float64; NaN where a cell is missing or not a number; may be infinite.
        missing: (N,) bool, which cells are missing.
    """

    values: npt.NDArray[np.float64]
    missing: npt.NDArray[np.bool_]

    @property
    def wrong(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, which cells are neither a number nor missing."""
        return np.isnan(self.values) & ~self.missing


def is_number(cell: str) -> bool:
    """Whether a cell is a number in ASCII digits, with or without a decimal point."""
    return _NUMBER.fullmatch(cell.strip()) is not None


def decimal_marks(columns: Iterable[Sequence[str]], separator: str) -> Marks:
    """Return which decimal marks the numbers of a table may have.

    "1,500" alone does not show that commas are decimal: it may mean fifteen hundred.

    Args:
        columns: The cells of each column.
        separator: The separator of the table.
    """
    if separator == ",":
        return "points"
    return "commas" if any(map(_has_decimal_commas, columns)) else "unclear"


def _has_decimal_commas(cells: Sequence[str]) -> bool:
    present = [cell for cell in map(str.strip, cells) if cell not in MISSING]
    commas = [cell for cell in present if _COMMA.fullmatch(cell)]
    if all(map(_THOUSANDS.fullmatch, commas)):
        return False
    whole = [cell for cell in present if "," not in cell]
    return len(commas) + len(whole) == len(present) and all(
        "." not in cell and _NUMBER.fullmatch(cell) for cell in whole
    )


def parse_numbers(cells: Sequence[str], marks: Marks = "points") -> Numbers:
    """Return a column of text as numbers.

    A number has ASCII digits, with or without a decimal point and an exponent; "inf" is a number.
    In a column in which all cells that are not missing are True or False (also TRUE, true, …),
    these are 1 and 0.

    Args:
        cells: N cells; spaces around a cell are ignored.
        marks: Decimal marks of the table, see :func:`decimal_marks`. With "commas", a column
            without points may have decimal commas. Unless it is "points", "1.500" is wrong if every
            point of the column may be a thousands separator, and commas or integers suggest it.
    """
    stripped = [cell.strip() for cell in cells]
    missing = np.array([cell in MISSING for cell in stripped], dtype=bool)
    present = [cell for cell in stripped if cell not in MISSING]
    if present and all(cell in BOOLEANS for cell in present):
        numbers = [BOOLEANS[cell] for cell in present]
    else:
        if marks != "points":
            present = _with_points(present, marks)
        numbers = [
            float(cell) if _NUMBER.fullmatch(cell) or _INFINITE.fullmatch(cell) else np.nan
            for cell in present
        ]
    values = np.full(len(stripped), np.nan)
    values[~missing] = numbers
    return Numbers(values, missing)


def _with_points(cells: list[str], marks: Marks) -> list[str]:
    """Return a column's cells with points for decimal commas, and "" for an unclear cell."""
    points = [cell for cell in cells if "." in cell and _NUMBER.fullmatch(cell)]
    if not points and marks == "commas":
        return [cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell for cell in cells]
    if not all(map(_THOUSANDS.fullmatch, points)):
        return cells
    if marks == "commas" or any(map(_INTEGER.fullmatch, cells)):
        return ["" if "." in cell else cell for cell in cells]
    return cells


def as_numbers(
    table: pd.DataFrame,
    columns: Sequence[str],
    path: str | Path,
    *,
    missing: bool = False,
    use: Use = "features",
) -> npt.NDArray[np.float64]:
    """Return columns of a table as numbers, see :func:`parse_numbers`.

    Args:
        table: As :func:`~lightning_course.sources.read_own_table` returns it, or a notebook's.
        columns: D names of its columns.
        path: The file, for messages.
        missing: Whether values may be missing.
        use: The use of the numbers, which decides the advice in messages. Columns of "new rows",
            for a fitted model, may have no value at all.

    Returns:
        Shape (N, D): numbers within float32's range, and NaN for missing values.

    Raises:
        UserError: A cell is not a number, is beyond float32, or is missing; the message has its row
            and column.
    """
    values = np.empty((len(table), len(columns)))
    for position, name in enumerate(columns):
        column = table[name]
        # The table of a notebook may have numbers, or any objects.
        cells = ["" if cell is None else str(cell) for cell in column.tolist()]
        if is_numeric_dtype(column):
            numbers = column.to_numpy(np.float64, na_value=np.nan)
            parsed = Numbers(numbers, np.isnan(numbers))
        else:
            parsed = parse_numbers(cells, table.attrs.get("decimal_marks", "points"))
        if use != "new rows" and parsed.missing.all():
            raise UserError(f"{path}, column '{name}' has no value at all: leave the column out")
        large = np.abs(parsed.values) > _MAX
        if len(rows := np.flatnonzero(parsed.wrong | large)):
            cell = cells[rows[0]].strip()
            problem = f"is not a number: {_hint(cell, use)}"
            if large[rows[0]]:
                problem = f"is not finite, or beyond {_MAX:.1e}, the largest number of float32"
            raise UserError(
                f"{path}, row {table.index[rows[0]]}, column '{name}': {cell[:40]!r} {problem}"
            )
        if len(rows := np.flatnonzero(parsed.missing)) and not missing:
            several = f" (as in {len(rows):,} rows in all)" if len(rows) > 1 else ""
            raise UserError(
                f"{path}, row {table.index[rows[0]]}, column '{name}': the value is missing"
                f"{several}: {_FILL_IN[use]}"
            )
        values[:, position] = parsed.values
    return values


def _hint(cell: str, use: Use) -> str:
    """Return the advice for a cell that is not a finite number."""
    if cell in BOOLEANS:
        return "True and False are numbers only where the whole column is of them; write 1 and 0"
    if NO_VALUE.fullmatch(cell):
        return "where a value is missing, leave the cell empty or write NA"
    if _SEPARATED.fullmatch(cell):
        return "write numbers with a decimal point and without thousands separators"
    if any(character.isdigit() for character in cell):
        if any(unicodedata.category(character) == "Sc" or character in "%‰" for character in cell):
            return "write the number without the sign"
        if not cell.isascii():
            return "write it in the digits 0 to 9, with - for minus"
    return _USE_OTHERS[use]
