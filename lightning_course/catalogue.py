"""The index of tasks: one row per example of the course, and nothing else lists them.

What a task trains, and how, is its recipe ``configs/<name>.yaml``. The index is free of torch and
reads no file, so that ``--list`` and tab completion answer at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lightning_course.command_line import did_you_mean, take_option
from lightning_course.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the commands must know about one example of the course, beside its recipe.

    Attributes:
        name: What ``--task`` takes, and the name of the recipe.
        chapter: Chapter of the course, such as "6.2".
        summary: One line for ``--list``.
        splits: Splits that the recipe has, in the order of the results table.
        monitor: Metric of the validation data that decides ``best.ckpt``.
        mode: Whether the monitored metric is to be small or large.
        keras_parameters: ``count_params()`` of the course's Keras model, given the data module.
        course_says: What the course claims, by metric; empty where it claims nothing.
        keras: Final results of tf.keras with the same recipe on the real data, by metric, one
            value a seed (TensorFlow 2.21, Keras 3.15).
    """

    name: str
    chapter: str
    summary: str
    splits: tuple[str, ...]
    monitor: str = "val/loss"
    mode: Literal["min", "max"] = "min"
    keras_parameters: Callable[[Any], int]
    course_says: Mapping[str, str] = field(default_factory=dict)
    keras: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def _always(count: int) -> Callable[[Any], int]:
    """Return the parameter count of a model that does not depend on its data."""
    return lambda data: count


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="breast_cancer",
            chapter="2.2",
            summary="benign or malignant? logistic regression on 30 measurements of a tumour",
            splits=("train", "test"),
            keras_parameters=_always(31),
            keras={"accuracy": (0.963, 0.957, 0.979, 0.979)},
        ),
        Task(
            name="moores_law",
            chapter="2.2",
            summary="how fast do transistor counts grow? linear regression on their logarithm",
            splits=("train",),
            keras_parameters=_always(2),
            keras={"loss": (0.87, 0.89), "doubling_years": (2.05, 2.03, 1.97, 1.98)},
        ),
        Task(
            name="mnist",
            chapter="3.2",
            summary="which digit is it? a dense network on images of handwriting",
            splits=("train", "test"),
            keras_parameters=_always(101_770),
            keras={"accuracy": (0.977,)},
        ),
        Task(
            name="fashion_mnist",
            chapter="4.4",
            summary="which garment is it? a strided convolutional network on grey images",
            splits=("train", "test"),
            keras_parameters=_always(360_458),
            course_says={"loss": "validation rises while accuracy holds"},
            keras={"accuracy": (0.888,)},
        ),
        Task(
            name="cifar10",
            chapter="4.4",
            summary="which animal or vehicle is it? the same convolutions on colour images",
            splits=("train", "test"),
            keras_parameters=_always(1_284_170),
            # Keras's 69.4 % is of a JPEG copy of the images, which are other pixels.
        ),
        Task(
            name="cifar10_vgg",
            chapter="4.6",
            summary="the same images through pairs of convolutions, pooled and normalised",
            splits=("train", "test"),
            keras_parameters=_always(2_397_226),
        ),
        Task(
            name="cifar10_vgg_augmented",
            chapter="4.6",
            summary="that network on images shifted and flipped at random: less overfitting",
            splits=("train", "test"),
            keras_parameters=_always(2_397_226),
            course_says={"accuracy": "training lower, validation higher"},
        ),
        Task(
            name="sine_linear",
            chapter="5.2",
            summary="the next value of a noisy sine, from a linear model of the last ten",
            splits=("train", "validation"),
            keras_parameters=_always(11),
            keras={
                "loss": (0.016, 0.017, 0.026, 0.013),
                "multi_step_loss": (0.018, 0.033, 0.025, 0.086),
            },
        ),
        Task(
            name="sine_rnn",
            chapter="5.3",
            summary="the next value of a noisy sine, from a simple recurrent layer",
            splits=("train", "validation"),
            keras_parameters=_always(41),
            course_says={"loss": "worse than the linear model"},
            # The smallest and the largest value of its seeds.
            keras={"loss": (0.022, 0.031), "multi_step_loss": (0.68, 1.16)},
        ),
        Task(
            name="chirp_linear",
            chapter="5.4",
            summary="the next value of a chirp (a wave of rising frequency), from a linear model",
            splits=("train", "validation"),
            keras_parameters=_always(11),
            course_says={"loss": "cannot solve it at all"},
            keras={"loss": (0.617,)},
        ),
        Task(
            name="chirp_rnn",
            chapter="5.4",
            summary="the next value of a chirp, from a simple recurrent layer of ten units",
            splits=("train", "validation"),
            keras_parameters=_always(131),
            course_says={"loss": "good", "multi_step_loss": "good only at the start"},
            keras={"loss": (0.047,), "multi_step_loss": (0.86,)},
        ),
        Task(
            name="chirp_gru",
            chapter="5.4",
            summary="the next value of a chirp, from a GRU of ten units",
            splits=("train", "validation"),
            keras_parameters=_always(401),
            course_says={"loss": "good", "multi_step_loss": "good only at the start"},
            keras={"loss": (0.033,), "multi_step_loss": (1.06,)},
        ),
        Task(
            name="chirp_lstm",
            chapter="5.4",
            summary="the next value of a chirp, from an LSTM of ten units",
            splits=("train", "validation"),
            keras_parameters=_always(491),
            course_says={"loss": "good", "multi_step_loss": "good only at the start"},
            keras={"loss": (0.019, 0.042, 0.056), "multi_step_loss": (0.99,)},
        ),
        Task(
            name="xor_short_rnn",
            chapter="5.4",
            summary="XOR of the last three signs of a sequence, from a simple recurrent layer",
            splits=("train", "validation"),
            keras_parameters=_always(41),
            course_says={"accuracy": "very good"},
            keras={"accuracy": (0.987,)},
        ),
        Task(
            name="xor_short_gru",
            chapter="5.4",
            summary="XOR of the last three signs of a sequence, from a GRU",
            splits=("train", "validation"),
            keras_parameters=_always(126),
        ),
        Task(
            name="xor_short_lstm",
            chapter="5.4",
            summary="XOR of the last three signs of a sequence, from an LSTM",
            splits=("train", "validation"),
            keras_parameters=_always(146),
        ),
        Task(
            name="xor_short_lstm_pool",
            chapter="5.4",
            summary="XOR of the last three signs of a sequence, from all states of an LSTM",
            splits=("train", "validation"),
            keras_parameters=_always(146),
        ),
        Task(
            name="xor_long_rnn",
            chapter="5.4",
            summary="XOR of the first three signs of a sequence, from a simple recurrent layer",
            splits=("train", "validation"),
            keras_parameters=_always(41),
            course_says={"accuracy": "inconsistent"},
            keras={"accuracy": (0.60,)},
        ),
        Task(
            name="xor_long_gru",
            chapter="5.4",
            summary="XOR of the first three signs of a sequence, from a GRU",
            splits=("train", "validation"),
            keras_parameters=_always(126),
        ),
        Task(
            name="xor_long_lstm",
            chapter="5.4",
            summary="XOR of the first three signs of a sequence, from an LSTM",
            splits=("train", "validation"),
            keras_parameters=_always(146),
            course_says={"accuracy": "very good"},
            keras={"accuracy": (0.85, 0.984, 0.96)},
        ),
        Task(
            name="xor_long_lstm_pool",
            chapter="5.4",
            summary="XOR of the first three signs of a sequence, from all states of an LSTM",
            splits=("train", "validation"),
            keras_parameters=_always(146),
        ),
        Task(
            name="mnist_lstm",
            chapter="5.5",
            summary="which digit is it? its 28 rows as a sequence, through an LSTM",
            splits=("train", "test"),
            keras_parameters=_always(81_674),
            course_says={"accuracy": "99 %"},
            keras={"accuracy": (0.986,)},
        ),
        Task(
            name="stock_price",
            chapter="5.6",
            summary="tomorrow's share price from the last ten: it copies the last one",
            splits=("train", "validation"),
            keras_parameters=_always(146),
            course_says={"loss": "looks amazing", "multi_step_loss": "a straight line"},
            keras={"loss": (0.018, 0.015, 0.037)},
        ),
        Task(
            name="stock_return",
            chapter="5.6",
            summary="tomorrow's return of a share from the last ten: little but noise",
            splits=("train", "validation"),
            keras_parameters=_always(146),
            course_says={"loss": "training falls, validation rises"},
            keras={"loss": (1.18, 1.30, 1.28)},
        ),
        Task(
            name="stock_direction",
            chapter="5.6",
            summary="does a share rise tomorrow? five columns of the last ten days",
            splits=("train", "validation"),
            keras_parameters=_always(11_251),
            course_says={"accuracy": "no better than guessing"},
            keras={"accuracy": (0.507,)},
        ),
        Task(
            name="spam",
            chapter="6.2",
            summary="spam or ham? text messages through embedding, LSTM and max over time",
            splits=("train", "test"),
            keras_parameters=lambda data: (data.vocabulary_size + 1) * 20 + 2_160 + 16,
            keras={"accuracy": (0.989, 0.984, 0.980), "f1": (0.960, 0.934, 0.927)},
        ),
    )
}


