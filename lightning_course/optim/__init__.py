"""Optimisers and learning-rate schedules with Keras's and the course's formulas, as torch's.

They are ``torch.optim`` classes: use them in any PyTorch code, or in a YAML file or on the command
line by their path, ``--optimizer lightning_course.optim.RMSProp --optimizer.lr 0.01``.
"""

from lightning_course.optim.adagrad import AdaGrad
from lightning_course.optim.adam import Adam, CourseAdam
from lightning_course.optim.rmsprop import RMSProp
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
