"""Moved to :mod:`lightning_course.training.console`; old imports keep working."""

from lightning_course.training.console import EpochLines, quieten

__all__ = ["EpochLines", "quieten"]
