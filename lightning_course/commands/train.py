"""``train``: fit a task, evaluate its last weights, write the run folder, print the table."""

import errno
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning_course import catalogue
from lightning_course.command_line import take_option
from lightning_course.errors import Interrupted, UserError
from lightning_course.process.interrupts import is_leader
from lightning_course.terminal import printable, program

USAGE = """usage: {program} --task NAME [--OPTION VALUE …]

  --task NAME               which example of the course; --list shows all
  --data.root FOLDER        where the data files lie or are downloaded to
  --data.source SOURCE      auto, download, local or standin
  --trainer.max_epochs N    and every other option of Lightning's Trainer
  --model.OPTION, --data.OPTION, --optimizer.OPTION, --lr_scheduler CLASS
  --seed_everything N       seed of weights, shuffling and split (default 0)
  --runs FOLDER             where run folders go (default runs)
  --resume RUN              go on with a run; with --trainer.OPTION only
  --init_from RUN           start with the weights of a finished run
  --compile true            compile the network with torch.compile
  --spreadsheet_safe true   no spreadsheet formulas in the CSV files of results
  --find_lr                 do not train: suggest a learning rate, with a plot
  --summary                 show layers, output shapes, parameters; then stop
  --config FILE             more YAML, over the task's own
  --allow PACKAGE           let YAML files and runs name its classes too
  --print_config            show every option with its value, then stop
  --task NAME --help        show every option with its explanation"""


# Options that show something and stop.
_INSTEAD_OF_TRAINING = ("--find_lr", "--summary")


def main(argv: list[str]) -> None:
    """Run the command; see ``USAGE``.

    Raises:
        UserError: Bad input, or a loss that is not finite.
    """
    started = time.perf_counter()
    if "--list" in argv:
        print(catalogue.listing())
        return
    if argv in ([], ["-h"], ["--help"]):
        print(USAGE.format(program=program("train")))
        return

    resumed, argv = take_option(argv, "--resume")
    instead = [word for word in argv if word in _INSTEAD_OF_TRAINING]
    argv = [word for word in argv if word not in _INSTEAD_OF_TRAINING]
    if len(set(instead)) > 1:
        raise UserError(f"{' and '.join(instead)}: one at a time")
    if resumed:
        from lightning_course.runs.folder import find_unfinished

        if instead:
            raise UserError(f"{instead[0]} is for a new run, and --resume goes on with an old one")
        folder = find_unfinished(resumed)
        task, rest = _own_config(folder, argv)
    else:
        folder = None
        task, rest = catalogue.task_of(argv)
    # A launcher runs this script again for each further process.
    if is_leader():
        print(f"{task.name}: {task.summary} (chapter {task.chapter})", flush=True)

    # After the line above: torch and Lightning take seconds to import.
    from lightning_course.training import console
    from lightning_course.training.cli import CourseCLI

    console.quieten()
    if "--find_lr" in instead:
        from lightning_course.training.find_lr import find_lr

        find_lr(task, rest)
        return
    cli = CourseCLI(task, rest, folder, record=not instead)
    if "--summary" in instead:
        show_summary(cli)
        return
    train_guarded(cli, started)


def train_guarded(cli: Any, started: float) -> None:
    """Call :func:`train`; an error on the way names the run folder, if one is left unfinished.

    Raises:
        UserError: The run folder cannot be written, or training diverged.
        ProcessLost: One of several processes ended.
        Interrupted: A signal came.
    """
    from lightning_course.training.signals import ProcessLost, end_others

    try:
        train(cli, started)
    except Interrupted as error:
        end_others(cli.trainer)
        error.args = (f"{error}; {_how_to_go_on(cli)}",)
        raise
    except Exception as error:
        lost = end_others(cli.trainer)
        if lost and not isinstance(error, UserError):
            raise ProcessLost(
                f"another process of the run ended first, with exit code {lost[0]}; "
                f"{_how_to_go_on(cli)}"
            ) from error
        if isinstance(error, OSError) and (problem := _write_problem(cli, error)):
            raise UserError(problem) from error
        if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            # Commonly there is no C++ compiler; the rest of the message is pages long.
            reason = str(error).strip().splitlines()[0]
            raise UserError(f"torch.compile failed: {reason}; train without --compile") from error
        if cli.folder and cli.folder.made and not (cli.folder.path / "results.json").is_file():
            error.add_note(f"unfinished run: {cli.folder.path}")
        raise
    finally:
        if cli.folder:
            cli.folder.unlock()


