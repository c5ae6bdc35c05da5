"""Convolution written out: slide a filter, multiply, add (course chapters 4.1 and 4.2).

Deep learning's convolution is cross-correlation,

    (A ⋆ w)(i, j) = Σᵢ' Σⱼ' A(i + i', j + j')·w(i', j'),    i', j' = 0 … K − 1,

the dot product of the filter and the window under it. True convolution has minus in place of plus:
it flips the filter in both directions first. The course's notes let i' run from 1 to K; then the
first output would start at the second pixel, unlike in their worked examples. They also say that
all their formulas are correct, but a filter gives different images unless it equals its own flip.

Modes: "valid" stays inside the image, "same" keeps its size (at stride 1), "full" goes on while one
entry overlaps; :mod:`~lightning_course.from_scratch.convolution_arithmetic` has the sizes.
Arrays are float64.
"""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from lightning_course.from_scratch._arrays import Array, check_shape, filled, integer, pair
from lightning_course.from_scratch.convolution_arithmetic import (
    Mode,
    output_length,
    output_shape,
    padding,
)


def cross_correlate_1d(
    signal: npt.ArrayLike, kernel: npt.ArrayLike, mode: Mode = "valid", stride: int = 1
) -> Array:
    """Return bᵢ = Σₖ a(s·i + k)·w(k): the filter's dot product with each window.

    Example:
        >>> cross_correlate_1d([1, 2, 3, 4], [10, 1]).tolist()
        [12.0, 23.0, 34.0]

    Args:
        signal: a (N,).
        kernel: w (K,).
        mode: "valid", "same" or "full".
        stride: s, at least 1.

    Returns:
        (N',), by :func:`~lightning_course.from_scratch.output_length`.

    Raises:
        ValueError: Other shapes, no entries, a stride below 1, or a "valid" filter that is longer
            than the signal.
    """
    a, w = filled("signal", signal, 1), filled("kernel", kernel, 1)
    output_length(len(a), len(w), stride, mode)
    padded = np.pad(a, padding(len(a), len(w), stride, mode))
    outputs: Array = sliding_window_view(padded, len(w))[::stride] @ w
    return outputs


def convolve_1d(
    signal: npt.ArrayLike, kernel: npt.ArrayLike, mode: Mode = "valid", stride: int = 1
) -> Array:
    """Return the true convolution: :func:`cross_correlate_1d` with the filter's order reversed.

    Equal to ``numpy.convolve`` except for "same" with a filter of even length: the extra zero goes
    after the signal, as in Keras; NumPy puts it before.
    """
    return cross_correlate_1d(signal, filled("kernel", kernel, 1)[::-1], mode, stride)


def toeplitz_matrix(kernel: npt.ArrayLike, length: int, mode: Mode = "valid") -> Array:
    """Return the matrix W with W·a = :func:`cross_correlate_1d` of a and the filter.

    Every row is the filter, one column further right than the row above: a dense layer with only K
    different weights.

    Example:
        >>> toeplitz_matrix([1, 2], length=4).astype(int).tolist()
        [[1, 2, 0, 0], [0, 1, 2, 0], [0, 0, 1, 2]]

    Args:
        kernel: w (K,).
        length: N of the signal, at least 1.
        mode: "valid", "same" or "full".

    Returns:
        (N', N).

    Raises:
        ValueError: Another shape, or an argument outside its range.
    """
    w = filled("kernel", kernel, 1)
    length = integer("length", length)
    rows = output_length(length, len(w), 1, mode)
    before, after = padding(length, len(w), 1, mode)
    matrix = np.zeros((rows, before + length + after))
    for row in range(rows):
        matrix[row, row : row + len(w)] = w
    # The zeros around the signal need no columns.
    return matrix[:, before : before + length]


