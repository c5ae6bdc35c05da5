"""Reading the inputs of ``predict``: texts, rows of tables, images, sequences."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from lightning_course.datamodules import (
    ImageDataModule,
    SpamDataModule,
    TableDataModule,
    XORDataModule,
)
from lightning_course.errors import UserError
from lightning_course.sources import read_own_table
from lightning_course.sources.own.image_files import images_below
from lightning_course.sources.own.image_names import encodable, is_of_system
from lightning_course.sources.own.numbers import as_numbers
from lightning_course.terminal import printable

#: The options of ``predict`` for a CSV file.
CSV_OPTIONS = ("input", "data.encoding", "data.separator")

# Three values decide the label.
_MIN_SEQUENCE = 3


@dataclass(frozen=True)
class Inputs:
    """The inputs of a prediction.

    Attributes:
        tensor: The inputs as the model takes them (N, …).
        rows: The inputs as they are written to the output (N rows); messages name a row by its
            index.
        shown_column: The one column of ``rows`` that the console shows; None: as many as fit.
    """

    tensor: Tensor
    rows: pd.DataFrame
    shown_column: str | None = None

    @property
    def shown(self) -> pd.DataFrame:
        """The rows for the console."""
        return self.rows if self.shown_column is None else self.rows[[self.shown_column]]


def read_texts(data: SpamDataModule, options: argparse.Namespace) -> Inputs:
    """Read texts from ``--text``, a CSV file, or the lines of the standard input.

    The other columns of a CSV file are kept, but not used.

    Raises:
        UserError: Nothing to predict, or a file that cannot be read.
    """
    if options.input:
        column = options.column or data.text_column
        rows, where = _csv(options, [column])[1], f"--input {options.input[0]}"
    elif options.column:
        raise UserError(f"--column {options.column} is about the file of --input: give --input too")
    else:
        # Empty lines are left out; in a CSV they are rows, which the output must keep.
        column = "text"
        rows = _numbered(column, options.text or _lines())
        where = "--text" if options.text else "the standard input"
    texts = list(rows[column])
    if not any(text.strip() for text in texts):
        raise UserError(f"nothing to predict: {where} holds no text")
    return Inputs(data.encode(texts), rows, column)


def _lines() -> list[str]:
    try:
        return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(f"the standard input is not {error.encoding} text") from error


def read_rows(data: TableDataModule, options: argparse.Namespace) -> Inputs:
    """Read the rows of a CSV file; columns that were not trained on are kept, but not used.

    Raises:
        UserError: No file, a column that is needed is missing, or a cell is not a number.
    """
    if not options.input:
        columns = ", ".join(map(repr, data.feature_names[:20]))
        raise UserError(f"nothing to predict: give --input FILE.csv with the columns {columns}")
    path, table = _csv(options, data.feature_names)
    return Inputs(data.encode(table, path), table)


def one_file(options: argparse.Namespace) -> Path:
    """Return the one file of ``--input``; a UserError if there are several."""
    if len(options.input) > 1:
        raise UserError("give one CSV file at a time with --input")
    path: Path = options.input[0]
    return path


def _csv(
    options: argparse.Namespace, columns: Sequence[str], named: bool = True
) -> tuple[Path, pd.DataFrame]:
    path = one_file(options)
    encoding, separator = (vars(options)[f"data.{name}"] for name in ("encoding", "separator"))
    return path, read_own_table(path, columns, encoding, separator, named)[0]


def read_sequences(data: XORDataModule, options: argparse.Namespace) -> Inputs:
    """Read a CSV file in which each row is a sequence, whatever its columns are called.

    Sequences may be longer or shorter than in training.

    Raises:
        UserError: No file, too few columns, or a cell that is not a number.
    """
    if not options.input:
        raise UserError("nothing to predict: give --input FILE.csv, one sequence per row")
    path, table = _csv(options, (), named=False)
    if table.attrs["nameless"]:
        raise UserError(
            f"{path}: {table.attrs['nameless'][0]} has no name, as an index has: remove it, or "
            "name it if it is a value of the sequences"
        )
    length = table.shape[1]
    if length < _MIN_SEQUENCE:
        raise UserError(
            f"{path} has {length} columns: each row must be a sequence of at least "
            f"{_MIN_SEQUENCE} values"
        )
    try:
        data.deciding_positions(length)
    except ValueError as error:
        raise UserError(f"{path} has sequences of {length} values: {error}") from error
    values = as_numbers(table, list(table.columns), path, use="new rows")
    return Inputs(torch.from_numpy(values).float()[..., None], table)


def read_images(data: ImageDataModule, options: argparse.Namespace) -> Inputs:
    """Read image files, and the images in folders and below them.

    Raises:
        UserError: No images, or a file that is not an image or cannot be used.
    """
    if not options.input:
        raise UserError("nothing to predict: give --input with an image or a folder of images")
    paths = [path for name in options.input for path in _image_paths(name)]
    inputs = data.encode(paths, bool(options.invert))
    grey, light = inputs.shape[1] == 1, int((inputs.flatten(1).median(dim=1)[0] > 127).sum())
    if grey and light and not options.invert:
        print(
            f"warning: {light} of {len(paths)} images are light, but the course's grey images "
            "are light on black: --invert swaps dark and light",
            file=sys.stderr,
        )
    return Inputs(inputs, _numbered("file", map(encodable, paths)))


def _image_paths(path: Path) -> list[Path]:
    """Return the path of a file, or those of the images in a folder and below it, sorted."""
    if not path.is_dir():
        return [path]
    images, skipped = images_below(path)
    if not images:
        raise UserError(f"--input {path}: no image is in this folder or below it")
    # Hidden files are not the user's: macOS writes a "._one.png" beside "one.png".
    if others := [name for name in skipped if not any(map(is_of_system, Path(name).parts))]:
        line = (
            f"{path}: {len(others):,} of {len(others) + len(images):,} files left out, not images "
            f"({', '.join(others[:3])}{', …' * (len(others) > 3)})"
        )
        print(printable(line), file=sys.stderr)
    return images


def _numbered(name: str, values: Iterable[str]) -> pd.DataFrame:
    table = pd.DataFrame({name: list(values)})
    return table.set_index(table.index + 1)
