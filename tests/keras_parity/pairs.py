"""A task's two models side by side: the course's in Keras, and ours from the command line."""

import contextlib
import copy
import functools
import inspect
import warnings
from collections.abc import Iterator
from typing import Any
from unittest import mock

import course_models
import keras
import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
import torch
from keras import layers
from keras.src.backend.common import dtypes
from torch import Tensor, nn

from lightning_course.catalogue import TASKS, Task, recipe
from lightning_course.imports import import_class
from lightning_course.keras_weights import Architecture, architecture
from lightning_course.models import CourseModule
from lightning_course.training import console
from lightning_course.training.cli import CourseCLI

Array = npt.NDArray[Any]


@functools.cache
def command_line(name: str) -> CourseCLI:
    """Return what ``train.py --task NAME`` makes, on the stand-in where the task has one."""
    task = TASKS[name]
    classes = inspect.getmro(import_class(recipe(name)["data"]["class_path"], object))
    downloads = any("source" in inspect.signature(kind).parameters for kind in classes[:-1])
    source = ["--data.source=standin"] if downloads else []
    return CourseCLI(task, [*source, "--trainer.accelerator=cpu"], record=False)


def fresh_module(cli: CourseCLI) -> CourseModule:
    """Return a copy of the command line's model with an optimiser and schedule of its own."""
    pristine = cli.model
    try:
        cli.model = copy.deepcopy(pristine)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*configure_optimizers` will be overridden.*")
            cli._add_configure_optimizers_method_to_model(None)
        module: CourseModule = cli.model
        return module
    finally:
        cli.model = pristine


class Pair:
    """Both models of a task, built anew with Keras's current dtype.

    Args:
        task: The catalogue's row.
        seed: Of all random numbers from here on, the first weights of Keras's model among them.
        cli: Ours, with data module and trainer; None: one that all pairs of the task share.

    Attributes:
        cli: Ours.
        course: What the course does.
        module: Our LightningModule, with the optimiser and schedule of its recipe.
        model: The course's Keras model.
    """

    def __init__(self, task: Task, seed: int = 0, cli: CourseCLI | None = None) -> None:
        self.cli = cli or command_line(task.name)
        # Only now: the command line has a seed of its own.
        keras.utils.set_random_seed(seed)
        self.data: Any = self.cli.datamodule
        self.course: course_models.CourseModel = course_models.COURSE[task.name]
        self.module = fresh_module(self.cli)
        self.model: keras.Model = self.course.build(self.data)
        if keras.config.floatx() == "float64":
            self.module.double()

    @property
    def rows(self) -> Tensor:
        """The training inputs."""
        inputs: Tensor = self.data.splits["train"][0]
        return inputs

    @property
    def architecture(self) -> Architecture:
        return architecture(self.module, self.rows.shape[1:])

    @property
    def weights(self) -> list[Array]:
        """Our weights as Keras's ``get_weights()`` would list them."""
        state = self.module.state_dict()
        return [tensor.to_keras(state).numpy().copy() for _, tensor in self.architecture.tensors]

    @property
    def keras_weights(self) -> list[Array]:
        """What Keras's ``get_weights()`` lists, which goes on to change with the model there."""
        return [weight.copy() for weight in self.model.get_weights()]

    def copy_weights(self) -> None:
        """Give our module Keras's weights."""
        state = self.architecture.from_keras(map(torch.from_numpy, self.model.get_weights()))
        missing, unexpected = self.module.load_state_dict(state, strict=False)
        # How many batches a BatchNorm has seen is of no use to one with a momentum.
        assert not unexpected
        assert all(name.endswith("num_batches_tracked") for name in missing)

    def draw_weights(self, seed: int) -> None:
        """Give both the same random weights, of which none is zero or one by default."""
        rng = np.random.default_rng(seed)
        self.model.set_weights(
            [_draw(rng, weight.name, weight.shape) for weight in self.model.weights]
        )
        self.copy_weights()

    def draw_inputs(self, rows: int, seed: int) -> Tensor:
        """Return random inputs as our data module would have them."""
        generator = torch.Generator().manual_seed(seed)
        shape = (rows, *self.rows.shape[1:])
        if self.rows.is_floating_point():
            return torch.randn(shape, generator=generator)
        high = 256 if self.rows.dtype == torch.uint8 else self.data.vocabulary_size + 1
        return torch.randint(0, high, shape, generator=generator).to(self.rows.dtype)

    def keras_inputs(self, inputs: Tensor) -> Array:
        """Return a batch of ours as the course prepares it: images (B, H, W, C), divided by 255."""
        if inputs.dtype == torch.uint8:
            inputs = inputs.permute(0, 2, 3, 1)
            array = inputs.numpy().astype(keras.config.floatx()) / 255
        elif inputs.is_floating_point():
            array = inputs.numpy().astype(keras.config.floatx())
        else:
            array = inputs.numpy()
        return array.reshape(len(array), *self.model.input_shape[1:])

    def without_dropout(self) -> None:
        for layer in self.model.layers:
            if isinstance(layer, layers.Dropout):
                layer.rate = 0.0
        for module in self.module.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0

    def with_logits(self) -> None:
        """Take Keras's last activation away."""
        assert isinstance(self.model.layers[-1], layers.Dense)
        self.model.layers[-1].activation = keras.activations.linear


def trainer(epochs: int, callback: pl.Callback) -> pl.Trainer:
    """Return a trainer in double precision that writes nothing."""
    console.quieten()
    return pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        precision="64-true",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[callback],
    )


def _draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    if name == "embeddings":
        return rng.uniform(-1, 1, shape)
    if name in ("kernel", "recurrent_kernel"):
        limit = np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1]))
        return rng.uniform(-limit, limit, shape)
    low, high = {"gamma": (0.5, 1.5), "moving_variance": (0.5, 2)}.get(name, (-0.5, 0.5))
    return rng.uniform(low, high, shape)


@contextlib.contextmanager
def float64() -> Iterator[None]:
    """Have Keras make and compute everything in double precision.

    Outside its TensorFlow backend, Keras's rules of promotion give float32 for float64 operands, as
    JAX's do by default, and a BatchNormalization computes with that type whatever its policy says.
    Here they are those of the TensorFlow backend, on which the course ran.
    """
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        with mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, float64="float64"):
            yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def difference(ours: Any, keras_s: Any) -> float:
    """Return the relative difference of two arrays: max |a − b| / max |b|."""
    ours, keras_s = (np.asarray(values, dtype=np.float64) for values in (ours, keras_s))
    assert ours.shape == keras_s.shape
    assert np.isfinite(keras_s).all()
    scale = np.abs(keras_s).max()
    return float(np.abs(ours - keras_s).max() / (scale or 1.0))
