"""The loop that every form of gradient descent shares."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, filled, floats, not_negative

Gradient: TypeAlias = Callable[[Array], npt.ArrayLike]
LearningRate: TypeAlias = float | Callable[[int], float]
# Takes the learning rate and the gradient; returns the change of the parameters.
Update: TypeAlias = Callable[[float, Array], Array]


def walk(
    gradients: Iterable[Gradient],
    start: npt.ArrayLike,
    learning_rate: LearningRate,
    update: Update,
) -> Array:
    """Return the start and the parameters after each step, one for each gradient."""
    theta = filled("start", start)
    schedule = learning_rate if callable(learning_rate) else None
    rate = 0.0 if callable(learning_rate) else not_negative("learning rate", learning_rate)
    path = [theta]
    with np.errstate(over="ignore", invalid="ignore"):
        for step, gradient in enumerate(gradients):
            # A copy, because a gradient that works in place must not change the path.
            g = floats("gradient", gradient(theta.copy()))
            check_shape("gradient", g, theta.shape, "as the parameters")
            if schedule is not None:
                rate = not_negative("learning rate", schedule(step))
            # Arithmetic turns arrays without axes into scalars.
            theta = np.asarray(theta + update(rate, g))
            path.append(theta)
    return np.stack(path)
