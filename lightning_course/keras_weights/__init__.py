"""Reads weights from Keras's files and writes them; nothing that a file carries is executed."""

from lightning_course.keras_weights.architecture import architecture
from lightning_course.keras_weights.hdf5 import StoredLayer
from lightning_course.keras_weights.keras_model import Architecture, KerasLayer, KerasTensor
from lightning_course.keras_weights.matching import Taken, take_keras_weights
from lightning_course.keras_weights.model_json import ModelConfig, model_config
from lightning_course.keras_weights.reading import KerasFile, read_keras

__all__ = [
    "Architecture",
    "KerasFile",
    "KerasLayer",
    "KerasTensor",
    "ModelConfig",
    "StoredLayer",
    "Taken",
    "architecture",
    "model_config",
    "read_keras",
    "take_keras_weights",
]
