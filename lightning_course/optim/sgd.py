"""Keras's stochastic gradient descent with momentum."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from lightning_course.checks import check_fraction, check_minimum
from lightning_course.optim.base import GradientOptimizer, Group


class SGD(GradientOptimizer):
    r"""Gradient descent with momentum as Keras (and the course's appendix) writes it.

    .. math::
        v \leftarrow \mu v - \eta g, \qquad \theta \leftarrow \theta + v

    The learning rate :math:`\eta` is inside the velocity: when a schedule lowers it, the velocity
    gathered at the old rate only fades. In ``torch.optim.SGD`` it is outside, and the whole step
    shrinks at once. At a constant learning rate the two are the same.

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate η, at least 0.
        momentum: μ, in [0, 1).
        nesterov: Whether to step by :math:`\mu v - \eta g` with the new v instead.

    Raises:
        ValueError: An argument outside its range.
    """

    sparse_gradients: ClassVar[bool] = True

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        check_minimum("learning rate", lr, 0)
        check_fraction("momentum", momentum, zero=True)
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    def update(self, group: Group, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Take one step, of all parameters at once; only momentum needs a velocity."""
        lr, momentum = group["lr"], group["momentum"]
        if momentum == 0:
            torch._foreach_add_(parameters, gradients, alpha=-lr)
            return
        velocities = [self.state_of(parameter, "velocity") for parameter in parameters]
        torch._foreach_mul_(velocities, momentum)
        torch._foreach_add_(velocities, gradients, alpha=-lr)
        if group["nesterov"]:
            torch._foreach_add_(parameters, velocities, alpha=momentum)
            torch._foreach_add_(parameters, gradients, alpha=-lr)
        else:
            torch._foreach_add_(parameters, velocities)
