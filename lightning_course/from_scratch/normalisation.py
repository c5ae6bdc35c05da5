"""Standard scaling and batch normalisation (course chapters 2.2 and 4.6).

The course's notes say that batch normalisation is not used with dense layers. It can be: there a
feature is a column, as it is a channel in images. The notes leave out the learned γ and β, and
prediction, where there is no batch.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, filled, number, positive


class Normalised(NamedTuple):
    """The result of batch normalisation in training.

    Attributes:
        outputs: The normalised batch, the same shape.
        moving_mean: (C,), for the next batch and, after training, for prediction.
        moving_variance: (C,), likewise.
    """

    outputs: Array
    moving_mean: Array
    moving_variance: Array


def column_statistics(x: npt.ArrayLike) -> tuple[Array, Array]:
    """Return mean μ and standard deviation s of each column, as scikit-learn's ``StandardScaler``.

    s² = (1/N)·Σ (xₙ − μ)², divided by N and not N − 1. A constant column gets s = 1: scaled, it
    becomes 0.

    Args:
        x: Training rows (N, D).

    Returns:
        μ (D,) and s (D,), above 0.

    Raises:
        ValueError: Another shape, or no rows.
    """
    x = filled("x", x, 2)
    mean = x.mean(axis=0)
    # Rounding may give a constant column a tiny deviation, which must not be divided by.
    constant = (x == x[0]).all(axis=0)
    return mean, np.where(constant, 1.0, x.std(axis=0))


def standard_scale(x: npt.ArrayLike, mean: npt.ArrayLike, deviation: npt.ArrayLike) -> Array:
    """Return (x − μ) / s of each column; μ and s come from the training rows, for test rows too.

    Args:
        x: (N, D).
        mean: μ (D,).
        deviation: s (D,), above 0.

    Returns:
        (N, D); each column of the training rows then has mean 0 and standard deviation 1.

    Raises:
        ValueError: Shapes that do not fit, or a deviation that is not above 0.
    """
    x, mean, s = filled("x", x, 2), filled("mean", mean, 1), filled("deviation", deviation, 1)
    for name, statistic in (("mean", mean), ("deviation", s)):
        check_shape(name, statistic, x.shape[1:], "one for each column")
    if not (s > 0).all():
        raise ValueError(f"deviation must be above 0, got {s[~(s > 0)][0]}")
    scaled: Array = (x - mean) / s
    return scaled


def batch_norm(
    x: npt.ArrayLike,
    gamma: npt.ArrayLike,
    beta: npt.ArrayLike,
    moving_mean: npt.ArrayLike,
    moving_variance: npt.ArrayLike,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    unbiased: bool = False,
) -> Normalised:
    """Normalise a batch in training by its own statistics, and update the moving statistics.

        y = γ·(x − μ) / √(s² + ε) + β
        moving ← momentum·moving + (1 − momentum)·(μ or s²)

    with μ and s² = (1/n)·Σ (x − μ)² of each feature over the batch, in images also over pixels.

    Args:
        x: (N, C) or (N, H, W, C); n is the number of entries of each feature.
        gamma: γ (C,); ones at first.
        beta: β (C,); zeros at first.
        moving_mean: (C,); zeros at first.
        moving_variance: (C,), at least 0; ones at first.
        momentum: Keras's momentum, in [0, 1]; torch's is 1 minus this.
        epsilon: ε, above 0.
        unbiased: Whether the moving variance follows s²·n / (n − 1), as in torch and tf.keras's
            fused operation for images, or s², as in Keras 3. y is the same.

    Returns:
        y and the new moving statistics.

    Raises:
        ValueError: Shapes that do not fit, an argument outside its range, or ``unbiased`` with
            one entry a feature.
    """
    x, (gamma, beta, moving_mean, moving_variance) = _features(
        x, gamma=gamma, beta=beta, moving_mean=moving_mean, moving_variance=moving_variance
    )
    momentum = number("momentum", momentum)
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum must lie in [0, 1], got {momentum}")
    rows = x.reshape(-1, x.shape[-1])
    if unbiased and len(rows) < 2:
        raise ValueError(f"an unbiased variance needs 2 entries a feature, got shape {x.shape}")
    mean, variance = rows.mean(axis=0), rows.var(axis=0)
    outputs = batch_norm_inference(x, gamma, beta, mean, variance, epsilon)
    followed = variance * len(rows) / (len(rows) - 1) if unbiased else variance
    return Normalised(
        outputs,
        momentum * moving_mean + (1 - momentum) * mean,
        momentum * moving_variance + (1 - momentum) * followed,
    )


def batch_norm_inference(
    x: npt.ArrayLike,
    gamma: npt.ArrayLike,
    beta: npt.ArrayLike,
    moving_mean: npt.ArrayLike,
    moving_variance: npt.ArrayLike,
    epsilon: float = 1e-3,
) -> Array:
    """Return γ·(x − μ) / √(s² + ε) + β with the moving statistics, at prediction.

    The result of a row does not depend on the other rows.

    Args:
        x: (N, C) or (N, H, W, C).
        gamma: γ (C,).
        beta: β (C,).
        moving_mean: μ (C,).
        moving_variance: s² (C,), at least 0.
        epsilon: ε, above 0.

    Returns:
        The same shape as x.

    Raises:
        ValueError: Shapes that do not fit, or an argument outside its range.
    """
    x, (gamma, beta, mean, variance) = _features(
        x, gamma=gamma, beta=beta, moving_mean=moving_mean, moving_variance=moving_variance
    )
    if not (variance >= 0).all():
        raise ValueError(f"moving_variance must be at least 0, got {variance.min()}")
    normalised: Array = (x - mean) / np.sqrt(variance + positive("epsilon", epsilon))
    return gamma * normalised + beta


def _features(x: npt.ArrayLike, **statistics: npt.ArrayLike) -> tuple[Array, list[Array]]:
    x = filled("x", x, 2, 4)
    arrays = []
    for name, values in statistics.items():
        arrays.append(filled(name, values, 1))
        check_shape(name, arrays[-1], x.shape[-1:], "one for each feature")
    return x, arrays
