"""Sizes and parameter counts of convolutions (course chapters 4.1 to 4.3)."""

from typing import Any, Literal

from lightning_course.checks import check_choice
from lightning_course.from_scratch._arrays import integer, pair
from lightning_course.from_scratch.layers import dense_parameter_count

Mode = Literal["valid", "same", "full"]


# `nn.output_size` computes the first two modes for the networks. It is written out here once more
# so that the formulas need no torch; a test compares the two.
def output_length(length: int, kernel_size: int, stride: int = 1, mode: Mode = "valid") -> int:
    """Return the length of a signal, or of an image's side, after a convolution or pooling.

    ========  ===================  =========================
    mode      stride 1             stride s
    ========  ===================  =========================
    "valid"   N − K + 1            ⌊(N − K) / s⌋ + 1
    "same"    N                    ⌈N / s⌉
    "full"    N + K − 1            ⌊(N + K − 2) / s⌋ + 1
    ========  ===================  =========================

    The course's notes say that with a stride of 2 images can become too small to be halved again.
    That is true for "valid". Their example, 32 → 16 → 8 → 4 → 2, is "same": a side of 1 stays 1.

    Args:
        length: N, at least 1.
        kernel_size: K, at least 1.
        stride: s, at least 1.
        mode: "valid", "same" or "full".

    Raises:
        ValueError: An argument outside its range, or a "valid" window that does not fit.
    """
    length, kernel_size = integer("length", length), integer("kernel size", kernel_size)
    stride = integer("stride", stride)
    before, after = padding(length, kernel_size, stride, mode)
    padded = before + length + after
    if kernel_size > padded:
        raise ValueError(f"a window of {kernel_size} does not fit a length of {length}")
    return (padded - kernel_size) // stride + 1


def padding(
    length: int, kernel_size: int, stride: int = 1, mode: Mode = "valid"
) -> tuple[int, int]:
    """Return the numbers of zeros (before, after) a signal.

    "same" needs max(0, (⌈N / s⌉ − 1)·s + K − N) in total; if that is odd, the extra zero goes after
    the signal, as in Keras. "full" has K − 1 on each side, so that each entry of the signal meets
    each entry of the filter.

    Arguments are :func:`output_length`'s.

    Raises:
        ValueError: An argument outside its range.
    """
    length, kernel_size = integer("length", length), integer("kernel size", kernel_size)
    stride = integer("stride", stride)
    check_choice("mode", mode, ("valid", "same", "full"))
    if mode == "valid":
        return 0, 0
    if mode == "full":
        return kernel_size - 1, kernel_size - 1
    outputs = -(-length // stride)
    total = max(0, (outputs - 1) * stride + kernel_size - length)
    return total // 2, total - total // 2


def convolution_parameter_count(
    kernel_size: int | tuple[int, int], in_channels: int, filters: int, bias: bool = True
) -> int:
    """Return C₁·K·K·C₂ weights, and C₂ biases: one for each feature map.

    Example:
        >>> convolution_parameter_count(5, in_channels=3, filters=64, bias=False)
        4800

    Args:
        kernel_size: K, or (height, width), at least 1.
        in_channels: C₁, at least 1.
        filters: C₂, at least 1.
        bias: Whether to count the biases.

    Raises:
        ValueError: An argument outside its range.
    """
    height, width = pair("kernel size", kernel_size)
    inputs = height * width * integer("in_channels", in_channels)
    # One filter is a dense unit that sees a window.
    return dense_parameter_count(inputs, filters, bias)


def unshared_convolution_weight_count(
    image_shape: tuple[int, int, int],
    kernel_size: int | tuple[int, int],
    filters: int,
    stride: int | tuple[int, int] = 1,
    mode: Mode = "valid",
) -> int:
    """Return the weight count of a dense layer with a convolution's inputs and outputs, no biases.

    Every output has its own weight for every input: H·W·C₁ times H'·W'·C₂.

    Example:
        From 3,072 inputs to 50,176 outputs.

        >>> unshared_convolution_weight_count((32, 32, 3), kernel_size=5, filters=64)
        154140672

    Args:
        image_shape: (H, W, C₁).
        kernel_size: K, or (height, width), at least 1.
        filters: C₂, at least 1.
        stride: Step, or (down, right), at least 1.
        mode: "valid", "same" or "full".

    Raises:
        ValueError: An argument outside its range, or a "valid" window that does not fit.
    """
    if len(image_shape) != 3:
        raise ValueError(f"image_shape must be (H, W, C), got {image_shape}")
    *sides, channels = image_shape
    height, width = output_shape(sides, kernel_size, stride, mode)
    inputs = sides[0] * sides[1] * integer("channels", channels)
    return dense_parameter_count(inputs, height * width * integer("filters", filters), bias=False)


def output_shape(sides: Any, kernel_size: Any, stride: Any, mode: Mode) -> tuple[int, int]:
    """Return :func:`output_length` of both sides (H, W); errors name the size of the image."""
    kernel, steps = pair("kernel size", kernel_size), pair("stride", stride)
    try:
        height, width = (
            output_length(side, k, step, mode)
            for side, k, step in zip(sides, kernel, steps, strict=True)
        )
    except ValueError as error:
        raise ValueError(f"image of {sides[0]} x {sides[1]}: {error}") from error
    return height, width
