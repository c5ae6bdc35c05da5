"""Running the missing runs of a comparison, several at once, and telling which failed."""

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lightning_course.comparing.processes import Children, Ended
from lightning_course.errors import UserError

if TYPE_CHECKING:
    from lightning_course.comparing.folder import Member
    from lightning_course.comparing.table import SeedRun


class RunsFailed(UserError):
    """Some runs failed. Not bad input (2): the same command may do better."""

    exit_code = 1


@dataclass(frozen=True)
class Failure:
    """A run that failed.

    Attributes:
        member: Which.
        error: Why, in one line that is the same for every run that failed alike.
        refused: Whether it was refused as bad input, before anything was trained.
    """

    member: "Member"
    error: str
    refused: bool


class Runs(Protocol):
    """Runs of a comparison, each made by a process of its own."""

    def finished(self, member: "Member") -> bool:
        """Whether a run is finished."""
        ...

    def log(self, member: "Member") -> Path:
        """Return the path of a run's log file."""
        ...

    def start(self, member: "Member", children: "Children[Member]") -> None:
        """Start the process of a run."""
        ...

    def failure(self, ended: "Ended[Member]") -> Failure | None:
        """Return why a run that has ended has no results, None if it has."""
        ...

    def told(self, ended: "Ended[Member]") -> str:
        """Return the results of a finished run in one line."""
        ...


def run_missing(runs: Runs, asked: "Sequence[Member]", jobs: int) -> list[Failure]:
    """Make what is not finished, and return what failed.

    Args:
        runs: How they are made.
        asked: The runs that should be there afterwards, in the order in which they start.
        jobs: How many run at once.

    Raises:
        Interrupted: A signal came; the runs have stopped.
    """
    from tqdm import tqdm

    from lightning_course.comparing.folder import Member
    from lightning_course.training import console

    queue = deque(member for member in asked if not runs.finished(member))
    done = len(asked) - len(queue)
    if done:
        print(f"{done} of {len(asked)} runs are finished already", flush=True)
    failures: list[Failure] = []
    quiet = not console.is_terminal()
    with (
        tqdm(total=len(asked), initial=done, unit="run", leave=False, disable=quiet) as bar,
        Children[Member]() as children,
    ):

        def tell(line: str, runs: int = 1) -> None:
            nonlocal done
            done += runs
            bar.update(runs)
            bar.write(f"[{done}/{len(asked)}] {line}")
            sys.stdout.flush()

        while queue or children.running:
            while queue and len(children.running) < jobs:
                runs.start(queue.popleft(), children)
            bar.set_postfix_str(", ".join(map(str, children.running)))
            for ended in children.wait(seconds=1):
                failure = runs.failure(ended)
                if not failure:
                    tell(f"{ended.key}: {runs.told(ended)}")
                    continue
                failures.append(failure)
                log = "" if failure.refused else f" (log: {runs.log(ended.key)})"
                tell(f"{ended.key}: failed after {ended.seconds:.1f} s: {failure.error}{log}")
                rest = _take_hopeless(queue, ended.key.task, failures)
                failures += rest
                if rest:
                    tell(
                        f"{ended.key.task}: not started, for they would end alike: {len(rest)}",
                        len(rest),
                    )
    return failures


def _take_hopeless(queue: "deque[Member]", task: str, failures: Sequence[Failure]) -> list[Failure]:
    """Take the runs of a task off the queue if its others tell that they cannot but fail."""
    error = hopeless(task, failures)
    rest = [member for member in queue if error and member.task == task]
    for member in rest:
        queue.remove(member)
    return [Failure(member, error, refused=True) for member in rest]


def hopeless(task: str, failures: Sequence[Failure]) -> str:
    """Return the error with which two seeds of a task were refused, else an empty string.

    What is refused before any training is what the seeds share: options, or missing data.
    """
    errors = [told.error for told in failures if told.refused and told.member.task == task]
    return next((error for error in errors if errors.count(error) > 1), "")


def key_figures(run: "SeedRun", seconds: float) -> str:
    """Return a run's metrics and how long its process ran, in one line."""
    from lightning_course.training import console

    metrics = ", ".join(f"{name} {console.number(name, v)}" for name, v in run.metrics.items())
    return f"{run.split} {metrics}; {seconds:.1f} s"


def summary(failures: Sequence[Failure]) -> str:
    """Return who failed and why, each reason once."""
    from lightning_course.comparing.results import name_seeds

    members: dict[str, list[Member]] = {}
    for failure in failures:
        members.setdefault(failure.error, []).append(failure.member)
    return "; ".join(f"{name_seeds(alike)}: {error}" for error, alike in members.items())
