"""Writing predictions, and refusing options that do not fit the data or the file."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lightning_course.errors import UserError
from lightning_course.files.spreadsheets import as_csv
from lightning_course.files.writing import write_output
from lightning_course.reports.canvas import draw, png
from lightning_course.reports.figures import Figure

# The options that fit every kind of data.
_COMMON = ("run", "checkpoint", "output", "spreadsheet_safe", "allow")


def check_options(
    options: argparse.Namespace, task: str, kind: str, fitting: Sequence[str]
) -> None:
    """Refuse options that would have no effect on this kind of data.

    Args:
        options: The command line of ``predict``.
        task: The run's task, for the message.
        kind: The name of its inputs, in the plural.
        fitting: The options that have an effect, besides those that fit every kind.

    Raises:
        UserError: An option that does not fit.
    """
    for name, value in vars(options).items():
        if value is not None and name not in (*_COMMON, *fitting):
            takes = ", ".join(f"--{option}" for option in fitting) or (
                "no inputs: in Python, use load_run(…).module.predict_step(inputs)"
            )
            raise UserError(f"--{name}: task '{task}' predicts {kind}; it takes {takes}")


def check_output(output: Path, inputs: Sequence[Path], draws: bool) -> None:
    """Refuse to overwrite an input, or to write a table and a figure into one file."""
    figure = output.with_suffix(".png")
    if draws and (figure == output or figure.is_dir()):
        raise UserError(
            f"--output {output}: name a CSV file; the figure is written beside it as {figure.name}"
        )
    if any(output.exists() and path.exists() and output.samefile(path) for path in inputs):
        raise UserError(f"--output {output} would overwrite --input: name another file")


def write(output: Path, table: pd.DataFrame, figure: Figure | None, spreadsheet_safe: bool) -> int:
    """Write a table as CSV, and a figure beside it, each whole or not at all.

    Returns:
        The number of cells that a spreadsheet would run as formulas.

    Raises:
        UserError: A file cannot be written.
    """
    image = png(draw(figure)) if figure else None
    text, formulas = as_csv(table, spreadsheet_safe)
    try:
        write_output(output, text)
        if image:
            write_output(output.with_suffix(".png"), image)
    except (OSError, UnicodeEncodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"--output {output} cannot be written: {reason}") from error
    return formulas
