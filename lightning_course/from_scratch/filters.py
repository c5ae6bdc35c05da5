"""Hand-made filters for ``cross_correlate_2d``: blur and edges (course chapter 4.1).

With true convolution the results of Sobel's filters change their sign; the strength of an edge
stays the same.
"""

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, filled, integer, positive
from lightning_course.from_scratch.convolution import cross_correlate_2d

SOBEL_X: Array = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
"""The course's Gₓ (3, 3): positive where the image gets brighter to the right."""

SOBEL_Y: Array = np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
"""The course's G_y (3, 3): positive where the image gets brighter upwards."""

for _kernel in (SOBEL_X, SOBEL_Y):
    _kernel.flags.writeable = False


def gaussian_kernel(size: int, sigma: float) -> Array:
    """Return a blur filter: e^(−(x² + y²) / (2σ²)) around the middle, scaled to the sum 1.

    Args:
        size: Side of the filter in pixels, at least 1.
        sigma: σ above 0, in pixels; a larger σ blurs more.

    Returns:
        (size, size), all positive, so that the blurred image keeps its brightness.

    Raises:
        ValueError: An argument outside its range.
    """
    x = np.arange(integer("size", size)) - (size - 1) / 2
    # Relative to the largest entry: even with a small σ one entry is not 0.
    log_bell = -((x / positive("sigma", sigma)) ** 2) / 2
    bell = np.exp(log_bell - log_bell.max())
    bell /= bell.sum()
    # e^(−x² − y²) = e^(−x²)·e^(−y²).
    return np.outer(bell, bell)


def edge_strength(image: npt.ArrayLike) -> Array:
    """Return √(Gₓ² + G_y²): how steeply brightness changes at each pixel, in any direction.

    Args:
        image: (H, W), grey, each side at least 3.

    Returns:
        (H − 2, W − 2), "valid": beyond the border there is nothing to compare with.

    Raises:
        ValueError: Another shape, or an image that is too small.
    """
    image = filled("image", image, 2)
    return np.hypot(cross_correlate_2d(image, SOBEL_X), cross_correlate_2d(image, SOBEL_Y))
