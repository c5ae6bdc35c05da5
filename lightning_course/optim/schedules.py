"""Learning-rate schedules of the course's appendix that torch does not have as they stand there.

A schedule gives the rate of epoch t, counted from 0 as Keras's ``LearningRateScheduler`` does, from
the optimiser's own rate A. Two of the course's are torch's already:

- step decay, the rate times a factor every so many epochs: ``torch.optim.lr_scheduler.StepLR``
  (halving it every 100: ``step_size`` 100, ``gamma`` 0.5);
- a factor from each of some epochs on: ``MultiStepLR``. So does ``configs/moores_law.yaml`` write
  the course's 0.001, and 0.0001 from epoch 50 on; :class:`PiecewiseConstant` takes the rates
  themselves, which need not stand in one proportion.

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
    """A schedule that follows from the epoch alone, however training got there."""

    def get_lr(self) -> list[float | Tensor]:
        """Return the rate of each parameter group in the current epoch."""
        return [self.rate(float(start), self.last_epoch) for start in self.base_lrs]

    def rate(self, start: float, epoch: int) -> float:
        """Return the rate in an epoch, from 0, of a group that starts with the rate `start`."""
        raise NotImplementedError


class ExponentialDecay(_ClosedForm):
    r"""A rate that falls by the same factor every epoch: :math:`\eta(t) = A e^{-kt}`.

    It is torch's ``ExponentialLR`` with ``gamma`` :math:`e^{-k}`, written with the k of
    :class:`InverseTimeDecay`: with the same k both begin to fall equally fast, and this one goes on
    to fall faster.

    Args:
        optimizer: Whose rates to set; A is its own rate, for each parameter group.
        k: How fast the rate falls, at least 0.

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
    r"""A rate that falls as 1/t: :math:`\eta(t) = A / (kt + 1)`.

    Keras's schedule of this name counts optimiser steps; this one counts epochs.

    Args:
        optimizer: Whose rates to set; A is its own rate, for each parameter group.
        k: How fast the rate falls, at least 0: it is half of A in epoch 1/k.

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
    """Rates by the epoch they begin in, as the function behind Keras's ``LearningRateScheduler``.

    The course's for Moore's law is ``PiecewiseConstant(optimizer, {0: 0.001, 50: 0.0001})``, on the
    command line ``--lr_scheduler.rates '{0: 0.001, 50: 0.0001}'``.

    Args:
        optimizer: Whose rates to set, of all parameter groups alike.
        rates: Epoch (from 0) → rate from then on, both at least 0. Before the first of these epochs
            each group keeps the optimiser's own rate.

    Raises:
        ValueError: An epoch or a rate is negative, or there are none.
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
        """Return the last rate whose epoch has come."""
        return next((self.rates[e] for e in reversed(self.rates) if e <= epoch), start)
