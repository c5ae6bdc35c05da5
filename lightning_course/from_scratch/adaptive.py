"""AdaGrad, RMSProp and Adam as the course writes them (appendix), with their whole path.

All three divide the step of each parameter by the size of its own past gradients. The course puts ε
under the root in all three, with typical values from 1e-8 to 1e-10. So does Keras in the first two;
torch adds ε to the root. For Adam there are three ways, see :func:`adam`.

Paths are as in :mod:`~lightning_course.from_scratch.gradient_descent`.
"""

from itertools import repeat
from typing import Literal

import numpy as np
import numpy.typing as npt

from lightning_course.checks import check_choice
from lightning_course.from_scratch._arrays import Array, decay_rate, integer, not_negative
from lightning_course.from_scratch._descent import Gradient, LearningRate, walk


def adagrad(
    gradient: Gradient,
    start: npt.ArrayLike,
    learning_rate: LearningRate,
    steps: int,
    epsilon: float = 1e-8,
) -> Array:
    """Return the path of G ← G + g², θ ← θ − η·g / √(G + ε).

    G only grows, so the steps shrink towards 0, often too soon. Keras starts G at 0.1, not 0.

    Args:
        gradient: g of the parameters θ, the same shape.
        start: θ₀, any shape.
        learning_rate: η at least 0, or a function of the step (from 0).
        steps: At least 0.
        epsilon: ε at least 0; with 0 a gradient of 0 at the start gives nan.

    Returns:
        Path (steps + 1, *shape of start).

    Raises:
        ValueError: An argument outside its range, or a gradient of another shape.
    """
    epsilon = not_negative("epsilon", epsilon)
    cache: Array | float = 0.0

    def update(rate: float, g: Array) -> Array:
        nonlocal cache
        cache = cache + g**2
        return np.asarray(-rate * g / np.sqrt(cache + epsilon))

    return walk(repeat(gradient, integer("steps", steps, 0)), start, learning_rate, update)


def rmsprop(
    gradient: Gradient,
    start: npt.ArrayLike,
    learning_rate: LearningRate,
    steps: int,
    decay: float = 0.9,
    epsilon: float = 1e-8,
) -> Array:
    """Return the path of G ← d·G + (1 − d)·g², θ ← θ − η·g / √(G + ε).

    G is a moving mean of the squared gradients, √G their root mean square, hence the name. G
    starts at 0, so the first steps are too large, at first by a factor of 1 / √(1 − d).

    Args:
        gradient: g of the parameters θ, the same shape.
        start: θ₀, any shape.
        learning_rate: η at least 0, or a function of the step (from 0).
        steps: At least 0.
        decay: d in [0, 1), Keras's ``rho``; 0.9 in Keras, 0.9 to 0.9999 in the course.
        epsilon: ε at least 0; 1e-7 in Keras. With 0 a gradient of 0 at the start gives nan.

    Returns:
        Path (steps + 1, *shape of start).

    Raises:
        ValueError: An argument outside its range, or a gradient of another shape.
    """
    decay = decay_rate("decay", decay)
    epsilon = not_negative("epsilon", epsilon)
    cache: Array | float = 0.0

    def update(rate: float, g: Array) -> Array:
        nonlocal cache
        cache = decay * cache + (1 - decay) * g**2
        return np.asarray(-rate * g / np.sqrt(cache + epsilon))

    return walk(repeat(gradient, integer("steps", steps, 0)), start, learning_rate, update)


def adam(
    gradient: Gradient,
    start: npt.ArrayLike,
    learning_rate: LearningRate,
    steps: int,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    form: Literal["course", "keras", "torch"] = "course",
) -> Array:
    """Return Adam's path: momentum and RMSProp's cache, both corrected for their start at 0.

        m ← β₁·m + (1 − β₁)·g        m̂ = m / (1 − β₁ᵗ)
        v ← β₂·v + (1 − β₂)·g²       v̂ = v / (1 − β₂ᵗ)

    There are three places for ε, which only prevents a division by 0:

    ========  =============================================  ====================================
    form      step                                           used in
    ========  =============================================  ====================================
    "course"  θ ← θ − η·m̂ / √(v̂ + ε)                         ``lightning_course.optim.CourseAdam``
    "torch"   θ ← θ − η·m̂ / (√v̂ + ε)                         ``torch.optim.Adam``
    "keras"   θ ← θ − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε)    ``lightning_course.optim.Adam``
    ========  =============================================  ====================================

    Without ε the three are equal. v is the mean square of the gradients; the course's notes call
    E(X²) the variance, which is only true if the mean is 0.

    Args:
        gradient: g of the parameters θ, the same shape.
        start: θ₀, any shape.
        learning_rate: η at least 0, or a function of the step (from 0).
        steps: At least 0.
        betas: β₁ and β₂, in [0, 1).
        epsilon: ε at least 0; 1e-7 in Keras. With 0 a gradient of 0 at the start gives nan.
        form: "course", "keras" or "torch".

    Returns:
        Path (steps + 1, *shape of start).

    Raises:
        ValueError: An argument outside its range, or a gradient of another shape.
    """
    beta_1, beta_2 = (decay_rate(f"beta {i}", beta) for i, beta in enumerate(betas, start=1))
    epsilon = not_negative("epsilon", epsilon)
    check_choice("form", form, ("course", "keras", "torch"))
    first: Array | float = 0.0
    second: Array | float = 0.0
    t = 0

    def update(rate: float, g: Array) -> Array:
        nonlocal first, second, t
        t += 1
        first = beta_1 * first + (1 - beta_1) * g
        second = beta_2 * second + (1 - beta_2) * g**2
        mean, square = first / (1 - beta_1**t), second / (1 - beta_2**t)
        if form == "course":
            return np.asarray(-rate * mean / np.sqrt(square + epsilon))
        # Keras adds ε to √v before the correction, which then scales both.
        added = epsilon / np.sqrt(1 - beta_2**t) if form == "keras" else epsilon
        return np.asarray(-rate * mean / (np.sqrt(square) + added))

    return walk(repeat(gradient, integer("steps", steps, 0)), start, learning_rate, update)
