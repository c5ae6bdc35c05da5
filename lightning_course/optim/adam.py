"""Adam: Keras's, and the course's own."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from lightning_course.checks import check_fraction, check_minimum
from lightning_course.optim.base import BlockOptimizer, root


class Adam(torch.optim.Adam):
    r"""Adam as Keras computes it, run by torch's own kernels.

    Keras takes the "epsilon hat" form of the paper (Kingma & Ba 2015, end of section 2),

    .. math:: w \leftarrow w - η \frac{\sqrt{1-β_2^t}}{1-β_1^t} \frac{m}{\sqrt v + ε}

    where torch adds ε after the bias correction. The two are equal when torch's epsilon is
    :math:`ε / \sqrt{1-β_2^t}`, which is set before each step t. The course's notes have a third
    form: :class:`CourseAdam`.

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate η.
        betas: Decay rates of the moments, in [0, 1).
        eps: Keras's ε.
        fused: Whether torch updates all parameters in one kernel, here by default; set it to
            false on a device without that kernel or to clip gradients under ``16-mixed``.

    Attributes:
        param_groups: Each group has, beside torch's entries, ``keras_eps`` and ``t`` (updates so
            far, in ``state_dict`` too). ``eps`` holds torch's value for the last step.
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
        """Add a group; its own ``eps``, if any, is Keras's ε too."""
        param_group.setdefault("keras_eps", param_group.get("eps", self.defaults["eps"]))
        param_group.setdefault("t", 0)
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Make one update; t counts up whether or not a parameter has a gradient, as in Keras."""
        for group in self.param_groups:
            group["t"] += 1
            group["eps"] = group["keras_eps"] / math.sqrt(1 - group["betas"][1] ** group["t"])
        loss: float | None = super().step(closure)
        return loss


class CourseAdam(BlockOptimizer):
    r"""Adam as the course's appendix writes it, with ε inside the root.

    .. math::
        m \leftarrow β_1 m + (1 - β_1) g, \qquad v \leftarrow β_2 v + (1 - β_2) g^2

        \hat m = \frac{m}{1 - β_1^t}, \qquad \hat v = \frac{v}{1 - β_2^t}, \qquad
        \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat v + ε}}

    The three forms differ in what ε is added to:

    - here :math:`\sqrt{\hat v + ε}`. Gradients matter once they are as large as :math:`\sqrt ε`:
      1e-4 for an ε of 1e-8;
    - in ``torch.optim.Adam`` :math:`\sqrt{\hat v} + ε`, Algorithm 1 of Kingma & Ba 2015: once they
      are as large as ε;
    - in Keras, and :class:`Adam`, :math:`\sqrt v + ε` before the bias correction: in the first step
      once they are :math:`1 / \sqrt{1 - β_2}`, about 32, times as large as ε, later as in torch's.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate η, at least 0.
        betas: Decay rates β₁ and β₂ of the moments, in [0, 1).
        eps: ε, at least 0; 1e-8 is the first of the values that the course names.

    Attributes:
        param_groups: Each group has the entry ``t``, its steps so far (in ``state_dict`` too),
            whether or not all its parameters had a gradient.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        check_minimum("learning rate", lr, 0)
        for index, beta in enumerate(betas):
            check_fraction(f"betas[{index}]", beta, zero=True)
        check_minimum("eps", eps, 0)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "t": 0})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one update, and count it."""
        for group in self.param_groups:
            group["t"] += 1
        return super().step(closure)

    def update(
        self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]
    ) -> None:
        """Take the step ``group["t"]``."""
        (beta1, beta2), t = group["betas"], group["t"]
        means, squares = self.state_of(parameters, "m"), self.state_of(parameters, "v")
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - beta2)
        # Both corrections are moved out of the tensors: √(v/c + ε) = √(v + cε) / √c.
        correction = 1 - beta2**t
        lr = group["lr"] * math.sqrt(correction) / (1 - beta1**t)
        divisors = root(squares, correction * group["eps"])
        torch._foreach_addcdiv_(parameters, means, divisors, value=-lr)
