from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lightning_course import from_scratch, nn

pytestmark = pytest.mark.filterwarnings("error")

COURSE_IMAGE = [[1, 2, 3, 4], [5, 6, 7, 8], [16, 15, 14, 13], [12, 11, 10, 9]]
sides = st.integers(1, 10)
windows = st.tuples(st.integers(1, 4), st.integers(1, 4))
seeds = st.integers(0, 999)


def test_the_course_s_image() -> None:
    assert from_scratch.max_pool(COURSE_IMAGE).tolist() == [[6, 8], [16, 14]]
    assert from_scratch.average_pool(COURSE_IMAGE).tolist() == [[3.5, 5.5], [13.5, 11.5]]
    # Overlapping: stride 1.
    assert from_scratch.max_pool(COURSE_IMAGE, 2, 1).tolist() == [
        [6, 7, 8],
        [16, 15, 14],
        [16, 15, 14],
    ]
    # Windows that are not square.
    assert from_scratch.max_pool(COURSE_IMAGE, (2, 3), 1).tolist() == [[7, 8], [16, 15], [16, 15]]
    assert from_scratch.max_pool(np.ones((100, 100))).shape == (50, 50)


@settings(deadline=None)
@given(sides, sides, st.none() | st.integers(1, 3), windows, st.none() | windows, seeds)
def test_equals_torch(
    height: int,
    width: int,
    channels: int | None,
    window: tuple[int, int],
    stride: tuple[int, int] | None,
    seed: int,
) -> None:
    assume(window[0] <= height and window[1] <= width)
    shape = (height, width) if channels is None else (height, width, channels)
    image = np.random.default_rng(seed).normal(size=shape)
    x = torch.tensor(image.reshape(height, width, -1)).permute(2, 0, 1)
    for ours, theirs in (
        (from_scratch.max_pool, F.max_pool2d),
        (from_scratch.average_pool, F.avg_pool2d),
    ):
        pooled = theirs(x, window, stride).permute(1, 2, 0).numpy()
        wanted = pooled[..., 0] if channels is None else pooled
        np.testing.assert_allclose(ours(image, window, stride), wanted, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(sides, st.integers(1, 4), st.integers(1, 4), st.sampled_from(["valid", "same"]), seeds)
def test_max_equals_the_networks_layer(
    side: int, window: int, stride: int, mode: Literal["valid", "same"], seed: int
) -> None:
    assume(mode == "same" or window <= side)
    # All below 0: a pad of zeros would be the largest.
    image = np.random.default_rng(seed).uniform(-2, -1, size=(side, side, 2))
    layer = nn.MaxPool2d(window, stride, mode)
    wanted = layer(torch.tensor(image).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    ours = from_scratch.max_pool(image, window, stride, mode)
    np.testing.assert_array_equal(ours, wanted)


def test_same_equals_keras() -> None:
    image = np.arange(15.0).reshape(5, 3)
    # Keras 3.15's MaxPooling2D and AveragePooling2D.
    assert from_scratch.max_pool(image, 2, mode="same").tolist() == [[4, 5], [10, 11], [13, 14]]
    largest = from_scratch.max_pool(image, (2, 3), (1, 2), mode="same")
    assert largest.tolist() == [[4, 5], [7, 8], [10, 11], [13, 14], [13, 14]]
    average = from_scratch.average_pool(image, 2, mode="same")
    assert average.tolist() == [[2, 3.5], [8, 9.5], [12.5, 14]]
    # tf.keras's AveragePooling2D, of tensorflow's issue 60509.
    average = from_scratch.average_pool([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2, mode="same")
    assert average.tolist() == [[3, 4.5], [7.5, 9]]


@settings(deadline=None)
@given(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]), sides, sides, seeds)
def test_average_counts_the_image_s_pixels_only(
    down: int, right: int, height: int, width: int, seed: int
) -> None:
    image = np.random.default_rng(seed).normal(size=(height, width))
    wanted = F.avg_pool2d(
        torch.tensor(image)[None],
        (down, right),
        stride=1,
        padding=(down // 2, right // 2),
        count_include_pad=False,
    )[0]
    ours = from_scratch.average_pool(image, (down, right), 1, mode="same")
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(sides, sides, st.integers(1, 4), seeds)
def test_global_pooling_equals_the_networks_layer(
    height: int, width: int, channels: int, seed: int
) -> None:
    maps = np.random.default_rng(seed).normal(size=(height, width, channels))
    x = torch.tensor(maps).permute(2, 0, 1)[None]
    np.testing.assert_allclose(from_scratch.global_max_pool(maps), nn.GlobalPool2d("max")(x)[0])
    average = nn.GlobalPool2d("average")(x)[0]
    np.testing.assert_allclose(from_scratch.global_average_pool(maps), average, atol=1e-14)
    # One window as large as the image.
    largest = from_scratch.max_pool(maps, (height, width))
    np.testing.assert_array_equal(largest, from_scratch.global_max_pool(maps)[None, None])
    # Over time: (T, M) to (M,).
    states = maps[:, 0]
    np.testing.assert_array_equal(from_scratch.global_max_pool(states), states.max(axis=0))


def test_a_stride_gives_the_size_of_pooling_but_not_its_numbers() -> None:
    image = np.array(COURSE_IMAGE, dtype=float)
    strided = from_scratch.cross_correlate_2d(image, [[1]], stride=2)
    assert strided.shape == from_scratch.max_pool(image).shape
    assert strided.tolist() == [[1, 3], [16, 14]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.max_pool(COURSE_IMAGE, 5), "4 x 4: a window of 5 does not fit"),
        (lambda: from_scratch.average_pool(COURSE_IMAGE, (1, 5)), "window of 5 does not fit"),
        (lambda: from_scratch.max_pool(COURSE_IMAGE, 0), "window must be at least 1, got 0"),
        (lambda: from_scratch.max_pool(COURSE_IMAGE, 2, 0), "stride must be at least 1, got 0"),
        (lambda: from_scratch.max_pool(COURSE_IMAGE, 2, -2), "stride must be .*, got -2"),
        (lambda: from_scratch.max_pool([1, 2, 3]), r"2 or 3 axes, got shape \(3,\)"),
        (lambda: from_scratch.max_pool(np.ones((0, 4))), r"empty, got shape \(0, 4\)"),
        (lambda: from_scratch.max_pool(COURSE_IMAGE, mode="full"), "valid, same, got 'full'"),
        (lambda: from_scratch.global_max_pool([1, 2]), r"at least 2 axes, got shape \(2,\)"),
        (lambda: from_scratch.global_average_pool(np.ones((0, 2))), r"got shape \(0, 2\)"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
