"""A run of a model that was trained in Keras: a task's network with the weights of Keras's file."""

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lightning_course import catalogue
from lightning_course.catalogue import Task
from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError
from lightning_course.files.writing import write_json
from lightning_course.imports import import_class
from lightning_course.keras_weights import (
    KerasFile,
    ModelConfig,
    Taken,
    architecture,
    take_keras_weights,
)
from lightning_course.sources.base import sha256_of
from lightning_course.sources.own.image_files import by_size
from lightning_course.terminal import printable
from lightning_course.training.cli import CourseCLI


class KerasImport(NamedTuple):
    """A task that has taken the weights of a Keras file.

    Attributes:
        cli: The task, with no epochs to train.
        file: The Keras file.
        taken: For each array of the file, the parameters that it became.
        notes: For readers of the results, a sentence each.
    """

    cli: CourseCLI
    file: KerasFile
    taken: list[Taken]
    notes: list[str]


class KerasCLI(CourseCLI):
    """The command line of a task whose classes are numbered as Keras numbers them."""

    def before_instantiate_classes(self) -> None:
        """Sort class folders as image_dataset_from_directory and flow_from_directory do."""
        super().before_instantiate_classes()
        data = self.config.data.init_args
        if data.get("folder") is not None and data.get("class_order", "") is None:
            data.class_order = "text"


def from_keras(task: Task, file: KerasFile, argv: list[str], tokenizer: Path | None) -> KerasImport:
    """Build a task for a Keras file's model and give it the file's weights.

    Args:
        task: The task.
        file: The Keras file.
        argv: Options of ``train`` for this model.
        tokenizer: JSON file of the Keras tokenizer, for a text task.

    Raises:
        UserError: The file is of another network, or see :class:`CourseCLI`.
    """
    options = _data_options(task, file.config, tokenizer, argv)
    cli = KerasCLI(task, [*argv, *options, "--trainer.max_epochs=0"])
    taken = _take_weights(cli, file)
    notes = _notes(cli.datamodule, file.config, tokenizer is not None)
    cli.model.remarks["weights"] = f"from Keras, {origin(file)}"
    return KerasImport(cli, file, taken, notes)


def set_up_folder(imported: KerasImport, output: Path | None) -> None:
    """Make the run folder, with from_keras.json in it.

    Args:
        imported: The task with its weights.
        output: The run folder; None for the task's next one.

    Raises:
        UserError: The folder cannot be made.
    """
    folder = imported.cli.folder
    assert folder is not None
    if output:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make the run folder {output}: {error.strerror}") from error
        folder.path = output
    write_json(folder.path / "from_keras.json", _record(imported))


def origin(file: KerasFile) -> str:
    """Return a Keras file's name, format and the version that wrote it, if the file says so."""
    by = f" written by {file.written_by}" if file.written_by else ""
    return f"{file.path.name}, {file.form}{by}"


