"""What Keras must be told to train a task as its recipe says; nothing here imports Keras."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lightning_course import nn as course
from lightning_course import optim
from lightning_course.datamodules.splits import is_independent
from lightning_course.errors import UserError
from lightning_course.keras_weights import Architecture, architecture, model_config

# As the course compiles its models, whose last layers give probabilities or values.
_LOSSES = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "regression": "mean_squared_error",
}

# Those that change no step of a training on one CPU; `max_epochs` and `precision` are looked at.
_FREE_TRAINER_OPTIONS = {
    "accelerator",
    "check_val_every_n_epoch",
    "default_root_dir",
    "detect_anomaly",
    "deterministic",
    "enable_checkpointing",
    "enable_model_summary",
    "enable_progress_bar",
    "log_every_n_steps",
    "logger",
    "max_epochs",
    "num_sanity_val_steps",
    "precision",
    "profiler",
}


@dataclass(frozen=True)
class KerasRecipe:
    """The arguments of a Keras training.

    Attributes:
        architecture: The layers.
        config: What ``keras.models.model_from_json`` takes.
        optimizer: Name of a class of ``keras.optimizers``, and its arguments.
        loss: As ``compile`` takes it.
        rates: The learning rate of each epoch, None where it does not change.
        epochs: As ``fit`` takes them.
        batch_size: Likewise.
    """

    architecture: Architecture
    config: dict[str, Any]
    optimizer: tuple[str, dict[str, Any]]
    loss: str
    rates: tuple[float, ...] | None
    epochs: int
    batch_size: int


def keras_recipe(cli: Any) -> KerasRecipe:
    """Return how Keras trains what a ``CourseCLI`` has built.

    Raises:
        UserError: Something of it is not in Keras's ``fit``, or in what is asked of it here.
    """
    if reason := refusal(cli):
        raise UserError(reason)
    module, data = cli.model, cli.datamodule
    configured = module.configure_optimizers()
    optimizer, scheduler = configured, None
    if isinstance(configured, tuple):
        (optimizer,), (scheduler,) = configured
    if isinstance(configured, dict):
        raise UserError("a learning rate that follows a metric has no counterpart here")
    layers = architecture(module, data.splits["train"][0].shape[1:])
    epochs = cli.trainer.max_epochs
    return KerasRecipe(
        layers,
        model_config(layers, cli.task.name),
        keras_optimizer(optimizer),
        _LOSSES[module.objective.kind],
        learning_rates(optimizer, scheduler, epochs) if scheduler else None,
        epochs,
        data.batch_size,
    )


def refusal(cli: Any) -> str:
    """Return why what a ``CourseCLI`` has built cannot be compared with Keras, else ""."""
    data, module = cli.datamodule, cli.model
    if getattr(data, "augmentation", None) is not None:
        return "a task with augmentation: its random images would be others in Keras"
    if data.drop_last and len(data.splits["train"][1]) % data.batch_size:
        return "--data.drop_last: Keras's fit keeps the last partial batch"
    if cli.config.init_from:
        return "--init_from: both sides must start with fresh weights"
    if getattr(module.hparams, "vectors", None) is not None:
        return "--model.vectors: both sides must start with fresh weights"
    if is_independent(data.splits):
        return (
            "with validation rows of their own the best epoch's weights are taken, and Keras's fit "
            "keeps the last: leave out --data.validation_fraction, or the folder's validation part"
        )
    if cli.trainer.strategy.root_device.type != "cpu" or cli.trainer.precision != "32-true":
        return (
            "both sides are trained on the CPU in single precision: add "
            "--trainer.accelerator=cpu --trainer.precision=32-true"
        )
    own, lightnings = vars(cli.config.trainer), vars(cli.parser.get_defaults().trainer)
    for name, value in own.items():
        if name not in _FREE_TRAINER_OPTIONS and str(value) != str(lightnings.get(name)):
            return f"--trainer.{name} has no counterpart in Keras's fit here: leave it out"
    if own["max_epochs"] is None or own["max_epochs"] < 0:
        return "--trainer.max_epochs must be a number of epochs"
    return ""


def keras_optimizer(optimizer: Optimizer) -> tuple[str, dict[str, Any]]:
    """Return the name of the class in ``keras.optimizers`` and its arguments.

    Raises:
        UserError: Keras has no optimiser with that formula.
    """
    own = optimizer.defaults
    rate = {"learning_rate": own["lr"]}
    kind = type(optimizer)
    if kind is optim.Adam:
        beta_1, beta_2 = own["betas"]
        return "Adam", {**rate, "beta_1": beta_1, "beta_2": beta_2, "epsilon": own["eps"]}
    if kind is optim.SGD:
        return "SGD", {**rate, "momentum": own["momentum"], "nesterov": own["nesterov"]}
    if kind is optim.RMSProp:
        arguments = {"rho": own["rho"], "momentum": own["momentum"], "epsilon": own["eps"]}
        return "RMSprop", {**rate, **arguments}
    if kind is optim.AdaGrad:
        start = own["initial_accumulator_value"]
        return "Adagrad", {**rate, "initial_accumulator_value": start, "epsilon": own["eps"]}
    raise UserError(
        f"Keras has no optimiser with the formula of {kind.__module__}.{kind.__name__}; take "
        "lightning_course.optim.Adam, SGD, RMSProp or AdaGrad"
    )


def learning_rates(optimizer: Optimizer, scheduler: Any, epochs: int) -> tuple[float, ...]:
    """Return the rate of each epoch, found by going through the schedule; both are used up.

    Raises:
        UserError: The schedule changes more than the rate.
    """
    (group,) = optimizer.param_groups
    others = {name: group.get(name) for name in ("betas", "momentum", "rho")}
    rates = []
    for _ in range(epochs):
        rates.append(float(group["lr"]))
        if {name: group.get(name) for name in others} != others:
            raise UserError("a schedule of more than the learning rate has no counterpart in Keras")
        with warnings.catch_warnings():
            # Nothing is trained: there are no gradients, and no step needs to come first.
            warnings.simplefilter("ignore")
            scheduler.step()
    return tuple(rates)


def keras_rows(inputs: Tensor, input_shape: Sequence[int | None]) -> Tensor:
    """Return rows as Keras's model takes them.

    Args:
        inputs: As the data module has them: images (N, C, H, W), bytes or in [0, 1], windows
            (N, T, D), features (N, D) or tokens (N, T).
        input_shape: Of one row of Keras's model.

    Returns:
        Floats, images in [0, 1] with channels last; or tokens, int32.
    """
    rows: Tensor = course.Rescaling()(inputs)
    if rows.ndim == 4:
        rows = rows.movedim(1, -1) if len(input_shape) == 3 else course.ImageRows()(rows)
    rows = rows.float() if rows.is_floating_point() else rows.to(torch.int32)
    if None not in input_shape:
        rows = rows.reshape(len(rows), *(size or 0 for size in input_shape))
    return rows.contiguous()
