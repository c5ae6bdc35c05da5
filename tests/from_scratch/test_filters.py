import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lightning_course import from_scratch

pytestmark = pytest.mark.filterwarnings("error")


@settings(deadline=None)
@given(st.integers(3, 10), st.integers(3, 10), st.integers(0, 999))
def test_sobel_equals_scipy(height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).normal(size=(height, width))
    inside = (slice(1, -1), slice(1, -1))
    right = ndimage.sobel(image, axis=1)[inside]
    np.testing.assert_allclose(
        from_scratch.cross_correlate_2d(image, from_scratch.SOBEL_X), right, rtol=0, atol=1e-12
    )
    # SciPy's vertical filter looks down, the course's looks up.
    down = ndimage.sobel(image, axis=0)[inside]
    np.testing.assert_allclose(
        from_scratch.cross_correlate_2d(image, from_scratch.SOBEL_Y), -down, rtol=0, atol=1e-12
    )
    strength = from_scratch.edge_strength(image)
    np.testing.assert_allclose(strength, np.hypot(right, down), rtol=0, atol=1e-12)


def test_sobel_of_an_edge() -> None:
    image = np.repeat([[0.0, 0, 1, 1]], 3, axis=0)
    assert from_scratch.cross_correlate_2d(image, from_scratch.SOBEL_X).tolist() == [[4, 4]]
    assert from_scratch.convolve_2d(image, from_scratch.SOBEL_X).tolist() == [[-4, -4]]
    assert from_scratch.cross_correlate_2d(image, from_scratch.SOBEL_Y).tolist() == [[0, 0]]
    assert from_scratch.edge_strength(image).tolist() == [[4, 4]]


@settings(deadline=None)
@given(st.integers(0, 6), st.floats(0.3, 5), st.integers(0, 999))
def test_blur_equals_scipy(radius: int, sigma: float, seed: int) -> None:
    image = np.random.default_rng(seed).normal(size=(9, 8))
    kernel = from_scratch.gaussian_kernel(2 * radius + 1, sigma)
    wanted = ndimage.gaussian_filter(image, sigma, mode="constant", radius=radius)
    ours = from_scratch.cross_correlate_2d(image, kernel, "same")
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 9), st.floats(1e-3, 100))
def test_blur_keeps_brightness(size: int, sigma: float) -> None:
    kernel = from_scratch.gaussian_kernel(size, sigma)
    assert kernel.shape == (size, size)
    assert kernel.sum() == pytest.approx(1, rel=1e-12)
    assert (kernel >= 0).all()
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1])


def test_the_filters_are_constant() -> None:
    with pytest.raises(ValueError, match="read-only"):
        from_scratch.SOBEL_X[0, 0] = 5


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        from_scratch.gaussian_kernel(0, 1.0)
    with pytest.raises(ValueError, match=r"sigma must be above 0 .*, got 0"):
        from_scratch.gaussian_kernel(3, 0)
    with pytest.raises(ValueError, match="image of 2 x 5: a window of 3 does not fit"):
        from_scratch.edge_strength(np.ones((2, 5)))
