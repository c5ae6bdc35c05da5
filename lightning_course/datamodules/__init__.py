"""LightningDataModules: one per kind of data, all on ``TensorDataModule``."""

from lightning_course.datamodules.base import TensorDataModule, TensorRows
from lightning_course.datamodules.images import (
    CIFAR10DataModule,
    FashionMNISTDataModule,
    ImageDataModule,
    MNISTDataModule,
)
from lightning_course.datamodules.tabular import (
    BreastCancerDataModule,
    MooresLawDataModule,
    TableDataModule,
)
from lightning_course.datamodules.text import SpamDataModule

__all__ = [
    "BreastCancerDataModule",
    "CIFAR10DataModule",
    "FashionMNISTDataModule",
    "ImageDataModule",
    "MNISTDataModule",
    "MooresLawDataModule",
    "SpamDataModule",
    "TableDataModule",
    "TensorDataModule",
    "TensorRows",
]
