import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lightning_course import from_scratch

pytestmark = pytest.mark.filterwarnings("error")

sizes = st.integers(1, 6)
seeds = st.integers(0, 999)


@settings(deadline=None)
@given(st.lists(sizes, max_size=2), sizes, sizes, st.booleans(), seeds)
def test_dense_equals_torch(
    rows: list[int], inputs: int, units: int, with_bias: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x, kernel = random.normal(size=(*rows, inputs)), random.normal(size=(inputs, units))
    bias = random.normal(size=units) if with_bias else None
    ours = from_scratch.dense(x, kernel, bias, from_scratch.sigmoid)
    b = None if bias is None else torch.tensor(bias)
    wanted = torch.sigmoid(F.linear(torch.tensor(x), torch.tensor(kernel).T, b))
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)
    assert ours.shape == (*rows, units)


@settings(deadline=None)
@given(
    st.lists(sizes, min_size=2, max_size=5),
    sizes,
    st.sampled_from(["sigmoid", "tanh", "softplus"]),
    seeds,
)
def test_layer_gradients_equal_autograd(
    widths: list[int], rows: int, activation: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, widths[0]))
    kernels = [random.normal(size=pair) for pair in itertools.pairwise(widths)]
    function = getattr(from_scratch, activation)
    derivative = getattr(from_scratch, f"{activation}_derivative")
    ours = from_scratch.layer_gradients(x, kernels, function, derivative)
    in_torch = F.softplus if activation == "softplus" else getattr(torch, activation)
    tensors = [torch.tensor(kernel, requires_grad=True) for kernel in kernels]
    a = torch.tensor(x)
    for kernel in tensors:
        a = in_torch(a @ kernel)
    a.sum().backward()
    for gradient, kernel in zip(ours, tensors, strict=True):
        # Torch's softplus is x itself from 20 on, where it is 2e-9 more.
        np.testing.assert_allclose(gradient, kernel.grad, rtol=1e-6, atol=1e-8)


def test_gradients_of_sigmoids_vanish_with_depth() -> None:
    random = np.random.default_rng(0)
    kernels = [random.normal(size=(10, 10)) / math.sqrt(10) for _ in range(8)]
    x = random.normal(size=(20, 10))
    vanishing = from_scratch.layer_gradients(
        x, kernels, from_scratch.sigmoid, from_scratch.sigmoid_derivative
    )
    sizes = [np.abs(gradient).mean() for gradient in vanishing]
    assert sizes[0] < 1e-3 * sizes[-1]
    relu = from_scratch.layer_gradients(x, kernels, from_scratch.relu, from_scratch.relu_derivative)
    assert np.abs(relu[0]).mean() > 0.1 * np.abs(relu[-1]).mean()


def test_dead_units() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3))
    outputs = from_scratch.dense(x, np.ones((3, 2)), [0.0, -100.0], from_scratch.relu)
    assert from_scratch.dead_units(outputs).tolist() == [False, True]
    kernel = from_scratch.layer_gradients(
        np.abs(x), [-np.ones((3, 2))], from_scratch.relu, from_scratch.relu_derivative
    )[0]
    assert not kernel.any()  # nothing that would bring them back


@settings(deadline=None)
@given(st.lists(sizes, max_size=2), st.integers(1, 9), seeds)
def test_one_hot_equals_torch(shape: list[int], classes: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, shape)
    ours = from_scratch.one_hot(labels, classes)
    np.testing.assert_array_equal(ours, F.one_hot(torch.tensor(labels), classes))


def test_one_hot_words_are_all_equally_far() -> None:
    words = from_scratch.one_hot(range(20), 20)
    for a, b in itertools.combinations(words, 2):
        assert from_scratch.euclidean_distance(a, b) == math.sqrt(2)


@settings(deadline=None)
@given(st.lists(sizes, max_size=2), sizes, sizes, seeds)
def test_embedding_is_a_product_with_one_hot(
    shape: list[int], words: int, dimensions: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    ids, table = random.integers(0, words, shape), random.normal(size=(words, dimensions))
    ours = from_scratch.embedding(ids, table)
    assert ours.shape == (*shape, dimensions)
    np.testing.assert_array_equal(ours, F.embedding(torch.tensor(ids), torch.tensor(table)))
    np.testing.assert_array_equal(ours, from_scratch.embedding_by_one_hot(ids, table))


def test_embedding_of_the_course() -> None:
    matrix = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert from_scratch.embedding(0, matrix).tolist() == [1, 2, 3]
    assert from_scratch.embedding_by_one_hot(0, matrix).tolist() == [1, 2, 3]
    table = np.zeros((51, 2))
    table[[50, 25, 3]] = [[0.3, -0.5], [1.2, -0.7], [-2.1, 0.9]]
    words = from_scratch.embedding([50, 25, 3], table)
    assert words.tolist() == [[0.3, -0.5], [1.2, -0.7], [-2.1, 0.9]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_scratch.dense([1, 2], [[1]]), r"got \(2,\) and \(1, 1\)"),
        (lambda: from_scratch.dense(1.0, [[1]]), r"got \(\) and \(1, 1\)"),
        (lambda: from_scratch.dense([1], [[1, 2]], [1]), r"shape \(2,\) .*, got \(1,\)"),
        (lambda: from_scratch.dense([1], [1]), r"kernel must have 2 axes, got shape \(1,\)"),
        (lambda: from_scratch.dense_parameter_count(0, 3), "inputs must be at least 1, got 0"),
        (lambda: from_scratch.dense_parameter_count(3, 2.5), "units .* integer, got 2.5"),
        (
            lambda: from_scratch.layer_gradients([[1]], [], np.tanh, np.tanh),
            "kernels must be at least one, got 0",
        ),
        (
            lambda: from_scratch.layer_gradients([[1]], [[[1, 2]], [[1]]], np.tanh, np.tanh),
            r"got \(1, 2\) and \(1, 1\)",
        ),
        (lambda: from_scratch.dead_units([0, 1]), r"at least 2 axes, .* got shape \(2,\)"),
        (lambda: from_scratch.one_hot([3], 3), "integers from 0 to 2, got 3"),
        (lambda: from_scratch.one_hot([-1], 3), "integers from 0 to 2, got -1"),
        (lambda: from_scratch.one_hot([0.5], 3), "integers from 0 to 2, got 0.5"),
        (lambda: from_scratch.one_hot([math.nan], 3), "integers from 0 to 2, got nan"),
        (lambda: from_scratch.one_hot([0], 0), "num_classes must be at least 1, got 0"),
        (lambda: from_scratch.embedding([2], [[1], [2]]), "ids .* from 0 to 1, got 2"),
        (lambda: from_scratch.embedding([0], [1, 2]), r"table must .* got shape \(2,\)"),
        (lambda: from_scratch.embedding_by_one_hot([-1], [[1], [2]]), "from 0 to 1, got -1"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
