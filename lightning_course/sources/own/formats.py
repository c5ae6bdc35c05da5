"""The format of a text file of rows: its separator, its first line and its rows."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from lightning_course.errors import UserError
from lightning_course.sources.own.numbers import MISSING, is_number

SEPARATORS = (",", ";", "\t", "|")

# Any number of spaces and tabs: aligned columns of numbers.
BLANK = " "

# The largest limit that the csv module accepts on every system.
csv.field_size_limit(2**31 - 1)

# Tables of genes have 60,000. A column takes a millisecond.
_MAX_COLUMNS = 120_000

# Enough to detect the format; the last row of the sample may be incomplete.
_SAMPLE_CHARACTERS, _SAMPLE_ROWS = 100_000, 100

# Lines of titles and comments above a table.
_MAX_PREAMBLE = 20

Row = tuple[int, list[str]]


def without_separator_line(text: str) -> tuple[str, str | None]:
    """Return a text and its separator; Excel's first line "sep=;" is emptied."""
    if match := re.match(r"sep=([^\r\n\"])(?=[\r\n])", text, re.IGNORECASE):
        return text[match.end() :], match[1]
    return text, None


def without_preamble(text: str, columns: Sequence[str]) -> tuple[str, int]:
    """Return a text with the lines above its table emptied, and the number of these lines.

    Programs write titles and comments there. Lines are above the table if none of them has the
    separator, the first rows after them have equally many fields, and the first of these rows has
    the wanted columns; without wanted columns, it must have a name above a column of numbers.

    Args:
        text: A file.
        columns: Columns that must be there.
    """
    fields = {separator: _equal_fields(text, separator) for separator in SEPARATORS}
    if max(fields.values()) > 1:
        return text, 0
    lines = text[:_SAMPLE_CHARACTERS].splitlines(keepends=True)[: _MAX_PREAMBLE + 1]
    for separator in (separator for separator, count in fields.items() if not count):
        above = next((at for at, line in enumerate(lines) if separator in line), 0)
        rest = text[sum(map(len, lines[:above])) :]
        if not above or _equal_fields(rest, separator) < 2:
            continue
        reader = _reader(rest[:_SAMPLE_CHARACTERS], separator, csv.QUOTE_MINIMAL)
        first, *rows = itertools.islice(filter(None, reader), _SAMPLE_ROWS)
        names = {name.strip() for name in first}
        if set(columns) <= names if columns else _names_numbers(first, rows):
            return "\n" * above + rest, above
    return text, 0


def named_separator(word: str) -> str:
    """Return the separator that the user names: a character, "tab" or "blank".

    Raises:
        UserError: It is longer than one character, or a line end or quotation mark.
    """
    separator = {"tab": "\t", "\\t": "\t", "blank": BLANK}.get(word, word)
    if len(separator) != 1 or separator in '\r\n"':
        raise UserError(f"--data.separator must be one character or tab or blank, got {word!r}")
    return separator


def find_separator(text: str, columns: Sequence[str]) -> str:
    """Return the separator of a text: comma, semicolon, tab or bar.

    It is the one with which the first line names the wanted columns; without wanted columns, the
    one that splits the first rows into equally many fields; else the one that splits the first line
    into most.

    Args:
        text: At least one row.
        columns: The columns that must be there.
    """
    first = next(line for line in text.splitlines() if line.strip())
    fields = {sep: next(csv.reader([first], delimiter=sep)) for sep in SEPARATORS}
    if not columns:
        # The comma last: it may be a decimal one.
        for separator in (";", "\t", "|", ","):
            if _equal_fields(text, separator) > 1:
                return separator
    return max(SEPARATORS, key=lambda sep: (set(columns) <= set(fields[sep]), len(fields[sep])))


def _equal_fields(text: str, separator: str) -> int:
    """Return the number of fields of each of the first rows; 0 if they differ."""
    cut = len(text) > _SAMPLE_CHARACTERS
    rows = []
    try:
        reader = _reader(text[:_SAMPLE_CHARACTERS], separator, csv.QUOTE_MINIMAL)
        for row in itertools.islice(filter(None, reader), _SAMPLE_ROWS):
            rows.append(row)
    except csv.Error:
        # A quotation mark is closed after the sample, or this is not the separator.
        if not cut:
            return 0
    counts = {len(row) for row in (rows[:-1] if cut else rows)}
    return counts.pop() if len(counts) == 1 else 0


