"""The metrics of a finished run, computed again from its checkpoint."""

import math

import torch
from pytorch_lightning import Trainer

from lightning_course.datamodules.splits import reported_split
from lightning_course.errors import UserError
from lightning_course.kinds import derived_metrics
from lightning_course.runs.loading import Run


def evaluate(run: Run) -> dict[str, dict[str, float]]:
    """Return the metrics of a run by split, the derived ones included.

    Args:
        run: A run whose data are prepared; its module keeps the evaluations.

    Raises:
        UserError: The run's precision is not possible here, or a metric is not finite.
    """
    module, data = run.module, run.datamodule
    precision = run.config["trainer"]["precision"]
    if precision == "16-mixed" and not torch.cuda.is_available():
        precision = "32-true"
    # One process: the loaders below are not split over several.
    try:
        trainer = Trainer(
            devices=1, num_nodes=1, logger=False, enable_progress_bar=False, precision=precision
        )
    except ValueError as error:
        raise UserError(f"{run.path / 'config.yaml'}: {error}") from error
    trainer.test(module, dataloaders=[data.loader(name) for name in data.splits], verbose=False)
    metrics = {name: dict(evaluation.metrics) for name, evaluation in module.evaluations.items()}
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise UserError(f"the metrics of {run.path} are not finite: its weights are too large")
    reported = reported_split(metrics)
    metrics[reported] |= derived_metrics(module, data, reported)
    return metrics
