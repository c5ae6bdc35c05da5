"""Stand-in for MNIST: scikit-learn's small handwritten digits, enlarged to MNIST's format.

1,797 digits of 8×8 pixels and 17 grey levels, written by 13 people (UCI's Optical Recognition of
Handwritten Digits; scikit-learn includes its test set). As in MNIST, the digits are white on black
and fill a box of 20×20 in the middle of 28×28 pixels. They are fewer and less sharp.
"""

from random import Random

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

_BOX, _MARGIN = 20, 4
_TEST_ROWS = 297

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


def enlarged_digits(seed: int = 0) -> tuple[Pixels, Labels, Pixels, Labels]:
    """Return the digits in random order, split into training and test images.

    Args:
        seed: Fixes order and split, on every platform.

    Returns:
        Training images (1500, 1, 28, 28) uint8 from 0 to 255, their labels (1500,) int64 from 0 to
        9, test images (297, 1, 28, 28) and their labels (297,).
    """
    data = load_digits()
    images = enlarge(data.images.astype(np.int64))
    labels = data.target.astype(np.int64)
    rng = Random(seed)
    # Python promises the same numbers in all versions for `random()` only, not for `shuffle`.
    order = sorted(range(len(labels)), key=lambda _: rng.random())
    train, test = order[:-_TEST_ROWS], order[-_TEST_ROWS:]
    return images[train], labels[train], images[test], labels[test]


def enlarge(images: npt.NDArray[np.int64]) -> Pixels:
    """Enlarge small images by bilinear interpolation and add a black margin.

    All numbers are integers, so the pixels and their checksum are the same on every machine.

    Args:
        images: Shape (N, 8, 8), values from 0 to 16.

    Returns:
        Shape (N, 1, 28, 28), from 0 to 255.
    """
    tenths = _weights()
    hundredths = tenths @ images @ tenths.T
    grey = (hundredths * 255 + 800) // 1600  # from 0 … 1600 to 0 … 255, rounded
    margins = ((0, 0), (0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
    return np.pad(grey[:, None].astype(np.uint8), margins)


def _weights() -> npt.NDArray[np.int64]:
    """Return the weight of each of 8 small pixels in each of 20 large ones, in tenths (20, 8).

    The centre of large pixel i lies (i + ½) · 8/20 − ½ small pixels, 4i − 3 tenths, from the
    centre of the first small one. At the borders only the outermost small pixel counts.
    """
    centres = (4 * np.arange(_BOX) - 3).clip(0, 70)
    distances = np.abs(centres[:, None] - 10 * np.arange(8))
    return (10 - distances).clip(min=0)
