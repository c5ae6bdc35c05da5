"""The command line of ``compare``: its own options, and those that it passes on to ``train``."""

import argparse
import difflib
import re
from collections.abc import Sequence

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.errors import UserError

DESCRIPTION = "Train tasks over several seeds, each run a process; one table and one figure."

EPILOG = """Every other option is train.py's and holds for all runs: --model.hidden_size 32.
The same command again goes on with what is unfinished and leaves what is finished alone; more
tasks and seeds may join under the same name. In RUNS/compare/NAME/ lie comparison.md,
comparison.csv, comparison.png and, in seed_N/, each run and its log."""

# Options of train.py that this command sets itself, or that leave no results.
_NOT_PASSED_ON = {
    "--task": "--tasks names the tasks",
    "--seed_everything": "--seeds names the seeds",
    "--resume": "the same command again goes on with what is unfinished",
    "--list": "train.py has it",
    "--print_config": "train.py has it",
    "--trainer.fast_dev_run": "it leaves no results",
}


def parse(
    argv: list[str], verb: str = "compare", description: str = DESCRIPTION, epilog: str = EPILOG
) -> tuple[argparse.Namespace, list[str]]:
    """Return a comparing command's options, and those of ``train`` each as one word.

    Args:
        argv: The command line.
        verb: The command.
        description: What it does.
        epilog: The end of its help.

    Raises:
        UserError: Something is missing, out of range, or not for this command.
    """
    parser = Parser(
        prog=f"{verb}.py",
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--tasks", required=True, type=_tasks, help="names with commas between; all: every task"
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
    parser.add_argument("--runs", default="runs", help="where run folders go (default runs)")
    options, rest = parser.parse_known_args(argv)
    overrides = joined_options(rest)
    own = [name for action in parser._actions for name in action.option_strings]
    for option in (word.split("=")[0] for word in overrides):
        if option in _NOT_PASSED_ON:
            raise UserError(f"{option} is not for {verb}: {_NOT_PASSED_ON[option]}")
        # train would suggest only its own options.
        if close := difflib.get_close_matches(option, own, n=1, cutoff=0.8):
            raise UserError(f"unknown option {option} (did you mean '{close[0]}'?)")
    return options, overrides


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
        raise argparse.ArgumentTypeError(f"expected a number, or seeds with commas, got '{text}'")
    numbers = [int(number) for number in text.split(",") if number]
    if "," not in text and not 1 <= numbers[0] <= 10_000:
        raise argparse.ArgumentTypeError(f"expected 1 to 10000 seeds, got {text}")
    if max(numbers) >= 2**32:
        raise argparse.ArgumentTypeError(f"a seed is less than 2**32, got {max(numbers)}")
    return list(dict.fromkeys(numbers)) if "," in text else list(range(numbers[0]))


def _jobs(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return int(text)


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.,=+-]*", text):
        raise argparse.ArgumentTypeError(f"expected the name of a folder, got '{text}'")
    return text
