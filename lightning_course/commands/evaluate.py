"""``evaluate``: the metrics of a finished run again, from its checkpoint."""

import argparse
import itertools
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lightning_course.catalogue import did_you_mean
from lightning_course.errors import UserError
from lightning_course.terminal import printable, program

if TYPE_CHECKING:
    from lightning_course.runs import Run


# What a user's own data are, by the option that says where they lie.
_MOVED = {"csv": "CSV file", "folder": "folder of pictures"}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like those of ``train``."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog=program(prog.removesuffix(".py")), **kwargs)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; an option with an empty value is refused, which a path would take for "."."""
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


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or data other than those of the run.
    """
    options = run_parser("evaluate.py", __doc__).parse_args(argv)

    import torch
    from pytorch_lightning import Trainer

    from lightning_course.commands import console
    from lightning_course.reports import derived_metrics, naive_baselines, shown_split

    run = read_run(options)
    module, data = run.module, run.datamodule
    precision = run.config["trainer"]["precision"]
    if precision == "16-mixed" and not torch.cuda.is_available():
        precision = "32-true"
    # One process: the data module is not attached, so nothing would deal the rows to several.
    try:
        trainer = Trainer(
            devices=1, num_nodes=1, logger=False, enable_progress_bar=False, precision=precision
        )
    except ValueError as error:
        raise UserError(f"{run.path / 'config.yaml'}: {error}") from error
    trainer.test(module, dataloaders=[data.loader(name) for name in data.splits], verbose=False)
    metrics = {name: evaluation.metrics for name, evaluation in module.evaluations.items()}
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise UserError(f"the metrics of {run.path} are not finite: its weights are too large")
    print(printable(f"{run.path}, {run.checkpoint} epoch, data: {data.provenance}"), end="\n\n")
    shown = shown_split(metrics)
    metrics[shown] |= derived_metrics(module, data, shown)
    print(console.results_table(metrics, naive_baselines(data, module.objective, shown), {}, {}))


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


def add_allow(parser: Parser) -> None:
    """Add the option that says whose classes a run may use."""
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="import the run's classes from this package too, which executes it",
    )


def read_run(options: argparse.Namespace) -> "Run":
    """Return the run that options of :func:`run_parser` name, with its data built again.

    Raises:
        UserError: See ``load_run`` and :func:`prepare_own_data`.
    """
    from lightning_course.commands import console
    from lightning_course.runs import load_run

    console.quieten()
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


def prepare_own_data(run: "Run") -> None:
    """Build the data of a run again.

    Raises:
        UserError: They cannot be read, or other data than those of the run were found.
    """
    data, trained_on = run.datamodule, run.results["data"]
    try:
        data.prepare()
    except UserError as error:
        raise UserError(f"the run's own data are needed: {error}") from error
    if data.provenance.sha256 != trained_on["sha256"]:
        if trained_on["kind"] == data.provenance.kind == "own":
            what = trained_on["file"] or trained_on["name"]
            raise UserError(f"{what} has changed since the run was trained on it")
        raise UserError(
            f"the run was trained on {trained_on['kind']} data ({trained_on['name']}), and what "
            f"was found now is {data.provenance}: say where the data lie with --data.root"
        )
