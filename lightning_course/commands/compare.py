"""``compare``: train tasks over several seeds, each run a process; one table and one figure."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.comparing.options import parse
from lightning_course.comparing.processes import Children, Ended
from lightning_course.comparing.runs import Failure, RunsFailed, key_figures, run_missing, summary
from lightning_course.errors import Interrupted, UserError
from lightning_course.imports import allowed_by
from lightning_course.terminal import program

if TYPE_CHECKING:
    from lightning_course.comparing.folder import ComparisonFolder, Member


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: Bad input.
        RunsFailed: Some runs failed; the table holds the others.
        Interrupted: A signal came.
    """
    options, overrides = parse(argv)

    # After the checks of the command line: torch takes seconds to import.
    from lightning_course.comparing.folder import ComparisonFolder, Member, default_name
    from lightning_course.comparing.results import write_results
    from lightning_course.training import console

    console.quieten()
    # Seed by seed, not task by task: whenever this stops, each task has its share.
    asked = [Member(task, seed) for seed in options.seeds for task in options.tasks]
    # Where the data lie changes no result: it may change, and its path goes on no record.
    on_record = [word for word in overrides if not word.startswith("--data.root=")]
    path = Path(options.runs) / "compare" / (options.name or default_name(on_record))
    comparison = ComparisonFolder(path, on_record)
    comparison.open()
    try:
        runs = TrainingRuns(comparison, overrides, options.jobs)
        failures = run_missing(runs, asked, options.jobs)
        if any(comparison.finished(member) for member in comparison.members):
            write_results(comparison, asked)
            print(f"look at it:  tensorboard --logdir {options.runs}", flush=True)
        elif all(failure.refused for failure in failures):
            raise UserError(summary(failures) if len(options.tasks) > 1 else failures[0].error)
        else:
            comparison.keep()
    except Interrupted as error:
        finished = sum(comparison.finished(member) is not None for member in asked)
        error.args = (
            f"{error}; {finished} of {len(asked)} runs are finished; go on with: "
            f"{program('compare')} {shlex.join(argv)}",
        )
        raise
    finally:
        comparison.close()
    if failures:
        raise RunsFailed(
            f"{len(failures)} of {len(asked)} runs failed: {summary(failures)}; "
            "the same command tries them again"
        )


class TrainingRuns:
    """The runs of a comparison that ``train`` makes.

    Args:
        comparison: Their folder.
        overrides: Options of ``train`` for all of them, each one word.
        jobs: How many run at once.
    """

    def __init__(self, comparison: "ComparisonFolder", overrides: Sequence[str], jobs: int) -> None:
        self._comparison = comparison
        self._overrides = overrides
        self._jobs = jobs

    def finished(self, member: "Member") -> bool:
        """Whether a run is finished."""
        return self._comparison.finished(member) is not None

    def log(self, member: "Member") -> Path:
        """Return the path of a run's log file."""
        return self._comparison.log(member)

    def start(self, member: "Member", children: "Children[Member]") -> None:
        """Start a run, or go on with one that was interrupted."""
        self._comparison.remove_stubs(member)
        resumed = self._comparison.resumable(member)
        # The overrides stand in the run's own config; what they name must be named again.
        allowed = [f"--allow={name}" for name in allowed_by(self._overrides)]
        options = (
            ["--resume", str(resumed), *allowed]
            if resumed
            else train_options(self._comparison, member, self._overrides, self._jobs)
        )
        self._comparison.note_start(member, self._jobs, resumed is not None)
        children.start(member, train_command(options), self.log(member))

    def failure(self, ended: "Ended[Member]") -> Failure | None:
        """Return why a run that has ended has no results, None if it has."""
        # Whatever the exit code says: a run with results.json is finished.
        if self.finished(ended.key):
            return None
        error = ended.error or "it left no results.json"
        # The run's own folder is no part of the reason.
        error = re.sub(r" \(unfinished run: .*\)$", "", error)
        refused = ended.code in (0, 2) and not self._comparison.began(ended.key)
        self._comparison.forget(ended.key)
        return Failure(ended.key, error, refused)

    def told(self, ended: "Ended[Member]") -> str:
        """Return the results of a finished run in one line."""
        return key_figures(self._comparison.read_run(ended.key), ended.seconds)


def train_command(options: Sequence[str]) -> list[str]:
    """Return the command that runs ``train`` in a process of its own."""
    # -P: a package in the working folder must not take the place of this one.
    return [sys.executable, "-P", "-m", "lightning_course", "train", *options]


def train_options(
    comparison: "ComparisonFolder", member: "Member", overrides: Sequence[str], jobs: int
) -> list[str]:
    """Return the command line of ``train`` for a run that starts anew."""
    options = ["--task", member.task, *overrides]
    if jobs > 1 and not any(word.startswith("--threads=") for word in overrides):
        options += ["--threads", str(max(1, (os.cpu_count() or 1) // jobs))]
    # Last, so that no --config file among the overrides says otherwise.
    return [
        *options,
        f"--seed_everything={member.seed}",
        f"--runs={comparison.runs_of(member)}",
    ]
