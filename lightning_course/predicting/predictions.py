"""Predicting with a run and showing the predictions, for every kind of data."""

import shutil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from lightning_course.errors import UserError
from lightning_course.predicting.inputs import Inputs
from lightning_course.reports.digits import in_units
from lightning_course.reports.figures import predicted_class
from lightning_course.reports.findings import class_names
from lightning_course.runs.loading import Run
from lightning_course.terminal import printable

# Longer cells are cut on the console.
_MAX_CELL = 24


def predict(run: Run, inputs: Inputs) -> pd.DataFrame:
    """Return the predictions, one row per input, with the index of the inputs.

    Returns:
        For classification the columns "label" and "probability" (of the second class if there are
        two, else of the label); for regression "prediction", in the units of the target. A name
        that the inputs have too, such as the true "label", becomes "predicted_label" here.

    Raises:
        UserError: An input or a prediction that is not finite.
    """
    module, data, index = run.module, run.datamodule, inputs.rows.index
    # An infinite input would give a confident prediction.
    if (bad := ~_finite(inputs.tensor.numpy())).any():
        raise UserError(f"row {index[bad][0]}: a value is too large for single precision")
    with torch.inference_mode():
        batches = torch.split(inputs.tensor, data.evaluation_batch_size)
        outputs = torch.cat([module.predict_step(batch) for batch in batches])
    if module.objective.kind == "regression":
        # In double precision, in which the exponential of 100 is finite.
        values = in_units(outputs, data.decode)
        _check_finite(values, index)
        columns: dict[str, Any] = {"prediction": values}
    else:
        probabilities = outputs.numpy()
        _check_finite(probabilities, index)
        predicted, confidence = predicted_class(probabilities)
        binary = probabilities.ndim == 1
        names = class_names(data, 2 if binary else probabilities.shape[1])
        columns = {
            "label": np.array(names)[predicted],
            "probability": (probabilities if binary else confidence).round(6),
        }
    return pd.DataFrame(
        {free_name(name, inputs.rows): values for name, values in columns.items()}, index
    )


def free_name(name: str, rows: pd.DataFrame) -> str:
    """Return a name for a column that the rows do not have."""
    while name in rows:
        name = f"predicted_{name}"
    return name


def _check_finite(values: npt.NDArray[Any], index: pd.Index) -> None:
    if _finite(values).all():
        return
    raise UserError(
        f"row {index[~_finite(values)][0]}: the prediction is not finite; its values are probably "
        "far outside the training range"
    )


def _finite(rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return a mask of the rows with finite numbers only: (N, …) to (N,)."""
    finite: npt.NDArray[np.bool_] = np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
    return finite


def as_lines(rows: pd.DataFrame, predicted: pd.DataFrame) -> str:
    """Return a line for each prediction; its input, which may be long, comes last."""
    shown = [*(predicted[name] for name in reversed(predicted.columns)), rows.iloc[:, 0]]
    columns = [[printable(cell) for cell in _cells(column)] for column in shown]
    widths = [max(map(len, cells)) for cells in columns[:-1]]
    return "\n".join(
        "  ".join([*map(str.ljust, line[:-1], widths), line[-1]])
        for line in zip(*columns, strict=True)
    )


def as_table(first: pd.DataFrame, last: pd.DataFrame, width: int | None = None) -> str:
    """Return a table: all columns of the first, and as many columns of the second as fit.

    Args:
        first: N rows, such as predictions.
        last: N rows, such as the inputs.
        width: Characters per line; None: the terminal's width.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    columns: list[list[str]] = []
    for table in (first, last):
        for name in table:
            cells = [_cut(cell) for cell in (str(name), *_cells(table[name]))]
            widest = max(map(len, cells))
            columns.append([cell.rjust(widest) for cell in cells])
    fitting = len(columns)
    # Two spaces between columns, and room for the "…" of columns that are left out.
    while fitting > first.shape[1] and sum(len(c[0]) + 2 for c in columns[:fitting]) > width - 1:
        fitting -= 1
    lines = ["  ".join(line) for line in zip(*columns[:fitting], strict=True)]
    if fitting < len(columns):
        lines[0] += "  …"
    return "\n".join(lines)


def _cells(column: "pd.Series[Any]") -> list[str]:
    if column.dtype.kind != "f":
        return [str(value) for value in column]
    if str(column.name).endswith("probability"):
        return [f"{value:.4f}" for value in column]
    return [str(value).removesuffix(".0") for value in column.tolist()]


def _cut(cell: str) -> str:
    cell = printable(" ".join(cell.split()))
    return cell if len(cell) <= _MAX_CELL else cell[: _MAX_CELL - 1] + "…"