def cross_correlate_2d(
    image: npt.ArrayLike,
    kernel: npt.ArrayLike,
    mode: Mode = "valid",
    stride: int | tuple[int, int] = 1,
) -> Array:
    """Return deep learning's convolution of a grey image.

    Example:
        The course's worked example.

        >>> image = [[0, 10, 10, 0], [20, 30, 30, 20], [10, 20, 20, 10], [0, 5, 5, 0]]
        >>> cross_correlate_2d(image, [[1, 0], [0, 2]]).astype(int).tolist()
        [[60, 70, 50], [60, 70, 50], [20, 30, 20]]

    Args:
        image: A (H, W).
        kernel: w (K, K), or with two different sides.
        mode: "valid", "same" or "full".
        stride: Step, or (down, right), at least 1.

    Returns:
        (H', W'), by :func:`~lightning_course.from_scratch.output_length` of each side.

    Raises:
        ValueError: Other shapes, no entries, a stride below 1, or a "valid" filter that is larger
            than the image.
    """
    image, kernel = filled("image", image, 2), filled("kernel", kernel, 2)
    windows = image_windows(image[..., np.newaxis], kernel.shape, mode, stride)
    outputs: Array = np.einsum("hwcij,ij->hw", windows, kernel)
    return outputs


def convolve_2d(
    image: npt.ArrayLike,
    kernel: npt.ArrayLike,
    mode: Mode = "valid",
    stride: int | tuple[int, int] = 1,
) -> Array:
    """Return the true convolution: :func:`cross_correlate_2d` with the filter flipped both ways.

    Equal to ``scipy.signal.convolve2d`` except for "same" with an even side: as in Keras, the extra
    zeros go below and on the right.
    """
    return cross_correlate_2d(image, filled("kernel", kernel, 2)[::-1, ::-1], mode, stride)


def convolution_layer(
    image: npt.ArrayLike,
    kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    mode: Mode = "valid",
    stride: int | tuple[int, int] = 1,
) -> Array:
    """Return B(i, j, c) = Σ A(i + i', j + j', c')·w(c', i', j', c) + b(c): C₂ feature maps.

    A filter is as deep as the image and gives one flat map. C₂ stacked maps are an image again,
    with C₂ "colours", which the next layer can take.

    Args:
        image: A (H, W, C₁).
        kernel: w (C₁, K, K, C₂), the course's order. Keras keeps it as (K, K, C₁, C₂), torch as
            (C₂, C₁, K, K).
        bias: b (C₂,), one number for each map; None adds nothing.
        mode: "valid", "same" or "full".
        stride: Step, or (down, right), at least 1.

    Returns:
        (H', W', C₂), by :func:`~lightning_course.from_scratch.output_length` of each side.

    Raises:
        ValueError: Shapes that do not fit, no entries, a stride below 1, or a "valid" filter that
            is larger than the image.
    """
    image, kernel = filled("image", image, 3), filled("kernel", kernel, 4)
    if kernel.shape[0] != image.shape[2]:
        raise ValueError(
            f"kernel (C₁, K, K, C₂) must have the {image.shape[2]} channels of image "
            f"{image.shape}, got {kernel.shape}"
        )
    windows = image_windows(image, kernel.shape[1:3], mode, stride)
    maps: Array = np.einsum("hwcij,cijd->hwd", windows, kernel, optimize=True)
    if bias is not None:
        b = filled("bias", bias, 1)
        check_shape("bias", b, kernel.shape[3:], "one for each feature map")
        maps = maps + b
    return maps


def image_windows(
    image: Array,
    kernel_size: tuple[int, ...],
    mode: Mode,
    stride: int | tuple[int, int],
    fill: float = 0.0,
) -> Array:
    """Return the pixels under a window at each position: (H, W, C) to (H', W', C, K, K)."""
    kernel, steps = pair("kernel size", kernel_size), pair("stride", stride)
    output_shape(image.shape[:2], kernel, steps, mode)
    margins = [
        padding(side, k, step, mode)
        for side, k, step in zip(image.shape[:2], kernel, steps, strict=True)
    ]
    padded = np.pad(image, [*margins, (0, 0)], constant_values=fill)
    return sliding_window_view(padded, kernel, axis=(0, 1))[:: steps[0], :: steps[1]]
