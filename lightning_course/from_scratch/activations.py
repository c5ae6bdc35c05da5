"""Activation functions, each with its derivative written out by hand (course chapter 3.1).

All functions except softmax work element by element: x has any shape, and the result is float64 of
the same shape. Exponentials are only computed of numbers that are not positive, so none overflows.
"""

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, filled, floats, not_negative, positive


def sigmoid(x: npt.ArrayLike) -> Array:
    """Return σ(x) = 1 / (1 + e⁻ˣ), in (0, 1); 0.5 at 0.

    For standardised inputs the outputs lie around 0.5, not 0: the course's argument for tanh.
    """
    x = floats("x", x)
    small = np.exp(-np.abs(x))
    # For x < 0, numerator and denominator are multiplied by eˣ: eˣ / (eˣ + 1).
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def sigmoid_derivative(x: npt.ArrayLike) -> Array:
    """Return σ'(x) = σ(x)·(1 − σ(x)), in (0, 0.25].

    The maximum is a quarter, at 0. The chain rule through L layers of sigmoids multiplies L such
    factors, at most 0.25ᴸ apart from the weights. That is the vanishing gradient.
    """
    # σ(−x) is 1 − σ(x), and stays precise where σ(x) is nearly 1.
    return sigmoid(x) * sigmoid(-floats("x", x))


def tanh(x: npt.ArrayLike) -> Array:
    """Return (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), in (−1, 1); 0 at 0.

    The course's notes call it a scaled and vertically shifted sigmoid; x is scaled too:
    tanh(x) = 2·σ(2x) − 1.
    """
    x = floats("x", x)
    # sinh / cosh, both multiplied by 2·e^(−|x|).
    small = np.expm1(-2.0 * np.abs(x))
    return np.sign(x) * -small / (small + 2.0)


def tanh_derivative(x: npt.ArrayLike) -> Array:
    """Return 1 − tanh²(x), in (0, 1]; 1 at 0, and vanishing on both sides like the sigmoid's."""
    # 1 / cosh² stays precise far from 0, unlike 1 − tanh².
    small = np.exp(-np.abs(floats("x", x)))
    return (2.0 * small / (1.0 + small**2)) ** 2


def relu(x: npt.ArrayLike) -> Array:
    """Return max(x, 0), in [0, ∞)."""
    return np.maximum(floats("x", x), 0.0)


def relu_derivative(x: npt.ArrayLike) -> Array:
    """Return 1 for x > 0, else 0; 0 also at 0, where it is undefined, as in torch and TensorFlow.

    A unit whose x is never above 0 gets no gradient at all: it is dead.
    """
    return np.where(floats("x", x) > 0, 1.0, 0.0)


def leaky_relu(x: npt.ArrayLike, slope: float = 0.3) -> Array:
    """Return x for x > 0, else slope·x.

    Args:
        x: Numbers, any shape.
        slope: At least 0. The course gives no value; 0.3 is the default of Keras's layer
            ``LeakyReLU`` (torch's default is 0.01).

    Raises:
        ValueError: A negative slope.
    """
    slope = not_negative("slope", slope)
    x = floats("x", x)
    return np.where(x > 0, x, slope * x)


def leaky_relu_derivative(x: npt.ArrayLike, slope: float = 0.3) -> Array:
    """Return 1 for x > 0, else the slope: no unit dies.

    Raises:
        ValueError: A negative slope.
    """
    slope = not_negative("slope", slope)
    return np.where(floats("x", x) > 0, 1.0, slope)


