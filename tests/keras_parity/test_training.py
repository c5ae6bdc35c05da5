"""Equal training: every step's loss and the weights after it, ours beside the course's in Keras.

Both start with the weights that Keras draws and see the same batches of the task's training rows in
the same order, without dropout and augmentation. Ours goes through Lightning's Trainer with the
optimiser and schedule that ``train.py`` would use, Keras's through ``train_on_batch``. Double
precision on both sides, as in single precision paths part by rounding alone. What is left is
rounding too: 1e-14, and more only through VGG's normalisations, which magnify it.

The losses are those of logits. Ours always are, and on TensorFlow, where the course ran, Keras
finds the logits before a last sigmoid or softmax; on torch it clips probabilities to
[1e-7, 1 − 1e-7] instead, so its last layer is linear here and the loss is told so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader

from lightning_course.catalogue import TASKS, Task

STEPS = 50
EPOCHS = 60  # where there is a schedule: the course's changes the rate in epoch 50
LOSS_TOLERANCE = 1e-8  # relative, of each step
WEIGHT_TOLERANCE = 1e-6  # of the largest weight of an array

# Rows of a batch where 32 would take too long.
ROWS = {"cifar10_vgg": 8, "cifar10_vgg_augmented": 8}

Batches = list[tuple[Tensor, Tensor]]


@dataclass
class Path:
    """What a training went through: loss and rate of each step, and its last weights."""

    losses: list[float]
    rates: list[float]
    weights: list[Any]  # in Keras's order and layout


@dataclass
class Paths:
    pair: Any
    rows: int
    start: list[Any]
    ours: Path
    keras_s: Path


class Training:
    task: Task

    @pytest.fixture(scope="class")
    def paths(self, request: pytest.FixtureRequest, keras: Any, pairs: Any) -> Paths:
        """Train both models of the task."""
        task = request.cls.task
        rows = ROWS.get(task.name, 32)
        with pairs.float64():
            pair = pairs.Pair(task, seed=list(TASKS).index(task.name))
            pair.without_dropout()
            pair.with_logits()
            pair.copy_weights()
            start = pair.keras_weights
            if pair.course.schedule:
                batches, epochs = training_batches(pair.data, rows), EPOCHS
            else:
                batches, epochs = training_batches(pair.data, rows, STEPS), 1
            keras_s = train_keras_s(keras, pair, batches, epochs)
            ours = train_ours(pairs, pair, batches, epochs)
            return Paths(pair, rows, start, ours, keras_s)

    def test_every_loss_is_keras_s(
        self, paths: Paths, record_property: Callable[[str, object], None]
    ) -> None:
        ours, keras_s = np.array(paths.ours.losses), np.array(paths.keras_s.losses)
        assert len(ours) == len(keras_s) >= STEPS
        assert keras_s[-1] != keras_s[0]
        difference = float((np.abs(ours - keras_s) / keras_s).max())
        assert difference <= LOSS_TOLERANCE
        record_property("task", self.task.name)
        record_property("steps", len(ours))
        record_property("losses", difference)

    def test_every_rate_is_keras_s(self, paths: Paths) -> None:
        assert paths.ours.rates == pytest.approx(paths.keras_s.rates, rel=1e-12)
        assert (len(set(paths.keras_s.rates)) == 2) == bool(paths.pair.course.schedule)

    def test_the_last_weights_are_keras_s(
        self, paths: Paths, pairs: Any, record_property: Callable[[str, object], None]
    ) -> None:
        """Moving means and variances included.

        A moving variance is tf.keras's, on which the course ran, as is torch's: its fused operation
        for images keeps the unbiased variance of each batch of n values a channel. Keras 3 keeps
        the biased one; every update differs by the factor n / (n − 1).
        """
        differences = []
        layers = {layer.name: layer for layer in paths.pair.model.layers}
        for index, weight in enumerate(paths.pair.model.weights):
            ours, expected = paths.ours.weights[index], paths.keras_s.weights[index]
            if weight.name == "moving_variance":
                layer = layers[weight.path.split("/")[0]]
                n = paths.rows * np.prod(layer.output.shape[1:3])
                first = layer.momentum ** len(paths.ours.losses)  # what is left of the 1 at first
                expected = first + (expected - first) * n / (n - 1)
            assert not np.array_equal(ours, paths.start[index])
            differences.append(pairs.difference(ours, expected))
        assert max(differences) <= WEIGHT_TOLERANCE
        record_property("task", self.task.name)
        record_property("weights", max(differences))


for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (Training,), {"task": _task})


def training_batches(data: Any, rows: int, count: int | None = None) -> Batches:
    """Return the first batches that training sees, or all of the first epoch."""
    batches: Batches = []
    for epoch in range(count or 1):
        loader = data.train_dataloader()
        loader.sampler.set_epoch(epoch)
        batches += [(inputs[:rows], targets[:rows]) for inputs, targets in loader]
        if len(batches) >= (count or 1):
            break
    return batches[:count]


class Steps(pl.Callback):
    """Keeps the loss of every step and the rate it was taken with."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.rates: list[float] = []

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(outputs["loss"].item())


def train_ours(pairs: Any, pair: Any, batches: Batches, epochs: int) -> Path:
    steps = Steps()
    loader = DataLoader(batches, batch_size=None)  # type: ignore[arg-type]
    pairs.trainer(epochs, steps).fit(pair.module, loader)
    return Path(steps.losses, steps.rates, pair.weights)


def train_keras_s(keras: Any, pair: Any, batches: Batches, epochs: int) -> Path:
    model, losses, rates = pair.model, [], []
    loss = {
        "mse": keras.losses.MeanSquaredError,
        "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
        "sparse_categorical_crossentropy": lambda: keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
    }[pair.course.loss]()
    model.compile(optimizer=pair.course.optimizer(), loss=loss)
    schedule = pair.course.schedule and keras.callbacks.LearningRateScheduler(pair.course.schedule)
    prepared = [(pair.keras_inputs(inputs), targets.numpy()) for inputs, targets in batches]
    for epoch in range(epochs):
        if schedule:
            schedule.set_model(model)
            schedule.on_epoch_begin(epoch)
        for inputs, targets in prepared:
            losses.append(float(model.train_on_batch(inputs, targets)))
            rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
    return Path(losses, rates, pair.keras_weights)
