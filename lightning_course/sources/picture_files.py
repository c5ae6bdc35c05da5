"""Which picture files of which class a folder holds."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lightning_course.errors import UserError
from lightning_course.preprocessing.pictures import FORMATS

_ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)


class PictureFile(NamedTuple):
    """One picture.

    Attributes:
        name: Its path below the folder, with forward slashes.
        size: Bytes.
        changed: Nanoseconds of its last change.
    """

    name: str
    size: int
    changed: int


class PictureFiles(NamedTuple):
    """The pictures of a folder.

    Attributes:
        train: By class and name; K lists.
        test: Likewise, and a class may have none here; None where the folder has no such part.
        class_names: K names, in order of the alphabet, or of size if all are numbers.
    """

    train: list[list[PictureFile]]
    test: list[list[PictureFile]] | None
    class_names: tuple[str, ...]


def find_pictures(folder: Path) -> PictureFiles:
    """Return the pictures of a folder, and warn of what is skipped.

    Args:
        folder: With ``train/CLASS/FILE`` and maybe ``test/CLASS/FILE``, or with ``CLASS/FILE``.
            Folders in that of a class belong to it. Hidden files, and those whose names end like no
            picture's, are skipped.

    Raises:
        UserError: No such folder or none of that layout; fewer than two classes, one without
            pictures, or one in ``test`` that ``train`` lacks.
    """
    if not folder.is_dir():
        problem = "it is not a folder" if folder.exists() else "there is no such folder"
        raise UserError(f"--data.folder {folder}: {problem}")
    skipped: list[str] = []
    # A folder "train" that holds the pictures itself is a class, beside "plane" and "ship".
    has_parts = (folder / "train").is_dir() and bool(_class_folders(folder, "train", []))
    train = _classes(folder, "train" if has_parts else "", skipped)
    test = None
    if len(train) < 2:
        raise UserError(
            f"{folder} must have folders of pictures for two classes or more, train/CLASS/FILE or "
            f"CLASS/FILE, and has {_listed(list(train)) or 'none'}"
        )
    if has_parts and (folder / "test").is_dir():
        test = _classes(folder, "test", skipped)
        if not test:
            raise UserError(f"{folder / 'test'} must have folders of pictures for classes too")
    names = sorted(train, key=(int if all(map(str.isdecimal, train)) else None))
    if unknown := sorted(set(test or ()) - set(names)):
        raise UserError(
            f"{folder / 'test'} has the class {_listed(unknown)}, which train has not: "
            f"{_listed(names, 10)}"
        )
    if skipped:
        warnings.warn(
            f"{folder}: skipped what is no picture of a class by its name: {_listed(skipped)}",
            stacklevel=2,
        )
    return PictureFiles(
        [train[name] for name in names],
        None if test is None else [test.get(name, []) for name in names],
        tuple(names),
    )


def _classes(folder: Path, part: str, skipped: list[str]) -> dict[str, list[PictureFile]]:
    """Return the pictures by class in one part of a folder ("" is the folder itself)."""
    found = {}
    for name in _class_folders(folder, part, skipped):
        found[name] = _pictures(folder, f"{part}/{name}".lstrip("/"), skipped)
        if not found[name]:
            raise UserError(
                f"{folder / part / name} has no pictures ({', '.join(_ENDINGS)}): put some in, or "
                "remove the folder"
            )
    return found


def _class_folders(folder: Path, part: str, skipped: list[str]) -> list[str]:
    names = []
    for entry in _scan(folder / part):
        if entry.is_dir() and not _is_hidden(entry):
            names.append(entry.name)
        else:
            skipped.append(f"{part}/{entry.name}".lstrip("/"))
    return names


def _pictures(folder: Path, name: str, skipped: list[str]) -> list[PictureFile]:
    """Return the pictures in a class's folder and those in it, in order of their names."""
    found = []
    for entry in _scan(folder / name):
        below = f"{name}/{entry.name}"
        if _is_hidden(entry):
            skipped.append(below)
        elif entry.is_dir(follow_symlinks=False):
            found += _pictures(folder, below, skipped)
        elif entry.name.lower().endswith(_ENDINGS):
            found.append(PictureFile(below, *_state(entry)))
        else:
            skipped.append(below)
    return found


def _scan(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror or error}") from error


def _is_hidden(entry: "os.DirEntry[str]") -> bool:
    # ".DS_Store", ".ipynb_checkpoints", "__MACOSX": of systems and programs, not of the user.
    return entry.name.startswith((".", "__"))


def _state(entry: "os.DirEntry[str]") -> tuple[int, int]:
    """Return size and time; zeros where reading the file will say what is wrong with it."""
    try:
        state = entry.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def _listed(names: Sequence[str], most: int = 3) -> str:
    """Return some names and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
