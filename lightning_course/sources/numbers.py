"""The user's own tables of numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lightning_course.errors import UserError

# As spreadsheets, R, pandas and the UCI repository write a value that is not there.
MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "null", "None")


def as_numbers(
    table: pd.DataFrame,
    columns: Sequence[str],
    path: str | Path,
    *,
    missing: bool = False,
    fitting: bool = True,
) -> npt.NDArray[np.float64]:
    """Return columns of a table of text as numbers.

    Args:
        table: As :func:`~lightning_course.sources.read_own_table` returns it.
        columns: D names of its columns.
        path: The file, for messages.
        missing: Whether a value may be missing.
        fitting: Whether a model will be fitted on the rows: then a column must have a value, and
            messages name the options of ``train`` that help. New rows for a fitted model have
            neither.

    Returns:
        Shape (N, D), finite, but NaN for missing values.

    Raises:
        UserError: A cell that is not a finite number, with its row and column.
    """
    values = np.empty((len(table), len(columns)))
    for position, name in enumerate(columns):
        # A notebook's table has numbers already.
        cells = table[name].astype(str).str.strip()
        absent = cells.isna() | cells.isin(MISSING)
        numbers = pd.to_numeric(cells.where(~absent, "nan"), errors="coerce").astype(float)
        if len(rows := table.index[numbers.isna() & ~absent]):
            raise UserError(
                f"{path}, row {rows[0]}, column '{name}': '{cells[rows[0]]}' is not a number"
                + ("; name the columns to use with --data.features" if fitting else "")
            )
        if len(rows := table.index[np.isinf(numbers)]):
            raise UserError(
                f"{path}, row {rows[0]}, column '{name}': '{cells[rows[0]]}' is not finite"
            )
        if absent.any() and not missing:
            row = table.index[absent][0]
            raise UserError(
                f"{path}, row {row}, column '{name}': the value is missing; fill it in"
                + (
                    ", remove the row, or take the training mean with --data.missing mean"
                    if fitting
                    else " or remove the row"
                )
            )
        if fitting and absent.all():
            raise UserError(f"{path}, column '{name}' has no value at all")
        values[:, position] = numbers
    return values
