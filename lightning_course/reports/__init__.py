"""Figures of runs, naive baselines, and what writes them to TensorBoard and the run folder."""

from lightning_course.reports.baselines import naive_baselines
from lightning_course.reports.callback import Report, shown_split
from lightning_course.reports.checkpoints import AtomicCheckpointIO, LastAndBest
from lightning_course.reports.derived import derived_metrics
from lightning_course.reports.logger import RunLogger

__all__ = [
    "AtomicCheckpointIO",
    "LastAndBest",
    "Report",
    "RunLogger",
    "derived_metrics",
    "naive_baselines",
    "shown_split",
]
