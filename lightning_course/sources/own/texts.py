"""Texts and labels of your own, for the text tasks."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightning_course.errors import UserError
from lightning_course.sources.base import Provenance
from lightning_course.sources.own.labels import number_labels
from lightning_course.sources.own.numbers import MISSING
from lightning_course.sources.own.tables import read_own_table

# A longer text means that a quotation mark is not closed, or that the column is wrong.
_MAX_CHARACTERS = 1_000_000


def read_own_texts(
    path: str | Path,
    text_column: str,
    label_column: str,
    positive_label: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> tuple[list[str], npt.NDArray[np.int64], list[str], Provenance]:
    """Return texts, their class numbers, the names of the classes, and the provenance.

    Args:
        path: A CSV file, see :func:`~lightning_course.sources.read_own_table`.
        text_column: The column of texts.
        label_column: The column of labels, see
            :func:`~lightning_course.sources.own.labels.number_labels`.
        positive_label: See ``number_labels``.
        encoding: See ``read_own_table``.
        separator: See ``read_own_table``.

    Returns:
        N texts, unchanged; N int64 numbers from 0 to K − 1; K names. A line on stderr says where a
        text is one of ``numbers.MISSING``.

    Raises:
        UserError: See ``read_own_table`` and ``number_labels``; or a text is empty, or has more
            than a million characters.
    """
    table, provenance = read_own_table(path, [text_column, label_column], encoding, separator)
    texts = table[text_column]
    if len(empty := texts.index[texts.str.strip() == ""]):
        raise UserError(
            f"{path}, row {empty[0]}: column '{text_column}' is empty (as in {len(empty):,} rows "
            "in all): fill these rows in or remove them"
        )
    if len(rows := texts.index[texts.str.strip().isin(MISSING)]):
        print(
            f"{path}, column '{text_column}': {texts[rows[0]].strip()!r} in row {rows[0]} is taken "
            f"as a text, not as missing ({len(rows):,} such rows)",
            file=sys.stderr,
        )
    lengths = texts.str.len()
    if (length := lengths.max()) > _MAX_CHARACTERS:
        raise UserError(
            f"{path}, row {lengths.idxmax()}: a text of {length:,} characters (at most "
            f"{_MAX_CHARACTERS:,}): is a quotation mark not closed?"
        )
    numbers, names = number_labels(table[label_column], path, positive_label)
    return texts.tolist(), numbers, names, provenance
