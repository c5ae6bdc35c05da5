"""Tables as CSV, and the cells in them that a spreadsheet would run as formulas.

Excel and LibreOffice run a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end,
whatever the file's origin. By default such cells are written unchanged, because programs read the
files too, and an added apostrophe would change the text.
"""

import re

import pandas as pd

_START = ("=", "+", "-", "@", "\t", "\r", "\n")
# A signed number is a number in a spreadsheet too, with a point or a comma, or in percent.
_NUMBER = re.compile(r"[+-](\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?\s?%?", re.IGNORECASE)


def is_formula(cell: object) -> bool:
    """Whether a spreadsheet would run a cell as a formula.

    Examples:
        >>> [is_formula(cell) for cell in ("=1+1", "-ring me", "+3,5 %", -3.5, "a=b")]
        [True, True, False, False, False]
    """
    return isinstance(cell, str) and cell.startswith(_START) and not _NUMBER.fullmatch(cell)


def as_csv(table: pd.DataFrame, spreadsheet_safe: bool = False) -> tuple[str, int]:
    """Return a table as CSV without its index, and the number of cells a spreadsheet would run.

    Args:
        table: Numbers and texts.
        spreadsheet_safe: Put an apostrophe before each such cell, so that their number is 0.
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
    """Return the console's note on cells that a spreadsheet would run.

    Args:
        cells: Their number, at least 1.
        option: The option that puts an apostrophe before them.
    """
    begin = "1 cell begins" if cells == 1 else f"{cells:,} cells begin"
    return (
        f"note: {begin} with =, +, -, @ or a tab, and a spreadsheet would run "
        f"{'it as a formula' if cells == 1 else 'them as formulas'}; {option} puts an apostrophe "
        "in front"
    )


def _quoted(cell: object) -> object:
    return f"'{cell}" if is_formula(cell) else cell
