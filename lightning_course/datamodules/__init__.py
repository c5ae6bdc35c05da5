"""LightningDataModules: one per kind of data, all on ``TensorDataModule``."""

from lightning_course.datamodules.base import TensorDataModule, TensorRows
from lightning_course.datamodules.images import (
    CIFAR10DataModule,
    FashionMNISTDataModule,
    ImageDataModule,
    MNISTDataModule,
)
from lightning_course.datamodules.series import (
    ChirpDataModule,
    SeriesDataModule,
    SineDataModule,
)
from lightning_course.datamodules.stocks import (
    StockDirectionDataModule,
    StockPriceDataModule,
    StockReturnDataModule,
)
from lightning_course.datamodules.tabular import (
    BreastCancerDataModule,
    MooresLawDataModule,
    TableDataModule,
)
from lightning_course.datamodules.text import SpamDataModule
from lightning_course.datamodules.xor import XORDataModule

__all__ = [
    "BreastCancerDataModule",
    "CIFAR10DataModule",
    "ChirpDataModule",
    "FashionMNISTDataModule",
    "ImageDataModule",
    "MNISTDataModule",
    "MooresLawDataModule",
    "SeriesDataModule",
    "SineDataModule",
    "SpamDataModule",
    "StockDirectionDataModule",
    "StockPriceDataModule",
    "StockReturnDataModule",
    "TableDataModule",
    "TensorDataModule",
    "TensorRows",
    "XORDataModule",
]
