"""The image files of a folder, by split and class."""

import os
import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from lightning_course.errors import UserError
from lightning_course.preprocessing.image_decoding import FORMATS
from lightning_course.sources.own.image_names import class_name, is_of_system, split_of

ClassOrder = Literal["size", "text"]

# Folders in folders; a tree of more was made by a program that went wrong.
_MAX_DEPTH = 50

_ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)


class ImageFile(NamedTuple):
    """One image file.

    Attributes:
        name: Its path below the folder, with forward slashes.
        size: Its size in bytes.
        changed: The time of its last change in nanoseconds.
    """

    name: str
    size: int
    changed: int


class ImageFiles(NamedTuple):
    """The image files of a folder.

    Attributes:
        train: K lists, one for each class, sorted by name.
        validation: The same, and lists may be empty; None if the folder has no such part.
        test: Like ``validation``.
        class_names: K names, in order.
    """

    train: list[list[ImageFile]]
    validation: list[list[ImageFile]] | None
    test: list[list[ImageFile]] | None
    class_names: tuple[str, ...]


# The images of one split by class, in order of the folders' names.
_Classes = dict[str, list[ImageFile]]

_LAYOUT = "train/CLASS/FILE and maybe test/CLASS/FILE, or CLASS/FILE"


def find_images(folder: Path, class_order: ClassOrder = "size") -> ImageFiles:
    """Return the image files of a folder, and warn about files that are skipped.

    Args:
        folder: A folder of the layout ``train/CLASS/FILE``, maybe with ``validation`` and ``test``,
            with any of their usual names, see
            :func:`~lightning_course.sources.own.image_names.split_of`; or of the layout
            ``CLASS/FILE``. Folders within the folder of a class belong to the class. Hidden files,
            system files and files with other endings are skipped.
        class_order: "size" orders classes whose names are all numbers by size (2 before 10), others
            as text; "text" orders all as text (10 before 2), as Keras does.

    Raises:
        UserError: There is no such folder or its layout is another; there are fewer than two
            classes; a class has no images; or another part has a class that ``train`` does not
            have.
    """
    if not folder.is_dir():
        problem = "it is not a folder" if folder.exists() else "there is no such folder"
        raise UserError(f"--data.folder {folder}: {problem}")
    skipped: list[str] = []
    parts = _parts(folder, skipped)
    train = _classes(folder, parts["train"], skipped)
    if len(train) < 2:
        raise UserError(
            f"{folder} must have folders of images for two classes or more, train/CLASS/FILE or "
            f"CLASS/FILE, and has {_listed(list(train)) or 'none'}"
        )
    names = by_size(train) if class_order == "size" else list(train)
    held_out = {
        split: _held_out(folder, part, names, skipped)
        for split, part in parts.items()
        if split != "train"
    }
    if skipped:
        warnings.warn(
            f"{folder}: skipped (by their names, not images of a class): {_listed(skipped)}",
            stacklevel=2,
        )
    _warn_of_twins(folder, names)
    return ImageFiles(
        [train[name] for name in names],
        held_out.get("validation"),
        held_out.get("test"),
        tuple(names),
    )


def by_size(names: Iterable[str]) -> list[str]:
    """Return names of classes ordered by size if all are numbers, else unchanged.

    Args:
        names: Names ordered as text.
    """
    names = list(names)
    return sorted(names, key=int) if all(map(str.isdecimal, names)) else names


