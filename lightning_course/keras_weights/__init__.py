"""Weights in from Keras's files, and out to them; nothing a file carries is executed."""

from lightning_course.keras_weights.architecture import architecture
from lightning_course.keras_weights.configuration import model_config
from lightning_course.keras_weights.layers import Architecture, KerasLayer, KerasTensor

__all__ = ["Architecture", "KerasLayer", "KerasTensor", "architecture", "model_config"]
