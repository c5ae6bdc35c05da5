"""The folder of a comparison, ``runs/compare/<name>/``: its manifest and its runs.

Each run is an ordinary run folder, ``seed_<seed>/<task>/version_0``, with the output of its process
in ``seed_<seed>/<task>.log``.
"""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pandas as pd
from filelock import FileLock, Timeout

from lightning_course import catalogue
from lightning_course.comparing.options import Member
from lightning_course.comparing.table import SeedRun
from lightning_course.errors import UserError
from lightning_course.files.reading import read_json, read_yaml
from lightning_course.files.writing import break_hard_links, refuse_links, write_json
from lightning_course.runs.folder import find_run, find_unfinished
from lightning_course.runs.results import read_results
from lightning_course.training.options.effects import DATA_WITHOUT_EFFECT, RUN_WITHOUT_EFFECT

MANIFEST = "comparison.json"

# Options that may differ between the runs of a task: the seeds, and those that change no result.
_FREE_OPTIONS = RUN_WITHOUT_EFFECT | {"seed_everything", "data.init_args.seed"}
_FREE_OPTIONS |= {f"data.init_args.{name}" for name in DATA_WITHOUT_EFFECT}


class ComparisonFolder:
    """A comparison on disk; a context in which no other process can use its folder.

    Args:
        path: The folder. It is made if it is missing.
        overrides: Options of ``train`` that all its runs share, each "--NAME=VALUE".

    Attributes:
        members: The runs that were ever started here, with "jobs" (the largest number of runs at
            once) and "resumed" (whether the run was interrupted and resumed).

    Raises:
        UserError: On entering: the folder cannot be written, is in use, is not a comparison, has
            links that lead out of it, or its runs were made with other overrides.
    """

    def __init__(self, path: Path, overrides: Sequence[str]) -> None:
        self.path = path
        self.overrides = list(overrides)
        self.members: dict[Member, dict[str, Any]] = {}
        self._is_new = False
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        self._is_new = not self.path.exists()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            refuse_links(self.path)
            break_hard_links(self.path / ".lock")
            self._lock = FileLock(self.path / ".lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            self._lock = None
            raise UserError(f"another process is using {self.path}") from None
        except OSError as error:
            raise UserError(f"cannot write to {self.path}: {error.strerror}") from error
        try:
            self._read_manifest()
        except UserError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()
        if self._is_new and not self._runs():
            # This process made the folder, which holds only a manifest and logs.
            shutil.rmtree(self.path)
            with suppress(OSError):
                for folder in self.path.parents[:2]:
                    folder.rmdir()

    def keep(self) -> None:
        """Keep the folder after the context even if it has no runs, for its logs."""
        self._is_new = False

    def _runs(self) -> list[Path]:
        return list(self.path.glob("seed_*/*/version_*"))

    def _read_manifest(self) -> None:
        path = self.path / MANIFEST
        if not self._runs():
            # There is nothing to protect: all earlier runs were refused.
            if not path.is_file() and set(self.path.iterdir()) - {self.path / ".lock"}:
                raise UserError(f"{self.path} is not a comparison: choose another --name")
            return
        try:
            content = read_json(path)
            overrides = [str(word) for word in content["overrides"]]
            self.members = {
                # Task and seed become parts of paths.
                Member(catalogue.find(entry["task"]).name, int(entry["seed"])): {
                    "jobs": int(entry["jobs"]),
                    "resumed": bool(entry["resumed"]),
                }
                for entry in content["runs"]
            }
        except (UserError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} cannot be read: choose another --name") from error
        if overrides != self.overrides:
            raise UserError(
                f"{self.path} was made {_difference(overrides, self.overrides)}: "
                "choose another --name"
            )

    def record_start(self, member: Member, jobs: int, resumed: bool) -> None:
        """Record in the manifest that a run starts, as one of ``jobs`` at once."""
        if resumed:
            jobs = max(jobs, self.members.get(member, {}).get("jobs", 1))
        self.members[member] = {"jobs": jobs, "resumed": resumed}
        self._write_manifest()

    def remove_if_empty(self, member: Member) -> None:
        """Remove a run from the manifest that has no run folder."""
        if not self.began(member):
            del self.members[member]
            self._write_manifest()

    def _write_manifest(self) -> None:
        runs = [
            {"task": member.task, "seed": member.seed, **entry}
            for member, entry in self.members.items()
        ]
        write_json(self.path / MANIFEST, {"overrides": self.overrides, "runs": runs})

    def runs_of(self, member: Member) -> Path:
        """Return the ``--runs`` folder of a run."""
        return self.path / f"seed_{member.seed}"

    def log(self, member: Member) -> Path:
        """Return the path of a run's log file."""
        return self.runs_of(member) / f"{member.task}.log"

    def began(self, member: Member) -> bool:
        """Whether the run has made its run folder."""
        return any((self.runs_of(member) / member.task).glob("version_*"))

    def finished(self, member: Member) -> Path | None:
        """Return the run folder if the run is finished, else None."""
        try:
            return find_run(self.runs_of(member) / member.task / "latest")
        except UserError:
            return None

    def resumable(self, member: Member) -> Path | None:
        """Return the run folder if the run has a checkpoint to resume from, else None."""
        try:
            return find_unfinished(self.runs_of(member) / member.task / "latest")
        except UserError:
            return None

    def remove_empty_runs(self, member: Member) -> None:
        """Remove the folder of a run that stopped in its first epoch: TensorBoard would show it."""
        for path in (self.runs_of(member) / member.task).glob("version_*"):
            if (path / "history.csv").exists() or (path / "checkpoints").exists():
                continue
            with suppress(Timeout), FileLock(path / ".lock").acquire(timeout=0):
                # A process may still write it, if its parent was killed.
                shutil.rmtree(path, ignore_errors=True)

    def read(self) -> list[SeedRun]:
        """Return the finished runs, by task in the order of their first start, then by seed.

        Raises:
            UserError: A file of a run is damaged.
        """
        tasks = list(dict.fromkeys(member.task for member in self.members))
        members = sorted(self.members, key=lambda member: (tasks.index(member.task), member.seed))
        return [self.read_run(member) for member in members if self.finished(member)]

    def read_run(self, member: Member) -> SeedRun:
        """Return a finished run.

        Raises:
            UserError: A file of it is damaged.
        """
        path = find_run(self.runs_of(member) / member.task / "latest")
        try:
            results, config = read_results(path), read_yaml(path / "config.yaml")
            # There is none with --trainer.max_epochs 0.
            file = path / "history.csv"
            history = pd.read_csv(file) if file.is_file() else pd.DataFrame({"epoch": []})
            resumed = self.members[member]["resumed"]
            return SeedRun(member.task, member.seed, results, history, flatten(config), resumed)
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise UserError(f"the run {path} cannot be read: {error}") from error


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested options by dotted name, less those that may differ within a comparison."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if name in _FREE_OPTIONS:
            continue
        flat |= flatten(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat


def _difference(then: Sequence[str], now: Sequence[str]) -> str:
    """Describe how the overrides of a comparison differ from those of the command line."""
    more = shlex.join(word for word in then if word not in now)
    less = shlex.join(word for word in now if word not in then)
    parts = [f"with {more}" if more else "", f"without {less}" if less else ""]
    return " and ".join(filter(None, parts)) or f"with these in another order: {shlex.join(then)}"
