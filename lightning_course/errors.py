"""Exceptions that end a command with one line instead of a traceback."""

import importlib
import re
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class UserError(Exception):
    """Bad input, explained in one line: what is wrong and what would be right.

    The commands print it on stderr without a traceback and exit with :attr:`exit_code`.
    """

    exit_code = 2


class Interrupted(BaseException):
    """The user or the system asked the process to stop; not an ``Exception``, as with Ctrl-C."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        # The code that shells report for a process that a signal ended.
        self.exit_code = 128 + signum


# Characters of a message. A longer one loses its middle, as its end often says what to do.
_MAX_MESSAGE = 400
_MAX_END = 100


def one_line(text: str) -> str:
    """Return a message as one line of limited length, without the memory addresses of objects."""
    text = re.sub(r" (?:object )?at 0x[0-9a-fA-F]+", "", " ".join(text.split()))
    if len(text) <= _MAX_MESSAGE:
        return text
    return f"{text[: _MAX_MESSAGE - _MAX_END]} … {text[-_MAX_END:]}"


@contextmanager
def optional(step: str) -> Iterator[None]:
    """Run a step that is not essential: an error in the block becomes a warning of one line.

    Args:
        step: The step for the warning "cannot …", such as "draw the figure curves".
    """
    try:
        yield
    except Exception as error:
        reason = one_line(str(error)) or "no message"
        if not isinstance(error, UserError):
            reason = f"{type(error).__name__}: {reason}"
        # With a line number of 0, since Python may show only the first warning of a line.
        warnings.warn_explicit(f"cannot {step}: {reason}", UserWarning, step, 0)


def memory_problem(text: str) -> str | None:
    """Return advice if an exception's text says that memory is short, else None."""
    if "allocate memory" not in text and "out of memory" not in text:
        return None
    size = re.search(r"allocate (\d+) bytes", text)
    asked = f" ({int(size[1]) / 1e9:,.1f} GB asked for)" if size else ""
    return f"out of memory{asked}: use less data, a smaller batch or a smaller model"


def require_package(package: str, extra: str, what: str) -> ModuleType:
    """Import and return a package of one of this project's extras.

    Args:
        package: Its name.
        extra: The extra.
        what: For the message: what needs it.

    Raises:
        UserError: It is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UserError(
            f"{what} needs the package {package}: pip install 'lightning-course[{extra}]'"
        ) from error
