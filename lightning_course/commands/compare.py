"""``compare``: train tasks over several seeds, each run a process; one table and one figure."""

import os
import re
import shlex
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.commands.children import Children, Ended
from lightning_course.commands.comparison_options import parse
from lightning_course.errors import Interrupted, UserError

if TYPE_CHECKING:
    from lightning_course.comparisons import ComparisonFolder, Member


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


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: Bad input.
        RunsFailed: Some runs failed; the table holds the others.
        Interrupted: A signal came.
    """
    options, overrides = parse(argv)

    # After the checks of the command line: torch takes seconds to import.
    from lightning_course.commands import console
    from lightning_course.commands.comparison_results import write_results
    from lightning_course.comparisons import ComparisonFolder, Member, default_name

    console.quieten()
    # Seed by seed, not task by task: whenever this stops, each task has its share.
    asked = [Member(task, seed) for seed in options.seeds for task in options.tasks]
    # Where the data lie changes no result: it may change, and its path goes on no record.
    on_record = [word for word in overrides if not word.startswith("--data.root=")]
    path = Path(options.runs) / "compare" / (options.name or default_name(on_record))
    comparison = ComparisonFolder(path, on_record)
    comparison.open()
    try:
        failures = run_missing(comparison, asked, overrides, options.jobs)
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
            f"python scripts/compare.py {shlex.join(argv)}",
        )
        raise
    finally:
        comparison.close()
    if failures:
        raise RunsFailed(
            f"{len(failures)} of {len(asked)} runs failed: {summary(failures)}; "
            "the same command tries them again"
        )


def run_missing(
    comparison: "ComparisonFolder", asked: "Sequence[Member]", overrides: Sequence[str], jobs: int
) -> list[Failure]:
    """Train what is not finished, and return what failed.

    Args:
        comparison: The folder.
        asked: The runs that should be there afterwards, in the order in which they start.
        overrides: Options of ``train`` for all of them, each one word.
        jobs: How many run at once.

    Raises:
        Interrupted: A signal came; the runs have stopped, and can be resumed.
    """
    from tqdm import tqdm

    from lightning_course.commands import console
    from lightning_course.comparisons import Member

    queue = deque(member for member in asked if comparison.finished(member) is None)
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
                _start(comparison, queue.popleft(), overrides, jobs, children)
            bar.set_postfix_str(", ".join(map(str, children.running)))
            for ended in children.wait(seconds=1):
                failure = _failure(comparison, ended)
                if not failure:
                    tell(f"{ended.key}: {_key_figures(comparison, ended)}")
                    continue
                failures.append(failure)
                comparison.forget(ended.key)
                log = "" if failure.refused else f" (log: {comparison.log(ended.key)})"
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


def _start(
    comparison: "ComparisonFolder",
    member: "Member",
    overrides: Sequence[str],
    jobs: int,
    children: "Children[Member]",
) -> None:
    comparison.remove_stubs(member)
    resumed = comparison.resumable(member)
    options = (
        ["--resume", str(resumed)]
        if resumed
        else train_options(comparison, member, overrides, jobs)
    )
    comparison.note_start(member, jobs, resumed is not None)
    children.start(member, train_command(options), comparison.log(member))


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


def _failure(comparison: "ComparisonFolder", ended: "Ended[Member]") -> Failure | None:
    # Whatever the exit code says: results.json is the last that a run writes.
    if comparison.finished(ended.key):
        return None
    error = ended.error or "it left no results.json"
    # The run's own folder is no part of the reason.
    error = re.sub(r" \(unfinished run: .*\)$", "", error)
    return Failure(ended.key, error, ended.code in (0, 2) and not comparison.began(ended.key))


def _key_figures(comparison: "ComparisonFolder", ended: "Ended[Member]") -> str:
    from lightning_course.commands import console

    run = comparison.read_run(ended.key)
    metrics = ", ".join(f"{name} {console.number(name, v)}" for name, v in run.metrics.items())
    return f"{run.split} {metrics}; {ended.seconds:.1f} s"


def summary(failures: Sequence[Failure]) -> str:
    """Return who failed and why, each reason once."""
    from lightning_course.commands.comparison_results import name_seeds

    members: dict[str, list[Member]] = {}
    for failure in failures:
        members.setdefault(failure.error, []).append(failure.member)
    return "; ".join(f"{name_seeds(alike)}: {error}" for error, alike in members.items())
