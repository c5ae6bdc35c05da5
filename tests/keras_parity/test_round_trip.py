"""Keras → here → Keras: the weights come back bit for bit, and predict the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning_course.catalogue import TASKS, Task
from lightning_course.keras_weights import read_keras, take_keras_weights
from lightning_course.keras_weights.writing import form_of, write_keras

SAVED = ("saved.keras", "saved.h5", "saved.weights.h5")


class RoundTrip:
    task: Task

    @pytest.fixture(scope="class")
    def pair(self, request: pytest.FixtureRequest, pairs: Any) -> Any:
        pair = pairs.Pair(request.cls.task)
        pair.draw_weights(seed=3)
        return pair

    @pytest.mark.parametrize("name", SAVED)
    def test_weights_come_back(self, pair: Any, keras: Any, name: str, tmp_path: Path) -> None:
        model, there, back = pair.model, tmp_path / name, tmp_path / name.replace("saved", "back")
        model.save_weights(there) if ".weights" in name else model.save(there)
        module = type(pair.module)(**pair.module.hparams)
        taken = take_keras_weights(module, pair.architecture, read_keras(there))
        assert len(taken) == len(model.weights)
        write_keras(back, pair.architecture, module.state_dict(), pair.cli.task.name, form_of(back))
        if ".weights" in name:
            again = keras.models.clone_model(model)
            again.load_weights(back)
        else:
            again = keras.models.load_model(back, compile=False)
        for before, after in zip(model.get_weights(), again.get_weights(), strict=True):
            assert before.dtype == after.dtype
            assert before.tobytes() == after.tobytes()
        inputs = pair.keras_inputs(pair.draw_inputs(4, seed=4))
        first, second = (each.predict(inputs, verbose=0) for each in (model, again))
        assert np.array_equal(first, second.reshape(first.shape))


for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (RoundTrip,), {"task": _task})
