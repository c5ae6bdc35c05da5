"""Writing files whole or not at all, and names of files that are safe.

If this project chooses the path, in a run folder or a cache, a link is replaced and not followed.
If the user chooses it with ``--output``, a link is followed, and a device or a named pipe is
written to.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import stat
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from lightning_course.errors import UserError
from lightning_course.terminal import printable

# Seconds to wait for a named pipe's reader, and between two checks.
_PATIENCE, _POLL = 10.0, 0.05

# Bytes of a file's or folder's name. File systems allow 255; suffixes are added to it.
_MAX_NAME = 100


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file that is renamed to ``path`` if the block succeeds.

    A link at ``path`` is replaced, not followed. The permissions of an existing file are kept.

    Raises:
        OSError: It cannot be written; an existing file is unchanged.
    """
    # Cut, because the whole name may be as long as the file system allows.
    temporary = path.with_name(f".{path.name[: _MAX_NAME // 4]}.{secrets.token_hex(4)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            yield file
        if path.is_file() and not path.is_symlink():
            os.chmod(temporary, path.stat().st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, text as UTF-8; see :func:`replacing`."""
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as file:
        file.write(data)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain types as indented JSON, atomically."""
    write_atomically(
        path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def write_output(path: Path, content: str | bytes) -> None:
    """Write a file that the user has named.

    A link's target is replaced, whole or not at all. A device, a named pipe or an open file such as
    ``/dev/stdout`` is written to in place; on a terminal, control characters are escaped.

    Raises:
        OSError: It cannot be written, or the pipe has no reader.
    """
    if is_stream(path):
        data = content.encode() if isinstance(content, str) else content
        with _stream(path) as stream:
            if stream.isatty():
                data = printable(data.decode("utf-8", "replace"), layout=True).encode()
            rest = memoryview(data)
            while rest:  # under PYTHONUNBUFFERED a write may be partial
                rest = rest[stream.write(rest) or 0 :]
        return
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    write_atomically(target, content)


@contextmanager
def moved_into_place(path: Path) -> Iterator[Path]:
    """Yield a scratch folder, whose files are moved beside ``path`` if the block succeeds.

    Args:
        path: The main file, to be written as ``path.name`` in the scratch folder. It is moved last,
            so that its description is there before it. Its folder is made if that folder's own
            folder exists. If a file's new path is a link, the link's target is replaced.

    Raises:
        UserError: A file cannot be written, or the path is a device or a pipe.
    """
    if is_stream(path):
        raise UserError(f"{path} is a device or a pipe: name a file, for others beside it")
    folder = path.parent if path.parent.is_dir() else path.parent.parent
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export.") as name:
            scratch = Path(name)
            yield scratch
            path.parent.mkdir(exist_ok=True)
            for file in sorted(scratch.iterdir(), key=lambda file: file.name == path.name):
                target = path.with_name(file.name)
                if target.is_symlink():
                    write_output(target, file.read_bytes())
                else:
                    os.replace(file, target)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def is_stream(path: Path) -> bool:
    """Whether a path is written to in place: a device, a pipe, or an open file's descriptor."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as /dev/stdout means, else None."""
    if os.name != "posix":
        return None
    name = os.path.abspath(path)
    # The system follows no more links than this either.
    for _ in range(40):
        if match := re.fullmatch(rf"(?:/dev|/proc/(?:self|{os.getpid()}))/fd/(\d+)", name):
            return int(match[1])
        if name in ("/dev/stdout", "/dev/stderr"):
            return 1 if name == "/dev/stdout" else 2
        if not os.path.islink(name):
            return None
        name = os.path.abspath(os.path.join(os.path.dirname(name), os.readlink(name)))
    return None


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    """Open a path for which :func:`is_stream` is true for writing."""
    number = _descriptor(path)
    for stream in (sys.stdout, sys.stderr):
        # These handle a missing reader themselves.
        if number is not None and _number_of(stream) == number:
            stream.flush()
            yield stream.buffer
            stream.flush()
            return
    # A copy of the descriptor keeps the file's mode: `3>> file` appends.
    with os.fdopen(_opened(path) if number is None else os.dup(number), "wb") as file:
        yield file


def _number_of(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None  # a notebook's or a test's stream, or a closed one


def _opened(path: Path) -> int:
    """Open a device or a pipe and return its descriptor."""
    mode = path.stat().st_mode
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        raise OSError(errno.EINVAL, "it is neither a file nor a character device", str(path))
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(mode):
                raise
            if time.monotonic() > deadline:
                raise OSError(errno.ENXIO, "nobody reads the named pipe", str(path)) from None
            time.sleep(_POLL)
        else:
            os.set_blocking(number, True)
            return number


def safe_name(text: str, default: str = "data") -> str:
    """Return a safe name for a file or folder, made from any text.

    It has no separators, control characters or leading dots, and every file system allows its
    length; a longer text is cut, and its checksum added.

    Args:
        text: The name of a file, a column, a class or an option.
        default: The name if no characters are left.

    Examples:
        >>> safe_name("..")
        'data'
        >>> safe_name("a/b: c")
        'a_b_c'
    """
    name = re.sub(r"[^\w.,=+-]+", "_", unicodedata.normalize("NFC", text)).lstrip(".")
    name = name or default
    # On Windows these are devices in every folder, with any suffix.
    if re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name, re.IGNORECASE):
        name = f"_{name}"
    data = name.encode()
    if len(data) <= _MAX_NAME:
        return name
    checksum = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{data[: _MAX_NAME - 10].decode('utf-8', 'ignore')},{checksum}"


def break_hard_links(path: Path) -> None:
    """Replace a file that has several names by a copy, before it is written to in place.

    Raises:
        OSError: It cannot be read or written.
    """
    if path.is_file() and path.stat().st_nlink > 1:
        write_atomically(path, path.read_bytes())


def refuse_links(folder: Path) -> None:
    """Raise a UserError if a run's folder holds links that lead out of it, devices or pipes.

    A run is a folder of plain files: whoever made it must not choose which other files of the user
    are read or written. Links to files in the folder are harmless. So are hard links: files are
    replaced and not written in place, except for those that :func:`break_hard_links` handles.

    Args:
        folder: A run's folder or a comparison's; the folder itself may be a link.
    """
    top = Path(os.path.realpath(folder))
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        _refuse_outside(entry.path, top)
                    elif entry.is_dir():
                        pending.append(Path(entry.path))
                    elif not entry.is_file() and os.path.lexists(entry.path):
                        raise UserError(
                            f"{entry.path} is a device or a pipe: a run has files and folders only"
                        )
        except OSError as error:
            raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error


def _refuse_outside(link: str, top: Path) -> None:
    target = Path(os.path.realpath(link))
    # A target that is still a link is part of a loop.
    if target.is_symlink() or not target.is_relative_to(top):
        raise UserError(
            f"{link} is a link to {os.readlink(link)}, which is not in the run: replace the link "
            "by the file itself"
        )
