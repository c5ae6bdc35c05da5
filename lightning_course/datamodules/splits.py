"""Dividing rows into splits, and which of them validates and which is reported."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from lightning_course.errors import UserError


def validation_split(splits: Collection[str]) -> str | None:
    """Return the name of the split that is evaluated after each epoch.

    The course validates on its test set. A split held out by ``validation_fraction`` replaces it.
    None: the task has only training rows.
    """
    return next((name for name in ("validation", "test") if name in splits), None)


def reported_split(splits: Iterable[str]) -> str:
    """Return the split that results and baselines are measured on: "test", else the last one."""
    names = list(splits)
    return "test" if "test" in names else names[-1]


def is_independent(splits: Collection[str]) -> bool:
    """Whether the reported split took no part in validation, so that a best epoch may be chosen."""
    return validation_split(splits) not in (None, reported_split(splits))


def hold_out(inputs: Any, targets: Any, fraction: float, seed: int) -> list[Any]:
    """Split rows at random, as the course does with scikit-learn's ``train_test_split``.

    Args:
        inputs: N rows: a list, array or tensor.
        targets: N targets.
        fraction: The part of the rows that is held out, in (0, 1).
        seed: The same seed holds out the same rows.

    Returns:
        The remaining inputs, the inputs held out, the remaining targets, the targets held out.

    Raises:
        UserError: Too few rows.
    """
    try:
        parts: list[Any] = train_test_split(inputs, targets, test_size=fraction, random_state=seed)
    except ValueError as error:
        raise UserError(
            f"{len(targets)} rows are too few to hold out {100 * fraction:g} % of them"
        ) from error
    return parts


def random_splits(
    inputs: Any, targets: Any, test_fraction: float, validation_fraction: float, seed: int
) -> dict[str, tuple[Any, Any]]:
    """Return the splits "train", "validation" and "test" as (inputs, targets); 0 makes none.

    The test rows are the same with and without a validation split.

    Args:
        inputs: N rows: a list, array or tensor.
        targets: N targets.
        test_fraction: The part of all rows, in [0, 1).
        validation_fraction: The part of the remaining rows, in [0, 1).
        seed: The same seed holds out the same rows.

    Raises:
        UserError: Too few rows.
    """
    splits = {}
    if test_fraction:
        inputs, held_out, targets, held_out_targets = hold_out(inputs, targets, test_fraction, seed)
        splits["test"] = (held_out, held_out_targets)
    if validation_fraction:
        inputs, held_out, targets, held_out_targets = hold_out(
            inputs, targets, validation_fraction, seed
        )
        splits = {"validation": (held_out, held_out_targets), **splits}
    return {"train": (inputs, targets), **splits}


def ordered_splits(
    inputs: Any, targets: Any, train: int, validation_fraction: float, between: int = 0
) -> dict[str, tuple[Any, Any]]:
    """Return the splits of rows in order of time: nothing is shuffled across a cut.

    Args:
        inputs: N rows: an array or tensor.
        targets: N targets.
        train: The number of training rows; the others are the course's validation data.
        validation_fraction: The part of the training rows, from their end, that becomes the
            "validation" split, in [0, 1). The course's validation data are then the "test" split.
        between: The number of rows left out before each cut, because their targets lie beyond it.

    Returns:
        "train" and "validation", with a validation fraction "train", "validation" and "test".

    Raises:
        UserError: Too few rows.
    """
    held_out = math.ceil(validation_fraction * train)
    cuts = [0, train - held_out, train, len(targets)] if held_out else [0, train, len(targets)]
    names = ("train", "validation", "test")
    splits = {}
    for name, start, cut in zip(names, cuts, cuts[1:], strict=False):
        end = cut - between if cut < len(targets) else cut
        if end <= start:
            raise UserError(f"{len(targets)} rows are too few: none is left for the {name} split")
        splits[name] = (inputs[start:end], targets[start:end])
    return splits


def check_every_class(labels: npt.NDArray[np.int64], class_names: Sequence[str]) -> None:
    """Raise a UserError unless every class has a training row.

    Args:
        labels: Labels of the training rows, from 0 to K − 1.
        class_names: K names.
    """
    for number in sorted(set(range(len(class_names))) - set(labels.tolist())):
        raise UserError(
            f"label '{class_names[number]}' has no training row with this split: add rows, or "
            "try another --data.seed"
        )
