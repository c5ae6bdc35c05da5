"""What follows the fit: the evaluation, results.json, and what shows the results.

results.json is written first. From then on the run is finished, and what fails is a warning.
"""

import functools
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytorch_lightning import Trainer

from lightning_course.datamodules.splits import reported_split, validation_split
from lightning_course.errors import UserError, optional
from lightning_course.files.writing import write_json
from lightning_course.kinds import derived_metrics
from lightning_course.models.base import REMEDY
from lightning_course.runs.folder import last_checkpoint
from lightning_course.terminal import printable, program
from lightning_course.training import console
from lightning_course.training.cli import CourseCLI
from lightning_course.training.events import log_hyperparameters
from lightning_course.training.record import hyperparameters, is_comparable, results

# The tag of a split's curves where it differs from the split's name.
_CURVE = {"validation": "val"}


@dataclass(frozen=True)
class Outcome:
    """The results of a run.

    Attributes:
        weights: Whether they are those of the last or of the best epoch.
        metrics: By split, then by metric.
        baselines: Naive results on the reported split, by baseline, then by metric.
        fit_seconds: How long the fit took.
        started: ``time.perf_counter()`` at the start of the process.
    """

    weights: Literal["last", "best"]
    metrics: Mapping[str, Mapping[str, float]]
    baselines: Mapping[str, Mapping[str, float]]
    fit_seconds: float
    started: float

    @property
    def total_seconds(self) -> float:
        """Seconds since the start of the process."""
        return time.perf_counter() - self.started


def make_ends_optional(trainer: Trainer) -> None:
    """Let a logger or a profiler fail at the end of a fit or test: the weights are there."""
    for logger in trainer.loggers:
        step = f"close the logger {type(logger).__name__}"
        logger.finalize = _optional(logger.finalize, step)  # type: ignore[method-assign]
    profiler: Any = vars(trainer)["profiler"]
    step = f"write what {type(profiler).__name__} measured"
    profiler.describe = _optional(profiler.describe, step)
    profiler.teardown = _optional(profiler.teardown, step)


def _optional(function: Callable[..., Any], step: str) -> Callable[..., None]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> None:
        with optional(step):
            function(*args, **kwargs)

    return call


def evaluate(cli: CourseCLI) -> None:
    """Fill the module's evaluations: all splits, whole, whatever limits training had."""
    module, data, trainer = cli.model, cli.datamodule, cli.trainer
    trainer.limit_test_batches = 1.0
    loaders = [data.loader(name) for name in data.splits]
    try:
        trainer.test(module, dataloaders=loaders, verbose=False)
    except Exception:
        if module.evaluations.keys() != data.splits.keys():
            raise
        # A logger or a callback of the user's failed. All metrics have been measured.
        with optional("end the evaluation"):
            raise


def final_metrics(cli: CourseCLI) -> dict[str, dict[str, float]]:
    """Return the metrics of each split after :func:`evaluate`.

    Raises:
        UserError: A metric is not finite.
    """
    module, data = cli.model, cli.datamodule
    metrics = {name: dict(evaluation.metrics) for name, evaluation in module.evaluations.items()}
    reported = reported_split(data.splits)
    with optional("compute the derived metrics"):
        metrics[reported] |= derived_metrics(module, data, reported)
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise UserError("the last step left weights without finite results: " + REMEDY)
    return metrics


def record(cli: CourseCLI, outcome: Outcome) -> None:
    """Write results.json: the run is finished.

    Raises:
        Interrupted: A signal came since the last step.
    """
    if cli.folder:
        # Without the figures, which take seconds and are no part of the result.
        seconds = {
            "fit": round(outcome.fit_seconds, 3),
            "total": round(outcome.total_seconds, 3),
        }
        content = results(cli, outcome.weights, outcome.metrics, outcome.baselines, seconds)
        write_json(cli.folder.path / "results.json", content)
    cli.stop_on_signal.raise_if_received()


def show(cli: CourseCLI, outcome: Outcome) -> None:
    """Print the results table, draw the figures, fill TensorBoard, and print where all of it is."""
    task, data = cli.task, cli.datamodule
    comparable = is_comparable(cli)
    print()
    print(
        console.results_table(
            outcome.metrics,
            outcome.baselines,
            task.course_says if comparable else {},
            task.keras if comparable else {},
        )
    )
    if cli.report:
        cli.report.show(cli.trainer, cli.model)
        if cli.report.findings.lines:
            print("\n".join(map(printable, cli.report.findings.lines)))
    if data.provenance.kind == "stand-in":
        print("This is the STAND-IN, not the course's data: do not compare with the course.")
    if cli.folder is None:
        print("fast_dev_run: nothing was written")
        return
    split = reported_split(data.splits)
    curve = _CURVE.get(split, split)
    logged = {f"{curve}/{name}": value for name, value in outcome.metrics[split].items()}
    with optional("write the hyperparameters to TensorBoard"):
        log_hyperparameters(cli.trainer, hyperparameters(cli), logged)
    _print_best_epoch(cli, outcome.weights)
    print(f"{outcome.fit_seconds:.1f} s of training, {outcome.total_seconds:.1f} s in all")
    print(f"run folder:  {cli.folder.path}")
    print(f"look at it:  tensorboard --logdir {cli.config.runs}")
    if last_checkpoint(cli.folder.path).is_file():
        print(f"use it:      {program('predict')} --run {cli.folder.path}{cli.allow_options}")


def _print_best_epoch(cli: CourseCLI, weights: str) -> None:
    monitor = cli.task.monitor
    best = cli.report.history.best(monitor, cli.task.mode) if cli.report else None
    if not best:
        return
    value = console.number(monitor.split("/")[-1], best[monitor])
    shown = "it" if weights == "best" else "the last epoch"
    print(
        f"best epoch by {monitor}: {int(best['epoch']) + 1} ({value}; selected on "
        f"{validation_split(cli.datamodule.splits)}; the table shows {shown})"
    )
