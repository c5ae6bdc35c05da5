from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal
from torch.nn import functional as F

from lightning_course import from_scratch, nn
from lightning_course.from_scratch import Mode

pytestmark = pytest.mark.filterwarnings("error")

COURSE_IMAGE = [[0, 10, 10, 0], [20, 30, 30, 20], [10, 20, 20, 10], [0, 5, 5, 0]]

lengths = st.integers(1, 12)
kernels = st.integers(1, 6)
strides = st.integers(1, 4)
modes: st.SearchStrategy[Mode] = st.sampled_from(["valid", "same", "full"])
seeds = st.integers(0, 999)


def normal(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def torch_layer(image: Any, kernel: Any, bias: Any, mode: Mode, stride: tuple[int, int]) -> Any:
    """Torch's convolution of one (H, W, C₁) image, padded from outside."""
    x = torch.tensor(image).permute(2, 0, 1)
    down = from_scratch.padding(image.shape[0], kernel.shape[1], stride[0], mode)
    right = from_scratch.padding(image.shape[1], kernel.shape[2], stride[1], mode)
    x = F.pad(x, (*right, *down))
    w = torch.tensor(kernel).permute(3, 0, 1, 2).contiguous()
    b = None if bias is None else torch.tensor(bias)
    return F.conv2d(x[None], w, b, stride)[0].permute(1, 2, 0)


def test_the_course_s_image() -> None:
    ours = from_scratch.cross_correlate_2d(COURSE_IMAGE, [[1, 0], [0, 2]])
    assert ours.tolist() == [[60, 70, 50], [60, 70, 50], [20, 30, 20]]
    assert ours.dtype == np.float64


def test_the_course_s_picture_of_valid_mode() -> None:
    image = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    kernel = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])
    wanted = [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert from_scratch.cross_correlate_2d(image, kernel).tolist() == wanted
    # SciPy as in the course's notes: true convolution with a filter that was flipped before.
    assert from_scratch.convolve_2d(image, np.fliplr(np.flipud(kernel))).tolist() == wanted


def test_counting_from_1_as_in_the_notes_formula_starts_a_pixel_late() -> None:
    a, w = np.arange(1.0, 5), np.array([10.0, 1])
    one_based = [sum(a[i + k - 1] * w[k - 1] for k in (1, 2)) for i in (1, 2)]
    assert one_based == from_scratch.cross_correlate_1d(a, w)[1:].tolist()
    assert from_scratch.cross_correlate_1d(a, w)[0] == a[0] * w[0] + a[1] * w[1]


@settings(deadline=None)
@given(lengths, kernels, seeds)
def test_1d_equals_numpy(length: int, kernel_size: int, seed: int) -> None:
    a, w = normal(seed, length), normal(seed + 1, kernel_size)
    np.testing.assert_allclose(
        from_scratch.convolve_1d(a, w, "full"), np.convolve(a, w), rtol=0, atol=1e-12
    )
    full = np.correlate(a, w, "full")
    np.testing.assert_allclose(
        from_scratch.cross_correlate_1d(a, w, "full"), full, rtol=0, atol=1e-12
    )
    assume(kernel_size <= length)
    np.testing.assert_allclose(
        from_scratch.convolve_1d(a, w), np.convolve(a, w, "valid"), rtol=0, atol=1e-12
    )
    same = np.convolve(a, w, "same")
    ours = from_scratch.convolve_1d(a, w, "same")
    if kernel_size % 2:
        np.testing.assert_allclose(ours, same, rtol=0, atol=1e-12)
    else:  # NumPy has one more zero in front, as the docstring says.
        np.testing.assert_allclose(ours[:-1], same[1:], rtol=0, atol=1e-12)


@settings(deadline=None)
@given(lengths, kernels, strides, modes, seeds)
def test_1d_equals_torch(length: int, kernel_size: int, stride: int, mode: Mode, seed: int) -> None:
    assume(mode != "valid" or kernel_size <= length)
    a, w = normal(seed, length), normal(seed + 1, kernel_size)
    ours = from_scratch.cross_correlate_1d(a, w, mode, stride)
    padded = F.pad(torch.tensor(a), from_scratch.padding(length, kernel_size, stride, mode))
    wanted = F.conv1d(padded[None, None], torch.tensor(w)[None, None], stride=stride)[0, 0]
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)
    assert len(ours) == from_scratch.output_length(length, kernel_size, stride, mode)
    flipped = from_scratch.convolve_1d(a, w[::-1], mode, stride)
    np.testing.assert_array_equal(flipped, ours)


