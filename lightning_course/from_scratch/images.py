"""Images as numbers: memory, colours, scaling, flattening (course chapter 3.2)."""

import re

import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, filled, integer

VGG_MEANS: tuple[float, float, float] = (123.68, 116.779, 103.939)
"""Mean red, green and blue of ImageNet's training images, in 0 to 255."""


def image_bits(height: int, width: int, channels: int = 3, bits_per_value: int = 8) -> int:
    """Return H·W·C·bits, the size of an image without compression.

    Example:
        >>> image_bits(500, 500)
        6000000

    The course's notes call these 6 million bytes; they are bits. The 750,000 that follow there are
    the bytes.

    Args:
        height: H, at least 1.
        width: W, at least 1.
        channels: C: 3 for colour, 1 for grey.
        bits_per_value: At least 1; 8 for values from 0 to 255.

    Raises:
        ValueError: An argument outside its range.
    """
    pixels = integer("height", height) * integer("width", width)
    return pixels * integer("channels", channels) * integer("bits_per_value", bits_per_value)


def image_bytes(height: int, width: int, channels: int = 3, bits_per_value: int = 8) -> int:
    """Return :func:`image_bits` / 8, rounded up: 1 byte is 8 bits.

    Example:
        >>> image_bytes(500, 500)  # 732 · 1,024: the course's 732 KB
        750000
    """
    return -(-image_bits(height, width, channels, bits_per_value) // 8)


def number_of_colours(channels: int = 3, bits_per_value: int = 8) -> int:
    """Return (2^bits)^C: 16,777,216 colours of three bytes.

    Args:
        channels: C, at least 1.
        bits_per_value: At least 1.

    Raises:
        ValueError: An argument outside its range.
    """
    return 1 << (integer("channels", channels) * integer("bits_per_value", bits_per_value))


def hex_to_rgb(code: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a colour code, two hexadecimal digits each.

    Example:
        >>> hex_to_rgb("#FF00CC")
        (255, 0, 204)

    Args:
        code: "#" and six digits 0 to 9 or A to F, in upper or lower case.

    Returns:
        Three integers from 0 to 255.

    Raises:
        ValueError: Anything else.
    """
    if not isinstance(code, str) or not re.fullmatch("#[0-9A-Fa-f]{6}", code):
        raise ValueError(f"a colour must be # and six hexadecimal digits, got {code!r}")
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def rgb_to_hex(red: int, green: int, blue: int) -> str:
    """Return the colour code of three integers from 0 to 255.

    Example:
        >>> rgb_to_hex(255, 0, 204)
        '#FF00CC'

    Raises:
        ValueError: A number outside 0 to 255.
    """
    code = "#"
    for name, value in (("red", red), ("green", green), ("blue", blue)):
        value = integer(name, value, 0)
        if value > 255:
            raise ValueError(f"{name} must be at most 255, got {value}")
        code += f"{value:02X}"
    return code


def scale_to_unit(images: npt.ArrayLike) -> Array:
    """Return values divided by 255: [0, 255] becomes [0, 1].

    Args:
        images: Any shape, values in [0, 255].

    Returns:
        The same shape, values in [0, 1].

    Raises:
        ValueError: Values outside [0, 255], or none.
    """
    return _bytes(images) / 255.0


def channel_means(images: npt.ArrayLike) -> Array:
    """Return the mean of each channel: (…, H, W, C) to (C,).

    Raises:
        ValueError: Fewer than 3 axes, or no images.
    """
    images = _images(images)
    means: Array = images.reshape(-1, images.shape[-1]).mean(axis=0)
    return means


def subtract_channel_means(images: npt.ArrayLike, means: npt.ArrayLike | None = None) -> Array:
    """Subtract a mean from each channel and keep the scale, as VGG expects its inputs.

    Args:
        images: (…, H, W, C).
        means: (C,), those of the training images; None: the means of these images.

    Returns:
        The same shape; without ``means`` each channel has mean 0.

    Raises:
        ValueError: Shapes that do not fit, or no images.
    """
    images = _images(images)
    centre = channel_means(images) if means is None else filled("means", means, 1)
    check_shape("means", centre, images.shape[-1:], "one for each channel")
    return images - centre


def vgg_preprocess(images: npt.ArrayLike) -> Array:
    """Return images as Keras's ``vgg16.preprocess_input`` does.

    It subtracts the means of ImageNet, not of these images. It also turns red, green, blue into
    blue, green, red, the order of VGG's published weights, which the course's notes leave out.

    Args:
        images: (…, H, W, 3) in red, green, blue, values in [0, 255].

    Returns:
        The same shape, in blue, green, red; values in [−123.68, 151.061].

    Raises:
        ValueError: Another shape, values outside [0, 255], or no images.
    """
    return subtract_channel_means(_bytes(images), VGG_MEANS)[..., ::-1]


def flatten_images(images: npt.ArrayLike) -> Array:
    """Return each image as one row: (N, H, W, C) to (N, D) with D = H·W·C, or (N, H, W) likewise.

    Entry (i, j, k) goes to column (i·W + j)·C + k, as in Keras. Torch's images are (C, H, W), which
    gives another order.

    Raises:
        ValueError: Another number of axes, or no images.
    """
    images = filled("images", images, 3, 4)
    return images.reshape(len(images), -1)


def _images(images: npt.ArrayLike) -> Array:
    images = filled("images", images)
    if images.ndim < 3:
        raise ValueError(f"images must be (…, H, W, C), got shape {images.shape}")
    return images


def _bytes(images: npt.ArrayLike) -> Array:
    images = filled("images", images)
    outside = ~((images >= 0) & (images <= 255))
    if outside.any():
        raise ValueError(f"images must lie in [0, 255], got {images[outside].flat[0]}")
    return images
