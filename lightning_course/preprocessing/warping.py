"""Affine transformations of images, one matrix an image, in one sampling for a whole batch."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

FillMode = Literal["nearest", "constant", "reflect", "wrap"]


def affine_matrices(
    angle: Tensor, right: Tensor, down: Tensor, shear: Tensor, zoom_x: Tensor, zoom_y: Tensor
) -> Tensor:
    """Return the matrices that map pixels of the result to points of the original image.

    A matrix is the product rotation · shift · shear · zoom of Keras's ``apply_affine_transform``
    with ``theta``, ``tx``, ``ty``, ``shear``, ``zx``, ``zy``.

    Args:
        angle: Rotation in degrees (B,).
        right: Shift in pixels (B,); a positive shift moves the content to the left.
        down: Shift in pixels (B,); a positive shift moves the content up.
        shear: Shear in degrees (B,).
        zoom_x: Factor (B,); above 1 the result shows more than the image's width.
        zoom_y: Factor (B,); above 1 the result shows more than the image's height.

    Returns:
        Shape (B, 2, 3). A matrix times (x, y, 1) of a pixel of the result is (x, y) of the point in
        the original, both in pixels from the image's centre, x to the right and y down.
    """
    angle, shear = angle.deg2rad(), shear.deg2rad()
    cos, sin = angle.cos(), angle.sin()
    entries = (
        (zoom_x * cos, -zoom_y * (angle + shear).sin(), cos * right - sin * down),
        (zoom_x * sin, zoom_y * (angle + shear).cos(), sin * right + cos * down),
    )
    return torch.stack([torch.stack(row, dim=-1) for row in entries], dim=-2)


def warp(images: Tensor, matrices: Tensor, fill_mode: FillMode, cval: float = 0.0) -> Tensor:
    """Transform each image of a batch by its matrix, with bilinear interpolation.

    The result equals SciPy's ``ndimage.affine_transform(order=1)`` of each channel with the same
    fill mode.

    Args:
        images: (B, C, H, W), float32 or float64.
        matrices: (B, 2, 3) of the same dtype, see :func:`affine_matrices`.
        fill_mode: How to fill points outside the image, see :class:`.RandomAugmentation`.
        cval: The value for "constant".

    Returns:
        The shape of ``images``.
    """
    height, width = images.shape[-2:]
    centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
    x = torch.arange(width, device=images.device, dtype=images.dtype) - centre_x
    y = torch.arange(height, device=images.device, dtype=images.dtype)[:, None] - centre_y
    # Not `affine_grid`: in pixels, axes that do not move stay exactly on the grid, which "constant"
    # needs at the edge. And its matrix product may run in TF32, whose 10 bits are too few for a
    # position.
    m = matrices[..., None, None]
    columns = (m[:, 0, 0] * x + (m[:, 0, 2] + centre_x)) + m[:, 0, 1] * y
    rows = m[:, 1, 0] * x + (m[:, 1, 1] * y + (m[:, 1, 2] + centre_y))
    if fill_mode == "wrap":
        columns, rows = _wrapped(columns, width), _wrapped(rows, height)
    # From pixels to grid_sample's [-1, 1] without aligned corners. Then "reflection" mirrors half a
    # pixel outside the centres of the outermost pixels: the edge is repeated.
    grid = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], dim=-1)
    padding = "reflection" if fill_mode == "reflect" else "border"
    warped = F.grid_sample(images, grid, padding_mode=padding, align_corners=False)
    if fill_mode == "constant":
        # As in SciPy, a point outside the centres of the outermost pixels is `cval`, not a blend.
        inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
        warped = warped.masked_fill(~inside[:, None], cval)
    return warped


def _wrapped(positions: Tensor, size: int) -> Tensor:
    """Wrap positions into [0, size − 1] as SciPy's mode "wrap" does, with a period of size − 1.

    Positions inside, also that of the last pixel, stay unchanged.
    """
    period = max(size - 1, 1)
    before = period - (-positions).remainder(period)
    wrapped = torch.where(positions < 0, before, positions)
    return torch.where(positions > period, positions.remainder(period), wrapped)
