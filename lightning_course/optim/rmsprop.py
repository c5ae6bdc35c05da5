"""RMSProp as Keras and the course compute it."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from lightning_course.checks import check_fraction, check_minimum
from lightning_course.optim.base import BlockOptimizer, root


class RMSProp(BlockOptimizer):
    r"""AdaGrad with a cache that forgets.

    .. math::
        c \leftarrow ρ c + (1 - ρ) g^2, \qquad
        \theta \leftarrow \theta - \eta \frac{g}{\sqrt{c + ε}}

    (Hinton 2012, lecture 6e; the course's appendix calls ρ the decay.) With momentum, as Keras has
    it, :math:`v \leftarrow \mu v + \eta g / \sqrt{c + ε}` and :math:`\theta \leftarrow \theta - v`:
    the rate is inside the velocity, as in :class:`~lightning_course.optim.SGD`.

    ``torch.optim.RMSprop`` adds ε to the root, keeps the rate outside the velocity and has other
    defaults: a rate of 0.01, and 0.99 for ρ. Keras's ``centered`` is left out.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate η, at least 0.
        rho: ρ, in [0, 1).
        momentum: μ, in [0, 1).
        eps: ε, at least 0.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        rho: float = 0.9,
        momentum: float = 0.0,
        eps: float = 1e-7,
    ) -> None:
        check_minimum("learning rate", lr, 0)
        check_fraction("rho", rho, zero=True)
        check_fraction("momentum", momentum, zero=True)
        check_minimum("eps", eps, 0)
        super().__init__(params, {"lr": lr, "rho": rho, "momentum": momentum, "eps": eps})

    def update(
        self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]
    ) -> None:
        """Take one step; there is a velocity only where there is momentum."""
        caches = self.state_of(parameters, "cache")
        torch._foreach_mul_(caches, group["rho"])
        torch._foreach_addcmul_(caches, gradients, gradients, value=1 - group["rho"])
        divisors = root(caches, group["eps"])
        if group["momentum"] == 0:
            torch._foreach_addcdiv_(parameters, gradients, divisors, value=-group["lr"])
            return
        velocities = self.state_of(parameters, "velocity")
        torch._foreach_mul_(velocities, group["momentum"])
        torch._foreach_addcdiv_(velocities, gradients, divisors, value=group["lr"])
        torch._foreach_sub_(parameters, velocities)