def images_below(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the images in a folder and below it, by the rules of :func:`find_images`.

    Returns:
        The paths, sorted, and the names of the files that are skipped.
    """
    skipped: list[str] = []
    return [folder / file.name for file in _images(folder, "", skipped)], skipped


def _parts(folder: Path, skipped: list[str]) -> dict[str, str]:
    """Return the name of each split's folder; {"train": ""} if the folder has classes itself."""
    names = _folders(folder, "", [])
    splits = {name: split for name in names if (split := split_of(name))}
    if not any(_folders(folder, name, []) for name in splits):
        if len(set(splits.values())) > 1 and len(splits) == len(names):
            raise UserError(
                f"{folder}: {_listed(list(splits))} must have a folder for each class: {_LAYOUT}"
            )
        # A folder "train" that has the images itself is a class, like "plane" and "ship".
        for name in splits if len(names) > 1 else ():
            warnings.warn(
                f"{folder / name} has no folders of classes and is taken for a class itself",
                stacklevel=3,
            )
        return {"train": ""}
    others = [name for name in names if name not in splits]
    if beside := [name for name in others if _images(folder, name, [])]:
        raise UserError(
            f"{folder} has folders of splits ({_listed(list(splits))}) beside others with images "
            f"({_listed(beside)}): move one kind elsewhere; the layout is {_LAYOUT}"
        )
    skipped += others
    parts: dict[str, str] = {}
    for name, split in splits.items():
        if split in parts:
            raise UserError(
                f"{folder}: {parts[split]} and {name} are both names of a {split} split: leave one"
            )
        parts[split] = name
    if "train" not in parts:
        raise UserError(
            f"{folder} has {_listed(list(splits))}, and no folder train: the layout is {_LAYOUT}"
        )
    return parts


def _classes(folder: Path, part: str, skipped: list[str]) -> _Classes:
    """Return the images by class in one part of a folder ("" is the folder itself)."""
    found: _Classes = {}
    entries = _folders(folder, part, skipped)
    for entry in entries:
        below = f"{part}/{entry}".lstrip("/")
        name = class_name(entry)
        if name in found:
            raise UserError(
                f"{folder / part} has two folders for the class {name}, whose letters are encoded "
                "in two ways: leave one"
            )
        found[name] = _images(folder, below, skipped)
        within = sorted(name for name in _inner(found[name], below) if split_of(name))
        if len(set(map(split_of, within))) > 1:
            question = f"; is it --data.folder {folder / below}?" if len(entries) == 1 else ""
            raise UserError(
                f"{folder / below} has the splits {_listed(within)} within the class: the layout "
                f"is {_LAYOUT}{question}"
            )
        if not found[name]:
            raise UserError(
                f"{folder / below} has no images ({', '.join(_ENDINGS)}): put some in, or "
                "remove the folder"
            )
    if not part:
        _check_no_splits(folder, found)
    return found


def _inner(images: Sequence[ImageFile], below: str) -> set[str]:
    """Return the folders directly below a folder that have images in or below them."""
    folders = {file.name.rpartition("/")[0].removeprefix(below) for file in images}
    return {path.split("/")[1] for path in folders if path}


def _check_no_splits(folder: Path, classes: _Classes) -> None:
    """Refuse, or warn of, classes that may be splits.

    Either all have the same folders within, such as "cats" and "dogs", or two differ only in the
    name of a split, such as "cats_train" and "cats_test".
    """
    names, what = list(classes), ""
    inner = [_inner(images, images[0].name.split("/")[0]) for images in classes.values()]
    if len(inner) > 1 and len(inner[0]) > 1 and all(within == inner[0] for within in inner):
        what = (
            f"all have the folders {_listed(sorted(inner[0]))}: if these are the classes, name the "
            "others train, validation and test"
        )
    else:
        # By the words that are not of a split: the name by its split.
        alike: dict[str, dict[str, str]] = {}
        for name in names:
            words = re.findall(r"[^\W_]+", name.casefold())
            others = " ".join(word for word in words if not split_of(word))
            for split in filter(None, map(split_of, words)) if others else ():
                alike.setdefault(others, {})[split] = name
        if names := next((list(same.values()) for same in alike.values() if len(same) > 1), []):
            what = f"may be splits of one class: the layout is {_LAYOUT}"
    if not what:
        return
    line = f"{folder}: {_listed(names)} {what}"
    if any("train" in name.casefold() for name in names):
        raise UserError(line)
    warnings.warn(f"{line}; they are taken for classes", stacklevel=4)


def _held_out(
    folder: Path, part: str, names: Sequence[str], skipped: list[str]
) -> list[list[ImageFile]]:
    """Return the images of another part of a folder, for each class of the training part."""
    found = _classes(folder, part, skipped)
    if not found:
        raise UserError(f"{folder / part} must have folders of images for classes too")
    if unknown := sorted(set(found) - set(names)):
        raise UserError(
            f"{folder / part} has the class {_listed(unknown)}, which train does not have: "
            f"{_listed(names, 10)}"
        )
    return [found.get(name, []) for name in names]


def _warn_of_twins(folder: Path, names: Sequence[str]) -> None:
    """Warn about classes that may be one: on some systems their folders have the same name."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(" ".join(name.casefold().split()), []).append(name)
    twins = [" and ".join(map(repr, kind)) for kind in kinds.values() if len(kind) > 1]
    if twins:
        warnings.warn(
            f"{folder}: classes whose names differ only in case or spaces: {_listed(twins)}",
            stacklevel=3,
        )


def _folders(folder: Path, part: str, skipped: list[str]) -> list[str]:
    """Return the sorted names of the folders in one part of a folder, without our run folders."""
    names = []
    for entry in _scan(folder / part):
        ours = entry.name == "runs" and any(Path(entry.path).glob("*/*/config.yaml"))
        if _is_folder(entry, folder / part) and not is_of_system(entry.name) and not ours:
            names.append(entry.name)
        else:
            skipped.append(f"{part}/{entry.name}".lstrip("/"))
    return names


def _is_folder(entry: "os.DirEntry[str]", within: Path) -> bool:
    """Whether an entry is a folder or a link to one, but not a link to a folder above it."""
    try:
        is_link = entry.is_dir() and entry.is_symlink()
    except OSError:  # a link to itself
        return False
    if is_link:
        return not Path(os.path.realpath(within)).is_relative_to(os.path.realpath(entry.path))
    return entry.is_dir()


def _images(folder: Path, name: str, skipped: list[str]) -> list[ImageFile]:
    """Return the images in and below a folder within the folder, sorted by name."""
    if name.count("/") > _MAX_DEPTH:
        raise UserError(f"{folder / name} lies too deep: at most {_MAX_DEPTH} folders are entered")
    found = []
    for entry in _scan(folder / name):
        below = f"{name}/{entry.name}".lstrip("/")
        if is_of_system(entry.name):
            skipped.append(below)
        elif entry.is_dir(follow_symlinks=False):
            found += _images(folder, below, skipped)
        elif entry.name.lower().endswith(_ENDINGS):
            found.append(ImageFile(below, *_state(entry)))
        else:
            skipped.append(below)
    return found


def _scan(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror or error}") from error


def _state(entry: "os.DirEntry[str]") -> tuple[int, int]:
    """Return size and time; zeros if that fails, as reading the file will give the error."""
    try:
        state = entry.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def _listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first names, and the number of the others."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
