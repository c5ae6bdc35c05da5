"""LightningModules: the networks of ``nn/`` with loss, metrics and the four steps."""

from lightning_course.models.base import CourseModule, Evaluation
from lightning_course.models.objectives import BINARY, MULTICLASS, REGRESSION, Objective
from lightning_course.models.text import SpamClassifier

__all__ = [
    "BINARY",
    "MULTICLASS",
    "REGRESSION",
    "CourseModule",
    "Evaluation",
    "Objective",
    "SpamClassifier",
]
