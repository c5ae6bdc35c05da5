"""The course's Keras models and ours: the same layers, weights and recipe."""

from collections.abc import Callable
from typing import Any

import pytest

from lightning_course import optim
from lightning_course.catalogue import TASKS, Task
from lightning_course.nn import keras_parameter_count


class Models:
    task: Task

    @pytest.fixture(scope="class")
    def pair(self, request: pytest.FixtureRequest, pairs: Any) -> Any:
        return pairs.Pair(request.cls.task)

    def test_the_layers_are_keras_s(self, pair: Any) -> None:
        ours = pair.architecture
        assert ours.input_shape == pair.model.input_shape[1:]
        # A Functional model lists its input, a Sequential one does not.
        layers = [layer for layer in pair.model.layers if type(layer).__name__ != "InputLayer"]
        assert [layer.class_name for layer in ours.layers] == [type(la).__name__ for la in layers]
        for our_layer, layer in zip(ours.layers, layers, strict=True):
            config = layer.get_config()
            assert our_layer.config == {
                name: list(config[name]) if isinstance(config[name], tuple) else config[name]
                for name in our_layer.config
            }

    def test_the_weights_are_shaped_as_keras_s(
        self, pair: Any, record_property: Callable[[str, object], None]
    ) -> None:
        tensors = [tensor for _, tensor in pair.architecture.tensors]
        assert [(tensor.name, tensor.shape) for tensor in tensors] == [
            (weight.name, tuple(weight.shape)) for weight in pair.model.weights
        ]
        assert [weight.shape for weight in pair.weights] == [
            weight.shape for weight in pair.model.get_weights()
        ]
        count = pair.model.count_params()
        assert keras_parameter_count(pair.module) == count
        assert self.task.keras_parameters(pair.data) == count
        trained = sum(weight.numel() for weight in pair.module.parameters())
        assert trained == sum(weight.numpy().size for weight in pair.model.trainable_weights)
        record_property("task", self.task.name)
        record_property("parameters", count)

    def test_the_recipe_is_the_course_s(self, pair: Any) -> None:
        assert pair.data.batch_size == pair.course.batch_size
        assert pair.cli.trainer.max_epochs == pair.course.epochs
        configured = pair.module.configure_optimizers()
        ours = configured[0][0] if isinstance(configured, tuple) else configured
        keras_s = pair.course.optimizer()
        assert isinstance(ours, optim.SGD if type(keras_s).__name__ == "SGD" else optim.Adam)
        (group,) = ours.param_groups
        expected = keras_s.get_config()
        assert group["initial_lr" if "initial_lr" in group else "lr"] == pytest.approx(
            expected["learning_rate"], rel=1e-6
        )
        if isinstance(ours, optim.SGD):
            assert group["momentum"] == expected["momentum"]
            assert group["nesterov"] == expected["nesterov"]
        else:
            assert group["betas"] == (expected["beta_1"], expected["beta_2"])
            assert group["keras_eps"] == expected["epsilon"]
            assert not expected["amsgrad"]
        assert not expected["weight_decay"]


for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (Models,), {"task": _task})


def test_every_model_of_the_course_is_a_task(pairs: Any) -> None:
    assert list(pairs.course_models.COURSE) == list(TASKS)
