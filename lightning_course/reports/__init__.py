"""Figures of runs, naive baselines, and what writes them to TensorBoard and the run folder."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# Imported on first use: figures that belong to no run must not pay for Lightning.
_MODULES = {
    "AtomicCheckpointIO": "checkpoints",
    "LastAndBest": "checkpoints",
    "Report": "callback",
    "RunLogger": "logger",
    "derived_metrics": "derived",
    "naive_baselines": "baselines",
    "shown_split": "callback",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
