"""Image files as arrays."""

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

# Smaller than that shows nothing.
MIN_SIDE = 4

# Bytes; the largest photographs have a tenth.
MAX_FILE = 500_000_000

# Pixels. One takes about ten bytes while an image is resized, so that of large ones only one is
# decoded at a time. Photographs have some pixels in a byte of their file, and a bomb has thousands.
_MAX_PIXELS, _LARGE, _MAX_PACKED = 120_000_000, 25_000_000, 100
_one_large_image = threading.Lock()

# Pillow's names of the formats that are read, with the endings of their files. Pillow tells a
# format by the content, whatever the ending, and knows some that it would start other programs for
# (EPS) or that anything could be taken for (TGA).
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


# What Pillow's decoders raise about a damaged file.
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

# EXIF's orientations beside 1, and what sets each upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# 12 bits in 16: a sixteenth of the range, which is nearly black.
_DARK_16_BITS = 4096


def read_images(
    paths: Sequence[Path], shape: Sequence[int], *, invert: bool = False
) -> npt.NDArray[np.uint8]:
    """Return image files as one array, resized to one shape.

    Args:
        paths: N files in one of ``FORMATS``, of any size, grey or colour, with 1, 8 or 16 bits a
            value; of several frames, the first. They are turned upright as their EXIF says.
        shape: (C, H, W); with C = 1 colours become grey, with C = 3 grey becomes RGB. Bilinear with
            antialiasing; another aspect ratio is stretched.
        invert: Exchange dark and light.

    Returns:
        Shape (N, C, H, W), uint8 from 0 to 255.

    Raises:
        UserError: A file that is missing, no image, damaged, smaller than 4 × 4, or whose pixels
            can be read in more than one way: partly transparent, of floats or of 32 bits.
    """
    with without_metadata_warnings():
        return np.stack([read_image(Path(path), shape, invert=invert) for path in paths])


@contextmanager
def without_metadata_warnings() -> Iterator[None]:
    """While the block runs, Pillow says nothing of damaged EXIF or TIFF tags, nor of size.

    It counts for all threads, so that the one that starts the others has to open it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have limits of our own
        yield


def read_image(
    path: Path, shape: Sequence[int], *, invert: bool = False, content: bytes | None = None
) -> npt.NDArray[np.uint8]:
    """Return one image file as an array (C, H, W); see :func:`read_images`.

    Args:
        path: The file.
        shape: (C, H, W).
        invert: Exchange dark and light.
        content: The file's bytes, where they have been read; then ``path`` is for messages.

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
            # Such as "RGB;16B"; "BGR;16" are five or six bits a colour.
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
            if flat.has_transparency_data:  # all of it is opaque
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
    """Return what an image, of which no pixel is read yet, has to wait for.

    Raises:
        UserError: It has too many pixels, or too many for the bytes of its file.
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
    if image.mode.startswith("I"):  # one of its values stands for "nothing here"
        return bool((np.asarray(image) == image.info["transparency"]).any())
    return bool(np.asarray(image.convert("RGBA"))[..., 3].min() < 255)


def _eight_bits(image: Image.Image, path: Path, is_16_bits: bool) -> Image.Image:
    """Scale 16-bit grey to 8 bits; Pillow would cut it off at 255, and has scaled colours.

    Raises:
        UserError: Nothing says which value is white.
    """
    mode = image.mode
    if mode == "F" or (mode == "I" and image.format not in ("PNG", "PPM")):
        kind = "floating-point" if mode == "F" else "32-bit or signed"
        raise UserError(
            f"{path} has {kind} pixels, and nothing says which value is white: save it with 8 or "
            "16 bits"
        )
    if not mode.startswith("I"):
        # Of colours up to 255 in 16 bits nothing is left.
        if is_16_bits and np.asarray(image.convert("RGB")).max() < _DARK_16_BITS // 256:
            raise _dark(path, _DARK_16_BITS)
        return image
    values = np.asarray(image).astype(np.int64)
    if 0 < values.max() < _DARK_16_BITS:
        raise _dark(path, int(values.max()) + 1)
    if getattr(image, "tag_v2", {}).get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        values = 65_535 - values  # TIFF's "white is zero", which Pillow turns round of 8 bits only
    # 65535 is 257 · 255; to the nearest.
    return Image.fromarray(((values + 128) // 257).clip(0, 255).astype(np.uint8))


def _dark(path: Path, end: int) -> UserError:
    return UserError(
        f"{path} has 16-bit pixels below {end:,}, nearly black where white is 65,535: save it "
        "with 8 bits, or scaled to 16"
    )


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return what sets an image upright by its EXIF; nothing where that is damaged."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return None
    # A damaged one can be of any type.
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
