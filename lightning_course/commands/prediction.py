"""What ``predict`` reads, asks and shows, by the kind of a run's data.

A new kind of data is one more row of ``KINDS``, with a function that reads it.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from lightning_course.datamodules import ImageDataModule, SpamDataModule, TableDataModule
from lightning_course.errors import UserError
from lightning_course.reports.figures import surest_class
from lightning_course.reports.findings import class_names
from lightning_course.runs import Run
from lightning_course.sources import read_own_table

# Longer cells are cut on the console.
_WIDEST_CELL = 24


@dataclass(frozen=True)
class Questions:
    """What a model is asked about.

    Attributes:
        inputs: As the model takes them (N, …).
        rows: What they are (N rows), for the output; the index names a row in messages.
    """

    inputs: Tensor
    rows: pd.DataFrame


@dataclass(frozen=True)
class Kind:
    """How one kind of data is predicted.

    Attributes:
        datamodule: Of this class, or of one below it, are the runs.
        name: As people call it, in the plural.
        options: The options of the command that say what to predict.
        read: Questions from the run's data module and the command's options.
        show: Lines for the console from the rows of the questions and their answers.
    """

    datamodule: type
    name: str
    options: tuple[str, ...]
    read: Callable[[Any, argparse.Namespace], Questions]
    show: Callable[[pd.DataFrame, pd.DataFrame], str]


def kind_of(run: Run) -> Kind:
    """Return the kind of a run's data.

    Raises:
        UserError: Data of none of the kinds, such as those of the user's own class.
    """
    for kind in KINDS:
        if isinstance(run.datamodule, kind.datamodule):
            return kind
    known = " and ".join(kind.name for kind in KINDS)
    raise UserError(
        f"{run.path} was trained on a {type(run.datamodule).__name__}, and predict.py reads "
        f"{known}: in Python, use load_run(…).module.predict_step(inputs)"
    )


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
        values = data.decode(outputs.double()).numpy()
        _check_finite(run, values, index)
        columns: dict[str, Any] = {"prediction": [float(f"{value:.7g}") for value in values]}
    else:
        probabilities = outputs.numpy()
        _check_finite(run, probabilities, index)
        predicted, surest = surest_class(probabilities)
        two = probabilities.ndim == 1
        names = class_names(data, 2 if two else probabilities.shape[1])
        columns = {
            "label": np.array(names)[predicted],
            "probability": (probabilities if two else surest).round(6),
        }
    return pd.DataFrame(
        {_free(name, questions.rows): values for name, values in columns.items()}, index
    )


def _free(name: str, rows: pd.DataFrame) -> str:
    while name in rows:
        name = f"predicted_{name}"
    return name


def _check_finite(run: Run, values: npt.NDArray[Any], index: pd.Index) -> None:
    if _finite(values).all():
        return
    if not all(torch.isfinite(weights).all() for weights in run.module.parameters()):
        raise UserError(f"the weights of {run.path} are not finite: its training diverged")
    raise UserError(
        f"row {index[~_finite(values)][0]}: the prediction is not finite; its values must be far "
        "beyond those of the training rows"
    )


def _finite(rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return whether all numbers of a row (N, …) are finite, (N,)."""
    finite: npt.NDArray[np.bool_] = np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
    return finite


def read_texts(data: SpamDataModule, options: argparse.Namespace) -> Questions:
    """Read texts from ``--text``, a CSV file, or the lines of the standard input.

    Raises:
        UserError: Nothing to predict, or a file that cannot be read.
    """
    if options.input:
        column = options.column or "text"
        texts = list(_csv(options, [column])[1][column])
        where = f"--input {options.input[0]}"
    elif options.text:
        texts, where = options.text, "--text"
    else:
        # Blank lines are no messages; in a CSV they are rows, which the output must keep.
        texts, where = _lines(), "the standard input"
    if not any(text.strip() for text in texts):
        raise UserError(f"nothing to predict: {where} holds no text")
    return Questions(data.encode(texts), _numbered("text", texts))


