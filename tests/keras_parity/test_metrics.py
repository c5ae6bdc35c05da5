"""What an epoch reports: losses and accuracies as Keras's ``fit`` has them."""

from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lightning_course.catalogue import find
from lightning_course.models import BINARY, MULTICLASS

EPOCHS = 3


class Logged(pl.Callback):
    """Keeps what each epoch logged."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, module: Any) -> None:
        module.log_training_epoch()
        self.epochs.append({name: value.item() for name, value in trainer.callback_metrics.items()})


def test_an_epoch_reports_what_fit_reports(pairs: Any) -> None:
    """The mean over rows while the weights move; the last batch has fewer rows and counts less."""
    with pairs.float64():
        pair = pairs.Pair(find("breast_cancer"))
        pair.copy_weights()
        (inputs, targets), (test_inputs, test_targets) = (
            pair.data.splits[split] for split in ("train", "test")
        )
        assert 0 < len(inputs) % 32 < 32
        pair.model.compile(
            optimizer=pair.course.optimizer(), loss=pair.course.loss, metrics=["accuracy"]
        )
        history = pair.model.fit(
            pair.keras_inputs(inputs),
            targets.numpy(),
            validation_data=(pair.keras_inputs(test_inputs), test_targets.numpy()),
            epochs=EPOCHS,
            shuffle=False,
            verbose=0,
        ).history
    logged = Logged()
    batches = list(zip(inputs.split(32), targets.split(32), strict=True))
    loader = DataLoader(batches, batch_size=None)  # type: ignore[arg-type]
    pairs.trainer(EPOCHS, logged).fit(pair.module, loader, pair.data.loader("test"))
    for prefix, ours in (("", "train/"), ("val_", "val/")):
        for name in ("loss", "accuracy"):
            reported = [epoch[ours + name] for epoch in logged.epochs]
            # Ours are computed from outputs in single precision.
            assert reported == pytest.approx(history[prefix + name], rel=1e-6)
            assert len(set(reported)) > 1


def test_binary_accuracy_asks_for_more_than_a_half(keras: Any) -> None:
    probabilities = torch.tensor([0.5, 0.5, 0.4999999, 0.5000001, 0.9, 0.1])
    targets = torch.tensor([0, 0, 0, 1, 0, 1])
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(targets.numpy(), probabilities.numpy())
    ours = BINARY.metrics["accuracy"](probabilities, targets).item()
    assert ours == pytest.approx(float(metric.result())) == pytest.approx(4 / 6)


def test_of_equal_classes_the_first_is_predicted(keras: Any) -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 3, (200, 10)).astype(np.float32)  # with many ties
    targets = rng.integers(0, 10, 200)
    metric = keras.metrics.SparseCategoricalAccuracy()
    metric.update_state(targets, scores)
    ours = MULTICLASS.metrics["accuracy"](torch.from_numpy(scores), torch.from_numpy(targets))
    assert ours.item() == pytest.approx(float(metric.result()))
