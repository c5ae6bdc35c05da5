"""Tables as CSV files, and what a spreadsheet would take for formulas in them.

Excel and LibreOffice run a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end,
wherever the file came from. By default cells are written as they are all the same: programs read
our files back, where an apostrophe that nobody wrote is a wrong text.
"""

import re

import pandas as pd

_START = ("=", "+", "-", "@", "\t", "\r", "\n")
# A number with its sign is a number in a spreadsheet too, with point or comma, or in percent.
_NUMBER = re.compile(r"[+-](\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?\s?%?", re.IGNORECASE)


def is_formula(cell: object) -> bool:
    """Whether a spreadsheet would run a cell.

    Examples:
        >>> [is_formula(cell) for cell in ("=1+1", "-ring me", "+3,5 %", -3.5, "a=b")]
        [True, True, False, False, False]
    """
    return isinstance(cell, str) and cell.startswith(_START) and not _NUMBER.fullmatch(cell)


def as_csv(table: pd.DataFrame, spreadsheet_safe: bool = False) -> tuple[str, int]:
    """Return a table as CSV without its index, and how many cells a spreadsheet would run.

    Args:
        table: Numbers and texts.
        spreadsheet_safe: Put an apostrophe before each of these cells; then none is left.
    """
    names = sum(map(is_formula, table.columns))
    texts = [n for n in range(table.shape[1]) if table.iloc[:, n].dtype.kind not in "biufcmM"]
    found = names + sum(is_formula(cell) for n in texts for cell in table.iloc[:, n])
    if not spreadsheet_safe:
        return table.to_csv(index=False), found
    safe = table.set_axis([_quoted(name) for name in table.columns], axis=1)
    for n in texts:
        safe.isetitem(n, [_quoted(cell) for cell in table.iloc[:, n]])
    return safe.to_csv(index=False), 0


def note(cells: int, option: str) -> str:
    """Return what there is to say of cells that a spreadsheet would run.

    Args:
        cells: How many, at least 1.
        option: What would put an apostrophe before them.
    """
    begin = "1 cell begins" if cells == 1 else f"{cells:,} cells begin"
    return (
        f"note: {begin} with =, +, -, @ or a tab, and a spreadsheet would run "
        f"{'it as a formula' if cells == 1 else 'them as formulas'}; {option} puts an apostrophe "
        "in front"
    )


def _quoted(cell: object) -> object:
    return f"'{cell}" if is_formula(cell) else cell
