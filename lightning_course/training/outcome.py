"""What follows the fit: the evaluation, results.json, and what shows them.

results.json is written first: from then on the run is finished, and what fails is a warning.
"""

import functools
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from lightning_course.datamodules.splits import reported_split, validation_split
from lightning_course.errors import UserError, optional
from lightning_course.files.writing import write_json
from lightning_course.kinds import derived_metrics
from lightning_course.models.base import REMEDY
from lightning_course.runs.folder import last_checkpoint
from lightning_course.terminal import printable, program
from lightning_course.training import console, record
from lightning_course.training.events import log_hyperparameters
from lightning_course.training.signals import StopOnSignal

# The tag of a split's curves where it differs from the split's name.
_CURVE = {"validation": "val"}


def make_ends_optional(trainer: Any) -> None:
    """Let a logger or a profiler fail at the end of a fit or test: the weights are there."""
    for logger in trainer.loggers:
        step = f"close the logger {type(logger).__name__}"
        logger.finalize = _optional(logger.finalize, step)
    profiler = trainer.profiler
    step = f"write what {type(profiler).__name__} measured"
    profiler.describe = _optional(profiler.describe, step)
    profiler.teardown = _optional(profiler.teardown, step)


def _optional(function: Callable[..., Any], step: str) -> Callable[..., None]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> None:
        with optional(step):
            function(*args, **kwargs)

    return call


def evaluate(cli: Any) -> None:
    """Fill the module's evaluations: all splits, whole, whatever limits training had."""
    module, data, trainer = cli.model, cli.datamodule, cli.trainer
    trainer.limit_test_batches = 1.0
    loaders = [data.loader(name) for name in data.splits]
    try:
        trainer.test(module, dataloaders=loaders, verbose=False)
    except Exception:
        if module.evaluations.keys() != data.splits.keys():
            raise
        # A logger or a callback of the user's: all that counts has been measured.
        with optional("end the evaluation"):
            raise


def record_and_show(
    cli: Any,
    weights: str,
    baselines: Mapping[str, Mapping[str, float]],
    fit_seconds: float,
    started: float,
) -> None:
    """Write results.json, then print the table and draw the figures.

    Args:
        cli: The command line after :func:`evaluate`.
        weights: Whose results these are, "last" or "best".
        baselines: Naive results on the split that is shown.
        fit_seconds: How long the fit took.
        started: ``time.perf_counter()`` at the start of the process.

    Raises:
        UserError: A metric is not finite.
        Interrupted: A signal came since the last step.
    """
    task, module, data = cli.task, cli.model, cli.datamodule
    shown = reported_split(data.splits)
    metrics = {name: dict(evaluation.metrics) for name, evaluation in module.evaluations.items()}
    with optional("find the further metrics"):
        metrics[shown] |= derived_metrics(module, data, shown)
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise UserError("the last step left weights without finite results: " + REMEDY)
    if cli.folder:
        # To here: figures take seconds, and are no part of the result.
        seconds = {"fit": round(fit_seconds, 3), "total": round(time.perf_counter() - started, 3)}
        write_json(
            cli.folder.path / "results.json",
            record.results(cli, weights, metrics, baselines, shown, seconds),
        )
    _raise_if_stopped(cli)

    comparable = record.is_comparable(cli)
    print()
    print(
        console.results_table(
            metrics,
            baselines,
            task.course_says if comparable else {},
            task.keras if comparable else {},
        )
    )
    if cli.report:
        cli.report.show(cli.trainer, module)
        if cli.report.findings.lines:
            print("\n".join(map(printable, cli.report.findings.lines)))
    if data.provenance.kind == "stand-in":
        print("This is the STAND-IN, not the course's data: do not compare with the course.")
    if cli.folder is None:
        print("fast_dev_run: nothing was written")
        return
    logged = {f"{_CURVE.get(shown, shown)}/{name}": value for name, value in metrics[shown].items()}
    with optional("write the hyperparameters to TensorBoard"):
        log_hyperparameters(cli.trainer, record.hyperparameters(cli), logged)
    _say_where(cli, weights, fit_seconds, started)


def _raise_if_stopped(cli: Any) -> None:
    for callback in cli.trainer.callbacks:
        if isinstance(callback, StopOnSignal):
            callback.raise_if_received()


def _say_where(cli: Any, weights: str, fit_seconds: float, started: float) -> None:
    task, path = cli.task, cli.folder.path
    best = cli.report.history.best(task.monitor, task.mode)
    if best:
        value = console.number(task.monitor.split("/")[-1], best[task.monitor])
        shows = "the table shows it" if weights == "best" else "the table shows the last epoch"
        print(
            f"best epoch by {task.monitor}: {int(best['epoch']) + 1} ({value}; selected on "
            f"{validation_split(cli.datamodule.splits)}; {shows})"
        )
    print(f"{fit_seconds:.1f} s of training, {time.perf_counter() - started:.1f} s in all")
    print(f"run folder:  {path}")
    print(f"look at it:  tensorboard --logdir {cli.config.runs}")
    if last_checkpoint(path).is_file():
        print(f"use it:      {program('predict')} --run {path}{cli.allow_options}")
