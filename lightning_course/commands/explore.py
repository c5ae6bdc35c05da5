"""``explore``: look at data before any model: columns, first rows, histograms, scatter matrix."""

import argparse
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lightning_course.command_line import Parser, did_you_mean
from lightning_course.errors import UserError
from lightning_course.files.writing import safe_name
from lightning_course.process.warnings import show_warning
from lightning_course.reports.figure_files import write_figures
from lightning_course.terminal import printable

if TYPE_CHECKING:
    import pandas as pd

    from lightning_course.reports.figures import Figure
    from lightning_course.sources import AnyTable, Provenance

# As many as the course's own scatter matrix has, and as can be told apart.
_SCATTER_COLUMNS = 6

# Each takes some milliseconds to describe; --columns_limit can ask for more.
_MAX_COLUMNS = 1000

TABLES = ("moore", "breast_cancer", "arrhythmia", "auto_mpg", "sbux", "spam")
IMAGES = ("mnist", "fashion_mnist", "cifar10")

_SEPARATOR_NAMES = {"\t": "tabs", " ": "blanks", ",": "commas", ";": "semicolons", "|": "bars"}


class Data(NamedTuple):
    """A table and what is known of it.

    Attributes:
        name: For titles and the folder.
        table: See :class:`~lightning_course.sources.AnyTable`.
        provenance: Where it came from.
        units: Units by column.
        remark: How it was read, where that was found out.
    """

    name: str
    table: "pd.DataFrame"
    provenance: "Provenance"
    units: Mapping[str, str] = {}
    remark: str = ""


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such data, not a table, nothing to draw, or a folder that cannot be written.
    """
    options = _parser().parse_args(argv)
    if options.columns_limit < 1:
        raise UserError(f"--columns_limit must be at least 1, got {options.columns_limit}")
    if options.data in (*TABLES, *IMAGES):
        for option in ("separator", "encoding", "header", "columns"):
            if getattr(options, option):
                raise UserError(f"--data.{option} is for a table of your own, not {options.data}")
    warnings.showwarning = show_warning
    if options.data in IMAGES:
        folder = options.save or Path("runs/explore") / options.data
        write_figures(_explore_images(options), folder, "explore")
        return
    data = _course_table(options) if options.data in TABLES else _own_table(options)
    drawn = _explore_table(data, options)
    write_figures(drawn, options.save or Path("runs/explore") / safe_name(data.name), "explore")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="explore.py",
        description=__doc__,
        epilog=f"NAME is one of {', '.join((*TABLES, *IMAGES))}. A table of your own is a text "
        "file of rows, or its http(s) address: separator, encoding and header are detected "
        "unless you name them; numbers and missing values are read as for training.",
        allow_abbrev=False,
    )
    parser.add_argument("--data", required=True, help="a NAME, a file, or an address")
    parser.add_argument("--data.root", dest="root", help="where the course's data files lie")
    parser.add_argument(
        "--data.source",
        dest="source",
        choices=("auto", "download", "local", "standin"),
        default="auto",
        help="of the course's data (default auto)",
    )
    parser.add_argument(
        "--data.separator",
        dest="separator",
        help='of your own table: a character, "tab", or "blank" for blanks in any number',
    )
    parser.add_argument("--data.encoding", dest="encoding", help='of your own table: "cp1252", …')
    parser.add_argument(
        "--data.header",
        dest="header",
        choices=("yes", "no"),
        help="whether its first line names the columns",
    )
    parser.add_argument(
        "--data.columns",
        dest="columns",
        type=_names,
        default=[],
        help="names of its columns from the left: a,b,c",
    )
    parser.add_argument(
        "--scatter",
        type=_names,
        default=[],
        help="columns of the scatter matrix: a,b,c (default: the first six of numbers)",
    )
    parser.add_argument(
        "--columns_limit", type=int, default=30, help="columns that are shown (default 30)"
    )
    parser.add_argument("--save", type=Path, help="folder of the figures (runs/explore/NAME)")
    return parser


def _names(words: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in words.split(",") if name.strip()))


def _course_table(options: argparse.Namespace) -> Data:
    from lightning_course import sources
    from lightning_course.sources.published import UNITS

    name, where = options.data, (options.root, options.source)
    loaders: dict[str, Callable[[], tuple[pd.DataFrame, Provenance]]] = {
        "moore": lambda: sources.load_moore(*where),
        "arrhythmia": lambda: sources.load_arrhythmia(*where),
        "auto_mpg": lambda: sources.load_auto_mpg(*where),
        "sbux": lambda: sources.load_sbux(*where),
        "spam": lambda: sources.load_messages(*where),
        "breast_cancer": lambda: sources.load_breast_cancer_table()[::2],
    }
    return Data(name, *loaders[name](), UNITS.get(name, {}))


def _own_table(options: argparse.Namespace) -> Data:
    from lightning_course.sources import read_any_table
    from lightning_course.sources.web import fetch, is_url

    word = options.data
    path = fetch(word) if is_url(word) else Path(word)
    if not path.exists() and not is_url(word) and not path.suffix and path.name == word:
        known = (*TABLES, *IMAGES)
        raise UserError(
            f"no data '{word}'{did_you_mean(word, known)}: there is no such file, and the names "
            f"are {', '.join(known)}"
        )
    header = None if options.header is None else options.header == "yes"
    names, most = options.columns, max(_MAX_COLUMNS, options.columns_limit)
    read = read_any_table(path, options.encoding, options.separator, header, names, most)
    return Data(path.stem, read.table, read.provenance, remark=_how_it_was_read(read))


def _how_it_was_read(read: "AnyTable") -> str:
    separator = _SEPARATOR_NAMES.get(read.separator, repr(read.separator))
    header = "the first line names them" if read.has_header else "the first line is data"
    how = f"columns are separated by {separator}; {header} (else: --data.separator, --data.header)"
    if nameless := read.table.attrs["nameless"]:
        how += f"\nwithout a name, and so no feature unless you name it: {', '.join(nameless)}"
    shown = read.table.shape[1]
    if shown < read.columns:
        how += f"\nthe first {shown:,} columns of {read.columns:,} are looked at"
    return how


def _explore_table(data: Data, options: argparse.Namespace) -> dict[str, "Figure"]:
    """Print the summary and return the figures by name."""
    table, units, limit = data.table, data.units, options.columns_limit
    if unknown := [name for name in options.scatter if name not in table]:
        hint = did_you_mean(unknown[0], map(str, table.columns))
        raise UserError(f"--scatter: there is no column '{unknown[0]}'{hint}")
    print(printable(f"{data.name}: {data.provenance}"))
    if data.remark:
        print(data.remark)
    print(f"rows: {len(table):,}, columns: {table.shape[1]:,}", flush=True)

    # After the lines above: matplotlib and scikit-learn take seconds to import.
    from lightning_course.reports import columns, exploration

    print(f"\n{columns.as_text(columns.describe_columns(table), limit)}")
    print(f"\nfirst rows:\n{columns.first_rows(table)}")
    if remarks := columns.remarks(table):
        print("\nworth knowing:", *remarks, sep="\n- ")
    print()

    drawable, numeric = exploration.drawable_columns(table), exploration.numeric_columns(table)
    if not drawable:
        raise UserError(f"{data.name} has nothing to draw: no column of numbers, classes or texts")
    title = f"{data.name}: {data.provenance.kind} data, {columns.count(len(table), 'row')}"
    chosen = _scatter_columns(options.scatter, table, numeric)
    left_out = ""
    if len(drawable) > limit:
        left_out = f", {limit} of {len(drawable)} columns"
        print(f"histograms: the first {limit} columns; --columns_limit shows more")
    drawn = {"histograms": exploration.histograms(table[drawable[:limit]], title + left_out, units)}
    if len(chosen) < 2:
        print("no scatter matrix: it needs two columns of numbers that vary")
    else:
        drawn["scatter_matrix"] = exploration.scatter_matrix(table[chosen], title, units)
    return drawn


def _scatter_columns(wanted: list[str], table: "pd.DataFrame", numeric: list[str]) -> list[str]:
    """Return the user's columns, else the first six of numbers that are not all the same."""
    if text := [name for name in wanted if name not in numeric]:
        raise UserError(f"--scatter: column '{text[0]}' has no numbers")
    if wanted:
        return wanted
    varied = [name for name in numeric if table[name].nunique() > 1]
    if len(varied) > _SCATTER_COLUMNS:
        print(f"scatter matrix: the first {_SCATTER_COLUMNS} columns; --scatter a,b,c names others")
    return varied[:_SCATTER_COLUMNS]


