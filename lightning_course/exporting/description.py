"""The JSON file beside an exported model: what the model takes and returns, and fitted state."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lightning_course.exporting.formats import INPUT, output_name
from lightning_course.files.writing import write_json
from lightning_course.reports.findings import class_names
from lightning_course.runs.loading import Run
from lightning_course.terminal import printable
from lightning_course.training.record import versions


def describe(run: Run, inputs: Tensor) -> dict[str, Any]:
    """Return the description of a run's exported model, in plain types.

    Args:
        run: The run.
        inputs: A batch of its inputs (B, …).
    """
    kind = run.module.objective.kind
    with torch.inference_mode():
        outputs = run.module.predict_step(inputs)
    description = {
        "task": run.task.name,
        "model": type(run.module).__name__,
        "checkpoint": run.checkpoint,
        "data": run.results["data"],
        "versions": versions(),
        INPUT: _dtype_and_shape(inputs),
        output_name(run.module): _dtype_and_shape(outputs),
    }
    if kind == "regression":
        return description
    names = class_names(run.datamodule, 2 if kind == "binary" else outputs.shape[1])
    description["class_names"] = names
    description["output"] = (
        f"probability of {names[1]}" if kind == "binary" else "probability of each class"
    )
    return description


def _dtype_and_shape(batch: Tensor) -> dict[str, Any]:
    return {"dtype": str(batch.dtype).removeprefix("torch."), "shape": [None, *batch.shape[1:]]}


def write_description(path: Path, run: Run, description: dict[str, Any]) -> None:
    """Write the JSON file beside a model: its description and the data module's fitted state.

    Args:
        path: The model's file.
        run: The model's run.
        description: See :func:`describe`.
    """
    data = run.datamodule
    fitted = {"class": type(data).__name__, "state": data.state_dict()}
    write_json(_beside(path), {**description, "datamodule": fitted})


def written(run: Run, path: Path, *lines: str) -> str:
    """Return the console's text about an exported model and its description.

    Args:
        run: The model's run.
        path: The model's file.
        lines: Further lines, between those on the two files.
    """
    size = f"{path.stat().st_size / 1e3:,.0f} kB"
    first = f"{path}: {size}, {run.checkpoint} epoch of {run.path}"
    last = f"inputs, outputs and the data module's fitted state: {_beside(path)}"
    return "\n".join(map(printable, (first, *lines, last)))


def _beside(path: Path) -> Path:
    """Return the path of the JSON file beside a model."""
    return path.with_name(f"{path.name}.json")
