"""Keras's stochastic gradient descent with momentum."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import Optimizer, ParamsT

from lightning_course.validation import check_minimum


class SGD(Optimizer):
    r"""Gradient descent with momentum as Keras (and the course's appendix) writes it.

    .. math::
        v \leftarrow \mu v - \eta g, \qquad \theta \leftarrow \theta + v

    The learning rate :math:`\eta` is inside the velocity: when a schedule lowers it, what is under
    way goes on at the old rate. In ``torch.optim.SGD`` it is outside, and the whole step shrinks
    at once. At a constant rate the two are the same.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate η, at least 0.
        momentum: μ, in [0, 1).
        nesterov: Step by :math:`\mu v - \eta g` with the new v instead.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        check_minimum("learning rate", lr, 0)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, got {momentum}")
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; returns what the closure, if any, returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            parameters = [p for p in group["params"] if p.grad is not None]
            if not parameters:
                continue
            gradients = [p.grad for p in parameters]
            if momentum == 0:
                torch._foreach_add_(parameters, gradients, alpha=-lr)
                continue
            velocities = [self._velocity(p) for p in parameters]
            torch._foreach_mul_(velocities, momentum)
            torch._foreach_add_(velocities, gradients, alpha=-lr)
            if group["nesterov"]:
                torch._foreach_add_(parameters, velocities, alpha=momentum)
                torch._foreach_add_(parameters, gradients, alpha=-lr)
            else:
                torch._foreach_add_(parameters, velocities)
        return loss

    def _velocity(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity: torch.Tensor = state["velocity"]
        return velocity