def _explore_images(options: argparse.Namespace) -> dict[str, "Figure"]:
    """Print the summary and return the figures by name."""
    from lightning_course.sources import load_image_set

    images = load_image_set(options.data, options.root, options.source)
    print(f"{options.data}: {images.provenance}")
    rows, channels, height, width = images.train_images.shape
    print(
        f"{rows:,} training and {len(images.test_images):,} test images of {channels} x {height} x "
        f"{width} bytes, {(images.train_images.nbytes + images.test_images.nbytes) / 1e6:,.0f} MB",
        flush=True,
    )

    # After the lines above: matplotlib and scikit-learn take seconds to import.
    from lightning_course.reports import image_sets

    classes = images.class_names
    counts = {
        "train": images.train_labels.bincount(minlength=len(classes)).tolist(),
        "test": images.test_labels.bincount(minlength=len(classes)).tolist(),
    }
    print(f"\n{'class':12} {'train':>7} {'test':>7}")
    for name, *of in zip(classes, *counts.values(), strict=True):
        print(f"{name:12} {of[0]:7,} {of[1]:7,}")
    print()
    title = f"{options.data}: {images.provenance.kind} data"
    pixels, labels = images.train_images.numpy(), images.train_labels.numpy()
    return {
        "classes": image_sets.class_counts(counts, classes, title),
        "examples": image_sets.example_images(
            pixels, labels, classes, f"{title}, first training images of each class"
        ),
        "pixels": image_sets.pixel_histogram(pixels, f"{title}, pixels of the training images"),
    }
