"""Keras's Adam."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Adam(torch.optim.Adam):
    r"""Adam as Keras computes it, run by torch's own kernels.

    Keras uses the "epsilon hat" form of the paper (Kingma & Ba 2015, end of section 2),

    .. math:: w \leftarrow w - η \frac{\sqrt{1-β_2^t}}{1-β_1^t} \frac{m}{\sqrt v + ε}

    while torch adds ε after the bias correction. The two are equal if torch's epsilon is
    :math:`ε / \sqrt{1-β_2^t}`, which is set here before each step t. The course's appendix has a
    third form: :class:`~lightning_course.optim.CourseAdam`.

    Example:
        >>> optimizer = Adam(model.parameters(), lr=0.01)
        >>> loss.backward()
        >>> optimizer.step()

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate η.
        betas: Decay rates of the moments, in [0, 1).
        eps: Keras's ε.
        fused: Whether torch updates all parameters in one kernel. Set it to False on a device
            without that kernel, or to clip gradients under ``16-mixed``.

    Attributes:
        param_groups: Each group has torch's entries and also ``keras_eps`` and ``t``, the number of
            updates so far. ``eps`` holds torch's value for the last step.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
        fused: bool = True,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, fused=fused)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; an ``eps`` of its own is Keras's ε."""
        param_group.setdefault("keras_eps", param_group.get("eps", self.defaults["eps"]))
        param_group.setdefault("t", 0)
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Make one update; as in Keras, t counts it even if no parameter has a gradient."""
        for group in self.param_groups:
            group["t"] += 1
            group["eps"] = group["keras_eps"] / math.sqrt(1 - group["betas"][1] ** group["t"])
        loss: float | None = super().step(closure)
        return loss
