"""Dense layers, and embedding as one-hot product (course chapters 3.1, 5.4 and 6.1)."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, class_ids, filled, integer

Function = Callable[[Array], Array]


def dense(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    activation: Function | None = None,
) -> Array:
    """Return f(x·W + b), the course's σ(Wᵀx + b) for any number of rows x at once.

    Args:
        x: (…, D).
        kernel: W (D, M), one column for each unit, as Keras keeps it (torch keeps its transpose).
        bias: b (M,); None adds nothing.
        activation: f, of arrays; None for regression.

    Returns:
        (…, M).

    Raises:
        ValueError: Shapes that do not fit.
    """
    x, kernel = filled("x", x), filled("kernel", kernel, 2)
    if x.ndim == 0 or x.shape[-1] != kernel.shape[0]:
        raise ValueError(f"x (…, D) and kernel (D, M) must fit, got {x.shape} and {kernel.shape}")
    z = x @ kernel
    if bias is not None:
        b = filled("bias", bias, 1)
        check_shape("bias", b, kernel.shape[1:], "one for each unit")
        z = z + b
    return z if activation is None else activation(z)


def dense_parameter_count(inputs: int, units: int, bias: bool = True) -> int:
    """Return D·M weights, and M biases.

    Args:
        inputs: D, at least 1.
        units: M, at least 1.
        bias: Whether to count the biases.

    Raises:
        ValueError: An argument outside its range.
    """
    return (integer("inputs", inputs) + bool(bias)) * integer("units", units)


def layer_gradients(
    x: npt.ArrayLike,
    kernels: Sequence[npt.ArrayLike],
    activation: Function,
    derivative: Function,
) -> list[Array]:
    """Return the gradient of the sum of outputs with respect to each kernel of a dense network.

    By the chain rule: forward aₗ = f(zₗ) with zₗ = aₗ₋₁·Wₗ; backward δₗ = (δₗ₊₁·Wₗ₊₁ᵀ) ⊙ f'(zₗ),
    from δ = f'(z) at the last layer, and ∂/∂Wₗ = aₗ₋₁ᵀ·δₗ. The further back a layer, the more
    factors f' it has: with sigmoids the first layers hardly learn. That is chapter 3.1's vanishing
    gradient.

    Args:
        x: Inputs (N, D).
        kernels: At least one, (D, M₁), (M₁, M₂), …
        activation: f, of arrays, after each layer.
        derivative: f'.

    Returns:
        One array of each kernel's shape.

    Raises:
        ValueError: No kernels, or shapes that do not fit.
    """
    if not kernels:
        raise ValueError("kernels must be at least one, got 0")
    weights = [filled(f"kernel {layer}", kernel, 2) for layer, kernel in enumerate(kernels)]
    inputs, sums = [filled("x", x, 2)], []
    for kernel in weights:
        sums.append(dense(inputs[-1], kernel))
        inputs.append(activation(sums[-1]))
    gradients: list[Array] = []
    delta = np.ones_like(inputs[-1])
    for layer in reversed(range(len(weights))):
        delta = delta * derivative(sums[layer])
        gradients.insert(0, inputs[layer].T @ delta)
        delta = delta @ weights[layer].T
    return gradients


def dead_units(outputs: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return the mask of dead units of a relu layer: those that are 0 for every row.

    Args:
        outputs: After the activation, (…, M).

    Returns:
        Booleans (M,).

    Raises:
        ValueError: Fewer than 2 axes, or no entries.
    """
    outputs = filled("outputs", outputs)
    if outputs.ndim < 2:
        raise ValueError(f"outputs must have at least 2 axes, (…, M), got shape {outputs.shape}")
    dead: npt.NDArray[np.bool_] = (outputs.reshape(-1, outputs.shape[-1]) == 0).all(axis=0)
    return dead


def one_hot(labels: npt.ArrayLike, num_classes: int) -> Array:
    """Return, for each label, a row of zeros with a 1 in the label's column.

    Any two different rows are √2 apart: no word is nearer to one word than to another.

    Example:
        >>> one_hot([2, 0], num_classes=3).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]

    Args:
        labels: Integers from 0 to K − 1, any shape (…).
        num_classes: K, at least 1.

    Returns:
        (…, K), values 0 and 1.

    Raises:
        ValueError: Labels out of range, or K below 1.
    """
    num_classes = integer("num_classes", num_classes)
    ids = class_ids("labels", labels, num_classes)
    return np.where(np.arange(num_classes) == ids[..., np.newaxis], 1.0, 0.0)


def embedding(ids: npt.ArrayLike, table: npt.ArrayLike) -> Array:
    """Return W[k] for each id: a sequence of T words becomes a matrix (T, D).

    Rows count from 0; the drawing in the course's notes calls the first row position 1. Id 0 stands
    for padding, so V words need V + 1 rows.

    Args:
        ids: Integers from 0 to V, any shape (…).
        table: W (V + 1, D).

    Returns:
        (…, D).

    Raises:
        ValueError: Ids out of range, or a table that is not a matrix.
    """
    table = filled("table", table, 2)
    rows: Array = table[class_ids("ids", ids, len(table))]
    return rows


def embedding_by_one_hot(ids: npt.ArrayLike, table: npt.ArrayLike) -> Array:
    """Return one_hot(k)·W, which equals :func:`embedding`.

    Arguments, shapes and errors are the same; each number of the result takes V + 1 products.
    """
    table = filled("table", table, 2)
    return dense(one_hot(ids, len(table)), table)