def find(name: str) -> Task:
    """Return the task of that name.

    Raises:
        UserError: There is no such task; the message names the closest one.
    """
    if name in TASKS:
        return TASKS[name]
    raise UserError(f"unknown task '{name}'{did_you_mean(name, TASKS)}; `--list` shows all tasks")


def task_of(argv: list[str]) -> tuple[Task, list[str]]:
    """Take ``--task NAME`` out of a command line.

    Raises:
        UserError: There is none, or no task has that name.
    """
    name, rest = take_option(argv, "--task")
    if name is None:
        raise UserError("name a task: --task NAME; `--list` shows all tasks")
    return find(name), rest


def config_path(name: str) -> Path:
    """Return the path of a task's recipe, in a wheel or in a checkout.

    Raises:
        UserError: The installation lacks the file.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "configs", package.parent / "configs"):
        if (path := folder / f"{name}.yaml").is_file():
            return path
    raise UserError(
        f"{name}.yaml is missing from this installation: install lightning-course again"
    )


def recipe(name: str) -> dict[str, Any]:
    """Return the content of a task's recipe: its sections "model", "data", "trainer" and so on."""
    from lightning_course.files.reading import read_yaml

    content: dict[str, Any] = read_yaml(config_path(name))
    return content


def listing() -> str:
    """Return the table that ``--list`` prints."""
    width = max(map(len, TASKS))
    lines = [f"{task.name:{width}}  ch. {task.chapter:4} {task.summary}" for task in TASKS.values()]
    return "\n".join(lines)