def _own_config(folder: Path, argv: list[str]) -> tuple[catalogue.Task, list[str]]:
    """Return task and command line of a run that goes on: its config, Trainer options over it."""
    from lightning_course.files.reading import read_yaml

    for word in argv:
        if word.startswith("-") and not word.startswith(("--trainer.", "--allow")):
            raise UserError(
                f"--resume takes the run's own config; only --trainer.… may join, not {word}"
            )
    path = folder / "config.yaml"
    try:
        config = read_yaml(path)
        task = catalogue.find(config["task"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read: it must name the task") from error
    return task, [f"--config={path}", *argv]


def _write_problem(cli: Any, error: OSError) -> str | None:
    """Say why the run folder cannot be written; None for an error of another kind."""
    if cli.folder is None or not cli.folder.made:
        return None
    path = cli.folder.path
    within = error.filename is not None and os.fsdecode(error.filename).startswith(str(path))
    # The thread that writes TensorBoard's events does not say which file.
    if not within and error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    if not path.is_dir():
        return f"the run folder {path} has gone: somebody removed it while the run was going on"
    return f"cannot write the run {path}: {error.strerror}; {_how_to_go_on(cli)}"


def _how_to_go_on(cli: Any) -> str:
    from lightning_course.runs.checkpoints import read_checkpoint
    from lightning_course.runs.folder import last_checkpoint

    if cli.folder is None or not cli.folder.made:
        return "no epoch was finished"
    if (cli.folder.path / "results.json").is_file():
        return f"the run {cli.folder.path} is finished, but figures of it may be missing"
    checkpoint = last_checkpoint(cli.folder.path)
    if not checkpoint.is_file():
        return "no epoch was finished"
    epochs = read_checkpoint(checkpoint)["epoch"] + 1
    return (
        f"{epochs} epochs are saved; go on with: {program('train')} --resume {cli.folder.path}"
        f"{cli.allow_options}"
    )


def show_summary(cli: Any) -> None:
    """Print the layers of the network that a ``CourseCLI`` has built, as Keras's ``summary()``."""
    from lightning_course.nn import summary

    inputs, _ = cli.datamodule.splits["train"]
    if cli.trainer.is_global_zero:
        # The vocabulary, and with it the embedding, is that of these data.
        print(printable(f"data: {cli.datamodule.provenance}"))
        print(f"model: {type(cli.model).__name__}\n\n{summary(cli.model.network, inputs[:2])}")


def train(cli: Any, started: float) -> None:
    """Fit, evaluate and report what a ``CourseCLI`` has built.

    Args:
        cli: The command line with its model, data and trainer.
        started: ``time.perf_counter()`` at the start of the process.
    """
    from lightning_course.datamodules.splits import reported_split
    from lightning_course.kinds import naive_baselines
    from lightning_course.nn import keras_parameter_count
    from lightning_course.runs.folder import last_checkpoint
    from lightning_course.training import outcome
    from lightning_course.training.signals import prepare_processes
    from lightning_course.training.weights import lead_weights, resuming

    module, data, trainer = cli.model, cli.datamodule, cli.trainer
    if trainer.is_global_zero:
        sizes = ", ".join(f"{len(rows[1]):,} {name}" for name, rows in data.splits.items())
        print(printable(f"data: {data.provenance}: {sizes} rows"))
        if data.provenance.kind == "own" and (names := getattr(data, "class_names", None)):
            print(printable(f"classes: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}"))
        print(
            f"model: {type(module).__name__}, {keras_parameter_count(module):,} parameters",
            *(printable(f"{topic}: {remark}") for topic, remark in module.remarks.items()),
            sep="\n",
            flush=True,
        )

    baselines = naive_baselines(data, module.objective, reported_split(data.splits))
    if cli.report:
        cli.report.baselines = baselines
    outcome.make_ends_optional(trainer)
    prepare_processes(trainer)
    fit_started = time.perf_counter()
    checkpoint = last_checkpoint(cli.resumed) if cli.resumed else None
    with resuming(cli, checkpoint) if checkpoint else nullcontext():
        # Never executes what a checkpoint carries.
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    fit_seconds = time.perf_counter() - fit_started
    weights = lead_weights(cli)
    outcome.evaluate(cli)
    if trainer.is_global_zero:
        outcome.record_and_show(cli, weights, baselines, fit_seconds, started)