def table(taken: list[Taken]) -> str:
    """Return a table of Keras's arrays and of the parameters that they became."""
    rows = [("Keras", "array", "shape", "here")]
    rows += [
        (
            printable(entry.layer),
            printable(entry.tensor),
            " x ".join(map(str, entry.keras_shape)),
            ", ".join(entry.parameters),
        )
        for entry in taken
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _record(imported: KerasImport) -> dict[str, Any]:
    """Return the content of from_keras.json."""
    file = imported.file
    return {
        "file": file.path.name,
        "sha256": sha256_of(file.path),
        "form": file.form,
        "written_by": file.written_by,
        "notes": imported.notes,
        "arrays": [
            {
                "in_file": entry.source,
                "layer": entry.layer,
                "array": entry.tensor,
                "shape": list(entry.keras_shape),
                "parameters": list(entry.parameters),
            }
            for entry in imported.taken
        ],
    }


def _data_options(
    task: Task, config: ModelConfig | None, tokenizer: Path | None, argv: list[str]
) -> list[str]:
    """Return the options that prepare texts as for the Keras model; none for other tasks."""
    data_class = import_class(catalogue.recipe(task.name)["data"]["class_path"], object)
    known = inspect.signature(data_class).parameters
    options = []
    if tokenizer is not None:
        if "tokenizer_file" not in known:
            raise UserError(f"--tokenizer is for texts, and {task.name} has none")
        options.append(f"--data.tokenizer_file={tokenizer}")
    given = {word.split("=")[0] for word in argv}
    if "maxlen" in known and "--data.maxlen" not in given:
        # Texts are padded in front and the network sees the padding, so the length is the model's.
        shape = config.input_shape if config else None
        if shape and shape[0] is not None:
            options.append(f"--data.maxlen={shape[0]}")
    return options


def _take_weights(cli: CourseCLI, file: KerasFile) -> list[Taken]:
    """Put the file's weights into the command line's model.

    Raises:
        UserError: They do not fit.
    """
    shape = cli.datamodule.splits["train"][0].shape[1:]
    expected = architecture(cli.model, shape)
    try:
        taken = take_keras_weights(cli.model, expected, file)
    except UserError as error:
        if getattr(cli.datamodule, "tokenizer_file", "not a text task") is not None:
            raise
        raise UserError(
            f"{error}; words are numbered by a tokenizer: give the model's own with --tokenizer"
        ) from error
    in_file = file.config.input_shape if file.config else None
    sizes = [size for size in in_file or () if size is not None]
    # Recurrent weights fit windows of any length, but are trained for one.
    if in_file and len(sizes) == len(in_file) and math.prod(sizes) != math.prod(shape):
        raise UserError(
            f"{file.path}: the model takes rows of shape {in_file}, and this task's rows have the "
            f"shape {expected.input_shape}: change it with options of --data, such as --data.window"
        )
    return taken


def _notes(data: TensorDataModule, config: ModelConfig | None, has_tokenizer: bool) -> list[str]:
    """Return the notes for readers of the results, a sentence each."""
    notes = []
    if hasattr(data, "tokenizer") and not has_tokenizer:
        notes.append(
            "words are numbered by this run's training texts; a model that was trained on other "
            "texts needs its own --tokenizer"
        )
    if _is_scaled(data.state_dict()):
        notes.append(
            "inputs are scaled by this run's training rows, which may differ from the rows that "
            "the model was trained on"
        )
    rescales = config and any(layer.class_name == "Rescaling" for layer in config.layers)
    if hasattr(data, "image_shape") and not rescales:
        notes.append(
            "pixels are divided by 255, as in the course: a model that was trained on pixels up to "
            "255 predicts something else"
        )
    names: list[str] | None = getattr(data, "class_names", None)
    if data.provenance.kind == "own" and names:
        order = ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)
        notes.append(
            f"the outputs are assumed to be the classes {order}, in this order"
            + _class_order(getattr(data, "class_order", None), names)
        )
    if getattr(data, "test_is_random", hasattr(data, "test_fraction")) and "test" in data.splits:
        notes.append(
            "the split is random: some test rows may have been training rows in Keras, so the test "
            "metrics may be too optimistic"
        )
    return notes


def _class_order(order: str | None, names: list[str]) -> str:
    """Return how the classes of a folder are sorted, if the two orders differ."""
    as_text = sorted(names)
    if order is None or by_size(as_text) == as_text:
        return ""
    if order == "text":
        return ": as text, as Keras sorts folders; --data.class_order size sorts them as numbers"
    return ": as numbers; --data.class_order text sorts them as Keras does"


def _is_scaled(state: Mapping[str, Any]) -> bool:
    """Whether a data module's state holds a scaler that changes its columns."""
    scaler = state.get("features") or state.get("columns") or {"center": [], "scale": []}
    return any(scaler["center"]) or any(scale != 1 for scale in scaler["scale"])