@settings(deadline=None)
@given(lengths, kernels, modes, seeds)
def test_toeplitz_product_is_the_convolution(
    length: int, kernel_size: int, mode: Mode, seed: int
) -> None:
    assume(mode != "valid" or kernel_size <= length)
    a, w = normal(seed, length), normal(seed + 1, kernel_size)
    matrix = from_scratch.toeplitz_matrix(w, length, mode)
    assert matrix.shape == (from_scratch.output_length(length, kernel_size, 1, mode), length)
    wanted = from_scratch.cross_correlate_1d(a, w, mode)
    np.testing.assert_allclose(matrix @ a, wanted, rtol=0, atol=1e-12)


def test_toeplitz_matrix_of_the_course() -> None:
    # w₁ = 5, w₂ = 7: three rows for four pixels.
    wanted = [[5, 7, 0, 0], [0, 5, 7, 0], [0, 0, 5, 7]]
    assert from_scratch.toeplitz_matrix([5, 7], 4).tolist() == wanted


@settings(deadline=None)
@given(lengths, lengths, kernels, kernels, seeds)
def test_2d_equals_scipy(height: int, width: int, down: int, right: int, seed: int) -> None:
    image, kernel = normal(seed, height, width), normal(seed + 1, down, right)
    for ours, theirs in (
        (from_scratch.convolve_2d, scipy_signal.convolve2d),
        (from_scratch.cross_correlate_2d, scipy_signal.correlate2d),
    ):
        kinds: list[Literal["valid", "same", "full"]] = ["full"]
        if down <= height and right <= width:
            # SciPy exchanges image and filter where the filter is larger.
            kinds += ["valid", "same"] if down % 2 and right % 2 else ["valid"]
        for mode in kinds:
            wanted = theirs(image, kernel, mode)
            np.testing.assert_allclose(ours(image, kernel, mode), wanted, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(
    st.tuples(lengths, lengths, st.integers(1, 3)),
    st.tuples(kernels, kernels, st.integers(1, 3)),
    st.tuples(strides, strides),
    modes,
    st.booleans(),
    seeds,
)
def test_layer_equals_torch(
    image_shape: tuple[int, int, int],
    kernel_shape: tuple[int, int, int],
    stride: tuple[int, int],
    mode: Mode,
    with_bias: bool,
    seed: int,
) -> None:
    down, right, maps = kernel_shape
    assume(mode != "valid" or (down <= image_shape[0] and right <= image_shape[1]))
    image = normal(seed, *image_shape)
    kernel = normal(seed + 1, image_shape[2], down, right, maps)
    bias = normal(seed + 2, maps) if with_bias else None
    ours = from_scratch.convolution_layer(image, kernel, bias, mode, stride)
    wanted = torch_layer(image, kernel, bias, mode, stride)
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(lengths, kernels, strides, st.sampled_from(["valid", "same"]), seeds)
def test_layer_equals_the_networks_layer(
    side: int, kernel_size: int, stride: int, mode: Literal["valid", "same"], seed: int
) -> None:
    assume(mode != "valid" or kernel_size <= side)
    layer = nn.Conv2d(2, 3, kernel_size, stride, mode).double()
    image, bias = normal(seed, side, side, 2), normal(seed + 1, 3)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor(bias))
        wanted = layer(torch.tensor(image).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
        kernel = layer.weight.permute(1, 2, 3, 0).numpy()
    ours = from_scratch.convolution_layer(image, kernel, bias, mode, stride)
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)


def test_layer_is_a_sum_over_channels_and_a_stack_of_maps() -> None:
    image, kernel, bias = normal(0, 6, 5, 3), normal(1, 3, 2, 2, 4), normal(2, 4)
    maps = from_scratch.convolution_layer(image, kernel, bias)
    assert maps.shape == (5, 4, 4)
    for c in range(4):
        flat = sum(
            from_scratch.cross_correlate_2d(image[..., k], kernel[k, ..., c]) for k in range(3)
        )
        np.testing.assert_allclose(maps[..., c], flat + bias[c], rtol=0, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 15), st.integers(1, 9), modes)
def test_output_length_is_the_networks_too(
    length: int, kernel_size: int, stride: int, mode: Mode
) -> None:
    if mode == "valid" and kernel_size > length:
        with pytest.raises(ValueError, match=f"{kernel_size} does not fit a length of {length}"):
            from_scratch.output_length(length, kernel_size, stride, mode)
        return
    ours = from_scratch.output_length(length, kernel_size, stride, mode)
    if mode == "full":
        assert ours == (length + kernel_size - 2) // stride + 1
    else:
        assert ours == nn.output_size(length, kernel_size, stride, mode)
    if stride == 1:
        at_stride_1 = {
            "valid": length - kernel_size + 1,
            "same": length,
            "full": length + kernel_size - 1,
        }
        assert ours == at_stride_1[mode]


