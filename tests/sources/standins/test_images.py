import hashlib
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lightning_course.sources.image_sets import CLASS_NAMES, STANDINS, ImageSetName
from lightning_course.sources.standins import images


class Case(NamedTuple):
    name: ImageSetName
    shape: tuple[int, int, int]
    sha256: str
    linear: tuple[float, float]  # limits of the accuracy of a linear model
    drawn: tuple[np.ndarray, ...]


@pytest.fixture(
    scope="module",
    params=[
        (
            "fashion_mnist",
            (1, 28, 28),
            "29563bd9c45226803e880c09f6279f46ed383267708bf7dd56d1f6c1beb8a463",
            (0.65, 0.8),
        ),
        (
            "cifar10",
            (3, 32, 32),
            "a7af58b321db436ae01d00c2e367444a320e137586af6d539a6627a37df13c98",
            (0.4, 0.6),
        ),
    ],
    ids=["fashion_mnist", "cifar10"],
)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param, STANDINS[request.param[0]].generate(0))


def test_they_have_the_format_of_the_real_images(case: Case) -> None:
    train, labels, test, test_labels = case.drawn
    assert (train.shape, test.shape) == ((6000, *case.shape), (1000, *case.shape))
    assert (train.dtype, labels.dtype, test_labels.dtype) == (np.uint8, np.int64, np.int64)
    assert (train.min(), train.max()) == (0, 255)
    assert np.bincount(labels).tolist() == [600] * 10
    assert np.bincount(test_labels).tolist() == [100] * 10
    assert set(labels[:100]) == set(range(10))  # in random order
    if case.name == "fashion_mnist":
        assert train[..., 0, 0].mean() < 8  # light on black
    else:
        assert (train[:, 0] != train[:, 2]).mean() > 0.9  # in colour


def test_the_pixels_of_a_seed_never_change(case: Case) -> None:
    digest = hashlib.sha256(b"".join(array.astype(np.uint8).tobytes() for array in case.drawn))
    assert digest.hexdigest() == case.sha256


def test_every_image_is_another_one(case: Case) -> None:
    other = STANDINS[case.name].generate(1)
    assert not np.array_equal(other[1], case.drawn[1])
    assert (
        len({image.tobytes() for part in (case.drawn, other) for image in (*part[0], *part[2])})
        == 14_000
    )


def test_a_linear_model_learns_them_but_not_wholly(case: Case) -> None:
    """70 to 73 % and 48 to 52 % over seeds; the module gives the results with all images."""
    train, labels, test, test_labels = case.drawn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged after 30 steps
        model = LogisticRegression(max_iter=30).fit(
            train[:2000].reshape(2000, -1) / 255, labels[:2000]
        )
    score = model.score(test.reshape(1000, -1) / 255, test_labels)
    assert case.linear[0] < score < case.linear[1]


def test_the_classes_are_those_of_the_real_sets() -> None:
    assert tuple(images._GARMENTS) == CLASS_NAMES["fashion_mnist"]
    assert tuple(images._OBJECTS) == CLASS_NAMES["cifar10"]


@pytest.mark.parametrize(
    ("shape", "numbers", "distances"),
    [
        (images.ellipse, (0.2, 0, 0.5, 0.5), {(0.2, 0): -0.5, (0.7, 0): 0, (0.2, 0.8): 0.3}),
        (images.line, (-0.5, 0, 0.5, 0, 0.1), {(0, 0.3): 0.2, (0.9, 0): 0.3, (0.5, 0): -0.1}),
        (images.trapezoid, (0.1, -0.8, 0.2, 0.2, 0.6), {(0.5, -0.3): 0, (0.1, 0.9): 0.7}),
    ],
)
def test_a_shape_is_the_distance_from_its_outline(
    shape: Callable[..., np.ndarray],
    numbers: tuple[float, ...],
    distances: dict[tuple[float, float], float],
) -> None:
    for (x, y), distance in distances.items():
        assert shape(np.array(x), np.array(y), *numbers) == pytest.approx(distance, abs=1e-5)
