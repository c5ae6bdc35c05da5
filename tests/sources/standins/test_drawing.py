import numpy as np
import pytest

from lightning_course.sources.standins.drawing import (
    Canvas,
    Dice,
    box,
    draw_set,
    ellipse,
    join,
    limb,
    meet,
    polygon,
    ring,
    silhouette,
    stripes,
)

# A grid of points a tenth apart: x along the last axis, y downwards.
LINE = np.arange(-10, 11, dtype=np.float32) / 10
X, Y = LINE[None, None, :] + 0 * LINE[None, :, None], LINE[None, :, None] + 0 * LINE[None, None, :]


def at(shape: np.ndarray, x: float, y: float) -> float:
    return float(shape[0, round(10 * y) + 10, round(10 * x) + 10])


def test_a_shape_is_the_distance_from_its_outline() -> None:
    circle = ellipse(X, Y, 0.2, 0.0, 0.5, 0.5)
    assert at(circle, 0.2, 0.0) == pytest.approx(-0.5)
    assert at(circle, 0.7, 0.0) == pytest.approx(0, abs=1e-6)
    assert at(circle, 0.2, 0.8) == pytest.approx(0.3)
    line = ring(X, Y, 0.2, 0.0, 0.5, 0.5, 0.2)
    assert at(line, 0.7, 0.0) == pytest.approx(-0.1)
    assert at(line, 0.2, 0.0) == pytest.approx(0.4)
    bone = limb(X, Y, -0.5, 0.0, 0.5, 0.0, 0.1)
    assert at(bone, 0.0, 0.3) == pytest.approx(0.2)
    assert at(bone, 0.9, 0.3) == pytest.approx(0.5 - 0.1)


def test_a_box_is_a_polygon() -> None:
    corners = ((-0.5, -0.2), (0.3, -0.2), (0.3, 0.6), (-0.5, 0.6))  # clockwise on the screen
    assert np.allclose(polygon(X, Y, *corners), box(X, Y, -0.5, -0.2, 0.3, 0.6), atol=1e-6)


def test_a_silhouette_goes_through_its_rows() -> None:
    shape = silhouette(X, Y, (-0.8, 0.2), (0.0, 0.6), (0.5, 0.4))
    assert [round(at(shape, x, y), 5) for x, y in ((0.4, -0.4), (-0.6, 0.0), (0.5, 0.2))] == [
        0,
        0,
        pytest.approx(-0.02, abs=1e-5),
    ]
    assert at(shape, 0.0, 0.9) == pytest.approx(0.4)


def test_shapes_join_and_meet() -> None:
    left, right = box(X, Y, -0.5, -0.5, 0.1, 0.5), box(X, Y, -0.1, -0.5, 0.5, 0.5)
    assert np.allclose(join(left, right)[Y == 0] < 0, np.abs(LINE) < 0.49)
    assert np.allclose(meet(left, right)[Y == 0] < 0, np.abs(LINE) < 0.09)


def test_stripes() -> None:
    wave = stripes(np.array([0, 0.25, 0.5, 0.75, 1]), 1.0, 0.0)
    assert wave.tolist() == [1, 0, -1, 0, 1]


def test_an_opacity_of_an_image_and_the_edge_of_a_shape() -> None:
    canvas = Canvas(Dice(0, 2), 1, 8, shift=0.0, scale=(1.0, 1.0), tilt=0.0)
    canvas.paint(canvas.x, 0.8, np.array([1, 0], np.float32)[:, None, None])
    assert np.allclose(canvas.image[0, 0], [0.8] * 4 + [0.0] * 4)
    assert not canvas.image[1].any()
    canvas.paint(canvas.x - 1 / 8, 0.4)  # through the middle of the fifth pixel
    assert canvas.image[1, 0, 0, 4] == pytest.approx(0.2)


def test_colours_come_in_their_shares() -> None:
    colours = Dice(0, 3_000).colour({(0.2, 0.2, 0.2): 1, (0.8, 0.8, 0.8): 3}, 0.1)[..., 0, 0]
    assert colours.shape == (3_000, 3)
    assert 0.22 < (colours[:, 0] < 0.5).mean() < 0.28
    assert np.abs(np.abs(colours - 0.5) - 0.3).max() <= 0.1 + 1e-6


def test_a_set_has_equally_many_of_each_class_in_random_order() -> None:
    def painter(level: int):
        return lambda dice: np.full((dice.images, 1, 2, 2), level, np.uint8)

    images, labels, test_images, test_labels = draw_set([painter(10), painter(20)], 30, 5, seed=1)
    assert np.bincount(labels).tolist() == [30, 30]
    assert np.bincount(test_labels).tolist() == [5, 5]
    assert np.array_equal(images[:, 0, 0, 0], 10 * (labels + 1))
    assert np.array_equal(test_images[:, 0, 0, 0], 10 * (test_labels + 1))
    assert sorted(labels) != list(labels)
