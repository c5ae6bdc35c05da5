"""LightningModules: a network of ``nn/`` with its loss, metrics, optimiser and the four steps."""

from lightning_course.models.base import CourseModule, Evaluation
from lightning_course.models.convolutional import ConvolutionalClassifier
from lightning_course.models.dense import DenseClassifier, DenseRegressor
from lightning_course.models.linear import LinearClassifier, LinearRegressor
from lightning_course.models.objectives import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    Objective,
    class_objective,
)
from lightning_course.models.recurrent import Forecaster, SequenceClassifier
from lightning_course.models.text import SpamClassifier

__all__ = [
    "BINARY",
    "MULTICLASS",
    "REGRESSION",
    "ConvolutionalClassifier",
    "CourseModule",
    "DenseClassifier",
    "DenseRegressor",
    "Evaluation",
    "Forecaster",
    "LinearClassifier",
    "LinearRegressor",
    "Objective",
    "SequenceClassifier",
    "SpamClassifier",
    "class_objective",
]
