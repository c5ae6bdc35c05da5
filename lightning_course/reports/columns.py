"""A table of data in words: its columns, its first rows, and what is odd about it."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from lightning_course.terminal import printable

# What a terminal shows without wrapping.
WIDTH = 100

_LONGEST_NAME, _LONGEST_CELL = 28, 40


def describe_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each column.

    Args:
        table: Numbers (missing: NaN), dates (NaT) and text (missing: "" or NaN).

    Returns:
        The columns ``column``, ``type``, ``missing`` and ``unique`` (counts; missing values do not
        count as one), ``min``, ``mean``, ``max`` (of finite numbers; dates have no mean) and
        ``commonest`` (of text, with its count), as text ready for printing.
    """
    rows = []
    for name in table.columns:
        values = present(table[name])
        row = {
            "column": str(name),
            "type": _type(table[name]),
            "missing": f"{len(table) - len(values):,}",
            "unique": f"{values.nunique():,}",
            **dict.fromkeys(("min", "mean", "max", "commonest"), ""),
        }
        if is_numeric_dtype(values):
            values = values[np.isfinite(values)]
            if len(values):
                row |= {key: compact(getattr(values, key)()) for key in ("min", "mean", "max")}
        elif len(values) and is_datetime64_any_dtype(values):
            row |= {key: f"{getattr(values, key)():%Y-%m-%d}" for key in ("min", "max")}
        elif len(values):
            commonest = values.value_counts().head(1)
            row["commonest"] = f"{shorten(str(commonest.index[0]))} ({commonest.iloc[0]:,}x)"
        rows.append(row)
    return pd.DataFrame(rows)


def present(values: pd.Series) -> pd.Series:
    """Return the values that are not missing: not NaN or NaT, and no empty text."""
    values = values.dropna()
    return values if is_numeric_dtype(values) else values[values.astype(str).str.strip() != ""]


def remarks(table: pd.DataFrame) -> list[str]:
    """Return what is worth knowing before the data are used, a line each."""
    found = []
    empty, constant, sparse, infinite, text = [], [], [], [], []
    for name in table.columns:
        values = present(table[name])
        if not len(values):
            empty.append(name)
        elif values.nunique() == 1:
            constant.append(name)
        elif len(values) < len(table) / 2:
            sparse.append(name)
        if is_numeric_dtype(values):
            if np.isinf(values).any():
                infinite.append(name)
        elif not is_datetime64_any_dtype(values):
            text.append(name)
    for names, what in (
        (empty, "without any value"),
        (constant, "with one value only, which tell nothing"),
        (sparse, "with more than half of the values missing"),
        (infinite, "with infinite values, which are left out here"),
        (text, "of text, which a model needs as numbers"),
    ):
        if names:
            found.append(f"{count(len(names), 'column')} {what}: {_listed(names)}")
    if copies := int(table.duplicated().sum()):
        found.append(f"{count(copies, 'row')} that repeat an earlier one")
    return found


def as_text(described: pd.DataFrame, most: int) -> str:
    """Return the first rows of :func:`describe_columns` as lines of at most ``WIDTH`` characters.

    Args:
        described: What that function returned.
        most: Number of rows that are shown; how many are left out is said.
    """
    shown = described.head(most).assign(
        column=[shorten(name, _LONGEST_NAME) for name in described["column"].head(most)]
    )
    # Nothing is said of a kind of column that there is not.
    shown = shown.loc[:, [name for name in shown if (shown[name] != "").any()]]
    text = ("column", "type", "commonest")
    lines = _aligned(shown, [number for number, name in enumerate(shown) if name in text])
    if len(described) > most:
        lines.append(f"… and {count(len(described) - most, 'more column')}")
    return "\n".join(line[:WIDTH].rstrip() for line in lines)


def first_rows(table: pd.DataFrame, rows: int = 5) -> str:
    """Return the first rows of a table, with as many columns as fit into ``WIDTH`` characters."""
    head = table.head(rows)
    # Texts may be long where there is little beside them.
    longest = max(_LONGEST_CELL, WIDTH - 14 * table.shape[1])
    cells = pd.DataFrame(
        [[_cell(value, longest) for value in head[name]] for name in head.columns],
        index=[shorten(str(name), _LONGEST_NAME) for name in head.columns],
        dtype=str,
    ).T
    text = [number for number, name in enumerate(head) if not is_numeric_dtype(head[name])]
    fitting = len(cells.columns)
    while fitting > 1 and len(_aligned(cells.iloc[:, :fitting], text)[0]) > WIDTH:
        # Each column takes its name or a digit, and two blanks.
        fitting = min(fitting - 1, WIDTH // 3)
    lines = [line[:WIDTH] for line in _aligned(cells.iloc[:, :fitting], text)]
    if fitting < len(cells.columns):
        lines.append(f"… and {count(len(cells.columns) - fitting, 'more column')}")
    return "\n".join(line.rstrip() for line in lines)


def compact(value: float) -> str:
    """Return a number in few characters: whole numbers below ten million in full.

    Thousands are set apart from 10,000 on: below that it may be a year.
    """
    if not math.isfinite(value) or value != round(value) or abs(value) >= 1e7:
        return f"{value:.4g}"
    return f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"


def shorten(text: str, longest: int = _LONGEST_CELL) -> str:
    """Return a text in one line, cut with "…" if it is longer than allowed."""
    text = printable(" ".join(text.split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def count(number: int, what: str) -> str:
    """Return "1 row" or "1,259 rows"."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _type(values: pd.Series) -> str:
    # pandas 2 calls text "object".
    if is_numeric_dtype(values) or is_datetime64_any_dtype(values):
        return str(values.dtype).partition("[")[0]
    return "text"


def _cell(value: object, longest: int) -> str:
    if isinstance(value, pd.Timestamp):
        # Midnight is a date without a time.
        return str(value.date() if value == value.normalize() else value)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return "" if value is None or value is pd.NaT else shorten(str(value), longest)


def _listed(names: Sequence[object], most: int = 8) -> str:
    listed = ", ".join(shorten(str(name), _LONGEST_NAME) for name in names[:most])
    return listed + (", …" if len(names) > most else "")


def _aligned(cells: pd.DataFrame, left: Sequence[int]) -> list[str]:
    """Return a header and the rows in columns two blanks apart.

    Args:
        cells: Text.
        left: Numbers of the columns that are aligned to the left; the others are to the right.
    """
    columns = []
    for number, name in enumerate(cells.columns):
        column = [str(name), *cells.iloc[:, number]]
        width = max(map(len, column))
        columns.append([f"{cell:{'<' if number in left else '>'}{width}}" for cell in column])
    return ["  ".join(row) for row in zip(*columns, strict=True)]
