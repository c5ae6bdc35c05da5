"""Picture files as arrays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from lightning_course.errors import UserError

# Smaller than that shows nothing.
_LEAST_SIDE = 4


def read_pictures(
    paths: Sequence[Path], shape: Sequence[int], *, invert: bool = False
) -> npt.NDArray[np.uint8]:
    """Return picture files as one array, resized to one shape.

    Args:
        paths: N files in any format that Pillow reads, of any size, grey or colour.
        shape: (C, H, W); with C = 1 colours become grey, with C = 3 grey becomes RGB. Bilinear with
            antialiasing; another aspect ratio is stretched.
        invert: Exchange dark and light.

    Returns:
        Shape (N, C, H, W), uint8 from 0 to 255.

    Raises:
        UserError: A file that is missing, no picture, damaged, smaller than 4 × 4, or partly
            transparent, which leaves open what is behind.
    """
    return np.stack([_read(Path(path), shape, invert) for path in paths])


def _read(path: Path, shape: Sequence[int], invert: bool) -> npt.NDArray[np.uint8]:
    channels, height, width = shape
    try:
        with Image.open(path) as picture:
            picture.load()
            loaded: Image.Image = picture
            if min(loaded.size) < _LEAST_SIDE:
                raise UserError(
                    f"{path} has {loaded.width} x {loaded.height} pixels: at least {_LEAST_SIDE} x "
                    f"{_LEAST_SIDE} are needed"
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
