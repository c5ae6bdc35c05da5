"""A beginners' TensorFlow 2 / Keras course rebuilt on PyTorch Lightning.

Every example of the course is a task: a data module, a Lightning module and a YAML file.
``lightning_course.catalogue`` lists them; ``python scripts/train.py --task NAME`` trains one.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# Imported on first use: `import lightning_course` must not pay for torch and Lightning.
_MODULES = {
    "lightning_course.datamodules": (
        "BreastCancerDataModule",
        "CIFAR10DataModule",
        "ChirpDataModule",
        "FashionMNISTDataModule",
        "MNISTDataModule",
        "MooresLawDataModule",
        "SineDataModule",
        "SpamDataModule",
        "StockDirectionDataModule",
        "StockPriceDataModule",
        "StockReturnDataModule",
        "TensorDataModule",
        "XORDataModule",
    ),
    "lightning_course.models": (
        "ConvolutionalClassifier",
        "CourseModule",
        "DenseClassifier",
        "DenseRegressor",
        "Forecaster",
        "LinearClassifier",
        "LinearRegressor",
        "SequenceClassifier",
        "SpamClassifier",
    ),
    "lightning_course.preprocessing": ("RandomAugmentation", "Tokenizer", "pad_sequences"),
}
_PUBLIC = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
