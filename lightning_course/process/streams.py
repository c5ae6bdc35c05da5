"""Standard output and error that are closed, full or without a reader do not end a command."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# Shells report a process that SIGPIPE ended with this code, such as the cat of `cat | head`.
_READER_GONE = 141
_NOT_WRITTEN = 1


class _FailSafeFile(io.FileIO):
    """A file descriptor that becomes the null device after the first write that fails.

    Attributes:
        problem: The error of that write, if there was one.
    """

    def __init__(self, number: int, is_open: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._is_open = is_open
        self.problem: OSError | None = None

    def write(self, content: Any) -> int | None:  # type: ignore[override]
        if self.problem is None:
            try:
                if not self._is_open:
                    raise OSError(errno.EBADF, os.strerror(errno.EBADF))
                return super().write(content)
            except OSError as error:
                self.problem = error
            # Libraries and child processes write to the descriptor, not to this object.
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
        return memoryview(content).nbytes


@contextmanager
def fail_safe_streams() -> Iterator[Callable[[], int]]:
    """While the block runs, output that cannot be written to stdout and stderr is dropped.

    Yields:
        A function that returns the command's exit code: 0 if all output was written, 141 if the
        reader had gone (`… | head`), 1 if a stream was closed or full.
    """
    closed = _occupy_closed()
    before = sys.stdout, sys.stderr
    files: list[_FailSafeFile] = []
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream: TextIO | None = getattr(sys, name)
        # Streams of a notebook or a test are left alone.
        if stream is None or (type(stream) is io.TextIOWrapper and stream.fileno() == number):
            files.append(_FailSafeFile(number, number not in closed))
            setattr(sys, name, _text_stream(files[-1], stream))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    def exit_code() -> int:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        problem = next((file.problem for file in files if file.problem), None)
        if problem is None:
            return 0
        if problem.errno == errno.EPIPE:
            return _READER_GONE
        print(f"error: not all output could be written: {problem.strerror}", file=sys.stderr)
        return _NOT_WRITTEN

    try:
        yield exit_code
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _occupy_closed() -> set[int]:
    """Open the standard descriptors that are closed, or the next file would get their number."""
    closed = set()
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            # This takes the lowest free number.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
    return closed


def _text_stream(file: _FailSafeFile, like: TextIO | None) -> TextIO:
    """Return a text stream for a file, with the encoding and buffering of the stream ``like``."""
    unbuffered = getattr(like, "write_through", False)
    buffer = file if unbuffered else io.BufferedWriter(file)
    stream = io.TextIOWrapper(
        cast(io.BufferedWriter, buffer),
        encoding=like.encoding if like else "utf-8",
        # A message with a £ must not end a run on a terminal without this character.
        errors="replace",
        line_buffering=getattr(like, "line_buffering", False),
        write_through=unbuffered,
    )
    return stream
