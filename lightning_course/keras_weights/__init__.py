"""Weights in from Keras's files, and out to them; nothing a file carries is executed."""

from lightning_course.keras_weights.architecture import architecture
from lightning_course.keras_weights.configs import LayerConfig, ModelConfig
from lightning_course.keras_weights.configuration import model_config
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredTensor
from lightning_course.keras_weights.layers import Architecture, KerasLayer, KerasTensor
from lightning_course.keras_weights.matching import Taken, take_keras_weights
from lightning_course.keras_weights.reading import KerasFile, read_keras

__all__ = [
    "Architecture",
    "KerasFile",
    "KerasLayer",
    "KerasTensor",
    "LayerConfig",
    "ModelConfig",
    "StoredLayer",
    "StoredTensor",
    "Taken",
    "architecture",
    "model_config",
    "read_keras",
    "take_keras_weights",
]