def _names_numbers(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether in some column the first cell is the only one that is not a number."""
    return any(
        not _is_number(head)
        and head.strip() not in MISSING
        and any(map(_is_number, cells))
        and are_numbers(cells)
        for head, *cells in zip(first, *rest[:_SAMPLE_ROWS], strict=False)
    )


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether all cells of a row are numbers or missing, so that it has no names of columns."""
    return all(_is_number(cell) or cell.strip() in MISSING for cell in cells)


def _is_number(cell: str) -> bool:
    return is_number(cell.replace(",", ".", 1))


def parse(text: str, separator: str, name: str) -> list[Row]:
    """Return all rows with their line numbers as a spreadsheet counts them, from 1.

    Args:
        text: The file's text.
        separator: One character; ``BLANK`` means any number of spaces and tabs.
        name: The file's name, for messages.

    Returns:
        The rows that are not empty, all of the same length.

    Raises:
        UserError: A quotation mark is not closed, or rows differ in length.
    """
    if separator != "\t":
        return _rows(text, separator, name, csv.QUOTE_MINIMAL)
    # Tab-separated files rarely quote cells: a quotation mark is usually a character. Read as a
    # quote, it would merge rows.
    try:
        rows = _rows(text, separator, name, csv.QUOTE_MINIMAL)
    except UserError:
        return _rows(text, separator, name, csv.QUOTE_NONE)
    if any("\t" in cell and "\n" in cell for _, row in rows for cell in row):
        return _rows(text, separator, name, csv.QUOTE_NONE)
    return rows


def _rows(text: str, separator: str, name: str, quoting: Literal[0, 3]) -> list[Row]:
    reader = _reader(text, separator, quoting)
    try:
        rows = _without_empty([(number, row) for number, row in enumerate(reader, start=1) if row])
    except csv.Error as error:
        hint = ""
        if '\\"' in text:
            hint = '; is a quotation mark in a text written as \\"? It must be doubled: ""'
        raise UserError(
            f"{name} cannot be read as CSV, line {reader.line_num}: {error}{hint}"
        ) from error
    if rows and (columns := len(rows[0][1])) > _MAX_COLUMNS:
        raise UserError(
            f"{name} has {columns:,} columns, and at most {_MAX_COLUMNS:,} are read: is each row a "
            "line, and --data.separator right?"
        )
    for number, row in rows:
        if len(row) != len(rows[0][1]):
            raise UserError(
                f"{name}, row {number} has {len(row)} fields, and the first line has "
                f"{len(rows[0][1])}: is a text with '{separator}' not quoted, or is "
                "--data.separator another?"
            )
    return rows


def _without_empty(rows: list[Row]) -> list[Row]:
    """Return the rows without lines of spaces and without the empty rows at the end."""
    if all(len(row) == 1 for _, row in rows):
        # In a single column, an empty cell is a row.
        return rows
    kept = [(number, row) for number, row in rows if len(row) > 1 or row[0].strip()]
    while len(kept) > 1 and not any(map(str.strip, kept[-1][1])):
        kept.pop()
    return kept


def _reader(text: str, separator: str, quoting: Literal[0, 3]) -> Any:
    lines: Iterable[str] = io.StringIO(text, newline="")
    if separator == BLANK:
        lines = (line.replace("\t", " ").strip() for line in lines)
    # Python's csv reader, as pandas fills short rows and cuts long ones.
    return csv.reader(
        lines,
        delimiter=separator,
        quoting=quoting,
        strict=True,
        skipinitialspace=separator == BLANK or _quotes_after_spaces(text, separator),
    )


def _quotes_after_spaces(text: str, separator: str) -> bool:
    """Whether one of the first two lines has quoted cells after spaces: "a", "b"."""
    mark = re.escape(separator)
    start = re.sub(
        f'(^|{mark})"(?:[^"]|"")*+"', r"\1", text[:_SAMPLE_CHARACTERS].lstrip(), flags=re.M
    )
    return any(re.search(mark + ' +"', line) for line in start.splitlines()[:2])
