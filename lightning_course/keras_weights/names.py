"""Names that stand in a file."""

import re

_LONGEST = 80


def quoted(name: object) -> str:
    """Return a name in quotes for a message: cut if it is long, without control characters."""
    text = str(name)
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def shown(value: object) -> str:
    """Return a setting's value for a message."""
    return quoted(value) if isinstance(value, str) else quoted(str(value))[1:-1]


def numbered(name: str) -> tuple[str, int]:
    """Return ("dense", 10) for "dense_10" and ("dense", 0) for "dense": Keras's order of layers.

    The order of the names themselves would put "dense_10" before "dense_2".
    """
    match = re.fullmatch(r"(.*?)_([0-9]{1,9})", name, re.DOTALL)
    return (match[1], int(match[2])) if match else (name, 0)
