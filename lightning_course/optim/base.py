"""What the optimisers written here share: parameter groups, missing gradients and state."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

Group = dict[str, Any]


class GradientOptimizer(Optimizer):
    """An optimiser that only needs each parameter's gradient and its own state.

    A subclass implements :meth:`update`.
    """

    sparse_gradients: ClassVar[bool] = False  # whether the formula holds for them

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one update of the parameters that have a gradient.

        Args:
            closure: Computes the loss and its gradients again.

        Returns:
            The closure's loss; None without a closure.

        Raises:
            RuntimeError: A gradient is sparse and the formula needs all of it.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            gradients = [p.grad for p in parameters]
            if not self.sparse_gradients and any(g.is_sparse for g in gradients):
                raise RuntimeError(
                    f"{type(self).__name__} needs dense gradients, got sparse ones: make the "
                    "embedding with sparse=False"
                )
            if parameters:
                self.update(group, parameters, gradients)
        return loss

    def update(self, group: Group, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Update a group's parameters in place.

        Args:
            group: The parameter group, with its learning rate and other options.
            parameters: Those that have a gradient, at least one.
            gradients: Of each parameter, of its shape; not to be changed.
        """
        raise NotImplementedError

    def state_of(self, parameter: Tensor, name: str, start: float = 0.0) -> Tensor:
        """Return a parameter's named state, of its shape; at first it is filled with `start`."""
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.full_like(parameter, start)
        tensor: Tensor = state[name]
        return tensor
