"""Fresh weights of our models and of the course's in Keras come from the same distributions.

Both are held against the formula too. Of a recurrent layer the limit and the orthogonality are
those of the whole matrix with all its gates. Draws are seeded: what passes goes on to pass.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.stats import ks_2samp

from lightning_course.catalogue import TASKS, Task

Array = npt.NDArray[Any]

NUMBERS = 1_000  # drawn of each array at least, from as many models as it takes
MOST_NUMBERS = 20_000  # compared of each array
LEAST_P = 1e-3  # fresh weights of a wrong limit give less than 1e-20

INITIALISERS = {
    "kernel": "kernel_initializer",
    "recurrent_kernel": "recurrent_initializer",
    "embeddings": "embeddings_initializer",
}
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}


@dataclass
class Drawn:
    """One array of a model, drawn several times by both sides: (draws, *shape) each."""

    layer: str
    name: str
    ours: Array
    keras_s: Array

    @property
    def sides(self) -> list[Array]:
        return [self.ours, self.keras_s]


class Initialisers:
    task: Task

    @pytest.fixture(scope="class")
    def drawn(self, request: pytest.FixtureRequest, pairs: Any) -> list[Drawn]:
        """Every array of the task's models."""
        pair = pairs.Pair(request.cls.task)
        weights = [(layer, weight) for layer in pair.model.layers for weight in layer.weights]
        names = [(type(layer).__name__, weight.name) for layer, weight in weights]
        smallest = min(
            math.prod(weight.shape) for _, weight in weights if weight.name in INITIALISERS
        )
        draws = math.ceil(NUMBERS / smallest)
        keras_s = [drawn_by_keras(layer, weight, draws) for layer, weight in weights]
        torch.manual_seed(0)
        ours = []
        for _ in range(draws):
            pair.module = type(pair.module)(**pair.module.hparams)
            ours.append(pair.weights)
        stacked = [np.stack(arrays) for arrays in zip(*ours, strict=True)]
        return [Drawn(*n, a, b) for n, a, b in zip(names, stacked, keras_s, strict=True)]

    def test_biases_and_norms_start_as_keras_s(self, drawn: list[Drawn]) -> None:
        for array in drawn:
            if array.name in INITIALISERS:
                continue
            shape = array.ours.shape[1:]
            expected = np.zeros(shape)
            if array.layer == "LSTM":
                units = shape[0] // 4
                expected[units : 2 * units] = 1  # the gates lie i, f, c, o
            elif array.name in ("gamma", "moving_variance"):
                expected[:] = 1
            elif array.layer == "GRU":
                assert len(shape) == 2  # one of the inputs, one of the state
            for side in array.sides:
                assert (side == expected).all()

    def test_kernels_are_uniform_to_the_limit(self, drawn: list[Drawn]) -> None:
        for array in drawn:
            if array.name not in ("kernel", "embeddings"):
                continue
            *window, fan_in, fan_out = array.ours.shape[1:]
            limit = math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))
            if array.name == "embeddings":
                limit = 0.05
            for side in array.sides:
                numbers = side.flatten()
                assert 0.98 * limit < np.abs(numbers).max() <= limit * (1 + 1e-6)
                # Five standard errors of the variance of uniform numbers.
                error = 5 * math.sqrt(0.8 / len(numbers))
                assert numbers.var() == pytest.approx(limit**2 / 3, rel=error)
            assert alike(array)
            if array.name == "embeddings":
                # Row 0, the padding's, is drawn like any other.
                assert all((side[:, 0] != 0).all() for side in array.sides)

    def test_recurrent_kernels_are_orthogonal_as_a_whole(self, drawn: list[Drawn]) -> None:
        for array in drawn:
            if array.name != "recurrent_kernel":
                continue
            for side in array.sides:
                units = side.shape[1]
                gates = GATES[array.layer]
                assert side.shape[2] == gates * units
                assert orthogonal(side)
                blocks = np.split(side, gates, axis=2)
                assert not any(orthogonal(block) for block in blocks if gates > 1)
            assert alike(array)


for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (Initialisers,), {"task": _task})


def drawn_by_keras(layer: Any, weight: Any, draws: int) -> Array:
    """Return the array of a layer as built, and again from its initialiser with other seeds."""
    first = weight.numpy()
    if weight.name not in INITIALISERS:
        return first[None]
    initialiser = getattr(layer, INITIALISERS[weight.name])
    again = [
        type(initialiser).from_config({**initialiser.get_config(), "seed": seed})(first.shape)
        for seed in range(1, draws)
    ]
    return np.stack([first, *(array.numpy() for array in again)])


def orthogonal(matrices: Array) -> bool:
    """Whether the rows of all matrices (draws, rows, columns) are orthonormal."""
    products = matrices @ matrices.transpose(0, 2, 1)
    return bool(np.abs(products - np.eye(matrices.shape[1])).max() < 1e-5)


def alike(array: Drawn) -> bool:
    """Whether both sides' numbers may come from one distribution (Kolmogorov and Smirnov)."""
    ours, keras_s = (side.flatten()[:MOST_NUMBERS] for side in array.sides)
    return bool(ks_2samp(ours, keras_s).pvalue > LEAST_P)
