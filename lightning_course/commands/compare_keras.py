"""``compare_keras``: tasks over several seeds here and in Keras itself; a test, a table, a figure.

Each seed has the same rows on both sides; initial weights, shuffling and dropout are each side's
own. ``keras_run.py`` makes a run of Keras, on its torch backend.
"""

import importlib.util
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.commands.compare import TrainingRuns, train_options
from lightning_course.commands.keras_run import MISSING
from lightning_course.comparing.options import parse
from lightning_course.comparing.processes import Children, Ended
from lightning_course.comparing.runs import Failure, RunsFailed, key_figures, run_missing, summary
from lightning_course.errors import Interrupted, UserError
from lightning_course.terminal import program

if TYPE_CHECKING:
    from lightning_course.comparing.folder import ComparisonFolder, Member
    from lightning_course.comparing.table import SeedRun

DESCRIPTION = "Train tasks over several seeds here and in Keras, and test whether results differ."

EPILOG = """Every other option is train.py's and holds for all runs of both sides:
--trainer.max_epochs 10. Runs here are those of compare.py: what it has made under the same name is
taken. The same command again goes on with what is unfinished; more tasks and seeds may join. In
RUNS/compare/NAME/ lie keras_comparison.md, .csv and .png and, in keras/seed_N/, the results of each
run of Keras and its log. Keras is needed: pip install 'lightning-course[test]'."""


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: Bad input, keras is not installed, or two sides that cannot be compared.
        RunsFailed: Some runs failed; the table holds the others.
        Interrupted: A signal came.
    """
    options, overrides = parse(argv, "compare_keras", DESCRIPTION, EPILOG)
    if not has_keras():
        raise UserError(MISSING)

    # After the checks of the command line: torch takes seconds to import.
    from lightning_course.commands.keras_comparison_results import write_results
    from lightning_course.comparing.folder import ComparisonFolder, Member, default_name
    from lightning_course.training import console

    console.quieten()
    asked = [Member(task, seed) for seed in options.seeds for task in options.tasks]
    on_record = [word for word in overrides if not word.startswith("--data.root=")]
    path = Path(options.runs) / "compare" / (options.name or default_name(on_record))
    comparison = ComparisonFolder(path, on_record)
    comparison.open()
    ours = TrainingRuns(comparison, overrides, options.jobs)
    keras = KerasRuns(comparison, overrides, options.jobs)
    try:
        check(keras, asked)
        print("this project", flush=True)
        failures = run_missing(ours, asked, options.jobs)
        # Both sides with the same threads, and none beside the other.
        print("Keras", flush=True)
        failures += run_missing(keras, asked, options.jobs)
        if any(keras.finished(m) and ours.finished(m) for m in comparison.members):
            write_results(comparison, keras.read(), asked)
        elif all(failure.refused for failure in failures):
            raise UserError(summary(failures) if len(options.tasks) > 1 else failures[0].error)
        else:
            comparison.keep()
    except Interrupted as error:
        finished = sum(side.finished(member) for member in asked for side in (ours, keras))
        error.args = (
            f"{error}; {finished} of {2 * len(asked)} runs are finished; go on with: "
            f"{program('compare_keras')} {shlex.join(argv)}",
        )
        raise
    finally:
        comparison.close()
    if failures:
        raise RunsFailed(
            f"{len(failures)} of {2 * len(asked)} runs failed: {summary(failures)}; "
            "the same command tries them again"
        )


def has_keras() -> bool:
    """Whether the package keras is installed; it is not imported."""
    return importlib.util.find_spec("keras") is not None


class KerasRuns:
    """The runs of a comparison that Keras makes: ``keras/seed_N/TASK.json`` in its folder.

    Args:
        comparison: The folder.
        overrides: Options of ``train`` for all of them, each one word.
        jobs: How many run at once.
    """

    def __init__(self, comparison: "ComparisonFolder", overrides: Sequence[str], jobs: int) -> None:
        self._comparison = comparison
        self._overrides = overrides
        self._jobs = jobs

    def results(self, member: "Member") -> Path:
        """Return the path of a run's results."""
        return self._comparison.path / "keras" / f"seed_{member.seed}" / f"{member.task}.json"

    def finished(self, member: "Member") -> bool:
        """Whether a run is finished."""
        return self.results(member).is_file()

    def log(self, member: "Member") -> Path:
        """Return the path of a run's log file."""
        return self.results(member).with_suffix(".log")

    def options(self, member: "Member") -> list[str]:
        """Return the command line of ``train`` for such a run, which is that of a run here."""
        return train_options(self._comparison, member, self._overrides, self._jobs)

    def start(self, member: "Member", children: "Children[Member]") -> None:
        """Start a run; there is nothing to go on with."""
        options = [*self.options(member), "--output", str(self.results(member))]
        children.start(
            member, keras_command([*options, "--jobs", str(self._jobs)]), self.log(member)
        )

    def failure(self, ended: "Ended[Member]") -> Failure | None:
        """Return why a run that has ended has no results, None if it has."""
        if self.finished(ended.key):
            return None
        error = ended.error or "it left no results"
        return Failure(ended.key, f"Keras: {error}", refused=ended.code in (0, 2))

    def told(self, ended: "Ended[Member]") -> str:
        """Return the results of a finished run in one line."""
        return key_figures(self.read_run(ended.key), ended.seconds)

    def read(self) -> "list[SeedRun]":
        """Return the finished runs of the members of the comparison.

        Raises:
            UserError: A file is damaged.
        """
        members = [member for member in self._comparison.members if self.finished(member)]
        return [self.read_run(member) for member in members]

    def read_run(self, member: "Member") -> "SeedRun":
        """Return a finished run.

        Raises:
            UserError: Its file is damaged.
        """
        import pandas as pd

        from lightning_course.comparing.table import SeedRun
        from lightning_course.files.reading import read_json

        path = self.results(member)
        try:
            results = read_json(path)
            history = pd.DataFrame({"epoch": []})
            run = SeedRun(member.task, member.seed, results, history, results["options"])
            # Everything that the table takes.
            _ = run.data, run.split, run.metrics, run.baselines, results["seconds"]["fit"]
            return run
        except (UserError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path} cannot be read: remove it, and it is made anew") from error


def keras_command(options: Sequence[str]) -> list[str]:
    """Return the command that makes a run of Keras in a process of its own."""
    return [sys.executable, "-P", "-m", "lightning_course.commands.keras_run", *options]


def check(keras: KerasRuns, asked: "Sequence[Member]") -> None:
    """Raise a UserError if Keras cannot do what is asked: before anything is trained for it."""
    from lightning_course import catalogue
    from lightning_course.commands.keras_recipe import keras_recipe
    from lightning_course.training.cli import CourseCLI

    missing = {member.task: member for member in reversed(asked) if not keras.finished(member)}
    for task, member in reversed(missing.items()):
        _, options = catalogue.task_of(keras.options(member))
        try:
            keras_recipe(CourseCLI(catalogue.find(task), options, record=False))
        except UserError as error:
            raise UserError(f"{task}: {error}") from error
