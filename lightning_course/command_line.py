"""The argument parser of every command except ``train``, and helpers for all command lines."""

import argparse
import difflib
import itertools
import re
from pathlib import Path
from typing import Any, NoReturn

from lightning_course.errors import UserError
from lightning_course.terminal import program


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like those of ``train``."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog=program(prog.removesuffix(".py")), **kwargs)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and refuse an option with an empty value, which as a path would mean "."."""
        words = list(args)
        for option, value in itertools.pairwise([*words, "end"]):
            empty = option.startswith("--") and (option.endswith("=") or not value)
            if empty and not option.startswith("--text"):
                raise UserError(f"option {option.removesuffix('=')} needs a value")
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise a UserError instead of printing the usage."""
        if match := re.match(r"unrecognized arguments: (-\S+)", message):
            option = match[1].split("=")[0]
            known = [name for action in self._actions for name in action.option_strings]
            message = f"unknown option {option}{did_you_mean(option, known)}"
        raise UserError(message)


def add_allow(parser: Parser) -> None:
    """Add the option for packages whose classes a run may use."""
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="let the run use classes of this package too, which executes the package",
    )


def check_output_path(path: Path | None) -> None:
    """Raise a UserError if ``--output`` is a folder, or in a folder that does not exist."""
    if path and (path.is_dir() or not path.parent.is_dir()):
        raise UserError(f"--output {path} is not the name of a file in a folder")


def take_option(argv: list[str], option: str) -> tuple[str | None, list[str]]:
    """Return an option's value (None if it is not given), and the command line without it.

    Raises:
        UserError: It is given without a value.
    """
    for index, word in enumerate(argv):
        if word == option or word.startswith(f"{option}="):
            joined = "=" in word
            value = word.removeprefix(f"{option}=") if joined else "".join(argv[index + 1 :][:1])
            if not value or (value.startswith("--") and not joined):
                raise UserError(f"option {option} needs a value")
            return value, argv[:index] + argv[index + 2 - joined :]
    return None, argv


def did_you_mean(word: str, known: Any) -> str:
    """Return ``" (did you mean 'x'?)"`` with the closest known word, or an empty string."""
    others = [name for name in known if name != word]
    close = difflib.get_close_matches(word, others, n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""
