"""Reading files that a user or a run brings, within limits.

A path can lead to a pipe that nobody writes to, to an endless device, or to a file larger than the
memory. Every such file is opened here. A short text can also describe a huge value: see
:func:`check_yaml`.
"""

import io
import json
import os
import stat
from typing import Any

import yaml

from lightning_course.errors import UserError

# The limit for files without a lower one.
MAX_BYTES = 4 << 30

# Bytes of YAML or JSON, which take up to fifty times as much memory; a run's files have a few kB.
_MAX_DOCUMENT = 10_000_000

# Nodes of YAML, repeated ones included, and their depth; a run's config has 100 nodes, 5 deep.
_MAX_NODES, _MAX_DEPTH = 20_000, 50
# Levels of YAML in strings of YAML.
_MAX_STRINGS = 5

# PyYAML's fast loader, if it was built with it.
_YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_file(path: str | os.PathLike[str], what: str | None = None) -> io.BufferedReader:
    """Open a regular file for reading bytes; links are followed.

    Args:
        path: The file.
        what: Its name in messages; None: the path.

    Raises:
        UserError: It cannot be opened, or is a folder, a pipe, a socket or a device.
    """
    what = what or str(path)
    try:
        # Before it is opened, because opening a device can have effects.
        _check_kind(os.stat(path).st_mode, what)
        # The path may lead elsewhere by now, and opening a pipe would wait for a writer.
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
        limit: Its maximal size in bytes.
        what: Its name in messages; None: the path.

    Raises:
        UserError: It is larger; or see :func:`open_file`.
    """
    what = what or str(path)
    with open_file(path, what) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise UserError(
                f"{what} cannot be read: it has {size:,} bytes, and at most {limit:,} are read"
            )
        try:
            # Not to its end, because another program may be writing to it.
            return file.read(size)
        except OSError as error:
            raise UserError(f"{what} cannot be read: {error.strerror or error}") from error


def read_text(path: str | os.PathLike[str], limit: int = MAX_BYTES, what: str | None = None) -> str:
    """Return the content of a regular file of UTF-8 text; all line ends become line feeds.

    Raises:
        UserError: It is not UTF-8; or see :func:`read_bytes`.
    """
    try:
        text = read_bytes(path, limit, what).decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start:,}"
        raise UserError(f"{what or path} cannot be read: it is not UTF-8 text ({where})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: str | os.PathLike[str], limit: int = _MAX_DOCUMENT) -> Any:
    """Return the content of a JSON file.

    Raises:
        UserError: It is not JSON; or see :func:`read_text`.
    """
    text = read_text(path, limit)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: it is not JSON ({error})") from error


def read_yaml(path: str | os.PathLike[str], limit: int = _MAX_DOCUMENT) -> Any:
    """Return the content of a YAML file of plain types.

    Raises:
        UserError: It is not YAML, or see :func:`check_yaml` and :func:`read_text`.
    """
    text = read_text(path, limit)
    try:
        check_yaml(text)
        return yaml.load(text, Loader=_YamlLoader)  # a safe one
    except UnboundedYaml as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:  # such as a date 2000-13-01
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path} cannot be read: it is not valid YAML ({reason})") from error


class UnboundedYaml(yaml.YAMLError):
    """YAML that describes an endless or a huge value."""


def check_yaml(text: str, within: int = 0) -> None:
    """Check the size of YAML's value without building it.

    An alias repeats a part. A few lines of aliases of aliases describe millions of nodes, and a
    part that contains its own alias is endless.

    Args:
        text: YAML. Its strings are checked too, since jsonargparse reads a string as YAML if the
            option is not a string.
        within: The number of strings around it.

    Raises:
        UnboundedYaml: It has too many nodes, is nested too deeply, or contains itself.
        yaml.YAMLError: It is not YAML.
    """
    if "*" not in text and len(text) <= _MAX_DEPTH:
        return
    # The number of nodes of each part with a name, repeated ones included; None while it is open.
    named: dict[str, int | None] = {}
    # For each open part: its name, and the number of nodes before it.
    open_parts: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=_YamlLoader):
        if isinstance(event, yaml.AliasEvent):
            # An unknown name is an error of the loader.
            size = named.get(str(event.anchor), 1)
            if size is None:
                raise UnboundedYaml(f"the part &{event.anchor} contains itself")
            nodes += size
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            if isinstance(event, yaml.ScalarEvent):
                if len(event.value) < len(text):
                    _check_string(event.value, within + 1)
                if event.anchor is not None:
                    named[event.anchor] = 1
            else:
                open_parts.append((event.anchor, nodes - 1))
                if event.anchor is not None:
                    named[event.anchor] = None
        elif isinstance(event, yaml.CollectionEndEvent):
            name, before = open_parts.pop()
            if name is not None:
                named[name] = nodes - before
        if nodes > _MAX_NODES:
            raise UnboundedYaml(f"it has more than {_MAX_NODES:,} entries, repeated ones included")
        if len(open_parts) > _MAX_DEPTH or within > _MAX_STRINGS:
            raise UnboundedYaml(f"its entries are nested more than {_MAX_DEPTH} deep")


def _check_string(text: str, within: int) -> None:
    try:
        check_yaml(text, within)
    except UnboundedYaml:
        raise
    except yaml.YAMLError:
        return  # most strings are not YAML


def _check_kind(mode: int, what: str) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise UserError(f"{what} cannot be read: it is {kind}, not a file")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such pipes
