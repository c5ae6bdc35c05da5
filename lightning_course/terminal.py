"""Text from files, folders and web addresses on a terminal: control characters are escaped.

A class name with ``ESC ]0;`` would rename the user's window, and one with a bidirectional override
would show its words in another order. Passwords in web addresses are left out.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

# C0, DEL and C1; the separators of lines and paragraphs; embeddings, overrides and isolates of the
# writing direction; the lone surrogates of file names that are not UTF-8. Letters of right-to-left
# scripts, joiners of emoji and no-break spaces are text.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff"
_CONTROL = re.compile(f"[{_CONTROLS}\t\n]")
_CONTROL_BUT_LAYOUT = re.compile(f"[{_CONTROLS}]")

# User and password in an address: all before the "@" of the host. A colon without a port after it
# belongs to a password with a slash.
_CREDENTIALS = re.compile(r"(?<=://)(?:[^\s/?#]*@|[^\s/?#@]*:(?!\d*(?:[/?#\s]|$))\S*@)")

# tqdm begins its writes with these to draw a bar: to the start of the line, and up.
_DRAWING = re.compile(r"(?:\r|\n|\x1b\[A)*")


def printable(text: str, *, layout: bool = False) -> str:
    r"""Return a text with its control characters escaped, and without passwords in addresses.

    Args:
        text: The text.
        layout: Keep tabs and line ends; otherwise the text becomes one line.

    Examples:
        >>> printable("spam\x1b]0;title\x07")
        'spam\\x1b]0;title\\x07'
        >>> printable("two\nlines")
        'two\\nlines'
        >>> printable("http://me:secret@example.org/a.csv")
        'http://…@example.org/a.csv'
        >>> printable("Zoë נועה 👩‍🚀")
        'Zoë נועה 👩‍🚀'
    """
    text = _CREDENTIALS.sub("…@", text)
    return (_CONTROL_BUT_LAYOUT if layout else _CONTROL).sub(_escape, text)


def program(verb: str) -> str:
    """Return the command line of a command, in the form in which the user started this one.

    Args:
        verb: The command, such as "train".
    """
    started = Path(sys.argv[0])
    if started.stem == "lightning-course":
        return f"lightning-course {verb}"
    if started.parts[-2:] == ("lightning_course", "__main__.py"):
        return f"python -m lightning_course {verb}"
    if started.parent.name == "scripts":
        return f"python {started.with_name(f'{verb}.py')}"
    return f"python scripts/{verb}.py"


@contextmanager
def visible_controls() -> Iterator[None]:
    """While the block runs, escape what is written to ``sys.stdout`` and ``sys.stderr``.

    Tabs and line ends are kept for tables, and so are the characters that move a progress bar.
    """
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, _Visible(stream)) for stream in streams)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


class _Visible:
    """A stream that escapes control characters and leaves the rest to the wrapped stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # Rich writes its colours and moves there: `--trainer.callbacks RichProgressBar`.
        self.rich_proxied_file = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        start = _DRAWING.match(text).end()  # type: ignore[union-attr]  # it matches nothing too
        self._stream.write(text[:start] + printable(text[start:], layout=True))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
