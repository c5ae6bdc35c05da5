"""One run from start to end: fit, choose the weights, evaluate, record and show the results."""

import time
from contextlib import nullcontext

from lightning_course.datamodules.splits import reported_split
from lightning_course.kinds import naive_baselines
from lightning_course.nn import keras_parameter_count, summary
from lightning_course.runs.folder import last_checkpoint
from lightning_course.terminal import printable
from lightning_course.training.cli import CourseCLI
from lightning_course.training.failures import explain_failure
from lightning_course.training.outcome import (
    Outcome,
    evaluate,
    final_metrics,
    make_ends_optional,
    record,
    show,
)
from lightning_course.training.resuming import resuming
from lightning_course.training.signals import prepare_processes
from lightning_course.training.weights import load_final_weights


def train(cli: CourseCLI, started: float) -> None:
    """Train what a ``CourseCLI`` has built; write and print the results.

    Args:
        cli: The command line with its model, data and trainer.
        started: ``time.perf_counter()`` at the start of the process.

    Raises:
        UserError: The run folder cannot be written, or training diverged.
        ProcessLost: One of several processes ended.
        Interrupted: A signal came.
    """
    with explain_failure(cli):
        _announce(cli)
        data, module = cli.datamodule, cli.model
        baselines = naive_baselines(data, module.objective, reported_split(data.splits))
        if cli.report:
            cli.report.baselines = baselines
        fit_seconds = _fit(cli)
        weights = load_final_weights(module, data.splits, cli.folder)
        evaluate(cli)
        if cli.trainer.is_global_zero:
            outcome = Outcome(weights, final_metrics(cli), baselines, fit_seconds, started)
            record(cli, outcome)
            show(cli, outcome)


def show_summary(cli: CourseCLI) -> None:
    """Print the layers of the network that was built, like Keras's ``summary()``."""
    inputs, _ = cli.datamodule.splits["train"]
    if cli.trainer.is_global_zero:
        # The size of the vocabulary, and so of the embedding, depends on the data.
        print(printable(f"data: {cli.datamodule.provenance}"))
        print(f"model: {type(cli.model).__name__}\n\n{summary(cli.model.network, inputs[:2])}")


def _announce(cli: CourseCLI) -> None:
    """Print what the run trains on, and which model."""
    if not cli.trainer.is_global_zero:
        return
    data, module = cli.datamodule, cli.model
    sizes = ", ".join(f"{len(targets):,} {name}" for name, (_, targets) in data.splits.items())
    print(printable(f"data: {data.provenance}: {sizes} rows"))
    if data.provenance.kind == "own" and (names := getattr(data, "class_names", None)):
        print(printable(f"classes: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}"))
    print(
        f"model: {type(module).__name__}, {keras_parameter_count(module):,} parameters",
        *(printable(f"{topic}: {remark}") for topic, remark in module.remarks.items()),
        sep="\n",
        flush=True,
    )


def _fit(cli: CourseCLI) -> float:
    """Fit the model, from a checkpoint where the run is resumed. Return the seconds it took."""
    module, data, trainer = cli.model, cli.datamodule, cli.trainer
    make_ends_optional(trainer)
    prepare_processes(trainer)
    started = time.perf_counter()
    checkpoint = last_checkpoint(cli.resumed) if cli.resumed else None
    with resuming(trainer, module, data, checkpoint) if checkpoint else nullcontext():
        # `weights_only`: nothing that a checkpoint carries is executed.
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    return time.perf_counter() - started
