"""Class numbers for the labels of a table."""

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.errors import UserError
from lightning_course.sources.own.numbers import BOOLEANS, MISSING, NO_VALUE, is_number
from lightning_course.terminal import printable


def number_labels(
    labels: "pd.Series[str]", path: str | Path, positive: str | None = None
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return class numbers and the names of the classes.

    Args:
        labels: N labels as text, indexed by the rows of the file; spaces around them are ignored.
        path: The file, for messages.
        positive: Of two labels, the one that gets number 1; None: the second in order.

    Returns:
        N int64 numbers from 0 to K − 1, and K names: ordered by size if all are numbers, else
        alphabetically.

    Raises:
        UserError: A label is missing (see ``numbers.MISSING``), all labels are the same, there are
            more labels than half the rows, two labels are the same number or truth value, or the
            positive label is not one of two.
    """
    column = labels.name
    labels = labels.str.strip()
    if len(rows := labels.index[labels.isin(MISSING)]):
        several = f" (as in {len(rows):,} rows in all)" if len(rows) > 1 else ""
        marker = f", '{labels[rows[0]]}'" if labels[rows[0]] else ""
        raise UserError(
            f"{path}, row {rows[0]}, column '{column}': the label is missing{marker}{several}: "
            "remove these rows, or write the label as another word if it is one"
        )
    names = sorted(labels.unique())
    if all(name in BOOLEANS or is_number(name) for name in names):
        values = {name: BOOLEANS[name] if name in BOOLEANS else float(name) for name in names}
        names.sort(key=values.__getitem__)
        for name, following in itertools.pairwise(names):
            if values[name] == values[following]:
                raise UserError(
                    f"{path}, column '{column}': '{name}' and '{following}' are the same "
                    "value, and would be two classes: write it in one way"
                )
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
    _say_what_may_be_meant(labels, names, path)
    numbers = labels.map({name: number for number, name in enumerate(names)})
    return numbers.to_numpy(dtype=np.int64), names


def _say_what_may_be_meant(
    labels: "pd.Series[str]", names: Sequence[str], path: str | Path
) -> None:
    """Print on stderr which classes may be the same, or a missing value."""
    remarks = [
        f"'{name}' is taken as a class, not as missing"
        for name in names
        if NO_VALUE.fullmatch(name)
    ]
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(" ".join(name.casefold().split()), []).append(name)
    remarks += [
        f"{' and '.join(map(repr, kind))} are two classes, and differ only in case or spaces"
        for kind in kinds.values()
        if len(kind) > 1
    ]
    if remarks:
        more = f" (and {len(remarks) - 1:,} more such)" if len(remarks) > 1 else ""
        print(printable(f"{path}, column '{labels.name}': {remarks[0]}{more}"), file=sys.stderr)
