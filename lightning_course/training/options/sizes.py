"""Sizes that a model takes from its data, such as the number of features.

A recipe names the course's sizes, as Keras's code does. ``CourseCLI`` links them from the data
instead, because a user's own data have other sizes.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pytorch_lightning.cli import LightningArgumentParser

from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError
from lightning_course.models import CourseModule

#: What a model takes from the data module: an argument of the one, an attribute of the other.
FROM_DATA = (
    "in_features",
    "image_shape",
    "sequence_shape",
    "horizon",
    "vocabulary_size",
    "words",
    "num_classes",
)


def taken_by(model_class: type) -> list[str]:
    """Return which of the sizes the constructor of a model takes."""
    return [name for name in FROM_DATA if name in inspect.signature(model_class).parameters]


def link_sizes(parser: LightningArgumentParser, model_class: Callable[[], type]) -> None:
    """Have the sizes set from the data module before the model is built.

    Args:
        parser: The command line's parser.
        model_class: Returns the class of the model, once the command line has been parsed.
    """
    for name in FROM_DATA:
        parser.link_arguments(
            "data",
            f"model.init_args.{name}",
            compute_fn=_reader(name, model_class),
            apply_on="instantiate",
        )


def _reader(name: str, model_class: Callable[[], type]) -> Callable[[TensorDataModule], Any]:
    def read(data: TensorDataModule) -> Any:
        return size_of(data, name) if name in taken_by(model_class()) else None

    read.__name__ = name  # --help shows it
    return read


def size_of(data: TensorDataModule, name: str) -> Any:
    """Return a size of the data.

    Raises:
        UserError: Data of this kind have no such size.
    """
    # Not `hasattr`, which would build the data, and hide an error on the way.
    if not hasattr(type(data), name) and name not in vars(data):
        raise UserError(
            f"the model takes {name} from the data, and {type(data).__name__} has none: choose "
            "--model and --data that fit"
        )
    return getattr(data, name)


def recorded_sizes(model: CourseModule, data: TensorDataModule) -> dict[str, Any]:
    """Return the sizes that a model took from its data, as config.yaml records them."""
    sizes = {
        name: size_of(data, name) for name in taken_by(type(model)) if name not in model.not_saved
    }
    return {name: list(size) if isinstance(size, tuple) else size for name, size in sizes.items()}


def refuse_sizes(model_class: type, options: Sequence[str]) -> None:
    """Raise a UserError for a size that the command line sets.

    Args:
        model_class: The class of the model.
        options: The names of the options on the command line.
    """
    for name in taken_by(model_class):
        if f"--model.{name}" in options:
            raise UserError(f"--model.{name} comes from the data and cannot be set")
