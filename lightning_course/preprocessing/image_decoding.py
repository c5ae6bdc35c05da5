"""Reads image files as arrays."""

import io
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from lightning_course.errors import UserError
from lightning_course.files.reading import read_bytes

# Smaller images show nothing.
MIN_SIDE = 4

# Bytes; the largest photographs have a tenth of this.
MAX_FILE = 500_000_000

# Pixels. Resizing takes about ten bytes a pixel, so only one large image is decoded at a time. A
# photograph has a few pixels a byte of its file, a decompression bomb has thousands.
_MAX_PIXELS, _LARGE, _MAX_PACKED = 120_000_000, 25_000_000, 100
_one_large_image = threading.Lock()

# Pillow's names of the formats that are read, with their file extensions. Pillow detects the format
# from the content, not from the extension. It also knows formats for which it would start other
# programs (EPS), and formats that any file may seem to have (TGA).
FORMATS = {
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "JPEG2000": (".jp2", ".j2k"),
    "PNG": (".png",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}


# The exceptions of Pillow's decoders for a damaged file.
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    Image.DecompressionBombError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# EXIF's orientations other than 1, and the operation that turns each upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# 12 bits stored in 16 use a sixteenth of the range, which is nearly black.
_DARK_16_BITS = 4096


def read_images(
    paths: Sequence[Path], shape: Sequence[int], *, invert: bool = False
) -> npt.NDArray[np.uint8]:
    """Return image files as one array, resized to one shape.

    Args:
        paths: N files in one of ``FORMATS``, of any size, grey or colour, with 1, 8 or 16 bits a
            value. If a file has several frames, the first is read. Images are turned upright by
            their EXIF orientation.
        shape: (C, H, W). With C = 1 colours become grey, with C = 3 grey becomes RGB. Images are
            resized by bilinear interpolation with antialiasing; the aspect ratio is not kept.
        invert: Whether to swap dark and light.

    Returns:
        Shape (N, C, H, W), uint8 from 0 to 255.

    Raises:
        UserError: A file is missing, damaged, not an image or smaller than 4 × 4, or its pixels are
            ambiguous: partly transparent, floats or of 32 bits.
    """
    with without_metadata_warnings():
        return np.stack([read_image(Path(path), shape, invert=invert) for path in paths])


@contextmanager
def without_metadata_warnings() -> Iterator[None]:
    """Silence Pillow's warnings about damaged EXIF or TIFF tags and about size.

    This holds for all threads, so the thread that starts the others must enter the block.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `_room_for` has limits
        yield


def read_image(
    path: Path, shape: Sequence[int], *, invert: bool = False, content: bytes | None = None
) -> npt.NDArray[np.uint8]:
    """Return one image file as an array (C, H, W); see :func:`read_images`.

    Args:
        path: The file.
        shape: (C, H, W).
        invert: Whether to swap dark and light.
        content: The file's bytes, if they have been read; then ``path`` is only used in messages.

    Raises:
        UserError: See :func:`read_images`.
    """
    channels, height, width = shape
    try:
        content = read_bytes(path, MAX_FILE) if content is None else content
        with (
            Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as image,
            _room_for(image, path, len(content)),
        ):
            # Such as "RGB;16B"; "BGR;16" has five or six bits a colour.
            is_16_bits = any(re.search(";16[BLN]", str(tile[3])) for tile in image.tile)
            image.load()
            loaded: Image.Image = image
            if min(loaded.size) < MIN_SIDE:
                raise UserError(
                    f"{path} has {loaded.width} x {loaded.height} pixels: at least {MIN_SIDE} x "
                    f"{MIN_SIDE} are needed"
                )
            if _is_transparent(loaded):
                raise UserError(
                    f"{path} is partly transparent: save it on a background, without an alpha "
                    "channel"
                )
            flat = _eight_bits(loaded, path, is_16_bits)
            if flat.has_transparency_data:  # all pixels are opaque
                flat = flat.convert("RGBA")
            if method := _turn(loaded):
                flat = flat.transpose(method)
            flat = flat.convert("L" if channels == 1 else "RGB")
            array = np.asarray(flat.resize((width, height), Image.Resampling.BILINEAR))
    except UnidentifiedImageError as error:
        raise UserError(f"{path} is not an image that can be read") from error
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(f"{path} cannot be read: {reason}") from error
    if invert:
        array = 255 - array
    return array[None] if channels == 1 else np.ascontiguousarray(array.transpose(2, 0, 1))


def _room_for(image: Image.Image, path: Path, size: int) -> AbstractContextManager[object]:
    """Return a lock for a large image, else an empty context; no pixel has been decoded yet.

    Raises:
        UserError: The image has too many pixels, or too many for the size of its file.
    """
    pixels = image.width * image.height
    if pixels > _MAX_PIXELS or (pixels > _LARGE and pixels > _MAX_PACKED * size):
        raise UserError(
            f"{path} has {image.width:,} x {image.height:,} pixels in a file of {size:,} "
            "bytes: save it smaller first"
        )
    return _one_large_image if pixels > _LARGE else nullcontext()


def _is_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    if image.mode.startswith("I"):  # one value means "transparent"
        return bool((np.asarray(image) == image.info["transparency"]).any())
    return bool(np.asarray(image.convert("RGBA"))[..., 3].min() < 255)


def _eight_bits(image: Image.Image, path: Path, is_16_bits: bool) -> Image.Image:
    """Scale 16-bit grey to 8 bits: Pillow has scaled colours, but would clip grey at 255.

    Raises:
        UserError: The value of white is unknown.
    """
    mode = image.mode
    if mode == "F" or (mode == "I" and image.format not in ("PNG", "PPM")):
        kind = "floating-point" if mode == "F" else "32-bit or signed"
        raise UserError(
            f"{path} has {kind} pixels, and nothing says which value is white: save it with 8 or "
            "16 bits"
        )
    if not mode.startswith("I"):
        # Colours up to 255 of 65,535 have become 0.
        if is_16_bits and np.asarray(image.convert("RGB")).max() < _DARK_16_BITS // 256:
            raise _dark(path, _DARK_16_BITS)
        return image
    values = np.asarray(image).astype(np.int64)
    if 0 < values.max() < _DARK_16_BITS:
        raise _dark(path, int(values.max()) + 1)
    if getattr(image, "tag_v2", {}).get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        values = 65_535 - values  # TIFF's "white is zero", which Pillow inverts for 8 bits only
    # 65,535 is 257 · 255; round to the nearest integer.
    return Image.fromarray(((values + 128) // 257).clip(0, 255).astype(np.uint8))


def _dark(path: Path, end: int) -> UserError:
    return UserError(
        f"{path} has 16-bit pixels below {end:,}, nearly black where white is 65,535: save it "
        "with 8 bits, or scaled to 16"
    )


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return the operation that turns an image upright by its EXIF; None if that is damaged."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return None
    # In a damaged file it can have any type.
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
