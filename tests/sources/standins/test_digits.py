import numpy as np
import torch
from sklearn.datasets import load_digits

from lightning_course.sources.standins.digits import enlarge, enlarged_digits


def test_they_look_like_mnist() -> None:
    images, labels, test_images, test_labels = enlarged_digits(0)
    assert images.shape == (1500, 1, 28, 28)
    assert test_images.shape == (297, 1, 28, 28)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    assert (images.min(), images.max()) == (0, 255)
    # White on black, within the box.
    assert not images[:, :, :4].any()
    assert not images[..., 24:].any()
    assert set(labels) == set(test_labels) == set(range(10))


def test_enlarging_is_bilinear() -> None:
    small = load_digits().images
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(small)[:, None], size=20, mode="bilinear"
    )
    difference = enlarge(small.astype(np.int64))[..., 4:24, 4:24] - wanted.numpy() * 255 / 16
    assert np.abs(difference).max() <= 0.5 + 1e-9


def test_the_seed_fixes_order_and_split() -> None:
    first, again, other = (enlarged_digits(seed) for seed in (0, 0, 1))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


def test_the_nearest_class_mean_learns_them_but_not_wholly() -> None:
    images, labels, test_images, test_labels = enlarged_digits(0)
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    distances = ((test_images[:, None] - means) ** 2).sum(axis=(2, 3, 4))
    assert 0.8 < (distances.argmin(axis=1) == test_labels).mean() < 0.97
