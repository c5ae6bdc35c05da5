"""Class numbers for the labels of the user's own tables."""

import contextlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.errors import UserError


def number_labels(
    labels: "pd.Series[str]", path: str | Path, positive: str | None = None
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return class numbers and the names of the classes.

    Args:
        labels: N labels as text, indexed by the rows of the file; blanks around one do not count.
        path: The file, for messages.
        positive: Of two labels, the one that gets number 1; None takes the second in order.

    Returns:
        N int64 numbers from 0 to K − 1, and K names in order: of size if all are numbers, else of
        the alphabet.

    Raises:
        UserError: An empty label, one label only, more labels than half the rows, or a positive
            label that is not one of two.
    """
    column = labels.name
    labels = labels.str.strip()
    if len(empty := labels.index[labels == ""]):
        raise UserError(
            f"{path}, row {empty[0]}: column '{column}' is empty (as in {len(empty):,} rows in "
            "all): fill these rows in or remove them"
        )
    names = sorted(labels.unique())
    with contextlib.suppress(ValueError):  # words have no size
        names.sort(key=float)
    if len(names) < 2:
        raise UserError(f"{path}: every row has the label '{names[0]}', and two are needed")
    if len(names) > max(2, len(labels) / 2):
        raise UserError(
            f"{path}: {len(names):,} different labels in {len(labels):,} rows: is '{column}' the "
            "column of labels?"
        )
    if positive is not None:
        if len(names) != 2 or positive not in names:
            raise UserError(
                f"--data.positive_label {positive}: it must be one of two labels, and {path} has "
                f"{', '.join(names[:20])}"
            )
        names.sort(key=lambda name: name == positive)
    numbers = labels.map({name: number for number, name in enumerate(names)})
    return numbers.to_numpy(dtype=np.int64), names
