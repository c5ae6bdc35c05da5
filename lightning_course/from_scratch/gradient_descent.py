"""Gradient descent on any function, with its whole path (course chapter 2.3 and appendix).

All functions return the path: the start and the parameters after each step. A path that diverges
ends in ∞ and nan, without a warning, because divergence is one of the things to see.
"""

from collections.abc import Callable
from itertools import repeat
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import (
    Array,
    check_shape,
    decay_rate,
    filled,
    integer,
    positive,
)
from lightning_course.from_scratch._descent import Gradient, LearningRate, Update, walk

BatchGradient: TypeAlias = Callable[[Array, Array, Array], npt.ArrayLike]


def gradient_descent(
    gradient: Gradient,
    start: npt.ArrayLike,
    learning_rate: LearningRate,
    steps: int,
    momentum: float = 0.0,
) -> Array:
    """Walk against the gradient: v ← μ·v − η·g, then θ ← θ + v.

    Without momentum (μ = 0) that is θ ← θ − η·g. The course's notes say "in the direction of the
    gradient", which leads up. They also say that in machine learning a gradient of 0 always means a
    minimum; it may be a saddle point.

    On the course's L(w) = w², where a step is w ← (1 − 2η)·w, w approaches 0 from one side up to
    η = 0.5, oscillates towards 0 up to η = 1, oscillates forever at 1 and diverges above.

    Example:
        >>> gradient_descent(lambda w: 2 * w, start=1.0, learning_rate=0.25, steps=3).tolist()
        [1.0, 0.5, 0.25, 0.125]

    Args:
        gradient: g of the parameters θ, the same shape. :func:`numerical_gradient` makes one.
        start: θ₀, any shape.
        learning_rate: η at least 0, or a function of the step (from 0). The velocity contains
            it, as in the course and in Keras: when η falls, earlier gradients keep the old rate.
        steps: At least 0.
        momentum: μ in [0, 1); the course's typical values are 0.9, 0.95 and 0.99.

    Returns:
        Path (steps + 1, *shape of start).

    Raises:
        ValueError: An argument outside its range, or a gradient of another shape.
    """
    gradients = repeat(gradient, integer("steps", steps, 0))
    return walk(gradients, start, learning_rate, _momentum(momentum))


def stochastic_gradient_descent(
    gradient: BatchGradient,
    start: npt.ArrayLike,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: LearningRate,
    epochs: int,
    batch_size: int | None = 32,
    momentum: float = 0.0,
    seed: int = 0,
) -> Array:
    """Take a step for each batch of rows; an epoch is one pass over all rows, in a new order.

    N rows make ⌈N / batch_size⌉ steps per epoch, as in Keras's ``fit``; the last batch may be
    smaller. The course's notes call this the number of epochs. ``batch_size=None`` takes all rows:
    full gradient descent, one step per epoch.

    Args:
        gradient: g of (θ, rows of x, rows of y), the same shape as θ.
        start: θ₀, any shape.
        x: Inputs, N rows.
        y: Targets, N rows.
        learning_rate: η at least 0, or a function of the step (from 0, over all epochs).
        epochs: At least 0.
        batch_size: Rows per step, at least 1; None: all rows.
        momentum: μ in [0, 1).
        seed: Seed of the rows' order.

    Returns:
        Path (1 + epochs·⌈N / batch_size⌉, *shape of start).

    Raises:
        ValueError: An argument outside its range, numbers of rows that differ, or a gradient of
            another shape.
    """
    x, y = filled("x", x), filled("y", y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x and y must have as many rows, got shapes {x.shape} and {y.shape}")
    size = len(x) if batch_size is None else integer("batch_size", batch_size)
    random = np.random.default_rng(seed)

    def batch_gradient(rows: npt.NDArray[np.int64]) -> Gradient:
        return lambda theta: gradient(theta, x[rows], y[rows])

    def batches() -> list[npt.NDArray[np.int64]]:
        # Full descent keeps the order of the rows, so its rounding does not depend on the seed.
        order = np.arange(len(x)) if batch_size is None else random.permutation(len(x))
        return [order[first : first + size] for first in range(0, len(x), size)]

    passes = range(integer("epochs", epochs, 0))
    gradients = (batch_gradient(rows) for _ in passes for rows in batches())
    return walk(gradients, start, learning_rate, _momentum(momentum))


def numerical_gradient(function: Callable[[Array], float], step: float = 1e-6) -> Gradient:
    """Return a function that computes (f(θ + h) − f(θ − h)) / 2h for each parameter.

    It needs no derivative of f, calls f twice for each parameter, and is accurate to about ten
    digits.

    Args:
        function: f of θ, one number.
        step: h above 0.

    Raises:
        ValueError: h that is not above 0.
    """
    h = positive("step", step)

    def gradient(theta: Array) -> Array:
        theta = np.array(theta, dtype=np.float64)
        slopes = np.empty_like(theta)
        for index in np.ndindex(theta.shape):
            up, down = theta.copy(), theta.copy()
            up[index] += h
            down[index] -= h
            slopes[index] = (function(up) - function(down)) / (2 * h)
        return slopes

    return gradient


def linear_mse_gradient(weights: Array, x: Array, y: Array) -> Array:
    """Return the gradient of linear regression's mean squared error: (2/N)·Xᵀ·(X·w − y).

    Args:
        weights: w (D,); a column of ones in x makes one of them the bias.
        x: X (N, D).
        y: (N,).

    Returns:
        (D,).

    Raises:
        ValueError: Shapes that do not fit.
    """
    x, weights, y = filled("x", x, 2), filled("weights", weights, 1), filled("y", y, 1)
    check_shape("weights", weights, x.shape[1:], "one for each column of x")
    check_shape("y", y, x.shape[:1], "one for each row of x")
    gradient: Array = 2.0 / len(x) * (x.T @ (x @ weights - y))
    return gradient


def _momentum(momentum: float) -> Update:
    """Return the update v ← μ·v − η·g, a function that remembers v."""
    momentum = decay_rate("momentum", momentum)
    velocity: Array | float = 0.0

    def update(rate: float, g: Array) -> Array:
        nonlocal velocity
        velocity = momentum * velocity - rate * g
        return velocity

    return update
