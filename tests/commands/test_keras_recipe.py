"""What Keras is told, without Keras."""

import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR, MultiStepLR, OneCycleLR

from lightning_course import catalogue, optim
from lightning_course.commands.keras_recipe import (
    keras_optimizer,
    keras_recipe,
    keras_rows,
    learning_rates,
)
from lightning_course.errors import UserError
from lightning_course.training.cli import CourseCLI


def parameters() -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.zeros(2))]


@pytest.mark.parametrize(
    ("optimizer", "name", "arguments"),
    [
        (
            optim.Adam(parameters(), lr=0.1, betas=(0.8, 0.99)),
            "Adam",
            {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-7},
        ),
        (
            optim.SGD(parameters(), momentum=0.9, nesterov=True),
            "SGD",
            {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True},
        ),
        (
            optim.RMSProp(parameters(), rho=0.8),
            "RMSprop",
            {"learning_rate": 1e-3, "rho": 0.8, "momentum": 0.0, "epsilon": 1e-7},
        ),
        (
            optim.AdaGrad(parameters()),
            "Adagrad",
            {"learning_rate": 1e-3, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
        ),
    ],
)
def test_optimisers(
    optimizer: torch.optim.Optimizer, name: str, arguments: dict[str, object]
) -> None:
    assert keras_optimizer(optimizer) == (name, arguments)


@pytest.mark.parametrize("kind", [optim.CourseAdam, torch.optim.Adam, torch.optim.SGD])
def test_other_formulas_have_no_counterpart(kind: type[torch.optim.Optimizer]) -> None:
    with pytest.raises(UserError, match=f"formula of .*{kind.__name__}"):
        keras_optimizer(kind(parameters(), lr=0.1))  # type: ignore[call-arg]


def test_rates_of_each_epoch() -> None:
    sgd = optim.SGD(parameters(), lr=1.0)
    assert learning_rates(sgd, MultiStepLR(sgd, [2], 0.1), 4) == pytest.approx((1, 1, 0.1, 0.1))
    sgd = optim.SGD(parameters(), lr=1.0)
    assert learning_rates(sgd, ExponentialLR(sgd, 0.5), 3) == (1, 0.5, 0.25)
    adam = optim.Adam(parameters())
    with pytest.raises(UserError, match="more than the learning rate"):
        learning_rates(adam, OneCycleLR(adam, 0.1, total_steps=9), 9)


def test_rows() -> None:
    images = torch.arange(24, dtype=torch.uint8).reshape(1, 2, 3, 4)
    rows = keras_rows(images, (3, 4, 2))
    assert rows.shape == (1, 3, 4, 2)
    assert rows[0, 1, 2].tolist() == pytest.approx([6 / 255, 18 / 255])
    # Where the rows of pixels are time steps, colours stand beside each other.
    assert (255 * keras_rows(images, (3, 8))[0, 0]).round().tolist() == [0, 1, 2, 3, 12, 13, 14, 15]
    assert keras_rows(images[:, :1], (3, 4)).shape == (1, 3, 4)
    windows = torch.ones(5, 10, 1, dtype=torch.float64)
    assert keras_rows(windows, (10,)).shape == (5, 10)
    assert keras_rows(windows, (10, 1)).dtype == torch.float32
    assert keras_rows(torch.ones(2, 7, dtype=torch.int64), (7,)).dtype == torch.int32
    assert keras_rows(torch.ones(2, 7), (None,)).shape == (2, 7)


def recipe(task: str, *options: str) -> object:
    options = ("--trainer.accelerator=cpu", *options)
    return keras_recipe(CourseCLI(catalogue.find(task), list(options), record=False))


def test_moores_law() -> None:
    found = keras_recipe(
        CourseCLI(
            catalogue.find("moores_law"),
            ["--data.source=standin", "--trainer.accelerator=cpu"],
            record=False,
        )
    )
    name, arguments = found.optimizer
    assert (name, arguments["momentum"], found.loss) == ("SGD", 0.9, "mean_squared_error")
    assert found.rates is not None
    assert found.rates[49:51] == pytest.approx((0.001, 0.0001))
    assert (len(found.rates), found.epochs, found.batch_size) == (200, 200, 32)
    assert found.config["class_name"] == "Sequential"


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("sine_linear", ["--trainer.gradient_clip_val=1"], "--trainer.gradient_clip_val has no"),
        (
            "sine_linear",
            ["--trainer.callbacks=EarlyStopping", "--trainer.callbacks.monitor=val/loss"],
            "--trainer.callbacks has no",
        ),
        ("sine_linear", ["--trainer.max_epochs=-1"], "must be a number of epochs"),
        ("sine_linear", ["--trainer.precision=bf16-mixed"], "on the CPU in single precision"),
        ("sine_linear", ["--data.drop_last=true"], "keeps the last partial batch"),
        (
            "sine_linear",
            ["--optimizer=lightning_course.optim.CourseAdam"],
            "Keras has no optimiser",
        ),
        (
            "moores_law",
            ["--data.source=standin", "--data.test_fraction=0.2", "--data.validation_fraction=0.2"],
            "leave out --data.validation_fraction",
        ),
        ("cifar10_vgg_augmented", ["--data.source=standin"], "a task with augmentation"),
        (
            "sine_linear",
            ["--lr_scheduler=ReduceLROnPlateau", "--lr_scheduler.monitor=val/loss"],
            "that follows a metric",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*STAND-IN")
def test_what_keras_is_not_asked(task: str, options: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        recipe(task, *options)


def test_harmless_trainer_options() -> None:
    recipe("sine_linear", "--trainer.max_epochs=3", "--trainer.enable_progress_bar=false")
