"""The command line of ``compare``: its own options, and those that it passes on to ``train``."""

import argparse
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.errors import UserError
from lightning_course.files.writing import safe_name

DESCRIPTION = "Train tasks over several seeds, each run in its own process; one table, one figure."

EPILOG = """Every other option is one of train.py and holds for all runs: --model.hidden_size 32.
Run the same command again to continue: finished runs stay as they are. You may add tasks and
seeds under the same name. RUNS/compare/NAME/ holds comparison.md, comparison.csv, comparison.png
and, in seed_N/, each run and its log."""

# Options of train.py that this command sets itself, or that leave no results.
_NOT_PASSED_ON = {
    "--task": "--tasks names the tasks",
    "--seed_everything": "--seeds names the seeds",
    "--resume": "run the same command again to continue",
    "--list": "train.py has it",
    "--print_config": "train.py has it",
    "--trainer.fast_dev_run": "it leaves no results",
}


@dataclass(frozen=True)
class Member:
    """One run of a comparison: a task with a seed."""

    task: str
    seed: int

    def __str__(self) -> str:
        return f"{self.task} seed {self.seed}"


@dataclass(frozen=True)
class Options:
    """What to compare, and how.

    Attributes:
        tasks: Names in the catalogue.
        seeds: Each task is trained with each of them.
        overrides: Options of ``train`` for all runs, each as one word, "--NAME=VALUE".
        jobs: How many runs are trained at once.
        runs: The folder of all runs.
        name: The name of the comparison's folder; None: made from the overrides.
    """

    tasks: Sequence[str]
    seeds: Sequence[int]
    overrides: Sequence[str] = ()
    jobs: int = 1
    runs: Path = Path("runs")
    name: str | None = None

    @property
    def members(self) -> list[Member]:
        """The runs, in the order in which they start."""
        # Seed by seed: whenever the command is stopped, all tasks have about as many seeds.
        return [Member(task, seed) for seed in self.seeds for task in self.tasks]

    @property
    def recorded_overrides(self) -> list[str]:
        """The overrides without the place of the data, which changes no result."""
        return [word for word in self.overrides if not word.startswith("--data.root=")]

    @property
    def folder(self) -> Path:
        """The folder of the comparison."""
        overrides = ",".join(word.removeprefix("--") for word in self.recorded_overrides)
        return self.runs / "compare" / (self.name or safe_name(overrides, "default"))


def parse(argv: list[str]) -> Options:
    """Parse the command line of ``compare``.

    Raises:
        UserError: Something is missing, out of range, or not for this command.
    """
    parser = Parser(
        prog="compare.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--tasks", required=True, type=_tasks, help="names separated by commas; all: every task"
    )
    parser.add_argument(
        "--seeds",
        default="5",
        type=_seeds,
        help="5: seeds 0 to 4 (the default); 3,7,9: those; 3,: only seed 3",
    )
    parser.add_argument("--jobs", default="1", type=_jobs, help="runs at once (default 1)")
    parser.add_argument(
        "--name", type=_name, help="folder of the results (default: the other options, or default)"
    )
    parser.add_argument(
        "--runs", default="runs", type=Path, help="folder of all runs (default runs)"
    )
    own, rest = parser.parse_known_args(argv)
    overrides = joined_options(rest)
    names = [f"--{name}" for name in vars(own)]
    for option in (word.split("=")[0] for word in overrides):
        if option in _NOT_PASSED_ON:
            raise UserError(f"{option} is not for compare: {_NOT_PASSED_ON[option]}")
        # train would suggest only its own options.
        if close := difflib.get_close_matches(option, names, n=1, cutoff=0.8):
            raise UserError(f"unknown option {option} (did you mean '{close[0]}'?)")
    return Options(overrides=overrides, **vars(own))


def joined_options(words: Sequence[str]) -> list[str]:
    """Return a command line with each option as one word, "--NAME=VALUE"."""
    options: list[str] = []
    for word in words:
        lacks_value = bool(options) and options[-1].startswith("--") and "=" not in options[-1]
        # A value may begin with one hyphen: a negative number.
        if lacks_value and not word.startswith("--"):
            options[-1] += f"={word}"
        else:
            options.append(word)
    return options


def _tasks(text: str) -> list[str]:
    if text == "all":
        return list(catalogue.TASKS)
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("name at least one task")
    return list(dict.fromkeys(catalogue.find(name).name for name in names))


def _seeds(text: str) -> list[int]:
    if not re.fullmatch(r"[0-9]+|([0-9]+,)+[0-9]*", text):
        raise argparse.ArgumentTypeError(
            f"expected a number, or seeds separated by commas, got '{text}'"
        )
    numbers = [int(number) for number in text.split(",") if number]
    if max(numbers) >= 2**32:
        raise argparse.ArgumentTypeError(f"a seed must be less than 2**32, got {max(numbers)}")
    if "," in text:
        return list(dict.fromkeys(numbers))
    if not 1 <= numbers[0] <= 10_000:
        raise argparse.ArgumentTypeError(f"expected 1 to 10000 seeds, got {text}")
    return list(range(numbers[0]))


def _jobs(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return int(text)


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.,=+-]*", text):
        raise argparse.ArgumentTypeError(f"expected the name of a folder, got '{text}'")
    return text
