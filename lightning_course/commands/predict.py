"""``predict``: probability and label for new texts, from a finished run's checkpoint."""

import argparse
import sys
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
    parser.add_argument("--data.encoding", dest="encoding", help="of that file; default: find out")
    parser.add_argument("--data.separator", dest="separator", help="of that file; likewise")
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
    width = table["label"].str.len().max()
    for probability, label, text in table.itertuples(index=False):
        print(f"{probability:.4f}  {label:{width}}  {text}")


def predict_texts(run: Any, texts: list[str]) -> Any:
    """Return a table of predictions.

    Args:
        run: A ``Run`` of a text task.
        texts: At least one text.

    Returns:
        A DataFrame with the columns "probability" (of two classes, that of the second; else that of
        the label), "label" and "text".
    """
    import numpy as np
    import pandas as pd
    import torch

    from lightning_course.reports.figures import surest_class

    data, module = run.datamodule, run.module
    tokens = data.encode(texts)
    with torch.inference_mode():
        batches = tokens.split(data.evaluation_batch_size)
        probabilities = torch.cat([module.predict_step(batch) for batch in batches]).numpy()
    if not np.isfinite(probabilities).all():
        raise UserError(f"the weights of {run.path} are not finite: its training diverged")
    predicted, surest = surest_class(probabilities)
    return pd.DataFrame(
        {
            "probability": (probabilities if probabilities.ndim == 1 else surest).round(6),
            "label": np.array(data.class_names)[predicted],
            "text": texts,
        }
    )


def _texts(options: argparse.Namespace) -> list[str]:
    if options.input:
        from lightning_course.sources import read_own_table

        table, _ = read_own_table(
            options.input, [options.column], options.encoding, options.separator
        )
        texts = list(table[options.column])
        where = f"--input {options.input}"
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