def elu(x: npt.ArrayLike, alpha: float = 1.0) -> Array:
    """Return x for x > 0, else α·(eˣ − 1), in (−α, ∞): outputs can be negative.

    Args:
        x: Numbers, any shape.
        alpha: α above 0; 1 in Keras and torch.

    Raises:
        ValueError: α that is not above 0.
    """
    alpha = positive("alpha", alpha)
    x = floats("x", x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def elu_derivative(x: npt.ArrayLike, alpha: float = 1.0) -> Array:
    """Return 1 for x > 0, else α·eˣ, which vanishes for x → −∞.

    Raises:
        ValueError: α that is not above 0.
    """
    alpha = positive("alpha", alpha)
    x = floats("x", x)
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


def softplus(x: npt.ArrayLike) -> Array:
    """Return log(1 + eˣ), in (0, ∞): relu with its corner rounded off."""
    x = floats("x", x)
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def softplus_derivative(x: npt.ArrayLike) -> Array:
    """Return the derivative of softplus: the sigmoid, which vanishes for x → −∞."""
    return sigmoid(x)


def bionodal_root_unit(x: npt.ArrayLike, radix: float = 2.0) -> Array:
    """Return the bionodal root unit: (r²x + 1)^(1/r) − 1/r for x ≥ 0, else e^(rx) − 1/r.

    The course names it without a formula. This is the first of the paper's two forms, its
    exponential root unit; the other is :func:`odd_root_unit`. The values are in (−1/r, ∞); r = 1 is
    :func:`elu`. Value and slope are continuous at 0, where the value is 1 − 1/r, not 0.

    Source: G. S. Bhumbra, "Deep learning improved by biological activation functions" (2018),
    arXiv:1804.11237.

    Args:
        x: Numbers, any shape.
        radix: The paper's r, above 0; 2 makes the right side a square root.

    Raises:
        ValueError: A radix that is not above 0.
    """
    r = positive("radix", radix)
    x = floats("x", x)
    return np.where(x >= 0, _root(x, r), np.exp(r * np.minimum(x, 0.0))) - 1.0 / r


def bionodal_root_unit_derivative(x: npt.ArrayLike, radix: float = 2.0) -> Array:
    """Return r·(r²x + 1)^(1/r − 1) for x ≥ 0, else r·e^(rx); at most r if r ≥ 1.

    Raises:
        ValueError: A radix that is not above 0.
    """
    r = positive("radix", radix)
    x = floats("x", x)
    return r * np.where(x >= 0, _root(x, r, 1.0 - r), np.exp(r * np.minimum(x, 0.0)))


def odd_root_unit(x: npt.ArrayLike, radix: float = 2.0) -> Array:
    """Return the paper's odd root unit: sign(x)·((r²|x| + 1)^(1/r) − 1); 0 at 0, unbounded.

    Like tanh it is odd, so outputs lie around 0; with r = 1 it is x itself. Arguments, errors and
    source as for :func:`bionodal_root_unit`.
    """
    r = positive("radix", radix)
    x = floats("x", x)
    return np.sign(x) * (_root(np.abs(x), r) - 1.0)


def odd_root_unit_derivative(x: npt.ArrayLike, radix: float = 2.0) -> Array:
    """Return r·(r²|x| + 1)^(1/r − 1); arguments and errors as for :func:`odd_root_unit`."""
    r = positive("radix", radix)
    return r * _root(np.abs(floats("x", x)), r, 1.0 - r)


def _root(x: Array, r: float, power: float = 1.0) -> Array:
    """Return (r²x + 1)^(power / r), with 0 for x where it is negative."""
    root: Array = (r**2 * np.maximum(x, 0.0) + 1.0) ** (power / r)
    return root


def softmax(x: npt.ArrayLike) -> Array:
    """Return eˣₖ / Σⱼ eˣⱼ over the last axis: probabilities that sum to 1.

    The course's output layer for K classes. For two classes it is the sigmoid of the difference:
    softmax([x, 0])₀ = σ(x).

    Example:
        >>> softmax([0.0, 0.0, 0.0, 0.0]).tolist()
        [0.25, 0.25, 0.25, 0.25]

    Args:
        x: Logits (…, K), K at least 1.

    Returns:
        Probabilities (…, K) in [0, 1].

    Raises:
        ValueError: A single number, or no logits.
    """
    return np.exp(log_softmax(x))


def log_softmax(x: npt.ArrayLike) -> Array:
    """Return xₖ − log Σⱼ eˣⱼ over the last axis: the logarithm of :func:`softmax`, at most 0.

    Finite where softmax itself has become 0. Arguments and errors are softmax's.
    """
    x = filled("logits", x)
    if x.ndim == 0:
        raise ValueError("logits must have a last axis of K classes, got a single number")
    # Softmax is the same for x − c; with the largest x as c, nothing overflows.
    x = x - x.max(axis=-1, keepdims=True)
    logs: Array = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return logs


def softmax_jacobian(x: npt.ArrayLike) -> Array:
    """Return ∂pᵢ/∂xⱼ = pᵢ·(δᵢⱼ − pⱼ) for p = softmax(x).

    Unlike the other derivatives it is a matrix, because every output depends on every input. Its
    rows and columns sum to 0, because the probabilities always sum to 1.

    Args:
        x: Logits (…, K).

    Returns:
        (…, K, K), symmetric; entry (i, j) is the derivative of output i with respect to input j.

    Raises:
        ValueError: A single number, or no logits.
    """
    p = softmax(x)
    jacobian: Array = p[..., :, np.newaxis] * (np.eye(p.shape[-1]) - p[..., np.newaxis, :])
    return jacobian
