"""A finished run's model as a file for Keras, weights and all."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lightning_course.datamodules import TensorDataModule
from lightning_course.exporting.description import describe, write_description, written
from lightning_course.exporting.formats import INPUT, output_name
from lightning_course.files.writing import moved_into_place
from lightning_course.keras_weights import Architecture, architecture
from lightning_course.keras_weights.writing import check_written, form_of, write_keras
from lightning_course.runs.loading import Run

_NO_KNOWN_WORD = (
    "Keras predicts something else for a text without a known word: here such a text is one step "
    "of padding, in Keras it has no step at all (and a mean over no steps is NaN)"
)


def to_keras(run: Run, path: Path) -> dict[str, Any]:
    """Write a run's model for Keras and, beside it, a JSON file that describes it.

    The model's file is read back; only if its weights are bit for bit the run's do the files
    appear. For a text task the tokenizer is written too.

    Args:
        run: A run whose data are prepared.
        path: The file, whose name decides the format; its folder is made if that folder's own
            folder exists.

    Returns:
        The description.

    Raises:
        UserError: The network has no counterpart in Keras, or a file cannot be written.
    """
    form, state = form_of(path), run.module.state_dict()
    rows = run.datamodule.splits["train"][0][:1]
    keras_model = architecture(run.module, rows.shape[1:])
    description = describe_for_keras(run, rows, keras_model)
    with moved_into_place(path) as scratch:
        file = scratch / path.name
        write_keras(file, keras_model, state, run.task.name, form)
        check_written(file, keras_model, state, form)
        if tokenizer := run.datamodule.state_dict().get("tokenizer"):
            name = f"{path.name.removesuffix(form)}.tokenizer.json"
            (scratch / name).write_text(tokenizer, encoding="utf-8")
            description[INPUT]["tokenizer"] = name
        write_description(file, run, description)
    return description


def describe_for_keras(run: Run, rows: Tensor, keras_model: Architecture) -> dict[str, Any]:
    """Return the description of a run's model in Keras, in plain types.

    Args:
        run: The run.
        rows: A batch of its inputs (B, …).
        keras_model: Its layers in Keras.
    """
    description = describe(run, rows)
    description[INPUT] = {
        "dtype": keras_model.input_dtype,
        "shape": [None, *keras_model.input_shape],
        "content": input_content(rows, keras_model, run.datamodule.state_dict()),
    }
    outputs = description[output_name(run.module)]
    if outputs["shape"] == [None]:
        outputs["shape"] = [None, 1]  # Keras's Dense(1) keeps its axis
    description.setdefault("output", "values, scaled like the training targets")
    if order := class_order(run.datamodule):
        description["class_order"] = order
    if any(layer.config.get("mask_zero") for layer in keras_model.layers):
        description["remark"] = _NO_KNOWN_WORD
    description["layers"] = [layer.class_name for layer in keras_model.layers]
    return description


def class_order(data: TensorDataModule) -> str | None:
    """Return a note on the order of a folder's classes; None for other data."""
    if getattr(data, "folder", None) is None:
        return None
    names: list[str] = data.class_names  # type: ignore[attr-defined]  # an image folder has them
    if names == sorted(names):
        return "classes are sorted as text, as Keras sorts their folders"
    return (
        "classes are in the order of class_names, but Keras sorts their folders as text: give "
        "class_names to image_dataset_from_directory, or classes to flow_from_directory"
    )


def input_content(rows: Tensor, keras_model: Architecture, fitted: dict[str, Any]) -> str:
    """Return the meaning of the numbers that the model in Keras takes.

    Args:
        rows: A batch of the run's inputs (B, …).
        keras_model: The model's layers in Keras.
        fitted: The data module's state, which has the scaler if there is one.
    """
    if keras_model.input_dtype == "int32":
        return (
            "word indices of the tokenizer; a long text is cut at its start, a short one has "
            "zeros in front"
        )
    if not rows.is_floating_point():
        text = "pixels divided by 255, in [0, 1]"
        if rows.ndim == 4 and rows.shape[1] > 1 and len(keras_model.input_shape) == 2:
            text += "; each row of pixels is a step, all values of one colour before the next"
        return text
    for name, scaler in fitted.items():
        if isinstance(scaler, dict) and {"names", "center", "scale"} <= scaler.keys():
            columns = ", ".join(scaler["names"][:3]) + ", …" * (len(scaler["names"]) > 3)
            return f"{columns}, each (x - center) / scale, see datamodule.state.{name}"
    return "numbers without scaling"


def summary(run: Run, path: Path, description: dict[str, Any]) -> str:
    """Return the console's text about a model written for Keras.

    Args:
        run: The model's run.
        path: The model's file.
        description: See :func:`to_keras`.
    """
    inputs, outputs = description[INPUT], description[output_name(run.module)]
    lines = [
        f"takes {_dtype_and_shape(inputs)}: {inputs['content']}",
        f"returns {_dtype_and_shape(outputs)}: {description['output']}",
    ]
    lines += [
        f"note: {description[key]}" for key in ("remark", "class_order") if key in description
    ]
    if "tokenizer" in inputs:
        lines.append(f"tokenizer: {path.with_name(inputs['tokenizer'])}")
    return written(run, path, *lines)


def _dtype_and_shape(batch: dict[str, Any]) -> str:
    return f"{batch['dtype']} ({', '.join(['rows', *map(str, batch['shape'][1:])])})"


def loading_code(path: Path, layers: list[str]) -> str:
    """Return Python code that loads a file and predicts with it.

    Args:
        path: The file.
        layers: The classes of the model's layers.
    """
    form = form_of(path)
    if form == ".weights.h5":
        return (
            f"model.load_weights({str(path)!r})  # layers: {', '.join(layers)}\n"
            "predictions = model.predict(x)"
        )
    if form == ".h5":
        return (
            "import keras  # or, in Keras 2: import tf_keras as keras\n"
            f"predictions = keras.models.load_model({str(path)!r}, compile=False).predict(x)"
        )
    return f"import keras\npredictions = keras.models.load_model({str(path)!r}).predict(x)"
