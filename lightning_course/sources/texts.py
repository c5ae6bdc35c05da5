"""The user's own texts and labels, for the text tasks."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightning_course.errors import UserError
from lightning_course.sources.base import Provenance
from lightning_course.sources.tables import read_own_table

# Longer than any message: a quotation mark is not closed, or the column is the wrong one.
_MOST_CHARACTERS = 1_000_000


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
        text_column: Its column of texts.
        label_column: Its column of labels; blanks around a label do not count.
        positive_label: Of two labels, the one that gets number 1; None takes the alphabetically
            second.
        encoding: See ``read_own_table``.
        separator: See ``read_own_table``.

    Returns:
        N texts, N int64 numbers from 0 to K − 1, K names in alphabetical order.

    Raises:
        UserError: See ``read_own_table``; or an empty text or label, one label only, more labels
            than half the rows, or a text of more than a million characters.
    """
    table, provenance = read_own_table(path, [text_column, label_column], encoding, separator)
    texts, labels = table[text_column], table[label_column].str.strip()
    for name, column in ((text_column, texts), (label_column, labels)):
        empty = column.index[column.str.strip() == ""]
        if len(empty):
            raise UserError(
                f"{path}, row {empty[0]}: column '{name}' is empty (as in {len(empty):,} rows in "
                "all): fill these rows in or remove them"
            )
    lengths = texts.str.len()
    if (length := lengths.max()) > _MOST_CHARACTERS:
        raise UserError(
            f"{path}, row {lengths.idxmax()}: a text of {length:,} characters (at most "
            f"{_MOST_CHARACTERS:,}): is a quotation mark not closed?"
        )
    names = sorted(labels.unique())
    if len(names) < 2:
        raise UserError(f"{path}: every row has the label '{names[0]}', and two are needed")
    if len(names) > max(2, len(labels) / 2):
        raise UserError(
            f"{path}: {len(names):,} different labels in {len(labels):,} rows: is "
            f"'{label_column}' the column of labels?"
        )
    if positive_label is not None:
        if len(names) != 2 or positive_label not in names:
            raise UserError(
                f"--data.positive_label {positive_label}: it must be one of two labels, and {path} "
                f"has {', '.join(names[:20])}"
            )
        names.sort(key=lambda name: name == positive_label)
    numbers = labels.map({name: number for number, name in enumerate(names)})
    return texts.tolist(), numbers.to_numpy(dtype=np.int64), names, provenance
