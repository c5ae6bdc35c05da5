"""Affine changes of images, each by a matrix of its own: one sampling for a whole batch."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

FillMode = Literal["nearest", "constant", "reflect", "wrap"]


def affine_matrices(
    angle: Tensor, right: Tensor, down: Tensor, shear: Tensor, zoom_x: Tensor, zoom_y: Tensor
) -> Tensor:
    """Return for each pixel of a changed image where it comes from, as a matrix.

    It is rotation · shift · shear · zoom, multiplied out, of Keras's ``apply_affine_transform``
    with ``theta``, ``tx``, ``ty``, ``shear``, ``zx``, ``zy``.

    Args:
        angle: Degrees (B,).
        right: Pixels (B,); with a positive number the result shows what lay further right.
        down: Pixels (B,), likewise.
        shear: Degrees (B,).
        zoom_x: Factor (B,); above 1 the result shows more of the image's width.
        zoom_y: Factor (B,), likewise.

    Returns:
        Shape (B, 2, 3): times (x, y, 1) of a pixel of the result, x to the right and y down from
        the image's centre in pixels, it is (x, y) of the point of the image to be shown there.
    """
    angle, shear = angle.deg2rad(), shear.deg2rad()
    cos, sin = angle.cos(), angle.sin()
    entries = (
        (zoom_x * cos, -zoom_y * (angle + shear).sin(), cos * right - sin * down),
        (zoom_x * sin, zoom_y * (angle + shear).cos(), sin * right + cos * down),
    )
    return torch.stack([torch.stack(row, dim=-1) for row in entries], dim=-2)


def warp(images: Tensor, matrices: Tensor, fill_mode: FillMode, cval: float = 0.0) -> Tensor:
    """Sample each image of a batch by a matrix of its own, bilinearly.

    Equals SciPy's ``ndimage.affine_transform(order=1)`` of each channel with the same fill mode.

    Args:
        images: (B, C, H, W), float32 or float64.
        matrices: (B, 2, 3) of the same dtype, see :func:`affine_matrices`.
        fill_mode: What lies beyond the edge, see :class:`.RandomAugmentation`.
        cval: The value of "constant".

    Returns:
        The shape of ``images``.
    """
    height, width = images.shape[-2:]
    centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
    x = torch.arange(width, device=images.device, dtype=images.dtype) - centre_x
    y = torch.arange(height, device=images.device, dtype=images.dtype)[:, None] - centre_y
    # Instead of `affine_grid`: in pixels, axes that do not move stay on the grid exactly, which
    # "constant" needs at the edge; and its matrix product may run in TF32, whose 10 bits are
    # not enough for a position.
    m = matrices[..., None, None]
    columns = (m[:, 0, 0] * x + (m[:, 0, 2] + centre_x)) + m[:, 0, 1] * y
    rows = m[:, 1, 0] * x + (m[:, 1, 1] * y + (m[:, 1, 2] + centre_y))
    if fill_mode == "wrap":
        columns, rows = _wrapped(columns, width), _wrapped(rows, height)
    # From pixels to grid_sample's [-1, 1] without aligned corners. There the mirrors of
    # "reflection" stand half a pixel beyond the outermost pixels' centres: the edge is repeated.
    grid = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], dim=-1)
    padding = "reflection" if fill_mode == "reflect" else "border"
    warped = F.grid_sample(images, grid, padding_mode=padding, align_corners=False)
    if fill_mode == "constant":
        # As in SciPy, a point beyond the outermost pixels' centres is all `cval`, no blend.
        inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
        warped = warped.masked_fill(~inside[:, None], cval)
    return warped


def _wrapped(positions: Tensor, size: int) -> Tensor:
    """Return positions within [0, size − 1], as SciPy's mode "wrap" does with a period of size − 1.

    What is in there stays, also the last pixel.
    """
    period = max(size - 1, 1)
    before = period - (-positions).remainder(period)
    wrapped = torch.where(positions < 0, before, positions)
    return torch.where(positions > period, positions.remainder(period), wrapped)
