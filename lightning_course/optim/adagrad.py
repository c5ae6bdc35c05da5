"""AdaGrad as Keras and the course compute it."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from lightning_course.checks import check_minimum
from lightning_course.optim.base import BlockOptimizer, root


class AdaGrad(BlockOptimizer):
    r"""Gradient descent whose rate falls, for each weight, with the gradients it has had.

    .. math::
        c \leftarrow c + g^2, \qquad \theta \leftarrow \theta - \eta \frac{g}{\sqrt{c + ε}}

    (Duchi, Hazan & Singer 2011, with ε where the course's appendix and Keras have it.)
    ``torch.optim.Adagrad`` adds ε to the root and has other defaults: a rate of 0.01, a cache that
    begins at 0 and an ε of 1e-10.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate η, at least 0.
        initial_accumulator_value: The cache c before the first step, at least 0. 0.1 is Keras's;
            the course's notes do not say, torch begins with 0.
        eps: ε, at least 0.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        initial_accumulator_value: float = 0.1,
        eps: float = 1e-7,
    ) -> None:
        check_minimum("learning rate", lr, 0)
        check_minimum("initial_accumulator_value", initial_accumulator_value, 0)
        check_minimum("eps", eps, 0)
        start = initial_accumulator_value
        super().__init__(params, {"lr": lr, "initial_accumulator_value": start, "eps": eps})

    def update(
        self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]
    ) -> None:
        """Take one step."""
        caches = self.state_of(parameters, "cache", group["initial_accumulator_value"])
        torch._foreach_addcmul_(caches, gradients, gradients)
        divisors = root(caches, group["eps"])
        torch._foreach_addcdiv_(parameters, gradients, divisors, value=-group["lr"])
