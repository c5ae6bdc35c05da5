"""Losses, and the likelihoods that they come from (course chapter 3.2 and appendix).

Each loss is a mean over N observations. Up to constants it is the negative log-likelihood (NLL) of
a distribution, which is a sum over the observations:

=============================  ===========================  ==================================
loss                           distribution of a target     identity
=============================  ===========================  ==================================
mean squared error             Gaussian, variance 1         NLL = N/2·(MSE + log 2π)
binary cross-entropy           Bernoulli                    NLL = N·BCE
(sparse) categorical cross-…   categorical                  NLL = N·CCE
=============================  ===========================  ==================================

So minimising the loss maximises the likelihood. Logarithms are natural.

A probability of 0 for the true class costs ∞, as the course says. Keras clips probabilities to
[1e-7, 1 − 1e-7] where it cannot find the logits; ``clip=1e-7`` does the same here. The course's
models train with the ``…_logits`` forms, in Keras as here: they need no clipping and do not
overflow.
"""

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import (
    Array,
    check_shape,
    class_ids,
    filled,
    number,
    positive,
    probabilities,
)
from lightning_course.from_scratch.activations import log_softmax, softplus

# How far a row's sum may be from 1: float32's rounding over a thousand classes.
_SUM_TOLERANCE = 1e-4


