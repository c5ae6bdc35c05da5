"""``export``: write a finished run's model as ONNX, for torch.export, or its plain weights."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning_course.errors import UserError, require_package
from lightning_course.files.writing import is_stream, moved_into_place, write_json
from lightning_course.runs.options import read_run, run_parser
from lightning_course.terminal import printable

_FILES = {"onnx": "model.onnx", "torch_export": "model.pt2", "state_dict": "weights.pt"}

# The exported model is compared on so many rows, and may differ by so much (where a prediction is
# above 1: relative to it). onnxruntime adds up in another order than torch: 1e-7 is usual.
_ROWS = 256
_TOLERANCE = 1e-5


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, its data are not found, the format is not possible, or the exported
            model predicts otherwise than the original.
    """
    parser = run_parser("export.py", __doc__)
    parser.add_argument("--format", required=True, choices=list(_FILES))
    parser.add_argument(
        "--output", type=Path, help="file to write; default: export/ in the run folder"
    )
    options = parser.parse_args(argv)
    check_output(options.output)
    if options.format == "onnx":
        for package in ("onnx", "onnxscript", "onnxruntime"):
            require_package(package, "export", "--format onnx")
    run = read_run(options)
    path = options.output or run.path / "export" / _FILES[options.format]
    checked = export(run, options.format, path)
    print_written(run, path, checked)
    if options.format == "state_dict":
        print(f"\nload it:\n{loading_code(run, path)}")


def export(run: Any, form: str, path: Path) -> str:
    """Write a run's model and, beside it, a JSON file that describes it.

    Both files appear at ``path`` when the model that was written, read back, has predicted rows of
    the run's own data as the original does, in batches of different sizes; not before.

    Args:
        run: A ``Run`` whose data are prepared.
        form: "onnx", "torch_export" or "state_dict".
        path: The file; its folder is made if that folder's own folder exists.

    Returns:
        A line that tells how it was checked.

    Raises:
        UserError: The network cannot be exported that way, the weights are not finite, the
            exported model predicts otherwise, or a file cannot be written.
    """
    from lightning_course.datamodules.splits import reported_split
    from lightning_course.exporting.formats import largest_difference

    split = reported_split(run.datamodule.splits)
    inputs = run.datamodule.splits[split][0][:_ROWS]
    description = describe(run, inputs)
    write, read = _writer_and_reader(form, run)
    with moved_into_place(path) as scratch:
        model = scratch / path.name
        write(run.module, inputs, model, description)
        difference = largest_difference(run.module, read(model), inputs)
        if math.isnan(difference):
            raise diverged(run)
        if difference > _TOLERANCE:
            raise UserError(
                f"the exported model predicts otherwise than the original: on {len(inputs)} rows "
                f"of the {split} split they differ by up to {difference:.1g}; nothing was written"
            )
        write_description(model, run, description)
    return (
        f"predicts as the original does: {len(inputs):,} rows of the {split} split "
        f"({run.datamodule.provenance.kind} data), largest difference {difference:.1g}"
    )


def check_output(path: Path | None) -> None:
    """Raise a UserError if what --output names cannot be a file."""
    if path and (path.is_dir() or not path.parent.is_dir()):
        raise UserError(f"--output {path} is not the name of a file in a folder")
    if path and is_stream(path):
        raise UserError(
            f"--output {path} is a device or a pipe: name a file, beside which its description "
            "can lie"
        )


def diverged(run: Any) -> UserError:
    """Return what there is to say about a ``Run`` whose weights are not finite."""
    return UserError(f"the weights of {run.path} are not finite: its training diverged")


def write_description(path: Path, run: Any, description: dict[str, Any]) -> None:
    """Write the JSON file beside a model: its description and the data module's fitted state.

    Args:
        path: The model's file.
        run: Its ``Run``.
        description: What :func:`describe` returned.
    """
    data = run.datamodule
    fitted = {"class": type(data).__name__, "state": data.state_dict()}
    write_json(_described(path), {**description, "datamodule": fitted})


def print_written(run: Any, path: Path, *lines: str) -> None:
    """Print where a run's model and its description are, with further lines between."""
    size = f"{path.stat().st_size / 1e3:,.0f} kB"
    print(printable(f"{path}: {size}, {run.checkpoint} epoch of {run.path}"))
    for line in lines:
        print(printable(line))
    print(f"what it takes and returns, and the data module's fitted state: {_described(path)}")


def describe(run: Any, inputs: Any) -> dict[str, Any]:
    """Return what a user of the exported model must know, in plain types.

    Args:
        run: A ``Run``.
        inputs: A batch of its inputs, a tensor (B, …).
    """
    import torch

    from lightning_course.exporting.formats import INPUT, output_name
    from lightning_course.reports.findings import class_names
    from lightning_course.training.record import versions

    kind = run.module.objective.kind
    with torch.inference_mode():
        outputs = run.module.predict_step(inputs)
    description = {
        "task": run.task.name,
        "model": type(run.module).__name__,
        "checkpoint": run.checkpoint,
        "data": run.results["data"],
        "versions": versions(),
        INPUT: _shape_of(inputs),
        output_name(run.module): _shape_of(outputs),
    }
    if kind == "regression":
        return description
    names = class_names(run.datamodule, 2 if kind == "binary" else outputs.shape[1])
    description["class_names"] = names
    description["output"] = (
        f"probability of {names[1]}" if kind == "binary" else "probability of each class"
    )
    return description


def _shape_of(batch: Any) -> dict[str, Any]:
    return {"dtype": str(batch.dtype).removeprefix("torch."), "shape": [None, *batch.shape[1:]]}


def _described(path: Path) -> Path:
    """Return the path of the JSON file beside a model."""
    return path.with_name(f"{path.name}.json")


def _writer_and_reader(form: str, run: Any) -> tuple[Callable[..., None], Callable[[Path], Any]]:
    from lightning_course.exporting import formats as formats

    if form == "onnx":
        return formats.write_onnx, formats.read_onnx
    if form == "torch_export":
        return formats.write_torch_export, formats.read_torch_export
    return formats.write_weights, lambda path: formats.read_weights(path, run.module)


def loading_code(run: Any, path: Path) -> str:
    """Return the Python that builds a run's network anew and loads its exported weights."""
    module, _, name = run.config["model"]["class_path"].rpartition(".")
    classes = (type(run.module.network), type(run.module))
    defaults = {k: v for kind in classes for k, v in inspect.signature(kind).parameters.items()}
    arguments = ", ".join(
        f"{key}={value!r}"
        for key, value in run.module.hparams.items()
        if key not in defaults or value != defaults[key].default
    )
    return (
        f"import torch; from {module} import {name}\n"
        f"network = {name}({arguments}).network.eval()\n"
        f"network.load_state_dict(torch.load({str(path)!r}, weights_only=True))"
    )
