"""Optimisers with Keras's formulas, as ``torch.optim`` classes."""

from lightning_course.optim.adam import Adam

__all__ = ["Adam"]
