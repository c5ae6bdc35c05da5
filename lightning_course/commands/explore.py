"""``explore``: look at data before any model: columns, first rows, histograms, scatter matrix."""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.command_line import Parser, did_you_mean
from lightning_course.errors import UserError
from lightning_course.files.writing import safe_name
from lightning_course.process.warnings import show_warning
from lightning_course.reports.figure_files import write_figures
from lightning_course.terminal import printable

if TYPE_CHECKING:
    import pandas as pd

    from lightning_course.reports.figures import Figure
    from lightning_course.sources import Provenance

TABLES = ("moore", "breast_cancer", "arrhythmia", "auto_mpg", "sbux", "spam")
IMAGES = ("mnist", "fashion_mnist", "cifar10")

# As many as the course's own scatter matrix has.
_SCATTER_COLUMNS = 6
# Each takes some milliseconds to read; --columns_limit can ask for more.
_MAX_COLUMNS = 1000


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such data, a table that training would refuse, or a folder that cannot be
            written.
    """
    options = _parser().parse_args(argv)
    if options.columns_limit < 1:
        raise UserError(f"--columns_limit must be at least 1, got {options.columns_limit}")
    is_course = options.data in (*TABLES, *IMAGES)
    for option in ("separator", "encoding"):
        if is_course and getattr(options, option):
            raise UserError(f"--data.{option} is for your own table, not for {options.data}")
    warnings.showwarning = show_warning
    explore = _explore_images if options.data in IMAGES else _explore_table
    name, figures = explore(options)
    write_figures(figures, options.save or Path("runs/explore") / safe_name(name), "explore")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="explore.py",
        description=__doc__,
        epilog=f"NAME is one of {', '.join((*TABLES, *IMAGES))}. Your own table is a CSV file "
        "whose first line names the columns, or its http(s) address; train.py reads it likewise.",
        allow_abbrev=False,
    )
    parser.add_argument("--data", required=True, help="a NAME, a file, or an address")
    parser.add_argument("--data.root", dest="root", help="folder of the course's data files")
    parser.add_argument(
        "--data.source",
        dest="source",
        choices=("auto", "download", "local", "standin"),
        default="auto",
        help="where the course's data come from (default auto)",
    )
    parser.add_argument(
        "--data.separator",
        dest="separator",
        help='separator of your own table: a character, "tab", or "blank" for any number of spaces',
    )
    parser.add_argument("--data.encoding", dest="encoding", help='of your own table: "cp1252", …')
    parser.add_argument(
        "--scatter",
        type=lambda words: list(dict.fromkeys(filter(None, map(str.strip, words.split(","))))),
        default=[],
        help="columns of the scatter matrix: a,b,c (default: the first six with numbers)",
    )
    parser.add_argument(
        "--columns_limit", type=int, default=30, help="number of columns shown (default 30)"
    )
    parser.add_argument("--save", type=Path, help="folder of the figures (runs/explore/NAME)")
    return parser


def _course_table(options: argparse.Namespace) -> tuple["pd.DataFrame", "Provenance"]:
    from lightning_course import sources

    where = options.root, options.source
    loaders: dict[str, Callable[[], tuple[pd.DataFrame, Provenance]]] = {
        "moore": lambda: sources.load_moore(*where),
        "arrhythmia": lambda: sources.load_arrhythmia(*where),
        "auto_mpg": lambda: sources.load_auto_mpg(*where),
        "sbux": lambda: sources.load_sbux(*where),
        "spam": lambda: sources.load_messages(*where),
        "breast_cancer": lambda: sources.load_breast_cancer_table()[::2],
    }
    return loaders[options.data]()


def _own_table(options: argparse.Namespace) -> tuple["pd.DataFrame", "Provenance"]:
    """Return the user's table with types; what there is to say about its columns is printed."""
    from lightning_course.sources import read_own_table, with_types
    from lightning_course.sources.own.formats import are_numbers
    from lightning_course.sources.own.web import fetch, is_url

    word = options.data
    path = fetch(word) if is_url(word) else Path(word)
    if not path.exists() and not is_url(word) and not path.suffix and path.name == word:
        known = (*TABLES, *IMAGES)
        raise UserError(
            f"no data '{word}'{did_you_mean(word, known)}: there is no such file, and the names "
            f"are {', '.join(known)}"
        )
    table, provenance = read_own_table(path, (), options.encoding, options.separator)
    if are_numbers(names := [*map(str, table)]):
        names_read = ", ".join(names[:6])
        show_warning(f"{path}: the first line is read as the names of the columns: {names_read}")
    if nameless := table.attrs["nameless"]:
        show_warning(f"{path}: no feature unless you name it: {', '.join(nameless)}")
    if table.shape[1] > (most := max(_MAX_COLUMNS, options.columns_limit)):
        show_warning(f"{path}: the first {most:,} of {table.shape[1]:,} columns are read")
    typed, reasons = with_types(table.iloc[:, :most], path)
    for reason in reasons[:5]:
        show_warning(f"shown as text, and refused by training: {reason}")
    return typed, provenance


