"""A finished run's model as ONNX, for torch.export, or as plain weights."""

import inspect
import math
from pathlib import Path

from lightning_course.datamodules.splits import reported_split
from lightning_course.errors import UserError
from lightning_course.exporting.description import describe, write_description
from lightning_course.exporting.formats import FORMATS, largest_difference
from lightning_course.files.writing import moved_into_place
from lightning_course.runs.loading import Run

# Rows on which the exported model is compared with the original.
_MAX_ROWS = 256
# The largest difference (relative to predictions above 1). onnxruntime sums in another order than
# torch, so 1e-7 is usual.
_TOLERANCE = 1e-5


def export(run: Run, form: str, path: Path) -> str:
    """Write a run's model and, beside it, a JSON file that describes it.

    The file is read back, and compared with the original model on rows of the run's own data, in
    batches of different sizes. Only if the predictions are equal do both files appear.

    Args:
        run: A run whose data are prepared.
        form: "onnx", "torch_export" or "state_dict".
        path: The file; its folder is made if that folder's own folder exists.

    Returns:
        A line on the comparison, for the console.

    Raises:
        UserError: The network cannot be exported in this format, its predictions are not finite,
            the exported model predicts something else, or a file cannot be written.
    """
    split = reported_split(run.datamodule.splits)
    inputs = run.datamodule.splits[split][0][:_MAX_ROWS]
    description = describe(run, inputs)
    write, read = FORMATS[form]
    with moved_into_place(path) as scratch:
        file = scratch / path.name
        write(run.module, inputs, file, description)
        difference = largest_difference(run.module, read(file, run.module), inputs)
        if math.isnan(difference):
            raise UserError(f"the predictions of {run.path} are not finite: its training diverged")
        if difference > _TOLERANCE:
            raise UserError(
                f"the exported model does not predict the same as the original: on {len(inputs)} "
                f"rows of the {split} split the largest difference is {difference:.1g}; nothing "
                "was written"
            )
        write_description(file, run, description)
    return (
        f"same predictions as the original: {len(inputs):,} rows of the {split} split "
        f"({run.datamodule.provenance.kind} data), largest difference {difference:.1g}"
    )


def loading_code(run: Run, path: Path) -> str:
    """Return Python code that builds a run's network and loads its exported weights.

    Args:
        run: The run.
        path: The file of weights.
    """
    module, _, name = run.config["model"]["class_path"].rpartition(".")
    classes = (type(run.module.network), type(run.module))
    defaults = {k: v for each in classes for k, v in inspect.signature(each).parameters.items()}
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
