"""Random changes of training images, a whole batch at a time (course chapter 4.5).

Transforms in the manner of ``torchvision.transforms.v2``, so that they join in ``v2.Compose``. The
stock ones made for single images take batches too, but draw **once for the whole batch**: all its
images are turned by the same angle. :class:`RandomAugmentation` draws for every image, and
:class:`PerImage` has a stock one draw for every image too.
"""

import math
from collections.abc import Sequence
from typing import Any, get_args

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from lightning_course.checks import check_choice
from lightning_course.preprocessing.warping import FillMode, affine_matrices, warp

# Uniform numbers drawn for an image, whichever of them its settings use.
_DRAWS = 9


class RandomAugmentation(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Keras's ``ImageDataGenerator``: rotates, shifts, shears, zooms, flips, changes brightness.

    Every image of a batch has draws of its own, from torch's global random state of the batch's
    device: the same seed gives the same images, and a resumed run goes on where it stopped.

    In Keras's order, an image is rotated, shifted, sheared and zoomed about its centre in one
    bilinear sampling, so that shifts are not confined to whole pixels; then flipped; then made
    brighter or darker. For the same draws the result is Keras 3.15's, but for three of its defects:

    - There the width's draw moves rows and the height's columns (keras-team/keras#17398). Here
      ``width_shift_range`` is horizontal, as Keras documents it and as keras_preprocessing 1.1.2
      of the course's time had it. With equal ranges on square images, as in the course, one cannot
      tell them apart.
    - There images that are not square turn about a point beside their centre.
    - There brightness cuts to whole bytes, which leaves of floats in [0, 1] only black; here bytes
      keep their fractions.

    Left out are lists of shifts to choose from, ``channel_shift_range`` and standardisation.

    Example:
        >>> augmentation = RandomAugmentation(width_shift_range=0.1, horizontal_flip=True)
        >>> augmentation(torch.zeros(32, 3, 28, 28, dtype=torch.uint8)).dtype
        torch.float32

    Input is a batch (B, C, H, W), uint8 from 0 to 255 or float in [0, 1]. Output has the same shape
    and is float: in [0, 1] for bytes (as ``nn.Rescaling`` makes of them), else of the input's
    dtype. In a tuple such as (images, labels) the first tensor is taken for the images.

    Args:
        rotation_range: Degrees in [0, 180]; the angle is uniform in ± that.
        width_shift_range: How far to the side: a float below 1 is a fraction of the width, others
            are pixels; the shift is uniform in ± that. An integer n draws whole pixels as Keras
            does: a number from 0 to n − 1, then its sign.
        height_shift_range: How far up or down, likewise.
        brightness_range: Lowest and highest factor, at least 0, of all pixels of an image; what
            gets too bright is cut at 1. None changes nothing.
        shear_range: Degrees in [0, 90); the angle is uniform in ± that.
        zoom_range: Lowest and highest factor, above 0, or a number z in [0, 1) for (1 − z, 1 + z);
            drawn for width and height apart. A factor above 1 shows more than the image: things
            get smaller.
        fill_mode: What lies beyond the edge: the edge's pixels ("nearest"), ``cval``
            ("constant"), the image mirrored with its edge repeated ("reflect"), or the image again
            ("wrap", in which first and last row or column fall on one another, as in SciPy).
        cval: The value of "constant", in the units of the images.
        horizontal_flip: Exchange left and right of every second image, at random.
        vertical_flip: Exchange top and bottom of every second image, at random.

    Raises:
        ValueError: An argument outside its range, or, when called, anything but such a batch.
    """

    def __init__(
        self,
        rotation_range: float = 0.0,
        width_shift_range: int | float = 0.0,
        height_shift_range: int | float = 0.0,
        brightness_range: tuple[float, float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | tuple[float, float] = 0.0,
        fill_mode: FillMode = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
    ) -> None:
        super().__init__()
        _check_within("rotation_range", rotation_range, "in [0, 180]", 0 <= rotation_range <= 180)
        _check_within("shear_range", shear_range, "in [0, 90)", 0 <= shear_range < 90)
        for name, extent in (
            ("width_shift_range", width_shift_range),
            ("height_shift_range", height_shift_range),
        ):
            _check_within(name, extent, "at least 0", 0 <= extent < math.inf)
        if brightness_range is not None:
            low, high = _pair("brightness_range", brightness_range)
            fits = 0 <= low <= high < math.inf
            _check_within("brightness_range", brightness_range, "low and high, 0 or above", fits)
        if isinstance(zoom_range, int | float):
            _check_within(
                "zoom_range", zoom_range, "in [0, 1), or low and high", 0 <= zoom_range < 1
            )
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        low, high = _pair("zoom_range", zoom_range)
        _check_within("zoom_range", zoom_range, "low and high above 0", 0 < low <= high < math.inf)
        check_choice("fill_mode", fill_mode, get_args(FillMode))
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        self.zoom_range = (low, high)
        self.fill_mode: FillMode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip

    @property
    def _warps(self) -> bool:
        shifts = self.width_shift_range or self.height_shift_range
        return bool(shifts or self.rotation_range or self.shear_range or self.zoom_range != (1, 1))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw for every image; torchvision calls this once a batch.

        Returns:
            "matrices" (B, 2, 3), see ``warping.affine_matrices``; "horizontal" and "vertical" (B,)
            bool: which to flip; "brightness" (B,): factors.
        """
        for images in flat_inputs:
            _check_images(images)
        images = flat_inputs[0]
        count, _, height, width = images.shape
        dtype = _working_dtype(images)
        draws = torch.rand(_DRAWS, count, device=images.device, dtype=dtype)
        angle, right, down, shear, zoom_x, zoom_y, horizontal, vertical, brightness = draws
        return {
            "matrices": affine_matrices(
                _between(angle, -self.rotation_range, self.rotation_range),
                _shift(right, self.width_shift_range, width),
                _shift(down, self.height_shift_range, height),
                _between(shear, -self.shear_range, self.shear_range),
                _between(zoom_x, *self.zoom_range),
                _between(zoom_y, *self.zoom_range),
            ),
            "horizontal": horizontal < 0.5,
            "vertical": vertical < 0.5,
            "brightness": _between(brightness, *(self.brightness_range or (1, 1))),
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Change a batch by what was drawn; torchvision calls this."""
        scale = 255 if inpt.dtype == torch.uint8 else 1
        images = inpt / scale if inpt.dtype == torch.uint8 else inpt.to(_working_dtype(inpt))
        if self._warps:
            images = warp(images, params["matrices"], self.fill_mode, self.cval / scale)
        if self.horizontal_flip:
            images = torch.where(_for_each(params["horizontal"]), images.flip(-1), images)
        if self.vertical_flip:
            images = torch.where(_for_each(params["vertical"]), images.flip(-2), images)
        if self.brightness_range is not None:
            images = (images * _for_each(params["brightness"])).clamp(0, 1)
        if inpt.is_floating_point():
            images = images.to(inpt.dtype)
        return tv_tensors.wrap(images, like=inpt)


class PerImage(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Has a stock transform draw for every image of a batch, by calling it for each alone.

    Slower by far than one call for the batch. Labels and the like in the input stay as they are.

    Args:
        transform: Takes and returns an image (C, H, W); the results must have one shape.

    Raises:
        ValueError: When called with anything but a batch as :class:`RandomAugmentation` takes it.
    """

    def __init__(self, transform: v2.Transform) -> None:
        super().__init__()
        self.inner = transform

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Change a batch image by image; torchvision calls this."""
        _check_images(inpt)
        return tv_tensors.wrap(torch.stack([self.inner(image) for image in inpt]), like=inpt)


def _between(draws: Tensor, low: float, high: float) -> Tensor:
    return low + draws * (high - low)


def _shift(draws: Tensor, extent: int | float, size: int) -> Tensor:
    """Return shifts in pixels (B,) from uniform numbers (B,)."""
    if isinstance(extent, int):
        # 2n equally likely numbers: 0 … n − 1 with either sign, so that 0 comes twice.
        numbers = (draws * (2 * extent)).floor().clamp(max=2 * extent - 1)
        return torch.where(numbers < extent, numbers, extent - numbers)
    reach = extent * size if extent < 1 else extent
    return _between(draws, -reach, reach)


def _for_each(values: Tensor) -> Tensor:
    """Return values of images (B,) as (B, 1, 1, 1)."""
    return values[:, None, None, None]


def _working_dtype(images: Tensor) -> torch.dtype:
    # Positions of half precision would be off by more than a pixel in a large image.
    return torch.float64 if images.dtype == torch.float64 else torch.float32


def _check_images(images: object) -> None:
    if not isinstance(images, Tensor):
        raise ValueError(f"images must be a tensor (B, C, H, W), got {type(images).__name__}")
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(f"images must be of shape (B, C, H, W), got {tuple(images.shape)}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise ValueError(f"images must be uint8 or float, got {images.dtype}")


def _check_within(name: str, value: object, expected: str, fits: bool) -> None:
    if not fits:
        raise ValueError(f"{name} must be {expected}, got {value}")


def _pair(name: str, value: Sequence[float]) -> tuple[float, float]:
    if len(value) != 2:
        raise ValueError(f"{name} must be two numbers, low and high, got {value}")
    return value[0], value[1]