def test_sizes_of_the_course() -> None:
    assert from_scratch.output_length(32, 5) == 28
    # 4.3: four strided convolutions with padding. A 2 × 2 image is not too small for them.
    sizes = [32, 2]
    for _ in range(4):
        sizes = [from_scratch.output_length(size, 3, 2, "same") for size in sizes]
    assert sizes == [2, 1]
    # Keras's pad of a 3 × 3 filter with a stride of 2: on the right and below only.
    assert from_scratch.padding(32, 3, 2, "same") == (0, 1)


def test_parameter_counts_of_the_course() -> None:
    assert from_scratch.convolution_parameter_count(5, 3, 64, bias=False) == 4_800
    assert from_scratch.unshared_convolution_weight_count((32, 32, 3), 5, 64) == 154_140_672
    assert from_scratch.dense_parameter_count(3_072, 50_176, bias=False) == 154_140_672


@pytest.mark.parametrize(("kernel_size", "channels", "filters"), [(5, 3, 64), (3, 32, 64)])
def test_parameter_counts_are_those_of_the_layers(
    kernel_size: int, channels: int, filters: int
) -> None:
    layer = nn.Conv2d(channels, filters, kernel_size)
    count = from_scratch.convolution_parameter_count(kernel_size, channels, filters)
    assert count == nn.keras_parameter_count(layer)
    assert from_scratch.convolution_parameter_count((2, 3), channels, filters, bias=False) == (
        2 * 3 * channels * filters
    )
    dense = from_scratch.dense_parameter_count(channels, filters)
    assert dense == nn.keras_parameter_count(nn.Dense(channels, filters))


IMAGE = np.ones((3, 4))
COLOUR = np.ones((3, 4, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.cross_correlate_1d([1, 2], [1, 2, 3]), "3 does not fit a .* of 2"),
        (lambda: from_scratch.cross_correlate_1d([1, 2], [1], stride=0), "at least 1, got 0"),
        (lambda: from_scratch.cross_correlate_1d([1, 2], [1], stride=-1), "at least 1, got -1"),
        (lambda: from_scratch.cross_correlate_1d([1, 2], [1], stride=1.5), "integer, got 1.5"),
        (lambda: from_scratch.cross_correlate_1d([1, 2], [1], "half"), "mode must .* 'half'"),
        (lambda: from_scratch.cross_correlate_1d([[1, 2]], [1]), r"1 axes, got shape \(1, 2\)"),
        (lambda: from_scratch.cross_correlate_1d([1, 2], []), r"kernel .* got shape \(0,\)"),
        (lambda: from_scratch.convolve_1d([1], [1, 2]), "2 does not fit a length of 1"),
        (lambda: from_scratch.toeplitz_matrix([1, 2], 0), "length must be at least 1, got 0"),
        (lambda: from_scratch.toeplitz_matrix([1, 2], 1), "2 does not fit a length of 1"),
        (
            lambda: from_scratch.cross_correlate_2d(IMAGE, np.ones((2, 5))),
            "image of 3 x 4: a window of 5 does not fit a length of 4",
        ),
        (lambda: from_scratch.cross_correlate_2d(COLOUR, np.ones((2, 2))), r"\(3, 4, 2\)"),
        (
            lambda: from_scratch.convolve_2d(IMAGE, np.ones((2, 2)), stride=(1, 0)),
            "stride must be at least 1, got 0",
        ),
        (
            lambda: from_scratch.convolve_2d(IMAGE, np.ones((2, 2)), stride=(1, 2, 3)),
            r"one integer or two, got \(1, 2, 3\)",
        ),
        (
            lambda: from_scratch.convolution_layer(COLOUR, np.ones((3, 2, 2, 5))),
            r"2 channels of image \(3, 4, 2\), got \(3, 2, 2, 5\)",
        ),
        (
            lambda: from_scratch.convolution_layer(COLOUR, np.ones((2, 2, 2, 5)), np.ones(2)),
            r"bias must have shape \(5,\) .*, got \(2,\)",
        ),
        (lambda: from_scratch.convolution_layer(IMAGE, np.ones((1, 2, 2, 1))), r"\(3, 4\)"),
        (lambda: from_scratch.output_length(0, 1), "length must be at least 1, got 0"),
        (lambda: from_scratch.padding(3, 0), "kernel size must be at least 1, got 0"),
        (lambda: from_scratch.convolution_parameter_count(3, 0, 5), "at least 1, got 0"),
        (
            lambda: from_scratch.unshared_convolution_weight_count((4, 4), 3, 5),
            r"must be \(H, W, C\), got \(4, 4\)",
        ),
        (
            lambda: from_scratch.unshared_convolution_weight_count((4, 4, 1), 5, 5),
            "image of 4 x 4: a window of 5 does not fit",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
