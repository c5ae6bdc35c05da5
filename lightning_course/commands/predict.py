"""``predict``: probability and label for new texts, from a finished run's checkpoint."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

from lightning_course.commands.evaluate import Parser
from lightning_course.errors import UserError


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or nothing to predict.
    """
    parser = Parser(
        prog="predict.py",
        description=__doc__,
        epilog="Without --text and --input, each line of the standard input is a text.",
        allow_abbrev=False,
    )
    parser.add_argument("--run", required=True, help="runs/TASK/VERSION or runs/TASK/latest")
    parser.add_argument(
        "--checkpoint", choices=("last", "best"), help="default: as in results.json"
    )
    parser.add_argument("--text", action="append", help="a text; may be given several times")
    parser.add_argument("--input", type=Path, help="a CSV file with a column of texts")
    parser.add_argument("--column", default="text", help="that column's name (default text)")
    parser.add_argument("--output", type=Path, help="CSV file to write instead of printing")
    options = parser.parse_args(argv)
    if options.text and options.input:
        raise UserError("give --text or --input, not both")
    if options.output and (options.output.is_dir() or not options.output.parent.is_dir()):
        raise UserError(f"--output {options.output} is not the name of a file in a folder")

    from lightning_course.commands import console
    from lightning_course.datamodules import SpamDataModule
    from lightning_course.runs import load_run, write_atomically

    console.quieten()
    run = load_run(options.run, options.checkpoint)
    if not isinstance(run.datamodule, SpamDataModule):
        raise UserError(f"task '{run.task.name}' does not predict from text")
    texts = _texts(options)
    # Not on the standard output, which is for the predictions.
    trained_on = run.results["data"]
    print(
        f"{run.path}, trained on {trained_on['kind']} data ({trained_on['name']})", file=sys.stderr
    )
    table = predict_texts(run, texts)
    if options.output:
        try:
            write_atomically(options.output, table.to_csv(index=False))
        except (OSError, UnicodeEncodeError) as error:
            raise UserError(f"--output {options.output} cannot be written: {error}") from error
        print(f"{len(table):,} predictions in {options.output}")
        return
    for probability, label, text in table.itertuples(index=False):
        print(f"{probability:.4f}  {label:6}  {text}")


def predict_texts(run: Any, texts: list[str]) -> Any:
    """Return a table of predictions.

    Args:
        run: A ``Run`` of a binary text task.
        texts: At least one text.

    Returns:
        A DataFrame with the columns "probability" (of the second class), "label" and "text".
    """
    import numpy as np
    import pandas as pd
    import torch

    data, module = run.datamodule, run.module
    tokens = data.encode(texts)
    with torch.inference_mode():
        batches = tokens.split(data.evaluation_batch_size)
        probabilities = torch.cat([module.predict_step(batch) for batch in batches]).numpy()
    if not np.isfinite(probabilities).all():
        raise UserError(f"the weights of {run.path} are not finite: its training diverged")
    return pd.DataFrame(
        {
            "probability": probabilities.round(6),
            "label": [data.class_names[int(value > 0.5)] for value in probabilities],
            "text": texts,
        }
    )


def _texts(options: argparse.Namespace) -> list[str]:
    if options.input:
        texts, where = _column(options.input, options.column), f"--input {options.input}"
    elif options.text:
        texts, where = options.text, "--text"
    else:
        # Blank lines are no messages; in a CSV they are rows, which the output must keep.
        texts, where = _lines(), "the standard input"
    if not any(text.strip() for text in texts):
        raise UserError(f"nothing to predict: {where} holds no text")
    return texts


def _lines() -> list[str]:
    try:
        return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(f"the standard input is not {error.encoding} text") from error


def _column(path: Path, name: str) -> list[str]:
    import pandas as pd

    from lightning_course.catalogue import did_you_mean

    warnings.simplefilter("error", pd.errors.ParserWarning)
    try:
        # A row longer than the header would otherwise turn the first column into an index.
        table = pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False)
    except FileNotFoundError as error:
        raise UserError(f"--input: there is no file {path}") from error
    except pd.errors.EmptyDataError as error:
        raise UserError(f"nothing to predict: --input {path} is empty") from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise UserError(f"--input {path} cannot be read as UTF-8 CSV: {error}") from error
    if name not in table:
        columns = ", ".join(map(str, table.columns))
        hint = did_you_mean(name, map(str, table.columns))
        raise UserError(f"--input {path} has no column '{name}'{hint}; it has: {columns}")
    texts: list[str] = table[name].tolist()
    return texts
