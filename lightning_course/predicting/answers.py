"""What ``predict`` asks a run and how it shows the answers, whatever the kind of data."""

import shutil
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.reports.digits import in_units
from lightning_course.reports.figures import surest_class
from lightning_course.reports.findings import class_names
from lightning_course.runs.loading import Run
from lightning_course.terminal import printable

# Longer cells are cut on the console.
_WIDEST_CELL = 24


@dataclass(frozen=True)
class Questions:
    """What a model is asked about.

    Attributes:
        inputs: As the model takes them (N, …).
        rows: What they are (N rows), for the output; the index names a row in messages.
        about: The one column of them that the console shows; None shows as many as fit.
    """

    inputs: Tensor
    rows: pd.DataFrame
    about: str | None = field(default=None, kw_only=True)

    @property
    def shown(self) -> pd.DataFrame:
        """The rows for the console."""
        return self.rows if self.about is None else self.rows[[self.about]]


def predict(run: Run, questions: Questions) -> pd.DataFrame:
    """Return the answers, a row each with the index of the questions.

    Returns:
        For classes the columns "label" and "probability" (of two classes, that of the second; else
        that of the label); for values "prediction", in the units of the target. Beside a column of
        that name in the questions, such as the true label, "predicted_label" and so on.

    Raises:
        UserError: A question or a prediction that is not finite.
    """
    module, data, index = run.module, run.datamodule, questions.rows.index
    # An infinite number would make a sure answer.
    if (bad := ~_finite(questions.inputs.numpy())).any():
        raise UserError(f"row {index[bad][0]}: a value is too large for single precision")
    with torch.inference_mode():
        batches = torch.split(questions.inputs, data.evaluation_batch_size)
        outputs = torch.cat([module.predict_step(batch) for batch in batches])
    if module.objective.kind == "regression":
        # In double precision, in which the exponential of 100 is finite.
        values = in_units(outputs, data.decode)
        _check_finite(values, index)
        columns: dict[str, Any] = {"prediction": values}
    else:
        probabilities = outputs.numpy()
        _check_finite(probabilities, index)
        predicted, surest = surest_class(probabilities)
        two = probabilities.ndim == 1
        names = class_names(data, 2 if two else probabilities.shape[1])
        columns = {
            "label": np.array(names)[predicted],
            "probability": (probabilities if two else surest).round(6),
        }
    return pd.DataFrame(
        {free_name(name, questions.rows): values for name, values in columns.items()}, index
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
        f"row {index[~_finite(values)][0]}: the prediction is not finite; its values must be far "
        "beyond those of the training rows"
    )


def _finite(rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return whether all numbers of a row (N, …) are finite, (N,)."""
    finite: npt.NDArray[np.bool_] = np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
    return finite


def as_lines(rows: pd.DataFrame, answers: pd.DataFrame) -> str:
    """Return the answers with what they are about, which may be long, at the end of the line."""
    shown = [*(answers[name] for name in reversed(answers.columns)), rows.iloc[:, 0]]
    columns = [[printable(cell) for cell in _cells(column)] for column in shown]
    widths = [max(map(len, cells)) for cells in columns[:-1]]
    return "\n".join(
        "  ".join([*map(str.ljust, line[:-1], widths), line[-1]])
        for line in zip(*columns, strict=True)
    )


def as_table(rows: pd.DataFrame, answers: pd.DataFrame, width: int | None = None) -> str:
    """Return the answers, and as many columns of their rows as there is room for.

    Args:
        rows: What was asked.
        answers: What was answered.
        width: Characters in a line; None takes the terminal's.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    columns: list[list[str]] = []
    for table in (answers, rows):
        for name in table:
            cells = [_cut(cell) for cell in (str(name), *_cells(table[name]))]
            widest = max(map(len, cells))
            columns.append([cell.rjust(widest) for cell in cells])
    fitting = len(columns)
    # Two blanks between columns, and room for the mark that some are left out.
    while fitting > answers.shape[1] and sum(len(c[0]) + 2 for c in columns[:fitting]) > width - 1:
        fitting -= 1
    lines = ["  ".join(line) for line in zip(*columns[:fitting], strict=True)]
    if fitting < len(columns):
        lines[0] += "  …"
    return "\n".join(lines)


def rows_first(rows: pd.DataFrame, answers: pd.DataFrame) -> str:
    """Return a table of what the answers are about, which is short, and the answers."""
    return as_table(answers, rows)


def _cells(column: "pd.Series[Any]") -> list[str]:
    if column.dtype.kind != "f":
        return [str(value) for value in column]
    if str(column.name).endswith("probability"):
        return [f"{value:.4f}" for value in column]
    return [str(value).removesuffix(".0") for value in column.tolist()]


def _cut(cell: str) -> str:
    cell = printable(" ".join(cell.split()))
    return cell if len(cell) <= _WIDEST_CELL else cell[: _WIDEST_CELL - 1] + "…"
