"""``predict``: apply a finished run to new rows, or forecast a series."""

import argparse
import sys
from pathlib import Path

from lightning_course.command_line import Parser, add_allow, check_output_path
from lightning_course.errors import UserError
from lightning_course.terminal import printable

_EPILOG = """\
What a run takes depends on its data:
  texts      --text, lines of the standard input, or --input with a CSV file
             that has the column of texts of the training, or --column
  tables     --input with a CSV file that has the training's columns, by name
  images     --input with image files of any size, or folders of them
  sequences  --input with a CSV file in which each row is a sequence
  series     --steps values after the end of --input, a CSV file that has the
             training's columns ("close" for share prices and their returns,
             "value" for the sine and the chirp) and one of dates if there are
             any; without --input after the end of the run's own series
  direction  for each day of --input that has enough days before it, and for
             the day after the last: is the share up? Without --input: for the
             day after the run's own data

The output is the input with a label and a probability (of two classes, the
second one's; else the label's), or with a prediction in the units of the
target. Beside --output FILE.csv a forecast is also drawn, in FILE.png."""


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or nothing to predict.
    """
    options = _parser().parse_args(argv)
    if options.text and options.input:
        raise UserError("give --text or --input, not both")
    output: Path | None = options.output
    check_output_path(output)
    if options.spreadsheet_safe and not output:
        raise UserError("--spreadsheet_safe is for the file that --output names")

    import pandas as pd

    from lightning_course.files.spreadsheets import note
    from lightning_course.files.writing import is_stream
    from lightning_course.kinds import kind_of
    from lightning_course.predicting.output import check_options, check_output, write
    from lightning_course.process.warnings import quieten
    from lightning_course.reports.findings import class_names
    from lightning_course.runs.loading import load_run

    quieten()
    run = load_run(options.run, options.checkpoint, options.allow)
    kind = kind_of(run.datamodule)
    check_options(options, run.task.name, kind.name, kind.predict_options)
    # No figure beside a device or a pipe.
    draws = output is not None and kind.draws and not is_stream(output)
    if output:
        check_output(output, options.input or (), draws)
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
    formulas = write(output, table, figure, options.spreadsheet_safe)
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
        "--input", type=Path, action="append", help="a CSV file, an image, a folder of images"
    )
    parser.add_argument("--steps", type=int, help="how many values to forecast (default 10)")
    parser.add_argument(
        "--data.date_column", help="of the CSV file; default: as in training, else detected"
    )
    parser.add_argument(
        "--data.allow_gaps",
        choices=("true", "false"),
        help="treat its rows as equally spaced whatever their dates; default: as in training",
    )
    parser.add_argument("--data.root", help="where the run's own data lie, if elsewhere")
    parser.add_argument("--data.encoding", help="of the CSV file; default: detected")
    parser.add_argument("--data.separator", help="of the CSV file; default: detected")
    parser.add_argument("--text", action="append", help="a text; repeat the option for several")
    parser.add_argument("--column", help="the CSV file's column of texts; default: as in training")
    parser.add_argument(
        "--invert",
        action="store_true",
        default=None,
        help="exchange dark and light: for dark strokes on paper",
    )
    add_allow(parser)
    return parser
