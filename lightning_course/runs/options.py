"""The options that name a run and its data, and the run that they name."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.command_line import Parser, add_allow
from lightning_course.errors import UserError
from lightning_course.process.warnings import quieten

if TYPE_CHECKING:
    from lightning_course.runs.loading import Run

# What a user's own data are, by the option that says where they lie.
_MOVED = {"csv": "CSV file", "folder": "folder of pictures"}


def run_parser(prog: str, description: str | None) -> Parser:
    """Return a parser with the options that say which run, and where its data are."""
    parser = Parser(prog=prog, description=description, allow_abbrev=False)
    parser.add_argument("--run", required=True, help="runs/TASK/VERSION or runs/TASK/latest")
    parser.add_argument(
        "--checkpoint", choices=("last", "best"), help="default: as in results.json"
    )
    parser.add_argument("--data.root", dest="root", help="where the data files lie, if elsewhere")
    for name, what in _MOVED.items():
        parser.add_argument(
            f"--data.{name}", dest=name, help=f"the run's own {what}, if it lies elsewhere now"
        )
    add_allow(parser)
    return parser


def read_run(options: argparse.Namespace) -> "Run":
    """Return the run that options of :func:`run_parser` name, with its data built again.

    Raises:
        UserError: See ``load_run`` and :func:`prepare_own_data`.
    """
    from lightning_course.runs.loading import load_run, prepare_own_data

    quieten()
    overrides = {"root": options.root} if options.root else {}
    run = load_run(options.run, options.checkpoint, options.allow, **overrides)
    for name, what in _MOVED.items():
        if (now := getattr(options, name)) is None:
            continue
        if getattr(run.datamodule, name, None) is None:
            raise UserError(f"--data.{name}: the run was not trained on a {what} of your own")
        setattr(run.datamodule, name, now)
    for name in _MOVED:
        path = getattr(run.datamodule, name, None)
        if path is not None and not Path(path).exists():
            raise UserError(
                f"the run's own data are needed, and {path} is not there: say with --data.{name} "
                "where it lies now"
            )
    prepare_own_data(run)
    return run
