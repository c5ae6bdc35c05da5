"""What the files of a run may make ``--resume`` do: write into the run's own folder alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning_course.errors import UserError

# How the arguments end by which loggers, callbacks and profilers take a folder.
_FOLDERS = ("dir", "directory", "folder", "path", "root")


def check_writes(
    trainer: Mapping[str, Any], run: Path, words: Sequence[str], allowed: Iterable[str]
) -> None:
    """Raise a UserError where a run's configuration names a folder outside the run's own.

    Args:
        trainer: The Trainer's options, such as its loggers with their folders.
        run: The run folder.
        words: The command line. What it says itself may lie anywhere.
        allowed: Folders that the user allows too.
    """
    said = [word.split("=")[0].removeprefix("--") for word in words if word.startswith("--trainer")]
    folders = [path.resolve() for path in (run, *map(Path, allowed))]
    for name, value in _strings(trainer, "trainer"):
        path = Path(value.removeprefix("file:")).expanduser()
        is_folder = name.endswith(_FOLDERS) and not name.endswith("class_path")
        if not (is_folder or path.is_absolute() or ".." in path.parts):
            continue
        option = name.replace(".init_args", "")
        if any(option == other or option.startswith(f"{other}.") for other in said):
            continue
        if not any(path.resolve().is_relative_to(folder) for folder in folders):
            raise UserError(
                f"the run's config writes outside its folder: {option} is {value}; "
                f"if you trust it, add --allow {value}"
            )


def check_checkpoint_paths(callbacks: object) -> None:
    """Raise a UserError where a checkpoint's callbacks hold a path with ``..`` in it.

    ``ModelCheckpoint`` removes the files that its state calls worse than the best. They are its
    own if they lie below its folder, and a path with ``..`` only looks as if it did.
    """
    for name, value in _strings(callbacks, "callbacks"):
        if ".." in Path(value).parts:
            raise UserError(f"the run's checkpoint cannot be trusted: {name} is {value}")


def _strings(values: object, name: str) -> Iterator[tuple[str, str]]:
    """Yield all texts in nested values, keys too, by dotted name."""
    if isinstance(values, str):
        yield name, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from _strings(str(key), name)
            yield from _strings(value, f"{name}.{key}")
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _strings(value, name)
