"""AdaGrad, RMSProp and Adam as the course's appendix writes them: with ε inside the root."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim.optimizer import ParamsT

from lightning_course.checks import check_fraction, check_minimum
from lightning_course.optim.base import GradientOptimizer, Group


class AdaGrad(GradientOptimizer):
    r"""Gradient descent with a step for each weight that shrinks as its gradients accumulate.

    .. math::
        c \leftarrow c + g^2, \qquad \theta \leftarrow \theta - \eta \frac{g}{\sqrt{c + ε}}

    (Duchi, Hazan & Singer 2011; Keras has ε at the same place.) ``torch.optim.Adagrad`` adds ε to
    the root and has other defaults: a learning rate of 0.01, a cache that starts at 0 and an ε of
    1e-10.

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate η, at least 0.
        initial_accumulator_value: The cache c before the first step, at least 0. 0.1 is Keras's;
            the course does not give one, torch starts at 0.
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

    def update(self, group: Group, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Take one step."""
        for parameter, gradient in zip(parameters, gradients, strict=True):
            cache = self.state_of(parameter, "cache", group["initial_accumulator_value"])
            cache += gradient**2
            parameter -= group["lr"] * gradient / (cache + group["eps"]).sqrt()


class RMSProp(GradientOptimizer):
    r"""AdaGrad whose cache is a moving average, so that old gradients fade.

    .. math::
        c \leftarrow ρ c + (1 - ρ) g^2, \qquad
        \theta \leftarrow \theta - \eta \frac{g}{\sqrt{c + ε}}

    (Hinton 2012, lecture 6e; the course's appendix calls ρ the decay.) With momentum, as in Keras,
    :math:`v \leftarrow \mu v + \eta g / \sqrt{c + ε}` and :math:`\theta \leftarrow \theta - v`: the
    learning rate is inside the velocity, as in :class:`~lightning_course.optim.SGD`.

    ``torch.optim.RMSprop`` adds ε to the root, keeps the learning rate outside the velocity and has
    other defaults: a learning rate of 0.01, and 0.99 for ρ. Keras's ``centered`` is left out.

    Args:
        params: Parameters or parameter groups.
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

    def update(self, group: Group, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Take one step; only momentum needs a velocity."""
        for parameter, gradient in zip(parameters, gradients, strict=True):
            cache = self.state_of(parameter, "cache")
            cache *= group["rho"]
            cache += (1 - group["rho"]) * gradient**2
            step = group["lr"] * gradient / (cache + group["eps"]).sqrt()
            if group["momentum"]:
                velocity = self.state_of(parameter, "velocity")
                velocity *= group["momentum"]
                velocity += step
                step = velocity
            parameter -= step


class CourseAdam(GradientOptimizer):
    r"""Adam as the course's appendix writes it.

    .. math::
        m \leftarrow β_1 m + (1 - β_1) g, \qquad v \leftarrow β_2 v + (1 - β_2) g^2

        \hat m = \frac{m}{1 - β_1^t}, \qquad \hat v = \frac{v}{1 - β_2^t}, \qquad
        \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat v + ε}}

    Three forms of Adam differ in where they add ε, and so in how large a gradient must be to count:

    - here :math:`\sqrt{\hat v + ε}`: as large as :math:`\sqrt ε`, 1e-4 for an ε of 1e-8;
    - in ``torch.optim.Adam`` :math:`\sqrt{\hat v} + ε`, Algorithm 1 of Kingma & Ba 2015: as large
      as ε;
    - in Keras and :class:`~lightning_course.optim.Adam` :math:`\sqrt v + ε`, before the bias
      correction: in the first step :math:`1 / \sqrt{1 - β_2}`, about 32, times as large as ε, later
      as in torch.

    Args:
        params: Parameters or parameter groups.
        lr: Learning rate η, at least 0.
        betas: Decay rates β₁ and β₂ of the moments, in [0, 1).
        eps: ε, at least 0; 1e-8 is the first of the values that the course names.

    Attributes:
        param_groups: Each group has the entry ``t``, the number of its steps so far (also in
            ``state_dict``), whether or not all its parameters had a gradient.

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

    def update(self, group: Group, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Take the step ``group["t"]``."""
        (beta1, beta2), t = group["betas"], group["t"]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            m, v = self.state_of(parameter, "m"), self.state_of(parameter, "v")
            m *= beta1
            m += (1 - beta1) * gradient
            v *= beta2
            v += (1 - beta2) * gradient**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            parameter -= group["lr"] * m_hat / (v_hat + group["eps"]).sqrt()
