"""Pooling: one number for each window of an image (course chapters 4.3 and 5.4).

Windows overlap where the stride is smaller than their side; the course's notes call the overlap
"stride". A convolution with a stride of 2 gives the same *size* as pooling by 2, as they say, but
not the same numbers.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from lightning_course.checks import check_choice
from lightning_course.from_scratch._arrays import Array, filled, pair
from lightning_course.from_scratch.convolution import image_windows


def max_pool(
    image: npt.ArrayLike,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    mode: Literal["valid", "same"] = "valid",
) -> Array:
    """Return the largest value in each window: the best match of a pattern, wherever it lies.

    Example:
        The course's worked example.

        >>> image = [[1, 2, 3, 4], [5, 6, 7, 8], [16, 15, 14, 13], [12, 11, 10, 9]]
        >>> max_pool(image).astype(int).tolist()
        [[6, 8], [16, 14]]

    Args:
        image: (H, W), or (H, W, C) with each feature map pooled separately.
        window: Side of the window, or (height, width), at least 1.
        stride: Step, or (down, right), at least 1; None takes the window's sides.
        mode: "valid" drops the rest that does not fill a window; "same" pads the border as Keras
            does, with values that are never selected.

    Returns:
        (H', W') or (H', W', C), by :func:`~lightning_course.from_scratch.output_length` of each
        side.

    Raises:
        ValueError: Another shape, an argument outside its range, or a "valid" window that is larger
            than the image.
    """
    largest: Array = _windows(image, window, stride, mode, fill=-math.inf).max(axis=(-2, -1))
    return largest


def average_pool(
    image: npt.ArrayLike,
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    mode: Literal["valid", "same"] = "valid",
) -> Array:
    """Return the mean of each window.

    Example:
        The course's worked example.

        >>> image = [[1, 2, 3, 4], [5, 6, 7, 8], [16, 15, 14, 13], [12, 11, 10, 9]]
        >>> average_pool(image).tolist()
        [[3.5, 5.5], [13.5, 11.5]]

    Arguments, shapes and errors are :func:`max_pool`'s. With "same" the mean is over the image's
    own pixels, as in TensorFlow; padding does not count.
    """
    image = filled("image", image, 2, 3)
    sums = _windows(image, window, stride, mode).sum(axis=(-2, -1))
    counts = _windows(np.ones_like(image), window, stride, mode).sum(axis=(-2, -1))
    means: Array = sums / counts
    return means


def global_max_pool(maps: npt.ArrayLike) -> Array:
    """Return the largest value of each feature: (…, C) to (C,), for any other axes.

    For images (H, W, C) as Keras's ``GlobalMaxPooling2D``, for hidden states (T, M) as its
    ``GlobalMaxPooling1D``. A grey image needs an axis for its one channel.

    Raises:
        ValueError: Fewer than 2 axes, or no entries.
    """
    largest: Array = _features(maps).max(axis=0)
    return largest


def global_average_pool(maps: npt.ArrayLike) -> Array:
    """Return the mean of each feature: (…, C) to (C,); otherwise as :func:`global_max_pool`."""
    means: Array = _features(maps).mean(axis=0)
    return means


def _windows(
    image: npt.ArrayLike,
    window: int | tuple[int, int],
    stride: int | tuple[int, int] | None,
    mode: Literal["valid", "same"],
    fill: float = 0.0,
) -> Array:
    """Return the windows (H', W', [C,] height, width)."""
    image = filled("image", image, 2, 3)
    check_choice("mode", mode, ("valid", "same"))
    window = pair("window", window)
    stride = window if stride is None else pair("stride", stride)
    if image.ndim == 3:
        return image_windows(image, window, mode, stride, fill)
    return image_windows(image[..., np.newaxis], window, mode, stride, fill)[:, :, 0]


def _features(maps: npt.ArrayLike) -> Array:
    maps = filled("maps", maps)
    if maps.ndim < 2:
        raise ValueError(f"maps must have shape (…, C), at least 2 axes, got shape {maps.shape}")
    return maps.reshape(-1, maps.shape[-1])
