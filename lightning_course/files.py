"""Files that a user or a run brings, read only if they have an end.

A name can lead to a pipe that nobody fills, to a device without an end, or to more than the memory
holds. Every such file is opened here.
"""

import io
import os
import stat

from lightning_course.errors import UserError

# As much as is read without a closer limit.
MAX_BYTES = 4 << 30

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_file(path: str | os.PathLike[str], what: str | None = None) -> io.BufferedReader:
    """Open a regular file for reading bytes; a link may lead to it.

    Args:
        path: The file.
        what: What messages call it; None takes the path.

    Raises:
        UserError: It cannot be opened, or is a folder, a pipe, a socket or a device.
    """
    what = what or str(path)
    try:
        # Before it is opened: even opening a device can do something.
        _check_kind(os.stat(path).st_mode, what)
        # The name may lead elsewhere by now, and opening a pipe would wait for who fills it.
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115  # handed to the caller
        try:
            _check_kind(os.fstat(file.fileno()).st_mode, what)
        except UserError:
            file.close()
            raise
    except OSError as error:
        raise UserError(f"{what} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a path with a null character
        raise UserError(f"{what!r} cannot be read: {error}") from error
    return file


def read_bytes(
    path: str | os.PathLike[str], limit: int = MAX_BYTES, what: str | None = None
) -> bytes:
    """Return the content of a regular file.

    Args:
        path: The file.
        limit: The most bytes that it may have.
        what: What messages call it; None takes the path.

    Raises:
        UserError: It is larger; or see :func:`open_file`.
    """
    what = what or str(path)
    with open_file(path, what) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise UserError(
                f"{what} cannot be read: it has {size:,} bytes, and at most {limit:,} are taken"
            )
        try:
            # Not to its end: somebody may write it at this moment.
            return file.read(size)
        except OSError as error:
            raise UserError(f"{what} cannot be read: {error.strerror or error}") from error


def read_text(path: str | os.PathLike[str], limit: int = MAX_BYTES, what: str | None = None) -> str:
    """Return the content of a regular file of UTF-8 text with line feeds at the ends of lines.

    Raises:
        UserError: It is not UTF-8; or see :func:`read_bytes`.
    """
    try:
        text = read_bytes(path, limit, what).decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start:,}"
        raise UserError(f"{what or path} cannot be read: it is not UTF-8 text ({where})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_kind(mode: int, what: str) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise UserError(f"{what} cannot be read: it is {kind}, not a file")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such pipes
