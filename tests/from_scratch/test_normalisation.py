from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from lightning_course import from_scratch, nn

pytestmark = pytest.mark.filterwarnings("error")

sizes = st.integers(1, 6)
seeds = st.integers(0, 999)


@settings(deadline=None)
@given(sizes, sizes, sizes, seeds)
def test_standard_scaling_equals_scikit_learn(
    rows: int, others: int, columns: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    train = random.normal(size=(rows, columns)) * 100 + 7
    test = random.normal(size=(others, columns))
    statistics = from_scratch.column_statistics(train)
    scaler = StandardScaler().fit(train)
    np.testing.assert_allclose(statistics[0], scaler.mean_, rtol=1e-12)
    np.testing.assert_allclose(statistics[1], scaler.scale_, rtol=1e-12)
    for values in (train, test):
        ours = from_scratch.standard_scale(values, *statistics)
        np.testing.assert_allclose(ours, scaler.transform(values), rtol=1e-9, atol=1e-9)


def test_constant_columns_become_zero() -> None:
    train = np.array([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]])
    mean, deviation = from_scratch.column_statistics(train)
    assert deviation[0] == 1
    scaled = from_scratch.standard_scale(train, mean, deviation)
    np.testing.assert_allclose(scaled[:, 0], 0, atol=1e-15)
    np.testing.assert_allclose(scaled.std(axis=0), [0, 1], atol=1e-12)


@settings(deadline=None)
@given(st.integers(2, 5), sizes, sizes, sizes, seeds)
def test_batch_norm_of_images_equals_the_networks_layer(
    batch: int, height: int, width: int, channels: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    layer = nn.BatchNorm2d(channels).double()
    gamma, beta = random.normal(size=(2, channels))
    mean, variance = np.zeros(channels), np.ones(channels)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    for _ in range(3):
        images = random.normal(size=(batch, height, width, channels)) * 3 + 1
        ours = from_scratch.batch_norm(images, gamma, beta, mean, variance, unbiased=True)
        x = torch.tensor(images).permute(0, 3, 1, 2)
        wanted = layer(x).permute(0, 2, 3, 1).detach()
        np.testing.assert_allclose(ours.outputs, wanted, rtol=0, atol=1e-10)
        mean, variance = ours.moving_mean, ours.moving_variance
        np.testing.assert_allclose(mean, layer.running_mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(variance, layer.running_var, rtol=0, atol=1e-12)
    layer.eval()
    images = random.normal(size=(batch, height, width, channels))
    ours_later = from_scratch.batch_norm_inference(images, gamma, beta, mean, variance)
    later = layer(torch.tensor(images).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).detach()
    np.testing.assert_allclose(ours_later, later, rtol=0, atol=1e-10)


@settings(deadline=None)
@given(st.integers(2, 9), sizes, st.floats(0, 1), seeds)
def test_batch_norm_of_rows_equals_torch(
    rows: int, columns: int, momentum: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x, ones = random.normal(size=(rows, columns)), np.ones(columns)
    layer = torch.nn.BatchNorm1d(columns, eps=1e-5, momentum=1 - momentum, dtype=torch.float64)
    ours = from_scratch.batch_norm(x, ones, 0 * ones, 0 * ones, ones, momentum, 1e-5, True)
    wanted = layer(torch.tensor(x)).detach()
    np.testing.assert_allclose(ours.outputs, wanted, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours.moving_variance, layer.running_var, rtol=0, atol=1e-12)


def test_moving_averages_equal_keras() -> None:
    # Keras 3.15's BatchNormalization (torch backend) on one batch, training then inference;
    # its constants are float32.
    images = np.arange(24.0).reshape(2, 2, 2, 3) ** 2 / 10
    gamma, zeros = np.ones(3), np.zeros(3)
    ours = from_scratch.batch_norm(images, gamma, zeros, zeros, gamma)
    np.testing.assert_allclose(ours.moving_mean, [0.1575, 0.1795, 0.2035], rtol=1e-6)
    np.testing.assert_allclose(
        ours.moving_variance, [3.24382496, 3.65962458, 4.11322498], rtol=1e-6
    )
    first = ours.outputs[0, 0, 0]
    np.testing.assert_allclose(first, [-1.04910624, -1.09247708, -1.12886131], atol=1e-6)
    later = from_scratch.batch_norm_inference(images, gamma, zeros, *ours[1:])
    np.testing.assert_allclose(
        later[0, 0, 0], [-0.08743492, -0.04155177, 0.09687652], rtol=0, atol=1e-7
    )
    # tf.keras's fused operation: n / (n − 1) more of what is new, with n = 8 pixels.
    fused = from_scratch.batch_norm(images, gamma, zeros, zeros, gamma, unbiased=True)
    np.testing.assert_allclose(
        fused.moving_variance - 0.99, (ours.moving_variance - 0.99) * 8 / 7, rtol=1e-12
    )


ROWS, ONE, TWO = np.ones((3, 2)), np.ones(1), np.ones(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.column_statistics([1, 2]), r"2 axes, got shape \(2,\)"),
        (lambda: from_scratch.column_statistics(np.ones((0, 2))), r"empty, got shape \(0, 2\)"),
        (lambda: from_scratch.standard_scale(ROWS, ONE, TWO), r"mean .*\(2,\).*, got \(1,\)"),
        (lambda: from_scratch.standard_scale(ROWS, TWO, ONE), r"deviation .*, got \(1,\)"),
        (lambda: from_scratch.standard_scale(ROWS, TWO, [1, 0]), "above 0, got 0.0"),
        (lambda: from_scratch.batch_norm(ROWS, ONE, TWO, TWO, TWO), r"gamma .*, got \(1,\)"),
        (lambda: from_scratch.batch_norm(ROWS, TWO, TWO, TWO, TWO, 1.5), "momentum .* got 1.5"),
        (
            lambda: from_scratch.batch_norm(ROWS, TWO, TWO, TWO, TWO, epsilon=0),
            "epsilon must be above 0 .*, got 0",
        ),
        (
            lambda: from_scratch.batch_norm(ROWS[:1], TWO, TWO, TWO, TWO, unbiased=True),
            r"needs 2 entries a feature, got shape \(1, 2\)",
        ),
        (
            lambda: from_scratch.batch_norm_inference(ROWS, TWO, TWO, TWO, -TWO),
            "moving_variance must be at least 0, got -1.0",
        ),
        (
            lambda: from_scratch.batch_norm_inference([1, 2], TWO, TWO, TWO, TWO),
            r"x must have 2 or 4 axes, got shape \(2,\)",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
