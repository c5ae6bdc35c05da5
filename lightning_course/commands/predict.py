"""``predict``: what a finished run says about new texts, rows of a table, or pictures."""

import argparse
import sys
from pathlib import Path

from lightning_course.commands.evaluate import Parser
from lightning_course.errors import UserError

# Options that fit every kind of data; which others fit, `kinds.KINDS` says.
_COMMON = ("run", "checkpoint", "output")

_EPILOG = """A run on texts takes --text, --input or lines of the standard input; one on a table a
CSV file with the columns that it was trained on, by name; one on images picture files of any size,
or folders of them with all that is below. What comes out is the input with a label and a
probability (of two classes, that of the second; else that of the label), or with a prediction in
the units of the target."""


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or nothing to predict.
    """
    parser = Parser(prog="predict.py", description=__doc__, epilog=_EPILOG, allow_abbrev=False)
    parser.add_argument("--run", required=True, help="runs/TASK/VERSION or runs/TASK/latest")
    parser.add_argument(
        "--checkpoint", choices=("last", "best"), help="default: as in results.json"
    )
    parser.add_argument("--output", type=Path, help="CSV file to write instead of printing")
    parser.add_argument(
        "--input", type=Path, action="append", help="a CSV file, a picture, a folder of pictures"
    )
    parser.add_argument("--data.encoding", help="of the CSV file; default: find out")
    parser.add_argument("--data.separator", help="of the CSV file; likewise")
    parser.add_argument("--text", action="append", help="a text; may be given several times")
    parser.add_argument("--column", help="name of the CSV file's column of texts (default text)")
    parser.add_argument(
        "--invert", action="store_true", help="exchange dark and light: for dark strokes on paper"
    )
    options = parser.parse_args(argv)
    if options.text and options.input:
        raise UserError("give --text or --input, not both")
    output: Path | None = options.output
    if output and (output.is_dir() or not output.parent.is_dir()):
        raise UserError(f"--output {output} is not the name of a file in a folder")

    import pandas as pd

    from lightning_course.commands import console, kinds, prediction
    from lightning_course.reports.findings import class_names
    from lightning_course.runs import load_run, write_atomically

    console.quieten()
    run = load_run(options.run, options.checkpoint)
    kind = kinds.kind_of(run)
    _check_options(options, run.task.name, kind.name, kind.options)
    questions = kind.read(run.datamodule, options)
    # Not on the standard output, which is for the predictions.
    trained_on = run.results["data"]
    line = f"{run.path}, trained on {trained_on['kind']} data ({trained_on['name']})"
    if run.module.objective.kind == "binary":
        line += f"; the probability is that of '{class_names(run.datamodule, 2)[1]}'"
    print(line, file=sys.stderr)
    answers = prediction.predict(run, questions)
    if output is None:
        print(kind.show(questions.rows, answers))
        return
    table = pd.concat([questions.rows, answers], axis=1)
    try:
        write_atomically(output, table.to_csv(index=False))
    except (OSError, UnicodeEncodeError) as error:
        raise UserError(f"--output {output} cannot be written: {error}") from error
    print(f"{len(table):,} predictions in {output}")


def _check_options(
    options: argparse.Namespace, task: str, kind: str, fitting: tuple[str, ...]
) -> None:
    """Refuse options that would have no effect on this kind of data."""
    for name, value in vars(options).items():
        if value not in (None, False) and name not in (*_COMMON, *fitting):
            takes = ", ".join(f"--{option}" for option in fitting)
            raise UserError(f"--{name}: task '{task}' predicts {kind}; it takes {takes}")
