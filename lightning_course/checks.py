"""Checks of constructor arguments: ValueErrors that name the argument, the value and the range."""

from collections.abc import Iterable
from numbers import Integral, Real  # NumPy's scalars too


def check_minimum(name: str, value: object, least: float) -> None:
    """Raise a ValueError unless ``value`` is a number that is at least ``least``."""
    if not isinstance(value, Real) or not float(value) >= least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def check_maximum(name: str, value: float, most: float) -> None:
    """Raise a ValueError unless ``value`` is at most ``most``."""
    if not value <= most:
        raise ValueError(f"{name} must be at most {most:,}, got {value:,}")


def check_seed(name: str, value: object) -> None:
    """Raise a ValueError unless ``value`` is an integer that NumPy and torch take as a seed."""
    if not isinstance(value, Integral) or not 0 <= int(value) < 2**32:
        raise ValueError(f"{name} must be an integer from 0 to {2**32 - 1}, got {value}")


def check_fraction(name: str, value: object, *, zero: bool = False) -> None:
    """Raise a ValueError unless ``0 < value < 1`` (or ``0 <= value < 1`` with `zero`)."""
    if not isinstance(value, Real) or not (0 < float(value) < 1 or (zero and value == 0)):
        least = "at least 0" if zero else "above 0"
        raise ValueError(f"{name} must be {least} and below 1, got {value}")


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raise a ValueError unless the value is one of the choices."""
    choices = tuple(choices)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_names(name: str, value: object, least: int = 1) -> list[str]:
    """Return names as a list; a ValueError unless they are strings and at least ``least``."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} must be a list of names")
    if len(value) < least:
        raise ValueError(f"{name} must have at least {least} names, got {len(value)}")
    return list(value)
