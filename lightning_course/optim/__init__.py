"""Optimisers with Keras's formulas, as ``torch.optim`` classes."""

from lightning_course.optim.adam import Adam
from lightning_course.optim.sgd import SGD

__all__ = ["SGD", "Adam"]
