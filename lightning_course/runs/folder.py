"""The run folder ``runs/<task>/<version>/``: making, locking and finding it."""

import re
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from lightning_course.command_line import did_you_mean
from lightning_course.errors import UserError
from lightning_course.files.writing import break_hard_links, refuse_links
from lightning_course.terminal import program

_VERSION = re.compile(r"version_(\d+)")


class RunFolder:
    """A run's folder. It is made on first use, so that nothing is on disk before training starts.

    Args:
        root: The folder of all runs.
        task: The task's name.
    """

    def __init__(self, root: Path, task: str) -> None:
        self._parent = root / task
        self._path: Path | None = None
        self._lock: FileLock | None = None

    @classmethod
    def at(cls, path: Path) -> Self:
        """Make the run folder with this path and return it."""
        path.mkdir(parents=True, exist_ok=True)
        folder = cls(path.parent.parent, path.parent.name)
        folder.path = path
        return folder

    @property
    def made(self) -> bool:
        """Whether the folder was made, or its path was set in this process."""
        return self._path is not None

    @property
    def path(self) -> Path:
        """The folder, made now if it does not exist yet (rank 0 must be the first to ask)."""
        if self._path is None:
            self._path = _new_version(self._parent)
        return self._path

    @path.setter
    def path(self, path: Path) -> None:
        self._path = path

    def lock(self) -> None:
        """Make this process the only one that writes the run, until it ends or :meth:`unlock`.

        Raises:
            UserError: Another process is writing it.
        """
        if self._lock is not None:
            return
        break_hard_links(self.path / ".lock")
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UserError(f"another process is writing the run {self.path}") from None
        self._lock = lock

    def unlock(self) -> None:
        """Let other processes write the run."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _new_version(parent: Path) -> Path:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        number = max((number for number, _ in _versions(parent)), default=-1) + 1
        while True:
            path = parent / f"version_{number}"
            try:
                # mkdir is atomic, so two runs that start at once get different folders.
                path.mkdir()
                return path
            except FileExistsError:
                number += 1
    except OSError as error:
        raise UserError(f"cannot write runs to {parent}: {error.strerror}") from error


def _versions(parent: Path) -> list[tuple[int, Path]]:
    """Return (number, folder) of all versions, oldest first."""
    matches = ((_VERSION.fullmatch(path.name), path) for path in parent.glob("version_*"))
    return sorted((int(match[1]), path) for match, path in matches if match)


def find_run(path: str | Path) -> Path:
    """Return the folder of a finished run; ``…/latest`` is the newest finished one.

    Raises:
        UserError: There is no such run, it is not finished, or it has links that lead out of it.
    """
    path = Path(path)
    if path.name == "latest":
        finished = [run for _, run in _versions(path.parent) if (run / "results.json").is_file()]
        if not finished:
            raise UserError(f"no finished run in {path.parent}{_other_runs(path.parent)}")
        path = finished[-1]
    if not path.is_dir():
        raise UserError(f"there is no run {path}{_other_runs(path.parent)}")
    if not (path / "results.json").is_file():
        raise UserError(f"the run {path} is not finished: it has no results.json")
    refuse_links(path)
    return path


def find_unfinished(path: str | Path) -> Path:
    """Return the folder of a run that can be resumed; ``…/latest`` is the newest run.

    Raises:
        UserError: There is no such run, it is finished, none of its epochs is, or it has links that
            lead out of it.
    """
    path = Path(path)
    if path.name == "latest" and (versions := _versions(path.parent)):
        path = versions[-1][1]
    if not path.is_dir():
        raise UserError(f"there is no run {path}{_other_runs(path.parent)}")
    if (path / "results.json").is_file():
        raise UserError(f"the run {path} is finished: there is nothing to resume")
    if not (path / "config.yaml").is_file():
        raise UserError(f"{path} is not a run: it has no config.yaml")
    if not last_checkpoint(path).is_file():
        raise UserError(
            f"the run {path} has no checkpoint because no epoch finished: start a new run"
        )
    refuse_links(path)
    return path


def last_checkpoint(run: Path) -> Path:
    """Return the path of the last epoch's checkpoint."""
    return run / "checkpoints" / "last.ckpt"


def _other_runs(parent: Path) -> str:
    """Return the end of a message: the runs there are, a similar name, or how to get a run."""
    if parent.is_dir():
        names = [run.name for _, run in _versions(parent)]
        return f" (there are: {', '.join(names[-5:])})" if names else ""
    if parent.parent.is_dir():
        return did_you_mean(parent.name, [folder.name for folder in parent.parent.iterdir()])
    return f"; train first: {program('train')} --task NAME"
