"""The index of tasks: one row per example of the course, and nothing else lists them.

Free of torch, so that ``--list`` and tab completion answer at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lightning_course.command_line import did_you_mean, take_option
from lightning_course.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the commands must know about one example of the course.

    Attributes:
        name: What ``--task`` takes.
        chapter: Chapter of the course, such as "6.2".
        summary: One line for ``--list``.
        configs: YAML files in ``configs/``; a later file overrides an earlier one.
        datamodule: Import path of the ``TensorDataModule`` (``--data`` puts another in its place).
        module: Import path of the ``CourseModule`` (``--model`` puts another in its place).
        splits: Splits that the recipe has, in the order of the results table.
        links: Attributes of the data module that are constructor arguments of the module.
        monitor: Metric of the validation data that decides ``best.ckpt``.
        mode: Whether the monitored metric is to be small or large.
        keras_parameters: ``count_params()`` of the course's Keras model, given the data module.
        course_says: What the course claims, by metric; empty where it gives no figure.
        keras: Final figures of tf.keras with the same recipe on the real data, by metric, one
            value a seed (TensorFlow 2.21, Keras 3.15).
    """

    name: str
    chapter: str
    summary: str
    configs: tuple[str, ...]
    datamodule: str
    module: str
    splits: tuple[str, ...]
    links: tuple[str, ...] = ()
    monitor: str = "val/loss"
    mode: Literal["min", "max"] = "min"
    keras_parameters: Callable[[Any], int]
    course_says: Mapping[str, str] = field(default_factory=dict)
    keras: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


# Cell, as people call it, parameters, Keras's figures.
_CHIRP_CELLS: tuple[tuple[str, str, int, Mapping[str, tuple[float, ...]]], ...] = (
    ("rnn", "a simple recurrent layer", 131, {"loss": (0.047,), "multi_step_loss": (0.86,)}),
    ("gru", "a GRU", 401, {"loss": (0.033,), "multi_step_loss": (1.06,)}),
    ("lstm", "an LSTM", 491, {"loss": (0.019, 0.042, 0.056), "multi_step_loss": (0.99,)}),
)

# With T = 10, by distance and cell.
_XOR_CLAIMS: Mapping[str, Mapping[str, str]] = {
    "short_rnn": {"accuracy": "very good"},
    "long_rnn": {"accuracy": "inconsistent"},
    "long_lstm": {"accuracy": "very good"},
}
_XOR_KERAS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "short_rnn": {"accuracy": (0.987,)},
    "long_rnn": {"accuracy": (0.60,)},
    "long_lstm": {"accuracy": (0.85, 0.984, 0.96)},
}


def _always(count: int) -> Callable[[Any], int]:
    """Return the parameter count of a model that does not depend on its data."""
    return lambda data: count


