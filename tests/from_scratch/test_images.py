from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course import from_scratch

pytestmark = pytest.mark.filterwarnings("error")

byte = st.integers(0, 255)
sizes = st.integers(1, 5)


def test_memory_of_the_course_s_image() -> None:
    assert from_scratch.image_bits(500, 500) == 500 * 500 * 3 * 8 == 6_000_000
    assert from_scratch.image_bytes(500, 500) == 750_000 == np.zeros((500, 500, 3), "u1").nbytes
    assert round(from_scratch.image_bytes(500, 500) / 1024) == 732
    assert from_scratch.image_bytes(28, 28, channels=1) == 784
    assert from_scratch.image_bytes(3, 3, channels=1, bits_per_value=1) == 2  # 9 bits
    assert from_scratch.number_of_colours() == 16_777_216
    assert from_scratch.number_of_colours(channels=1) == 256


def test_feature_counts_of_the_course() -> None:
    for shape, features in (
        ((28, 28, 1), 784),
        ((32, 32, 3), 3_072),
        ((224, 224, 3), 150_528),
        ((720, 1280, 3), 2_764_800),
    ):
        assert from_scratch.flatten_images(np.zeros((1, *shape))).shape == (1, features)


def test_colours_of_the_course() -> None:
    assert from_scratch.hex_to_rgb("#FF00CC") == (255, 0, 204)
    assert from_scratch.hex_to_rgb("#ff00cc") == (255, 0, 204)
    assert from_scratch.rgb_to_hex(255, 0, 204) == "#FF00CC"


@settings(deadline=None)
@given(byte, byte, byte)
def test_colour_codes_go_both_ways(red: int, green: int, blue: int) -> None:
    code = from_scratch.rgb_to_hex(red, green, blue)
    assert code == "#" + bytes([red, green, blue]).hex().upper()
    assert from_scratch.hex_to_rgb(code) == (red, green, blue)


def test_scaling() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    scaled = from_scratch.scale_to_unit(pixels)
    np.testing.assert_array_equal(scaled, torch.tensor(pixels).double() / 255)
    assert scaled.min() == 0
    assert scaled.max() == 1


@settings(deadline=None)
@given(sizes, sizes, sizes, sizes, st.integers(0, 999))
def test_channel_means(n: int, height: int, width: int, channels: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (n, height, width, channels))
    x = torch.tensor(images).double()
    means = x.mean(dim=(0, 1, 2))
    np.testing.assert_allclose(from_scratch.channel_means(images), means, rtol=1e-12)
    centred = from_scratch.subtract_channel_means(images)
    np.testing.assert_allclose(centred, x - means, rtol=0, atol=1e-10)
    np.testing.assert_allclose(from_scratch.channel_means(centred), 0, atol=1e-10)
    # Test images get the means of the training images.
    others = from_scratch.subtract_channel_means(images[0], means)
    np.testing.assert_allclose(others, x[0] - means, rtol=0, atol=1e-10)


def test_vgg_equals_keras() -> None:
    # Keras 3.15's keras.applications.vgg16.preprocess_input of one pixel.
    ours = from_scratch.vgg_preprocess([[[[255, 0, 128]]]])
    np.testing.assert_allclose(ours, [[[[24.061, -116.779, 131.32]]]], rtol=0, atol=1e-12)


@settings(deadline=None)
@given(sizes, sizes, sizes, st.none() | sizes, st.integers(0, 999))
def test_flatten(n: int, height: int, width: int, channels: int | None, seed: int) -> None:
    shape = (n, height, width) if channels is None else (n, height, width, channels)
    images = np.random.default_rng(seed).normal(size=shape)
    ours = from_scratch.flatten_images(images)
    np.testing.assert_array_equal(ours, torch.tensor(images).flatten(1))
    c = channels or 1
    i, j, k = height - 1, width // 2, c - 1
    assert ours[-1, (i * width + j) * c + k] == images.reshape(n, height, width, c)[-1, i, j, k]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.image_bits(0, 5), "height must be at least 1, got 0"),
        (lambda: from_scratch.image_bytes(5, -1), "width must be at least 1, got -1"),
        (lambda: from_scratch.number_of_colours(0), "channels must be at least 1, got 0"),
        (lambda: from_scratch.hex_to_rgb("FF00CC"), "six hexadecimal digits, got 'FF00CC'"),
        (lambda: from_scratch.hex_to_rgb("#FF00C"), "got '#FF00C'"),
        (lambda: from_scratch.hex_to_rgb("#FF00CG"), "got '#FF00CG'"),
        (lambda: from_scratch.hex_to_rgb("#FF00CC\n"), "got '#FF00CC"),
        (lambda: from_scratch.hex_to_rgb(0xFF00CC), "got 16711884"),
        (lambda: from_scratch.rgb_to_hex(256, 0, 0), "red must be at most 255, got 256"),
        (lambda: from_scratch.rgb_to_hex(0, -1, 0), "green must be at least 0, got -1"),
        (lambda: from_scratch.rgb_to_hex(0, 0, 0.5), "blue must be an integer, got 0.5"),
        (lambda: from_scratch.scale_to_unit([256]), r"lie in \[0, 255\], got 256"),
        (lambda: from_scratch.vgg_preprocess([[[-1, 0, 0]]]), r"lie in \[0, 255\], got -1"),
        (lambda: from_scratch.vgg_preprocess([[[1, 0]]]), r"\(2,\) .*, got \(3,\)"),
        (
            lambda: from_scratch.subtract_channel_means(np.ones((2, 2, 3)), [1, 2]),
            r"means must have shape \(3,\) .*, got \(2,\)",
        ),
        (lambda: from_scratch.channel_means([[1, 2]]), r"got shape \(1, 2\)"),
        (lambda: from_scratch.flatten_images([[1, 2]]), r"3 or 4 axes, got shape \(1, 2\)"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