def mean_squared_error(targets: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return (1/N)·Σ (yₙ − ŷₙ)².

    Args:
        targets: y, any shape; N is the number of all its entries, as in Keras.
        predictions: ŷ, the same shape.

    Raises:
        ValueError: Shapes that differ, or no targets.
    """
    y, p = _same_shape(targets, filled("predictions", predictions))
    return float(np.mean((y - p) ** 2))


def gaussian_nll(
    targets: npt.ArrayLike, predictions: npt.ArrayLike, variance: float = 1.0
) -> float:
    """Return −Σ log p(yₙ) of independent Gaussians with means ŷₙ and the same variance s².

    p(y) = exp(−(y − ŷ)² / (2s²)) / √(2π·s²). With s² = 1 it is N/2·(MSE + log 2π).

    Args:
        targets: y, any shape.
        predictions: ŷ, the same shape.
        variance: s² above 0.

    Raises:
        ValueError: Shapes that differ, no targets, or a variance that is not above 0.
    """
    y, mean = _same_shape(targets, filled("predictions", predictions))
    variance = positive("variance", variance)
    # log p term by term: p itself underflows 40 standard deviations from the mean.
    log_p = -((y - mean) ** 2) / (2 * variance) - 0.5 * np.log(2 * np.pi * variance)
    return float(-log_p.sum())


def binary_cross_entropy(
    targets: npt.ArrayLike, predictions: npt.ArrayLike, clip: float = 0.0
) -> float:
    """Return −(1/N)·Σ [yₙ·log pₙ + (1 − yₙ)·log(1 − pₙ)].

    Args:
        targets: y, any shape, values in [0, 1]; labels are 0 and 1.
        predictions: p, the probability of 1, the same shape, values in [0, 1].
        clip: In [0, 0.5): p is kept in [clip, 1 − clip].

    Returns:
        At least 0; ∞ where p rules out what happened.

    Raises:
        ValueError: Shapes that differ, no targets, or values outside [0, 1].
    """
    y, p = _same_shape(probabilities("targets", targets), _clipped(predictions, clip))
    return float(np.mean(-_times_log(y, p) - _times_log(1.0 - y, 1.0 - p)))


def binary_cross_entropy_logits(targets: npt.ArrayLike, logits: npt.ArrayLike) -> float:
    """Return :func:`binary_cross_entropy` of p = σ(a): (1/N)·Σ [log(1 + e^aₙ) − yₙ·aₙ].

    Its gradient with respect to the logits is (p − y) / N.

    Args:
        targets: y, any shape, values in [0, 1].
        logits: a, the same shape.

    Raises:
        ValueError: Shapes that differ, no targets, or targets outside [0, 1].
    """
    y, a = _same_shape(probabilities("targets", targets), filled("logits", logits))
    return float(np.mean(softplus(a) - y * a))


def bernoulli_nll(targets: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return −Σ log P(yₙ) of independent coin tosses: P(1) = pₙ and P(0) = 1 − pₙ.

    Args:
        targets: y, any shape, 0 or 1.
        predictions: p, the same shape, values in [0, 1].

    Raises:
        ValueError: Shapes that differ, no targets, or values out of range.
    """
    p = probabilities("predictions", predictions)
    y, p = _same_shape(class_ids("targets", targets, 2), p)
    with np.errstate(divide="ignore"):
        return float(-np.log(np.where(y == 1, p, 1.0 - p)).sum())


def categorical_cross_entropy(
    targets: npt.ArrayLike, predictions: npt.ArrayLike, clip: float = 0.0
) -> float:
    """Return −(1/N)·Σₙ Σₖ yₙₖ·log pₙₖ: N·K products, of which one-hot targets need only N.

    Args:
        targets: y (N, K), values in [0, 1], each row sums to 1; one-hot for labels.
        predictions: p (N, K), values in [0, 1], each row sums to 1.
        clip: In [0, 0.5): p is kept in [clip, 1 − clip].

    Returns:
        At least 0; ∞ where p rules out what happened.

    Raises:
        ValueError: Shapes that differ, no targets, values outside [0, 1], or a row with another
            sum.
    """
    _check_rows("predictions", predictions)
    y, p = _same_shape(_check_rows("targets", targets), _clipped(predictions, clip))
    return float(-_times_log(y, p).sum() / len(y))


def categorical_cross_entropy_logits(targets: npt.ArrayLike, logits: npt.ArrayLike) -> float:
    """Return :func:`categorical_cross_entropy` of p = softmax(a).

    Args:
        targets: y (N, K), values in [0, 1], each row sums to 1.
        logits: a (N, K).

    Raises:
        ValueError: Shapes that differ, no targets, values outside [0, 1], or a row with another
            sum.
    """
    y, log_p = _same_shape(_check_rows("targets", targets), log_softmax(logits))
    return float(-(y * log_p).sum() / len(y))


def sparse_categorical_cross_entropy(
    targets: npt.ArrayLike, predictions: npt.ArrayLike, clip: float = 0.0
) -> float:
    """Return −(1/N)·Σ log pₙ,yₙ: the categorical cross-entropy, with one product for each label.

    "Sparse" means that the targets are class ids instead of one-hot rows. The course's notes
    (chapter 3.2) explain the word by the zeros of one-hot rows, which this form does not need.

    Args:
        targets: Class ids (N,), integers from 0 to K − 1.
        predictions: p (N, K), values in [0, 1], each row sums to 1.
        clip: In [0, 0.5): p is kept in [clip, 1 − clip].

    Returns:
        At least 0; ∞ where p rules out what happened.

    Raises:
        ValueError: Numbers of rows that differ, none, values out of range, or a row with another
            sum.
    """
    _check_rows("predictions", predictions)
    p = _clipped(predictions, clip)
    with np.errstate(divide="ignore"):
        return float(-np.mean(np.log(_at_labels(targets, p))))


def sparse_categorical_cross_entropy_logits(targets: npt.ArrayLike, logits: npt.ArrayLike) -> float:
    """Return :func:`sparse_categorical_cross_entropy` of p = softmax(a).

    Its gradient with respect to the logits is (p − one-hot) / N.

    Args:
        targets: Class ids (N,), integers from 0 to K − 1.
        logits: a (N, K).

    Raises:
        ValueError: Numbers of rows that differ, none, or class ids out of range.
    """
    return float(-np.mean(_at_labels(targets, log_softmax(filled("logits", logits, 2)))))


def categorical_nll(targets: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return −Σ log P(yₙ) of independent rolls of dice with K sides: P(k) = pₙₖ.

    Args:
        targets: Class ids (N,), integers from 0 to K − 1.
        predictions: p (N, K), values in [0, 1], each row sums to 1.

    Raises:
        ValueError: Numbers of rows that differ, none, values out of range, or a row with another
            sum.
    """
    with np.errstate(divide="ignore"):
        return float(-np.log(_at_labels(targets, _check_rows("predictions", predictions))).sum())


def _same_shape(targets: npt.ArrayLike, predictions: Array) -> tuple[Array, Array]:
    y = filled("targets", targets)
    check_shape("targets", y, predictions.shape, "as the predictions")
    return y, predictions


def _clipped(predictions: npt.ArrayLike, clip: float) -> Array:
    clip = number("clip", clip)
    if not 0 <= clip < 0.5:
        raise ValueError(f"clip must be at least 0 and below 0.5, got {clip}")
    return np.clip(probabilities("predictions", predictions), clip, 1.0 - clip)


def _check_rows(name: str, values: npt.ArrayLike) -> Array:
    rows = probabilities(name, values, 2)
    sums = rows.sum(axis=1)
    wrong = np.abs(sums - 1.0) > _SUM_TOLERANCE
    if wrong.any():
        raise ValueError(f"each row of {name} must sum to 1, got {sums[wrong][0]:g}")
    return rows


def _at_labels(targets: npt.ArrayLike, rows: Array) -> Array:
    """Return each row's entry at its label: (N, K) to (N,)."""
    labels = class_ids("targets", targets, rows.shape[1], 1)
    check_shape("targets", labels, rows.shape[:1], "one for each row of predictions")
    picked: Array = rows[np.arange(len(labels)), labels]
    return picked


def _times_log(weight: Array, p: Array) -> Array:
    """Return weight·log p, with 0·log 0 = 0: an impossible event that does not happen costs 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight == 0, 0.0, weight * np.log(p))
