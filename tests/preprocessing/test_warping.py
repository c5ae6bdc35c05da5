from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import Tensor

from lightning_course.preprocessing import RandomAugmentation
from lightning_course.preprocessing.warping import FillMode, affine_matrices, warp

MODES = get_args(FillMode)


def matrices(*parameters: float, dtype: torch.dtype = torch.float64) -> Tensor:
    return affine_matrices(*(torch.tensor([value], dtype=dtype) for value in parameters))


def in_rows_and_columns(
    matrix: npt.NDArray[np.float64], height: int, width: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a matrix (2, 3) of `affine_matrices` as SciPy takes it: matrix and offset."""
    linear = matrix[::-1, 1::-1]
    centre = np.array([height - 1, width - 1]) / 2
    return linear, matrix[::-1, 2] + centre - linear @ centre


def scipy_warp(image: npt.NDArray[Any], matrix: Tensor, mode: str, cval: float) -> Any:
    """Return an image (C, H, W) warped by SciPy."""
    linear, offset = in_rows_and_columns(matrix.double().numpy(), *image.shape[1:])
    return np.stack(
        [
            ndimage.affine_transform(channel, linear, offset, order=1, mode=mode, cval=cval)
            for channel in image
        ]
    )


def is_smooth(matrix: Tensor, shape: tuple[int, int], within: float) -> npt.NDArray[np.bool_]:
    """Tell which pixels (H, W) come from a point well apart from the image's edges.

    There "constant" and "wrap" jump, and the last bit of a position decides.
    """
    linear, offset = in_rows_and_columns(matrix.double().numpy(), *shape)
    positions = np.einsum("ij,jhw->ihw", linear, np.indices(shape)) + offset[:, None, None]
    apart = [
        np.abs(position - size * np.round(position / size)) > within
        for position, size in zip(positions, (max(side - 1, 1) for side in shape), strict=True)
    ]
    return apart[0] & apart[1]


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
    angle=st.floats(-180, 180),
    shifts=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    shear=st.floats(-80, 80),
    zooms=st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)),
)
def test_every_fill_mode_is_scipy_s(
    mode: FillMode,
    shape: tuple[int, int, int],
    angle: float,
    shifts: tuple[float, float],
    shear: float,
    zooms: tuple[float, float],
) -> None:
    image = np.random.default_rng(0).random(shape)
    matrix = matrices(angle, *shifts, shear, *zooms)
    ours = warp(torch.from_numpy(image)[None], matrix, mode, 0.3)[0].numpy()
    compared = is_smooth(matrix[0], shape[1:], 1e-9) | (mode in ("nearest", "reflect"))
    difference = np.abs(ours - scipy_warp(image, matrix[0], mode, 0.3))
    assert difference[:, compared].max(initial=0) < 1e-9


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_in_single_precision_is_scipy_s_image_by_image(mode: FillMode) -> None:
    images = torch.rand(64, 3, 28, 32)
    drawn = RandomAugmentation(30, 0.3, 0.3, None, 20, 0.3).make_params([images])["matrices"]
    changed = warp(images, drawn, mode, 0.3)
    for image, matrix, ours in zip(images.numpy(), drawn, changed.numpy(), strict=True):
        compared = is_smooth(matrix, (28, 32), 1e-4)
        assert compared.mean() > 0.9
        difference = np.abs(ours - scipy_warp(image, matrix, mode, 0.3))
        assert difference[:, compared].max() < 1e-4


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("right", "down"), [(2.0, 0.0), (-1.0, 0.0), (0.0, 3.0), (0.5, 0.0)])
def test_an_axis_that_does_not_move_is_whole_to_its_edges(
    mode: FillMode, right: float, down: float
) -> None:
    image = np.random.default_rng(0).random((1, 7, 5))
    matrix = matrices(0, right, down, 0, 1, 1)
    ours = warp(torch.from_numpy(image)[None], matrix, mode, 0.3)[0].numpy()
    np.testing.assert_allclose(ours, scipy_warp(image, matrix[0], mode, 0.3), rtol=0, atol=1e-12)


def test_the_matrix_is_rotation_shift_shear_zoom() -> None:
    theta, shear = np.deg2rad(33), np.deg2rad(12)
    cos, sin = np.cos(theta), np.sin(theta)
    expected = (
        np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        @ np.array([[1, 0, 1.5], [0, 1, -2], [0, 0, 1]])
        @ np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
        @ np.diag([0.8, 1.1, 1])
    )
    ours = matrices(33, 1.5, -2, 12, 0.8, 1.1)[0].numpy()
    np.testing.assert_allclose(ours, expected[:2], rtol=0, atol=1e-12)


def test_a_shift_is_not_confined_to_whole_pixels() -> None:
    images = torch.tensor([0.0, 1.0, 2.0, 3.0], dtype=torch.float64).reshape(1, 1, 1, 4)
    shifted = warp(images, matrices(0, 0.25, 0, 0, 1, 1), "nearest")
    assert shifted.flatten().tolist() == [0.25, 1.25, 2.25, 3.0]


def test_wrap_lays_first_and_last_column_on_one_another() -> None:
    # SciPy's mode "wrap", which Keras uses, and not its "grid-wrap".
    images = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64).reshape(1, 1, 1, 4)
    shifted = warp(images, matrices(0, 2, 0, 0, 1, 1), "wrap")
    assert shifted.flatten().tolist() == [3.0, 4.0, 2.0, 3.0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("side", [1, 28, 32])
def test_without_any_change_the_image_stays(mode: FillMode, side: int) -> None:
    images = torch.rand(1, 3, side, side)
    same = warp(images, matrices(0, 0, 0, 0, 1, 1, dtype=torch.float32), mode)
    torch.testing.assert_close(same, images, rtol=0, atol=3e-6)
