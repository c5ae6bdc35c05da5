"""The user's own tables: CSV files of any encoding and separator."""

import csv
import hashlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from charset_normalizer import from_bytes

from lightning_course.catalogue import did_you_mean
from lightning_course.errors import UserError
from lightning_course.sources.base import Provenance

SEPARATORS = (",", ";", "\t", "|")

# What spreadsheets and text editors write; a longer list makes short texts guessed wrongly.
_ENCODINGS = ["utf_8", "utf_16", "utf_32", "cp1252", "cp1251", "cp1250", "gb18030", "cp932"]
_ENCODINGS += ["euc_kr", "big5"]

# As much as the csv module can be told on every system.
_LONGEST_FIELD = 2**31 - 1


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
        encoding: Such as "utf-8" or "cp1252"; None tells UTF-8 by itself, guesses others and says
            on stderr what it took.
        separator: One character, or "tab"; None takes the one of comma, semicolon, tab and bar
            with which the first line has the wanted columns.

    Returns:
        All named columns of the file in its order, dtype str with "" for empty cells, and its
        provenance. The index numbers the rows as a spreadsheet does: the names stand in row 1.

    Raises:
        UserError: No such file, no rows, no such column, bytes that are not text of the encoding,
            or rows of unequal length.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    text = _decode(content, path, encoding)
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise UserError(f"{path} is empty: it needs a line with the names of its columns, and rows")
    separator = _separator(separator, first, columns)
    table = _parse(text, separator, path)
    if missing := [name for name in columns if name not in table]:
        there = ", ".join(map(repr, table.columns[:20]))
        hint = did_you_mean(missing[0], table.columns)
        raise UserError(f"{path} has no column '{missing[0]}'{hint}; its first line names: {there}")
    if table.empty:
        raise UserError(f"{path} has a line of column names and no rows")
    return table, Provenance(
        kind="own",
        name=path.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        file=path.name,
    )


def _decode(content: bytes, path: Path, encoding: str | None) -> str:
    if encoding is not None:
        try:
            return content.decode(encoding)
        except LookupError:
            raise UserError(f"--data.encoding {encoding}: there is no such encoding") from None
        except UnicodeError as error:
            raise UserError(f"{path} is not {encoding} text: {error}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = _guess_encoding(content)
    if guess is None:
        raise UserError(
            f"{path} is not UTF-8 text, and no other encoding fits: name it with --data.encoding"
        )
    print(f"{path.name} is read as {guess}; --data.encoding sets another", file=sys.stderr)
    return content.decode(guess)


def _guess_encoding(content: bytes) -> str | None:
    matches = from_bytes(content, cp_isolation=_ENCODINGS)
    best = matches.best()
    if best is None:
        return None
    # A few pounds or accents fit Eastern European as well as the commoner Western.
    equals = {m.encoding for m in matches if m.coherence == best.coherence}
    equals.update(best.could_be_from_charset)
    return "cp1252" if best.encoding == "cp1250" and "cp1252" in equals else best.encoding


def _separator(wanted: str | None, first_line: str, columns: Sequence[str]) -> str:
    if wanted is not None:
        separator = "\t" if wanted in ("tab", "\\t") else wanted
        if len(separator) != 1:
            raise UserError(f"--data.separator must be one character or tab, got {wanted!r}")
        return separator
    headers = {sep: next(csv.reader([first_line], delimiter=sep)) for sep in SEPARATORS}
    return max(SEPARATORS, key=lambda sep: (set(columns) <= set(headers[sep]), len(headers[sep])))


def _parse(text: str, separator: str, path: Path) -> pd.DataFrame:
    if separator != "\t":
        return _rows(text, separator, path, csv.QUOTE_MINIMAL)
    # Tab-separated files seldom quote: a stray quotation mark is a character, or swallows rows.
    try:
        table = _rows(text, separator, path, csv.QUOTE_MINIMAL)
    except UserError:
        return _rows(text, separator, path, csv.QUOTE_NONE)
    if any(table[name].str.contains(r"\t.*\n|\n.*\t").any() for name in table):
        return _rows(text, separator, path, csv.QUOTE_NONE)
    return table


def _rows(text: str, separator: str, path: Path, quoting: Literal[0, 3]) -> pd.DataFrame:
    csv.field_size_limit(_LONGEST_FIELD)
    # Python's csv reader: pandas would fill short rows up and cut long ones.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True
    )
    try:
        numbered = [(number, row) for number, row in enumerate(reader, start=1) if row]
    except csv.Error as error:
        raise UserError(f"{path} cannot be read as CSV, line {reader.line_num}: {error}") from error
    (_, names), *cells = numbered
    for number, row in cells:
        if len(row) != len(names):
            raise UserError(
                f"{path}, row {number} has {len(row)} fields, and the first line names "
                f"{len(names)} columns: is a text with '{separator}' not quoted, or is "
                "--data.separator another?"
            )
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise UserError(f"{path} names the column '{twice[0]}' twice")
    table = pd.DataFrame(
        [row for _, row in cells], [number for number, _ in cells], names, dtype=str
    )
    # Spreadsheets leave empty columns on the right.
    return table.loc[:, [name for name in names if name]]
