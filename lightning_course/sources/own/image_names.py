"""The meaning of the names of folders and files: a split, a class, or a system file."""

import os
import re
import unicodedata

from lightning_course.terminal import printable

# Names of the folders of a split, in any case: one table for all.
_SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLIT_OF = {name: split for split, names in _SPLITS.items() for name in names}

# The other parts of names such as "training_set", "TestImages" and "val2017".
_FILLER = re.compile(r"[\W\d_]+|seg(?=_)|dataset|data|images?|imgs?|pictures|set|split")

# Folders and files of operating systems and programs: of NAS devices, Windows, Linux.
_OF_SYSTEMS = {
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recently-snapshot",
    "@recycle",
    "@tmp",
    "desktop.ini",
    "lost+found",
    "network trash folder",
    "recycler",
    "system volume information",
    "temporary items",
    "thumbs.db",
}


def split_of(name: str) -> str | None:
    """Return the split that a folder's name means, "train", "validation" or "test", or None.

    Examples:
        >>> [split_of(name) for name in ("Training", "VAL", "test_set", "val2017", "cats")]
        ['train', 'validation', 'test', 'validation', None]
    """
    return _SPLIT_OF.get(_FILLER.sub("", name.casefold()))


def is_of_system(name: str) -> bool:
    """Whether a file or folder is hidden or the system's: ".DS_Store", "__MACOSX", "@eaDir"."""
    return name.startswith((".", "__")) or name.casefold() in _OF_SYSTEMS


def class_name(folder: str) -> str:
    r"""Return the name of a class from the name of its folder, fit for any file and terminal.

    Letters with accents become single characters, however the file system stores them; bytes that
    are not UTF-8 and control characters become escapes.

    Examples:
        >>> class_name("cafe\u0301") == "caf\xe9"
        True
        >>> class_name("caf\udce9")
        'caf\\xe9'
    """
    return printable(unicodedata.normalize("NFC", encodable(folder)))


def encodable(path: str | os.PathLike[str]) -> str:
    """Return a path as text for a CSV file: bytes that are not UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
