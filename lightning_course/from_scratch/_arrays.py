"""Checks that the formulas share: arrays of float64, or a ValueError with the reason."""

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lightning_course.checks import check_fraction, check_minimum

Array: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


def floats(name: str, values: npt.ArrayLike, *dimensions: int) -> Array:
    """Return the values as float64; a ValueError unless they have one of these numbers of axes."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from error
    if dimensions and array.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise ValueError(f"{name} must have {wanted} axes, got shape {array.shape}")
    return array


def filled(name: str, values: npt.ArrayLike, *dimensions: int) -> Array:
    """Return :func:`floats`; a ValueError if the array is empty."""
    array = floats(name, values, *dimensions)
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    return array


def check_shape(name: str, array: npt.NDArray[Any], shape: Sequence[int], reason: str) -> None:
    """Raise a ValueError unless the array has the shape; ``reason`` says why it must."""
    if array.shape != tuple(shape):
        raise ValueError(f"{name} must have shape {tuple(shape)} ({reason}), got {array.shape}")


def integer(name: str, value: Any, minimum: int = 1) -> int:
    """Return the integer, also one of NumPy's; a ValueError for others and below the minimum."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f"{name} must be an integer, got {value!r}") from error
    check_minimum(name, number, minimum)
    return number


def pair(name: str, value: Any, minimum: int = 1) -> tuple[int, int]:
    """Return (vertical, horizontal) from two integers, or from one that counts for both."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise ValueError(f"{name} must be one integer or two, got {value!r}")
        return integer(name, value[0], minimum), integer(name, value[1], minimum)
    number = integer(name, value, minimum)
    return number, number


def number(name: str, value: Any) -> float:
    """Return the number as float, also one of NumPy's; a ValueError if it is not a number."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a number, got {value!r}") from error


def not_negative(name: str, value: Any) -> float:
    """Return the number; a ValueError unless it is at least 0."""
    checked = number(name, value)
    check_minimum(name, checked, 0)
    return checked


def positive(name: str, value: Any) -> float:
    """Return the number; a ValueError unless it is above 0 and finite."""
    checked = number(name, value)
    if not 0 < checked < np.inf:
        raise ValueError(f"{name} must be above 0 and finite, got {checked:g}")
    return checked


def decay_rate(name: str, value: Any) -> float:
    """Return the number; a ValueError unless it is at least 0 and below 1."""
    checked = number(name, value)
    check_fraction(name, checked, zero=True)
    return checked


def probabilities(name: str, values: npt.ArrayLike, *dimensions: int) -> Array:
    """Return :func:`filled`; a ValueError that names the first value outside [0, 1]."""
    array = filled(name, values, *dimensions)
    outside = ~((array >= 0) & (array <= 1))  # NaN too
    if outside.any():
        raise ValueError(f"{name} must lie in [0, 1], got {array[outside].flat[0]}")
    return array


def class_ids(name: str, values: npt.ArrayLike, num_classes: int, *dimensions: int) -> Integers:
    """Return class ids; a ValueError unless they are integers from 0 to ``num_classes`` − 1.

    They may have any shape if no numbers of axes are given.
    """
    numbers = floats(name, values, *dimensions)
    wrong = ~((numbers >= 0) & (numbers < num_classes) & (numbers == np.floor(numbers)))
    if wrong.any():
        raise ValueError(
            f"{name} must be integers from 0 to {num_classes - 1}, got {numbers[wrong].flat[0]:g}"
        )
    return numbers.astype(np.int64)
