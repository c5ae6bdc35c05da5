"""Learning-rate schedules of the course's appendix that torch lacks.

A schedule computes the learning rate of epoch t, counted from 0 as in Keras's
``LearningRateScheduler``, from the optimiser's learning rate A. Torch has two of the course's:

- step decay multiplies the learning rate by a factor every so many epochs:
  ``torch.optim.lr_scheduler.StepLR`` (``step_size`` 100 and ``gamma`` 0.5 halve it every 100);
- ``MultiStepLR`` multiplies it by a factor at given epochs. ``configs/moores_law.yaml`` uses it for
  the course's schedule, 0.001 and from epoch 50 on 0.0001. :class:`PiecewiseConstant` takes the
  learning rates themselves, which may have any ratios.

On the command line::

    python scripts/train.py --task moores_law \
        --lr_scheduler lightning_course.optim.InverseTimeDecay --lr_scheduler.k 0.1
"""

import math

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lightning_course.checks import check_minimum


class _ClosedForm(LRScheduler):
    """A schedule whose learning rate depends on the epoch alone."""

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each parameter group in the current epoch."""
        return [self.rate(float(start), self.last_epoch) for start in self.base_lrs]

    def rate(self, start: float, epoch: int) -> float:
        """Return the learning rate in an epoch (from 0) of a group that began at `start`."""
        raise NotImplementedError


class ExponentialDecay(_ClosedForm):
    r"""A learning rate that falls by the same factor every epoch: :math:`\eta(t) = A e^{-kt}`.

    It is torch's ``ExponentialLR`` with a ``gamma`` of :math:`e^{-k}`, written with the k of
    :class:`InverseTimeDecay`: with the same k, both fall equally fast at first, then this one
    falls faster.

    Example:
        >>> schedule = ExponentialDecay(Adam(model.parameters(), lr=0.1), k=0.05)
        >>> schedule.step()  # after each epoch

    Args:
        optimizer: The optimiser; A is the learning rate of each of its parameter groups.
        k: Decay constant, at least 0.

    Raises:
        ValueError: k is negative.
    """

    def __init__(self, optimizer: Optimizer, k: float) -> None:
        check_minimum("k", k, 0)
        self.k = k
        super().__init__(optimizer)

    def rate(self, start: float, epoch: int) -> float:
        """Return A e^(−kt)."""
        return start * math.exp(-self.k * epoch)


class InverseTimeDecay(_ClosedForm):
    r"""A learning rate that falls as 1/t: :math:`\eta(t) = A / (kt + 1)`.

    Keras's schedule of this name counts optimiser steps; this one counts epochs.

    Args:
        optimizer: The optimiser; A is the learning rate of each of its parameter groups.
        k: Decay constant, at least 0: the learning rate is A/2 in epoch 1/k.

    Raises:
        ValueError: k is negative.
    """

    def __init__(self, optimizer: Optimizer, k: float) -> None:
        check_minimum("k", k, 0)
        self.k = k
        super().__init__(optimizer)

    def rate(self, start: float, epoch: int) -> float:
        """Return A / (kt + 1)."""
        return start / (self.k * epoch + 1)


class PiecewiseConstant(_ClosedForm):
    """Constant learning rates, each from a given epoch on, as with ``LearningRateScheduler``.

    The course's schedule for Moore's law is ``PiecewiseConstant(optimizer, {0: 0.001, 50:
    0.0001})``, on the command line ``--lr_scheduler.rates '{0: 0.001, 50: 0.0001}'``.

    Args:
        optimizer: The optimiser; all its parameter groups get the same learning rate.
        rates: Maps an epoch (from 0) to the learning rate from then on, both at least 0. Before the
            first of these epochs each group keeps the optimiser's learning rate.

    Raises:
        ValueError: An epoch or a learning rate is negative, or there are none.
    """

    def __init__(self, optimizer: Optimizer, rates: dict[int, float]) -> None:
        if not rates:
            raise ValueError("rates must have at least one epoch, got none")
        for epoch, rate in rates.items():
            check_minimum("epoch of a rate", epoch, 0)
            check_minimum(f"rate from epoch {epoch}", rate, 0)
        self.rates = dict(sorted(rates.items()))
        super().__init__(optimizer)

    def rate(self, start: float, epoch: int) -> float:
        """Return the learning rate of the latest of these epochs that has begun."""
        return next((self.rates[e] for e in reversed(self.rates) if e <= epoch), start)
