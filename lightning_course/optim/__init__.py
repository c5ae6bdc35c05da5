"""Optimisers and learning-rate schedules with Keras's and the course's formulas.

They are ``torch.optim`` classes for any PyTorch code. A YAML file or the command line takes them by
their import path: ``--optimizer lightning_course.optim.RMSProp --optimizer.lr 0.01``.
"""

from lightning_course.optim.adam import Adam
from lightning_course.optim.adaptive import AdaGrad, CourseAdam, RMSProp
from lightning_course.optim.schedules import ExponentialDecay, InverseTimeDecay, PiecewiseConstant
from lightning_course.optim.sgd import SGD

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "CourseAdam",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstant",
    "RMSProp",
]
