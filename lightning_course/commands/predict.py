"""``predict``: what a finished run says about new texts, tables, pictures, or of the future."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lightning_course.command_line import Parser, add_allow
from lightning_course.errors import UserError
from lightning_course.terminal import printable

if TYPE_CHECKING:
    from lightning_course.reports.figures import Figure

# Options that fit every kind of data; which others fit, each of the `kinds` says.
_COMMON = ("run", "checkpoint", "output", "spreadsheet_safe", "allow")

_EPILOG = """\
A run on texts takes --text, lines of the standard input, or a CSV file with
the column of texts that it was trained on, or --column; one on a table a CSV
file with the columns that it was trained on, by name; one on images picture
files of any size, or folders of them with all that is below; one on sequences
of signs a CSV file in which each row is a sequence. What comes out is the
input with a label and a probability (of two classes, that of the second; else
that of the label), or with a prediction in the units of the target.

A run on a time series forecasts --steps values after the end of --input, a CSV
file with the column that it was trained on ("close" for share prices and their
returns, "value" for the sine and the chirp) and one of dates if there are any;
without --input after the end of its own series. Beside --output FILE.csv a
figure FILE.png is written. A run on the direction of shares tells of each day
of --input that has enough days before it, and of the day after the last,
whether it is up; without --input of the day after its own data."""


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or nothing to predict.
    """
    options = _parser().parse_args(argv)
    if options.text and options.input:
        raise UserError("give --text or --input, not both")
    output: Path | None = options.output
    if output and (output.is_dir() or not output.parent.is_dir()):
        raise UserError(f"--output {output} is not the name of a file in a folder")
    if options.spreadsheet_safe and not output:
        raise UserError("--spreadsheet_safe is for the file that --output names")

    import pandas as pd

    from lightning_course.files.spreadsheets import as_csv, note
    from lightning_course.files.writing import is_stream
    from lightning_course.kinds import kind_of
    from lightning_course.reports.findings import class_names
    from lightning_course.runs.loading import load_run
    from lightning_course.training import console

    console.quieten()
    run = load_run(options.run, options.checkpoint, options.allow)
    kind = kind_of(run.datamodule)
    _check_options(options, run.task.name, kind.name, kind.predict_options)
    # Nothing lies beside a device or a pipe.
    draws = output is not None and kind.draws and not is_stream(output)
    if output:
        _check_output(output, options.input or (), draws)
    inputs = kind.read_inputs(options) if options.input else kind.own_inputs(run, options)
    # Not on the standard output, which is for the predictions.
    trained_on = run.results["data"]
    line = f"{run.path}, trained on {trained_on['kind']} data ({trained_on['name']})"
    if run.module.objective.kind == "binary":
        line += f"; the probability is that of '{class_names(run.datamodule, 2)[1]}'"
    print(printable(line), file=sys.stderr)
    predicted = kind.predict(run, inputs)
    if output is None:
        print(kind.show(inputs.shown, predicted))
        return
    table = pd.concat([inputs.rows, predicted], axis=1)
    figure = kind.draw(run, inputs, predicted) if draws else None
    text, formulas = as_csv(table, options.spreadsheet_safe)
    try:
        _write(output, text, figure)
    except (OSError, UnicodeEncodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"--output {output} cannot be written: {reason}") from error
    drawn = f", figure in {output.with_suffix('.png')}" if figure else ""
    print(
        printable(f"{len(table):,} prediction{'s' * (len(table) != 1)} in {output}{drawn}"),
        # The standard output may be where the predictions went.
        file=sys.stderr if is_stream(output) else sys.stdout,
    )
    if formulas:
        print(note(formulas, "--spreadsheet_safe"), file=sys.stderr)


def _parser() -> Parser:
    parser = Parser(
        prog="predict.py",
        description=__doc__,
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", required=True, help="runs/TASK/VERSION or runs/TASK/latest")
    parser.add_argument(
        "--checkpoint", choices=("last", "best"), help="default: as in results.json"
    )
    parser.add_argument(
        "--output", type=Path, help="CSV file, device or pipe to write to instead of printing"
    )
    parser.add_argument(
        "--spreadsheet_safe",
        action="store_true",
        help="in --output, put an apostrophe before cells that a spreadsheet would run as formulas",
    )
    parser.add_argument(
        "--input", type=Path, action="append", help="a CSV file, a picture, a folder of pictures"
    )
    parser.add_argument("--steps", type=int, help="how many values to forecast (default 10)")
    parser.add_argument(
        "--data.date_column", help="of the CSV file; default: as in training, else find out"
    )
    parser.add_argument(
        "--data.allow_gaps",
        choices=("true", "false"),
        help="take its rows as equally spaced whatever their dates say; default: as in training",
    )
    parser.add_argument("--data.root", help="where the run's own data lie, if elsewhere")
    parser.add_argument("--data.encoding", help="of the CSV file; default: find out")
    parser.add_argument("--data.separator", help="of the CSV file; likewise")
    parser.add_argument("--text", action="append", help="a text; may be given several times")
    parser.add_argument("--column", help="the CSV file's column of texts; default: as in training")
    parser.add_argument(
        "--invert",
        action="store_true",
        default=None,
        help="exchange dark and light: for dark strokes on paper",
    )
    add_allow(parser)
    return parser


def _write(output: Path, table: str, figure: "Figure | None") -> None:
    """Write a table, and a figure beside it, each whole or not at all."""
    from lightning_course.files.writing import write_output
    from lightning_course.reports.canvas import draw, png

    picture = png(draw(figure)) if figure else None
    write_output(output, table)
    if picture:
        write_output(output.with_suffix(".png"), picture)


def _check_options(
    options: argparse.Namespace, task: str, kind: str, fitting: tuple[str, ...]
) -> None:
    """Refuse options that would have no effect on this kind of data."""
    for name, value in vars(options).items():
        if value is not None and name not in (*_COMMON, *fitting):
            takes = ", ".join(f"--{option}" for option in fitting)
            raise UserError(f"--{name}: task '{task}' predicts {kind}; it takes {takes}")


def _check_output(output: Path, inputs: Sequence[Path], draws: bool) -> None:
    """Refuse to write over what was asked about, or to write a table and a figure into one."""
    figure = output.with_suffix(".png")
    if draws and (figure == output or figure.is_dir()):
        raise UserError(f"--output {output}: name a CSV file, beside which {figure.name} can lie")
    if any(output.exists() and path.exists() and output.samefile(path) for path in inputs):
        raise UserError(f"--output {output} would write over --input: name another file")
