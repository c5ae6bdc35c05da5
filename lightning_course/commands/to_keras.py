"""``to_keras``: write a finished run's model as a file for Keras, weights and all."""

from pathlib import Path
from typing import Any

from lightning_course.commands.export import (
    check_output,
    describe,
    diverged,
    print_written,
    write_description,
)
from lightning_course.errors import require_package
from lightning_course.files.writing import moved_into_place
from lightning_course.runs.options import read_run, run_parser

_UNKNOWN_WORDS = (
    "a text without a known word predicts otherwise in Keras: here it is one step of padding, "
    "there no step at all (and a mean of none is NaN)"
)


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, its data are not found, the network has no counterpart in Keras, or
            the file cannot be written.
    """
    parser = run_parser("to_keras.py", __doc__)
    parser.add_argument(
        "--output",
        type=Path,
        help="file to write: *.keras for Keras 3, *.h5 for Keras 2 and 3, *.weights.h5 for the "
        "weights alone; default: export/model.keras in the run folder",
    )
    options = parser.parse_args(argv)
    check_output(options.output)

    from lightning_course.exporting.formats import INPUT, output_name
    from lightning_course.keras_weights.writing import form_of

    if options.output:
        form_of(options.output)
    require_package("h5py", "keras", "a file for Keras")
    run = read_run(options)
    path = options.output or run.path / "export" / "model.keras"
    description = to_keras(run, path)
    inputs, outputs = description[INPUT], description[output_name(run.module)]
    lines = [
        f"takes {_told(inputs)}: {inputs['content']}",
        f"returns {_told(outputs)}: {description['output']}",
    ]
    lines += [
        f"note: {description[key]}" for key in ("remark", "class_order") if key in description
    ]
    if "tokenizer" in inputs:
        lines.append(f"tokenizer: {path.with_name(inputs['tokenizer'])}")
    print_written(run, path, *lines)
    print(f"\nload it:\n{loading_code(path, description['layers'])}")


def to_keras(run: Any, path: Path) -> dict[str, Any]:
    """Write a run's model for Keras and, beside it, a JSON file that describes it.

    All files appear when the weights in the model's file, read back, are bit for bit the run's; not
    before. A run on texts has its tokenizer written too.

    Args:
        run: A ``Run`` whose data are prepared.
        path: The file, whose name tells its form; its folder is made if that folder's own folder
            exists.

    Returns:
        The description.

    Raises:
        UserError: The network has no counterpart in Keras, the weights are not finite, or a file
            cannot be written.
    """
    from lightning_course.keras_weights import architecture
    from lightning_course.keras_weights.writing import check_written, form_of, write_keras

    form, state = form_of(path), run.module.state_dict()
    rows = run.datamodule.splits["train"][0][:1]
    keras_model = architecture(run.module, rows.shape[1:])
    if not all(tensor.isfinite().all() for tensor in state.values()):
        raise diverged(run)
    description = describe_for_keras(run, rows, keras_model)
    with moved_into_place(path) as scratch:
        model = scratch / path.name
        write_keras(model, keras_model, state, run.task.name, form)
        check_written(model, keras_model, state, form)
        if tokenizer := run.datamodule.state_dict().get("tokenizer"):
            name = f"{path.name.removesuffix(form)}.tokenizer.json"
            (scratch / name).write_text(tokenizer, encoding="utf-8")
            description["inputs"]["tokenizer"] = name
        write_description(model, run, description)
    return description


def describe_for_keras(run: Any, rows: Any, keras_model: Any) -> dict[str, Any]:
    """Return what a user of the model in Keras must know, in plain types.

    Args:
        run: A ``Run``.
        rows: A batch of its inputs, a tensor (B, …).
        keras_model: Its ``Architecture``.
    """
    from lightning_course.exporting.formats import INPUT, output_name

    description = describe(run, rows)
    description[INPUT] = {
        "dtype": keras_model.input_dtype,
        "shape": [None, *keras_model.input_shape],
        "content": _content(run, rows, keras_model),
    }
    outputs = description[output_name(run.module)]
    if outputs["shape"] == [None]:
        outputs["shape"] = [None, 1]  # Keras's Dense(1) keeps its axis
    description.setdefault("output", "values, scaled as the targets of training were")
    if order := class_order(run.datamodule):
        description["class_order"] = order
    if any(layer.config.get("mask_zero") for layer in keras_model.layers):
        description["remark"] = _UNKNOWN_WORDS
    description["layers"] = [layer.class_name for layer in keras_model.layers]
    return description


def class_order(data: Any) -> str | None:
    """Say in which order a model has the classes of a folder; None of other data."""
    if getattr(data, "folder", None) is None:
        return None
    if data.class_names == sorted(data.class_names):
        return "classes are in the order of text, in which Keras sorts their folders too"
    return (
        "classes are in the order of class_names, and Keras sorts their folders as text: give "
        "class_names to image_dataset_from_directory, or classes to flow_from_directory"
    )


def _content(run: Any, rows: Any, keras_model: Any) -> str:
    """Say what the numbers are that Keras's model takes."""
    if keras_model.input_dtype == "int32":
        return (
            "indices of words, as the tokenizer numbers them: the last words of a long text, and 0 "
            "in front of a short one"
        )
    if not rows.is_floating_point():
        text = "pixels divided by 255, in [0, 1]"
        if rows.ndim == 4 and rows.shape[1] > 1 and len(keras_model.input_shape) == 2:
            text += "; each row of pixels is a step, its colours one after the other"
        return text
    for name, fitted in run.datamodule.state_dict().items():
        if isinstance(fitted, dict) and {"names", "center", "scale"} <= fitted.keys():
            columns = ", ".join(fitted["names"][:3]) + ", …" * (len(fitted["names"]) > 3)
            return f"{columns}, each (x - center) / scale, see datamodule.state.{name}"
    return "numbers as they are"


def _told(batch: dict[str, Any]) -> str:
    return f"{batch['dtype']} ({', '.join(['rows', *map(str, batch['shape'][1:])])})"


def loading_code(path: Path, layers: list[str]) -> str:
    """Return the Python that loads a file and predicts with it.

    Args:
        path: The file.
        layers: The classes of the model's layers.
    """
    from lightning_course.keras_weights.writing import form_of

    form = form_of(path)
    if form == ".weights.h5":
        return (
            f"model.load_weights({str(path)!r})  # of {', '.join(layers)}\n"
            "predictions = model.predict(x)"
        )
    if form == ".h5":
        return (
            "import keras  # or, in Keras 2: import tf_keras as keras\n"
            f"predictions = keras.models.load_model({str(path)!r}, compile=False).predict(x)"
        )
    return f"import keras\npredictions = keras.models.load_model({str(path)!r}).predict(x)"
