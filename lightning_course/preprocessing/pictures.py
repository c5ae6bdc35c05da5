"""Picture files as arrays."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from lightning_course.errors import UserError
from lightning_course.files import read_bytes

# Smaller than that shows nothing.
LEAST_SIDE = 4

# Bytes; the largest photographs have a tenth.
MAX_FILE = 500_000_000

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


def read_pictures(
    paths: Sequence[Path], shape: Sequence[int], *, invert: bool = False
) -> npt.NDArray[np.uint8]:
    """Return picture files as one array, resized to one shape.

    Args:
        paths: N files in one of ``FORMATS``, of any size, grey or colour.
        shape: (C, H, W); with C = 1 colours become grey, with C = 3 grey becomes RGB. Bilinear with
            antialiasing; another aspect ratio is stretched.
        invert: Exchange dark and light.

    Returns:
        Shape (N, C, H, W), uint8 from 0 to 255.

    Raises:
        UserError: A file that is missing, no picture, damaged, smaller than 4 × 4, or partly
            transparent, which leaves open what is behind.
    """
    return np.stack([read_picture(Path(path), shape, invert=invert) for path in paths])


def read_picture(
    path: Path, shape: Sequence[int], *, invert: bool = False, content: bytes | None = None
) -> npt.NDArray[np.uint8]:
    """Return one picture file as an array (C, H, W); see :func:`read_pictures`.

    Args:
        path: The file.
        shape: (C, H, W).
        invert: Exchange dark and light.
        content: The file's bytes, where they have been read; then ``path`` is for messages.

    Raises:
        UserError: See :func:`read_pictures`.
    """
    channels, height, width = shape
    try:
        content = read_bytes(path, MAX_FILE) if content is None else content
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
            picture.load()
            loaded: Image.Image = picture
            if min(loaded.size) < LEAST_SIDE:
                raise UserError(
                    f"{path} has {loaded.width} x {loaded.height} pixels: at least {LEAST_SIDE} x "
                    f"{LEAST_SIDE} are needed"
                )
            if _is_transparent(loaded):
                raise UserError(
                    f"{path} is partly transparent: save it on a background, without an alpha "
                    "channel"
                )
            flat = _eight_bits(ImageOps.exif_transpose(loaded))
            flat = flat.convert("L" if channels == 1 else "RGB")
            array = np.asarray(flat.resize((width, height), Image.Resampling.BILINEAR))
    except UnidentifiedImageError as error:
        raise UserError(f"{path} is not a picture that can be read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read: {reason}") from error
    if invert:
        array = 255 - array
    return array[None] if channels == 1 else np.ascontiguousarray(array.transpose(2, 0, 1))


def _is_transparent(picture: Image.Image) -> bool:
    if not picture.has_transparency_data:
        return False
    return bool(np.asarray(picture.convert("RGBA"))[..., 3].min() < 255)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey (scanners) to 8 bits, where Pillow would cut it off at 255."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture) / 257).clip(0, 255).astype(np.uint8))
