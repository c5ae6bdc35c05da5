"""Train the missing runs of a comparison, several at once, and report which of them failed."""

import os
import re
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Member, Options
from lightning_course.comparing.processes import Children, ProcessResult
from lightning_course.comparing.results import name_seeds
from lightning_course.imports import allowed_by
from lightning_course.training import console


@dataclass(frozen=True)
class Failure:
    """A run that failed.

    Attributes:
        member: The run.
        error: Why, in one line; the same for all runs that failed in the same way.
        refused: Whether it was refused as bad input, before any training.
    """

    member: Member
    error: str
    refused: bool


def run_missing(folder: ComparisonFolder, options: Options) -> list[Failure]:
    """Train the runs that are not finished; return those that failed.

    Raises:
        Interrupted: A signal was received, and all runs have been stopped.
    """
    members = options.members
    queue = deque(member for member in members if not folder.finished(member))
    done = len(members) - len(queue)
    if done:
        print(f"{done} of {len(members)} runs are finished already", flush=True)
    failures: list[Failure] = []
    quiet = not console.is_terminal()
    with (
        tqdm(total=len(members), initial=done, unit="run", leave=False, disable=quiet) as bar,
        Children[Member]() as children,
    ):

        def report(line: str, runs: int = 1) -> None:
            nonlocal done
            done += runs
            bar.update(runs)
            bar.write(f"[{done}/{len(members)}] {line}")
            sys.stdout.flush()

        while queue or children.running:
            while queue and len(children.running) < options.jobs:
                _start(queue.popleft(), children, folder, options)
            bar.set_postfix_str(", ".join(map(str, children.running)))
            for result in children.wait(seconds=1):
                member, seconds = result.key, f"{result.seconds:.1f} s"
                failure = _failure(result, folder)
                if not failure:
                    report(f"{member}: {_metrics(folder, member)}; {seconds}")
                    continue
                failures.append(failure)
                log = "" if failure.refused else f" (log: {folder.log(member)})"
                report(f"{member}: failed after {seconds}: {failure.error}{log}")
                if skipped := _take_refused(queue, failures):
                    failures += skipped
                    count = len(skipped)
                    report(f"{member.task}: {count} more not started, for the same reason", count)
    return failures


def train_command(options: Sequence[str]) -> list[str]:
    """Return the command that runs ``train`` in its own process."""
    # -P: a package in the working folder must not replace this one.
    return [sys.executable, "-P", "-m", "lightning_course", "train", *options]


def train_options(member: Member, folder: ComparisonFolder, options: Options) -> list[str]:
    """Return the command line of ``train`` for a new run."""
    words = ["--task", member.task, *options.overrides]
    if options.jobs > 1 and not any(word.startswith("--threads=") for word in words):
        words += ["--threads", str(max(1, (os.cpu_count() or 1) // options.jobs))]
    # Last, so that a --config file among the overrides cannot change them.
    return [*words, f"--seed_everything={member.seed}", f"--runs={folder.runs_of(member)}"]


def describe(failures: Sequence[Failure]) -> str:
    """Return which runs failed and why, each reason once."""
    members: dict[str, list[Member]] = {}
    for failure in failures:
        members.setdefault(failure.error, []).append(failure.member)
    return "; ".join(f"{name_seeds(group)}: {error}" for error, group in members.items())


def _start(
    member: Member, children: Children[Member], folder: ComparisonFolder, options: Options
) -> None:
    """Start a run, or resume it if it was interrupted."""
    folder.remove_empty_runs(member)
    resumed = folder.resumable(member)
    if resumed:
        # The overrides are in the run's own config, but not the packages that it may import.
        allowed = [f"--allow={name}" for name in allowed_by(options.overrides)]
        words = ["--resume", str(resumed), *allowed]
    else:
        words = train_options(member, folder, options)
    folder.record_start(member, options.jobs, resumed=resumed is not None)
    children.start(member, train_command(words), folder.log(member))


def _failure(result: ProcessResult[Member], folder: ComparisonFolder) -> Failure | None:
    """Return why a run has no results, None if it has."""
    # Whatever its exit code: a run with results.json is finished.
    if folder.finished(result.key):
        return None
    # Without the run's own folder, runs that failed in the same way have the same error.
    error = re.sub(r" \(unfinished run: .*\)$", "", result.error or "it left no results.json")
    refused = result.exit_code in (0, 2) and not folder.began(result.key)
    folder.remove_if_empty(result.key)
    return Failure(result.key, error, refused)


def _metrics(folder: ComparisonFolder, member: Member) -> str:
    run = folder.read_run(member)
    metrics = ", ".join(f"{name} {console.number(name, v)}" for name, v in run.metrics.items())
    return f"{run.split} {metrics}"


def _take_refused(queue: deque[Member], failures: Sequence[Failure]) -> list[Failure]:
    """Take the runs off the queue that would be refused like the last one, a second of its task.

    A run that is refused before any training is refused for what all seeds share: an option, or
    missing data.
    """
    last = failures[-1]
    same = [f for f in failures if f.member.task == last.member.task and f.error == last.error]
    if len([failure for failure in same if failure.refused]) < 2:
        return []
    skipped = [member for member in queue if member.task == last.member.task]
    for member in skipped:
        queue.remove(member)
    return [Failure(member, last.error, refused=True) for member in skipped]
