"""LightningDataModules: one per kind of data, all on ``TensorDataModule``."""

from lightning_course.datamodules.base import TensorDataModule, TensorRows
from lightning_course.datamodules.text import SpamDataModule

__all__ = ["SpamDataModule", "TensorDataModule", "TensorRows"]
