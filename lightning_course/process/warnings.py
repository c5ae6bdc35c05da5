"""Warnings of libraries, in one line each."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lightning_course.errors import one_line
from lightning_course.terminal import printable


@contextmanager
def brief_destructors() -> Iterator[None]:
    """While the block runs, what a library's destructor raises is a warning of one line."""

    def show(unraisable: "sys.UnraisableHookArgs") -> None:
        show_warning(f"{unraisable.exc_type.__name__} ignored: {unraisable.exc_value}")

    previous, sys.unraisablehook = sys.unraisablehook, show
    try:
        yield
    finally:
        sys.unraisablehook = previous


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning in one line, without the line of code that gave it."""
    print(f"warning: {printable(one_line(str(message)))}", file=sys.stderr)
