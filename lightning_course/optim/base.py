"""What the optimisers written here share: which tensors an operation takes at once."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

# Numbers in a block on a CPU: with gradients, state and intermediate results 1 MiB of float32, a
# core's cache. RMSProp took 2.5 times as long on 30 matrices of 512×512 with the whole list as one
# block (each operation reads everything from memory again), and twice as long on 100 of 16×16 with
# each in a block of its own (Python calls).
CPU_BLOCK = 65_536


class BlockOptimizer(Optimizer):
    """An optimiser whose formula is written once, for a block of parameters.

    On an accelerator a block is all parameters of a group with the same device and dtype, which
    ``torch._foreach_…`` then updates in one kernel per operation, as torch's own optimisers do. On
    a CPU it is as many as fit its cache.

    A subclass implements :meth:`update`.
    """

    sparse_gradients: ClassVar[bool] = False  # whether the formula holds for them

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one update of the parameters that have a gradient.

        Args:
            closure: Computes the loss and its gradients again.

        Returns:
            What the closure, if any, returns.

        Raises:
            RuntimeError: A gradient is sparse and the formula needs all of it.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameters in _blocks([p for p in group["params"] if p.grad is not None]):
                gradients = [g for p in parameters if (g := p.grad) is not None]
                if not self.sparse_gradients and any(g.is_sparse for g in gradients):
                    raise RuntimeError(
                        f"{type(self).__name__} needs dense gradients, got sparse ones: make the "
                        "embedding with sparse=False"
                    )
                self.update(group, parameters, gradients)
        return loss

    def update(
        self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]
    ) -> None:
        """Update a block of a group's parameters in place.

        Args:
            group: The parameter group, with its learning rate and other options.
            parameters: At least one.
            gradients: Of each parameter, of its shape; not to be changed.
        """
        raise NotImplementedError

    def state_of(self, parameters: list[Tensor], name: str, start: float = 0.0) -> list[Tensor]:
        """Return the named state of each parameter, of its shape; at first filled with `start`."""
        tensors = []
        for parameter in parameters:
            state = self.state[parameter]
            if name not in state:
                state[name] = torch.full_like(parameter, start)
            tensors.append(state[name])
        return tensors


def root(squares: list[Tensor] | tuple[Tensor, ...], eps: float) -> tuple[Tensor, ...]:
    """Return √(s + ε) of each tensor: ε inside the root, as the course and Keras have it."""
    roots = torch._foreach_add(squares, eps)
    torch._foreach_sqrt_(roots)
    return roots


def _blocks(parameters: list[Tensor]) -> Iterator[list[Tensor]]:
    alike = defaultdict(list)  # torch's one-kernel operations take one device and dtype
    for parameter in parameters:
        alike[parameter.device, parameter.dtype].append(parameter)
    for (device, _), whole in alike.items():
        if device.type != "cpu":
            yield whole
            continue
        block: list[Tensor] = []
        size = 0
        for parameter in whole:
            size += parameter.numel()
            if block and size > CPU_BLOCK:
                yield block
                block, size = [], parameter.numel()
            block.append(parameter)
        yield block
