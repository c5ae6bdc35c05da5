"""Figures of runs and naive baselines."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lightning_course.reports.baselines import naive_baselines
    from lightning_course.reports.derived import derived_metrics

__all__ = ["derived_metrics", "naive_baselines"]

# Imported on first use: figures that belong to no run must not pay for Lightning.
# `Report` is in `training` now; code that imports it from here keeps working.
_MODULES = {
    "Report": "lightning_course.training.callback",
    "derived_metrics": "lightning_course.reports.derived",
    "naive_baselines": "lightning_course.reports.baselines",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
