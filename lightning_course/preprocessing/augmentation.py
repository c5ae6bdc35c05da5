"""Random changes of training images, a whole batch at a time (course chapter 4.5).

These are ``torchvision.transforms.v2`` transforms, so they work in ``v2.Compose``. The transforms
of torchvision itself are made for single images. They take batches too, but draw random parameters
**once for the whole batch**: all images are rotated by the same angle. :class:`RandomAugmentation`
draws parameters for every image, and :class:`PerImage` makes a torchvision transform do so.
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

# Uniform random numbers for an image, whether or not the settings use them all.
_DRAWS = 9


class RandomAugmentation(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Keras's ``ImageDataGenerator``: rotates, shifts, shears, zooms, flips, changes brightness.

    Each image of a batch has independent random parameters. They come from torch's global random
    state on the batch's device: the same seed gives the same images, and a resumed run continues
    the sequence.

    As in Keras, an image is first rotated, shifted, sheared and zoomed about its centre, in one
    bilinear sampling, so that shifts need not be whole pixels; then it is flipped; then its
    brightness changes. With the same random parameters the result equals Keras 3.15's except for
    three defects there:

    - In Keras, the width's shift moves rows and the height's shift moves columns
      (keras-team/keras#17398). Here ``width_shift_range`` is horizontal, as Keras documents it and
      as keras_preprocessing 1.1.2 did when the course was made. With equal ranges on square images,
      as in the course, there is no difference.
    - In Keras, images that are not square rotate about a point beside their centre.
    - In Keras, a change of brightness rounds down to integers, which turns floats in [0, 1] black;
      here bytes keep their fractions.

    Lists of shifts, ``channel_shift_range`` and standardisation are left out.

    Example:
        >>> augmentation = RandomAugmentation(width_shift_range=0.1, horizontal_flip=True)
        >>> augmentation(torch.zeros(32, 3, 28, 28, dtype=torch.uint8)).dtype
        torch.float32

    Input is a batch (B, C, H, W), uint8 from 0 to 255 or float in [0, 1]. Output has the same shape
    and is float: for uint8 in [0, 1] (as from ``nn.Rescaling``), else of the input's dtype. In a
    tuple such as (images, labels) the first tensor must be the images.

    Args:
        rotation_range: Largest angle, in degrees in [0, 180]; the angle is uniform in ± this.
        width_shift_range: Largest horizontal shift: a float below 1 is a fraction of the width,
            other numbers are pixels; the shift is uniform in ± this. For an integer n the shift is
            an integer, as in Keras: a number from 0 to n − 1 with a random sign.
        height_shift_range: Largest vertical shift, in the same units.
        brightness_range: Lowest and highest factor, at least 0, that the pixels of an image are
            multiplied by; values above 1 become 1. None: no change.
        shear_range: Largest shear angle, in degrees in [0, 90); the angle is uniform in ± this.
        zoom_range: Lowest and highest factor, above 0, or a number z in [0, 1) for (1 − z, 1 + z).
            Width and height have independent factors. A factor above 1 zooms out: things get
            smaller.
        fill_mode: How to fill points outside the image: with the pixels of the edge ("nearest"),
            with ``cval`` ("constant"), with the mirrored image, its edge repeated ("reflect"), or
            with the image again ("wrap", in which the first and the last row or column coincide, as
            in SciPy).
        cval: The value for "constant", in the units of the images.
        horizontal_flip: Whether to flip half of the images, at random, left to right.
        vertical_flip: Whether to flip half of the images, at random, top to bottom.

    Raises:
        ValueError: An argument outside its range, or a call with anything but such a batch.
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
        """Draw random parameters for every image; torchvision calls this once a batch.

        Returns:
            "matrices" (B, 2, 3), see ``warping.affine_matrices``; "horizontal" and "vertical" (B,)
            bool: which images to flip; "brightness" (B,): factors.
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
        """Change a batch by these random parameters; torchvision calls this."""
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
    """Applies a torchvision transform to each image of a batch, with independent parameters.

    This is much slower than one call for the whole batch. Labels in the input stay unchanged.

    Example:
        >>> rotate = PerImage(v2.RandomRotation(20))
        >>> rotate(torch.zeros(32, 3, 28, 28)).shape
        torch.Size([32, 3, 28, 28])

    Args:
        transform: Takes and returns an image (C, H, W); all results must have the same shape.

    Raises:
        ValueError: A call with anything but a batch that :class:`RandomAugmentation` takes.
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
        # 2n equally likely numbers: 0 … n − 1 with both signs, so 0 occurs twice.
        numbers = (draws * (2 * extent)).floor().clamp(max=2 * extent - 1)
        return torch.where(numbers < extent, numbers, extent - numbers)
    reach = extent * size if extent < 1 else extent
    return _between(draws, -reach, reach)


def _for_each(values: Tensor) -> Tensor:
    """Reshape one value an image, (B,), to (B, 1, 1, 1)."""
    return values[:, None, None, None]


def _working_dtype(images: Tensor) -> torch.dtype:
    # Half precision would put positions in a large image off by more than a pixel.
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
