"""What a text file of rows does not say of itself: its encoding, separator and first line."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from charset_normalizer import from_bytes

from lightning_course.errors import UserError

SEPARATORS = (",", ";", "\t", "|")

# Blanks in any number, and tabs: how columns of numbers are aligned.
BLANK = " "

# Cells that stand for a missing value.
MISSING = frozenset(("", "?", "NA", "N/A", "na", "n/a", "NaN", "nan", "null", "NULL", "None"))

# What spreadsheets and text editors write; a longer list makes short texts guessed wrongly.
_ENCODINGS = ["utf_8", "utf_16", "utf_32", "cp1252", "cp1251", "cp1250", "gb18030", "cp932"]
_ENCODINGS += ["euc_kr", "big5"]

# How files begin that people take for tables.
_BINARIES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"\x1f\x8b": "compressed (gzip): unpack it",
    b"PAR1": "a Parquet file: write it as CSV",
    b"SQLite format 3": "a database: write the table as CSV",
}

# As much as the csv module can be told on every system.
_LONGEST_FIELD = 2**31 - 1

# Enough to see how a file is written; the last row of it may be cut off.
_SAMPLE_CHARACTERS, _SAMPLE_ROWS = 100_000, 100

Row = tuple[int, list[str]]


def decode(content: bytes, name: str, encoding: str | None) -> tuple[str, str | None]:
    """Return a file's text, and the encoding where that had to be guessed.

    Args:
        content: The file.
        name: Its name, for messages.
        encoding: The user's, or None to find out: UTF-8 if it fits, else what is likeliest.

    Raises:
        UserError: No such encoding, or none fits.
    """
    if encoding is not None:
        try:
            return content.decode(encoding), None
        except LookupError:
            raise UserError(f"--data.encoding {encoding}: there is no such encoding") from None
        except UnicodeError as error:
            raise UserError(f"{name} is not {encoding} text: {error}") from error
    for start, what in _BINARIES.items():
        if content.startswith(start):
            raise UserError(f"{name} is not text but {what}")
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        guess = _guess_encoding(content)
    if guess is None:
        raise UserError(
            f"{name} is not UTF-8 text, and no other encoding fits: name it with --data.encoding"
        )
    return content.decode(guess), guess


def _guess_encoding(content: bytes) -> str | None:
    matches = from_bytes(content, cp_isolation=_ENCODINGS)
    best = matches.best()
    if best is None:
        return None
    # A few pounds or accents fit Eastern European as well as the commoner Western.
    equals = {m.encoding for m in matches if m.coherence == best.coherence}
    equals.update(best.could_be_from_charset)
    return "cp1252" if best.encoding == "cp1250" and "cp1252" in equals else best.encoding


def named_separator(word: str) -> str:
    """Return the separator that a user's word names: a character, "tab" or "blank".

    Raises:
        UserError: It is longer than one character, or one that separates nothing.
    """
    separator = {"tab": "\t", "\\t": "\t", "blank": BLANK}.get(word, word)
    if len(separator) != 1 or separator in '\r\n"':
        raise UserError(f"--data.separator must be one character or tab or blank, got {word!r}")
    return separator


def separator_of_header(first_line: str, columns: Sequence[str]) -> str:
    """Return the separator with which a line names the columns, else most columns."""
    headers = {sep: next(csv.reader([first_line], delimiter=sep)) for sep in SEPARATORS}
    return max(SEPARATORS, key=lambda sep: (set(columns) <= set(headers[sep]), len(headers[sep])))


def guess_separator(text: str) -> str:
    """Return the separator that splits the first rows of a text into equally many fields.

    Args:
        text: At least one row.

    Returns:
        One of ``SEPARATORS`` or ``BLANK``. Where two would do, the one that numbers and prose hold
        more rarely: a comma may be a decimal one. Where none does, a comma, or what splits the
        first row most.
    """
    fits = {sep: fields for sep in (*SEPARATORS, BLANK) if (fields := _equal_fields(text, sep)) > 1}
    lines = text[:_SAMPLE_CHARACTERS].splitlines()[:_SAMPLE_ROWS]
    aligned = all(re.search(r"\S  +\S", line) for line in lines if line.strip())
    if BLANK in fits and aligned and fits[BLANK] > max(fits.get(sep, 1) for sep in SEPARATORS):
        # Such as auto-mpg.data, where a tab before the last field splits each row in two as well.
        return BLANK
    for separator in (";", "\t", "|", ",", BLANK):
        if separator in fits:
            return separator
    first = next(line for line in text.splitlines() if line.strip())
    return separator_of_header(first, ())


def _equal_fields(text: str, separator: str) -> int:
    """Return in how many fields each of the first rows is split; 0 if they differ."""
    cut = len(text) > _SAMPLE_CHARACTERS
    rows = []
    try:
        reader = _reader(text[:_SAMPLE_CHARACTERS], separator, csv.QUOTE_MINIMAL)
        for row in itertools.islice(filter(None, reader), _SAMPLE_ROWS):
            rows.append(row)
    except csv.Error:
        # A quotation mark that is closed beyond the sample, or one that another separator explains.
        if not cut:
            return 0
    counts = {len(row) for row in (rows[:-1] if cut else rows)}
    return counts.pop() if len(counts) == 1 else 0


def names_columns(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a table's first row looks like names, not data.

    It does if no cell of it is a number or missing; or if in some column it holds the only cell
    that is not a number. A row of words above other words is taken for names; not so where a word
    occurs in its column again, as classes do.
    """
    columns = list(zip(first, *rest[:_SAMPLE_ROWS], strict=True))
    if any(head.strip() and head in cells for head, *cells in columns):
        return False
    if not any(is_number(cell) or cell.strip() in MISSING for cell in _trimmed(first)):
        return True
    return any(
        not is_number(head)
        and head.strip() not in MISSING
        and any(map(is_number, cells))
        and all(is_number(cell) or cell.strip() in MISSING for cell in cells)
        for head, *cells in columns
    )


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Return the cells without the empty ones on the right, which spreadsheets leave."""
    trimmed = list(cells)
    while len(trimmed) > 1 and not trimmed[-1].strip():
        trimmed.pop()
    return trimmed


def is_number(cell: str) -> bool:
    """Return whether a cell is a finite number with a decimal point or none."""
    return re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", cell) is not None


def parse(text: str, separator: str, name: str, first_line: str = "has {}") -> list[Row]:
    """Return all rows with their line numbers as a spreadsheet counts them, from 1.

    Args:
        text: The file's text.
        separator: One character; ``BLANK`` stands for blanks and tabs in any number.
        name: The file's name, for messages.
        first_line: How the first line's number of fields is told where another row differs.

    Returns:
        The rows that are not empty, all equally long.

    Raises:
        UserError: A quotation mark is not closed, or rows differ in length.
    """
    if separator != "\t":
        return _rows(text, separator, name, first_line, csv.QUOTE_MINIMAL)
    # Tab-separated files seldom quote: a stray quotation mark is a character, or swallows rows.
    try:
        rows = _rows(text, separator, name, first_line, csv.QUOTE_MINIMAL)
    except UserError:
        return _rows(text, separator, name, first_line, csv.QUOTE_NONE)
    if any(re.search(r"\t.*\n|\n.*\t", cell) for _, row in rows for cell in row):
        return _rows(text, separator, name, first_line, csv.QUOTE_NONE)
    return rows


def _rows(
    text: str, separator: str, name: str, first_line: str, quoting: Literal[0, 3]
) -> list[Row]:
    reader = _reader(text, separator, quoting)
    try:
        rows = [(number, row) for number, row in enumerate(reader, start=1) if row]
    except csv.Error as error:
        raise UserError(f"{name} cannot be read as CSV, line {reader.line_num}: {error}") from error
    for number, row in rows:
        if len(row) != len(rows[0][1]):
            raise UserError(
                f"{name}, row {number} has {len(row)} fields, and the first line "
                f"{first_line.format(len(rows[0][1]))}: is a text with '{separator}' not quoted, "
                "or is --data.separator another?"
            )
    return rows


def _reader(text: str, separator: str, quoting: Literal[0, 3]) -> Any:
    csv.field_size_limit(_LONGEST_FIELD)
    lines: Iterable[str] = io.StringIO(text, newline="")
    if separator == BLANK:
        lines = (line.replace("\t", " ").strip() for line in lines)
    # Python's csv reader: pandas would fill short rows up and cut long ones.
    return csv.reader(
        lines,
        delimiter=separator,
        quoting=quoting,
        strict=True,
        skipinitialspace=separator == BLANK,
    )