def _explore_table(options: argparse.Namespace) -> tuple[str, dict[str, "Figure"]]:
    """Print a summary; return the name of the data, and the figures by name."""
    from lightning_course.sources.published import UNITS

    is_course = options.data in TABLES
    table, provenance = _course_table(options) if is_course else _own_table(options)
    # Not the address of your own table, which may have a password.
    name = options.data if is_course else provenance.name
    units, limit = UNITS.get(options.data, {}), options.columns_limit
    print(printable(f"{name}: {provenance}"))
    print(f"rows: {len(table):,}, columns: {table.shape[1]:,}\n", flush=True)

    # After the lines above: matplotlib takes seconds to import.
    from lightning_course.reports import exploration

    numeric = exploration.numeric_columns(table)
    for column in options.scatter:
        if column not in table:
            hint = did_you_mean(column, map(str, table.columns))
            raise UserError(f"--scatter: there is no column '{column}'{hint}")
        if column not in numeric:
            raise UserError(f"--scatter: column '{column}' has no numbers that differ")
    print(exploration.summary(table, limit), end="\n\n")
    title = f"{name}: {provenance.kind} data, {len(table):,} rows"
    figures = {"histograms": exploration.histograms(table.iloc[:, :limit], title, units)}
    if len(chosen := options.scatter or numeric[:_SCATTER_COLUMNS]) > 1:
        figures["scatter_matrix"] = exploration.scatter_matrix(table[chosen], title, units)
    else:
        print("no scatter matrix: it needs two columns of numbers that differ")
    return name, figures


def _explore_images(options: argparse.Namespace) -> tuple[str, dict[str, "Figure"]]:
    """Print a summary; return the name of the data, and the figures by name."""
    import pandas as pd

    from lightning_course.sources import load_image_set

    images = load_image_set(options.data, options.root, options.source)
    print(f"{options.data}: {images.provenance}")
    rows, *shape = images.train_images.shape
    shown = " x ".join(map(str, shape))
    print(
        f"{rows:,} training and {len(images.test_images):,} test images of {shown} bytes\n",
        flush=True,
    )

    # After the lines above: matplotlib takes seconds to import.
    from lightning_course.reports import exploration

    names = images.class_names
    labels = {"train": images.train_labels, "test": images.test_labels}
    counts = pd.DataFrame({split: y.bincount(minlength=len(names)) for split, y in labels.items()})
    counts.index = pd.Index(names)
    print(counts.to_string(), end="\n\n")
    title = f"{options.data}: {images.provenance.kind} data"
    pixels, classes = images.train_images.numpy(), images.train_labels.numpy()
    return options.data, {
        "classes": exploration.class_counts(counts, title),
        "examples": exploration.example_images(pixels, classes, names, f"{title}, first images"),
        "pixels": exploration.pixel_histogram(pixels, f"{title}, training images"),
    }