def _lines() -> list[str]:
    try:
        return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(f"the standard input is not {error.encoding} text") from error


def read_rows(data: TableDataModule, options: argparse.Namespace) -> Questions:
    """Read the rows of a CSV file; columns that were not trained on are kept, but not used.

    Raises:
        UserError: No file, or one without a column that is needed or with a cell that is no number.
    """
    if not options.input:
        columns = ", ".join(map(repr, data.feature_names[:20]))
        raise UserError(f"nothing to predict: give --input FILE.csv with the columns {columns}")
    path, table = _csv(options, data.feature_names)
    return Questions(data.encode(table, path), table)


def _csv(options: argparse.Namespace, columns: Sequence[str]) -> tuple[Path, pd.DataFrame]:
    if len(options.input) > 1:
        raise UserError("give one CSV file at a time with --input")
    (path,) = options.input
    encoding, separator = (vars(options)[f"data.{name}"] for name in ("encoding", "separator"))
    return path, read_own_table(path, columns, encoding, separator)[0]


def read_pictures(data: ImageDataModule, options: argparse.Namespace) -> Questions:
    """Read picture files, and those of folders with all that is below.

    Raises:
        UserError: No pictures, or a file that is none or cannot be used.
    """
    if not options.input:
        raise UserError("nothing to predict: give --input with a picture or a folder of pictures")
    paths = [path for name in options.input for path in _pictures(name)]
    inputs = data.encode(paths, options.invert)
    grey, light = inputs.shape[1] == 1, int((inputs.flatten(1).median(dim=1)[0] > 127).sum())
    if grey and light and not options.invert:
        print(
            f"warning: {light} of {len(paths)} pictures are light, and the grey images of the "
            "course are light strokes on black: --invert exchanges dark and light",
            file=sys.stderr,
        )
    return Questions(inputs, _numbered("file", map(str, paths)))


def _pictures(path: Path) -> list[Path]:
    """Return a file as it is, and of a folder the pictures in it and below, sorted."""
    if not path.is_dir():
        return [path]
    endings = Image.registered_extensions()
    # What is hidden is not the user's: macOS writes a "._one.png" beside "one.png".
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(part[0] == "." for part in file.relative_to(path).parts)
    ]
    pictures = [file for file in files if endings.get(file.suffix.lower()) in Image.OPEN]
    if not pictures:
        raise UserError(f"--input {path}: no picture is in this folder or below it")
    if others := len(files) - len(pictures):
        print(f"{path}: left out, as no pictures: {others:,} of {len(files):,}", file=sys.stderr)
    return pictures


def _numbered(name: str, values: Iterable[str]) -> pd.DataFrame:
    table = pd.DataFrame({name: list(values)})
    return table.set_index(table.index + 1)


def as_lines(rows: pd.DataFrame, answers: pd.DataFrame) -> str:
    """Return the answers with what they are about, which may be long, at the end of the line."""
    columns = [_cells(answers[name]) for name in reversed(answers.columns)]
    columns.append(list(rows.iloc[:, 0]))
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


def _cells(column: "pd.Series[Any]") -> list[str]:
    if column.dtype.kind != "f":
        return [str(value) for value in column]
    digits = ".4f" if str(column.name).endswith("probability") else ".6g"
    return [f"{value:{digits}}" for value in column]


def _cut(cell: str) -> str:
    cell = " ".join(cell.split())
    return cell if len(cell) <= _WIDEST_CELL else cell[: _WIDEST_CELL - 1] + "…"


_CSV_OPTIONS = ("input", "data.encoding", "data.separator")

KINDS = (
    Kind(SpamDataModule, "texts", ("text", "column", *_CSV_OPTIONS), read_texts, as_lines),
    Kind(TableDataModule, "rows of tables", _CSV_OPTIONS, read_rows, as_table),
    Kind(ImageDataModule, "pictures", ("input", "invert"), read_pictures, as_lines),
)