def _forecasting(*files: str, name: str, datamodule: str, **rest: Any) -> Task:
    """Return the row of a forecaster, all of which have forecasting.yaml under their own files."""
    return Task(
        name=name,
        configs=("forecasting.yaml", *files),
        datamodule=f"lightning_course.datamodules.{datamodule}",
        module="lightning_course.models.Forecaster",
        splits=("train", "validation"),
        links=("sequence_shape", "horizon"),
        **rest,
    )


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="breast_cancer",
            chapter="2.2",
            summary="benign or malignant? logistic regression on 30 measurements of a tumour",
            configs=("breast_cancer.yaml",),
            datamodule="lightning_course.datamodules.BreastCancerDataModule",
            module="lightning_course.models.LinearClassifier",
            splits=("train", "test"),
            links=("in_features", "num_classes"),
            keras_parameters=_always(31),
            keras={"accuracy": (0.963, 0.957, 0.979, 0.979)},
        ),
        Task(
            name="moores_law",
            chapter="2.2",
            summary="how fast do transistor counts grow? linear regression on their logarithm",
            configs=("moores_law.yaml",),
            datamodule="lightning_course.datamodules.MooresLawDataModule",
            module="lightning_course.models.LinearRegressor",
            splits=("train",),
            links=("in_features",),
            keras_parameters=_always(2),
            keras={"loss": (0.87, 0.89), "doubling_years": (2.05, 2.03, 1.97, 1.98)},
        ),
        Task(
            name="mnist",
            chapter="3.2",
            summary="which digit is it? a dense network on images of handwriting",
            configs=("mnist.yaml",),
            datamodule="lightning_course.datamodules.MNISTDataModule",
            module="lightning_course.models.DenseClassifier",
            splits=("train", "test"),
            links=("in_features", "num_classes"),
            keras_parameters=_always(101_770),
            keras={"accuracy": (0.977,)},
        ),
        Task(
            name="fashion_mnist",
            chapter="4.4",
            summary="which garment is it? a strided convolutional network on grey images",
            configs=("fashion_mnist.yaml",),
            datamodule="lightning_course.datamodules.FashionMNISTDataModule",
            module="lightning_course.models.ConvolutionalClassifier",
            splits=("train", "test"),
            links=("image_shape", "num_classes"),
            keras_parameters=_always(360_458),
            course_says={"loss": "validation rises while accuracy holds"},
            keras={"accuracy": (0.888,)},
        ),
        Task(
            name="cifar10",
            chapter="4.4",
            summary="which animal or vehicle is it? the same convolutions on colour images",
            configs=("fashion_mnist.yaml", "cifar10.yaml"),
            datamodule="lightning_course.datamodules.CIFAR10DataModule",
            module="lightning_course.models.ConvolutionalClassifier",
            splits=("train", "test"),
            links=("image_shape", "num_classes"),
            keras_parameters=_always(1_284_170),
            # Keras's 69.4 % is of a JPEG copy of the images, which are other pixels.
        ),
        Task(
            name="cifar10_vgg",
            chapter="4.6",
            summary="the same images through pairs of convolutions, pooled and normalised",
            configs=("fashion_mnist.yaml", "cifar10_vgg.yaml"),
            datamodule="lightning_course.datamodules.CIFAR10DataModule",
            module="lightning_course.models.ConvolutionalClassifier",
            splits=("train", "test"),
            links=("image_shape", "num_classes"),
            keras_parameters=_always(2_397_226),
        ),
        Task(
            name="cifar10_vgg_augmented",
            chapter="4.6",
            summary="that network on images shifted and flipped at random: less overfitting",
            configs=("fashion_mnist.yaml", "cifar10_vgg.yaml", "cifar10_vgg_augmented.yaml"),
            datamodule="lightning_course.datamodules.CIFAR10DataModule",
            module="lightning_course.models.ConvolutionalClassifier",
            splits=("train", "test"),
            links=("image_shape", "num_classes"),
            keras_parameters=_always(2_397_226),
            course_says={"accuracy": "training lower, validation higher"},
        ),
        _forecasting(
            name="sine_linear",
            chapter="5.2",
            summary="the next value of a noisy sine, from a linear model of the last ten",
            datamodule="SineDataModule",
            keras_parameters=_always(11),
            keras={
                "loss": (0.016, 0.017, 0.026, 0.013),
                "multi_step_loss": (0.018, 0.033, 0.025, 0.086),
            },
        ),
        _forecasting(
            "sine_rnn.yaml",
            name="sine_rnn",
            chapter="5.3",
            summary="the next value of a noisy sine, from a simple recurrent layer",
            datamodule="SineDataModule",
            keras_parameters=_always(41),
            course_says={"loss": "worse than the linear model"},
            # The least and the most of its seeds.
            keras={"loss": (0.022, 0.031), "multi_step_loss": (0.68, 1.16)},
        ),
        _forecasting(
            "chirp_linear.yaml",
            name="chirp_linear",
            chapter="5.4",
            summary="the next value of a faster and faster wave: too much for a linear model",
            datamodule="ChirpDataModule",
            keras_parameters=_always(11),
            course_says={"loss": "cannot solve it at all"},
            keras={"loss": (0.617,)},
        ),
        *(
            _forecasting(
                "chirp.yaml",
                f"cell_{cell}.yaml",
                name=f"chirp_{cell}",
                chapter="5.4",
                summary=f"a faster and faster wave, from {called} of ten units",
                datamodule="ChirpDataModule",
                keras_parameters=_always(parameters),
                course_says={"loss": "good", "multi_step_loss": "good only at the start"},
                keras=keras,
            )
            for cell, called, parameters, keras in _CHIRP_CELLS
        ),
        *(
            Task(
                name=f"xor_{distance}_{variant}",
                chapter="5.4",
                summary=f"XOR of the {end} three signs of a sequence, from {called}",
                configs=("xor.yaml", *more, *files),
                datamodule="lightning_course.datamodules.XORDataModule",
                module="lightning_course.models.SequenceClassifier",
                splits=("train", "validation"),
                links=("sequence_shape", "num_classes"),
                keras_parameters=_always(parameters),
                course_says=_XOR_CLAIMS.get(f"{distance}_{variant}", {}),
                keras=_XOR_KERAS.get(f"{distance}_{variant}", {}),
            )
            for distance, end, more in (
                ("short", "last", ()),
                ("long", "first", ("xor_long.yaml",)),
            )
            for variant, called, files, parameters in (
                ("rnn", "a simple recurrent layer", ("cell_rnn.yaml",), 41),
                ("gru", "a GRU", ("cell_gru.yaml",), 126),
                ("lstm", "an LSTM", ("cell_lstm.yaml",), 146),
                ("lstm_pool", "all states of an LSTM", ("cell_lstm.yaml", "pool_max.yaml"), 146),
            )
        ),
        Task(
            name="mnist_lstm",
            chapter="5.5",
            summary="which digit is it? its 28 rows as a sequence, through an LSTM",
            configs=("mnist_lstm.yaml",),
            datamodule="lightning_course.datamodules.MNISTDataModule",
            module="lightning_course.models.SequenceClassifier",
            splits=("train", "test"),
            links=("sequence_shape", "num_classes"),
            keras_parameters=_always(81_674),
            course_says={"accuracy": "99 %"},
            keras={"accuracy": (0.986,)},
        ),
        _forecasting(
            "stock.yaml",
            name="stock_price",
            chapter="5.6",
            summary="tomorrow's share price from the last ten: it copies the last one",
            datamodule="StockPriceDataModule",
            keras_parameters=_always(146),
            course_says={"loss": "looks amazing", "multi_step_loss": "a straight line"},
            keras={"loss": (0.018, 0.015, 0.037)},
        ),
        _forecasting(
            "stock.yaml",
            name="stock_return",
            chapter="5.6",
            summary="tomorrow's return of a share from the last ten: little but noise",
            datamodule="StockReturnDataModule",
            keras_parameters=_always(146),
            course_says={"loss": "training falls, validation rises"},
            keras={"loss": (1.18, 1.30, 1.28)},
        ),
        Task(
            name="stock_direction",
            chapter="5.6",
            summary="does a share rise tomorrow? five figures of the last ten days",
            configs=("stock_direction.yaml",),
            datamodule="lightning_course.datamodules.StockDirectionDataModule",
            module="lightning_course.models.SequenceClassifier",
            splits=("train", "validation"),
            links=("sequence_shape", "num_classes"),
            keras_parameters=_always(11_251),
            course_says={"accuracy": "no better than guessing"},
            keras={"accuracy": (0.507,)},
        ),
        Task(
            name="spam",
            chapter="6.2",
            summary="spam or ham? text messages through embedding, LSTM and max over time",
            configs=("spam.yaml",),
            datamodule="lightning_course.datamodules.SpamDataModule",
            module="lightning_course.models.SpamClassifier",
            splits=("train", "test"),
            links=("vocabulary_size", "words", "num_classes"),
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


def config_path(file: str) -> Path:
    """Return the path of one of the project's YAML files, in a wheel or in a checkout.

    Raises:
        UserError: The installation lacks the file.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / file).is_file():
            return folder / file
    raise UserError(f"{file} is missing from this installation: install lightning-course again")


def listing() -> str:
    """Return the table that ``--list`` prints."""
    width = max(map(len, TASKS))
    lines = [f"{task.name:{width}}  ch. {task.chapter:4} {task.summary}" for task in TASKS.values()]
    return "\n".join(lines)
