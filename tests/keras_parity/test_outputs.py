"""The same weights and inputs give the same outputs, of our models and of the course's in Keras.

Single precision, as both train. Weights are drawn at random, all of them: at Keras's initial values
a bias or a moving statistic in the wrong place would be one more zero.

In training mode a BatchNorm normalises with the batch's statistics. Torch's CPU kernel for images
with their channels innermost, the format that our networks take for its speed, sums them in single
precision: after VGG's six such layers outputs are off by 1e-4, beside 3e-6 with channels first and
in Keras (all against double precision). So networks with a BatchNorm are asked for 1e-5 with
``channels_last=False``, and for a looser bound as they are. In double precision ours and Keras's
training is equal to 1e-11, which test_training.py shows.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lightning_course.catalogue import TASKS, Task

ROWS = 16
TOLERANCE = 1e-5  # of the largest output
CHANNELS_LAST_TOLERANCE = 5e-4  # of networks with BatchNorm, in training mode


class Outputs:
    task: Task

    @pytest.fixture(scope="class")
    def measured(self, request: pytest.FixtureRequest, pairs: Any) -> dict[str, float]:
        """Relative differences of both models' outputs by kind, in the order of the computation."""
        pair = pairs.Pair(request.cls.task)
        pair.draw_weights(seed=1)
        pair.without_dropout()
        inputs = pair.draw_inputs(ROWS, seed=2)
        found = {}
        with torch.no_grad():
            ours = pair.module.eval().predict_step(inputs)
            found["probabilities"] = compare(pairs, pair, inputs, ours, training=False)
            pair.with_logits()
            ours = pair.module(inputs)
            found["logits"] = compare(pairs, pair, inputs, ours, training=False)
            # Last, as it moves the statistics of a BatchNorm, which training mode does not use.
            if pair.module.hparams.get("batch_norm"):
                ours = pair.module.train()(inputs)
                found["channels last"] = compare(pairs, pair, inputs, ours, training=True)
                channels_first(pair.module)
            ours = pair.module.train()(inputs)
            found["training"] = compare(pairs, pair, inputs, ours, training=True)
        return found

    @pytest.mark.parametrize("kind", ["probabilities", "logits", "training"])
    def test_the_outputs_are_keras_s(
        self, measured: dict[str, float], kind: str, record_property: Callable[[str, object], None]
    ) -> None:
        assert measured[kind] <= TOLERANCE
        record_property("task", self.task.name)
        record_property("training" if kind == "training" else "outputs", measured[kind])

    def test_channels_last_costs_batch_norm_some_precision(
        self, measured: dict[str, float]
    ) -> None:
        assert measured.get("channels last", 0) <= CHANNELS_LAST_TOLERANCE


for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (Outputs,), {"task": _task})


def channels_first(module: Any) -> None:
    """Have a convolutional network compute as with ``channels_last=False``."""
    assert module.network._format is torch.channels_last
    module.network._format = torch.contiguous_format
    module.network.to(memory_format=torch.contiguous_format)


def compare(
    pairs: Any, pair: Any, inputs: torch.Tensor, ours: torch.Tensor, training: bool
) -> float:
    """Return the relative difference of our outputs to those of Keras's model."""
    keras_s = pair.model(pair.keras_inputs(inputs), training=training).numpy()
    # A single output is (B,) here and (B, 1) there.
    assert keras_s.shape == (ROWS, 1) if ours.ndim == 1 else tuple(ours.shape)
    assert keras_s.std(axis=0).min() > 0  # the inputs matter
    difference: float = pairs.difference(ours.numpy().reshape(keras_s.shape), keras_s)
    return difference
