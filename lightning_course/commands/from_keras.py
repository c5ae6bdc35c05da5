"""``from_keras``: make a run of a model that was trained in Keras."""

import time
from pathlib import Path

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.errors import UserError
from lightning_course.terminal import printable

_EPILOG = """All other options are train.py's, for a model or data that differ from the task's own:
--model.hidden_size 32, --data.root FOLDER. The run folder is like any other: evaluate.py,
predict.py and export.py accept it. from_keras.json in it lists which parameters each array of the
file became."""

# Options of train.py that have no meaning for weights that are trained already.
_NOT_PASSED_ON = (
    "--resume",
    "--init_from",
    "--find_lr",
    "--summary",
    "--trainer.fast_dev_run",
    "--trainer.max_epochs",
)


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: The file cannot be read, is of another network, or carries code; or anything that
            ``train`` would refuse.
    """
    started = time.perf_counter()
    parser = Parser(prog="from_keras.py", description=__doc__, epilog=_EPILOG, allow_abbrev=False)
    parser.add_argument("--task", required=True, help="which example of the course it is")
    parser.add_argument(
        "--weights", required=True, type=Path, help="model.h5, model.keras or model.weights.h5"
    )
    parser.add_argument(
        "--tokenizer",
        type=Path,
        help="for a text task: a file with the result of Keras's tokenizer.to_json()",
    )
    parser.add_argument(
        "--output", type=Path, help="the run folder to make; default: the next one of the task"
    )
    options, rest = parser.parse_known_args(argv)
    task = catalogue.find(options.task)
    _check_options(rest, options.output)

    from lightning_course.keras_weights import read_keras
    from lightning_course.process.warnings import quieten
    from lightning_course.training.from_keras import from_keras, origin, set_up_folder, table
    from lightning_course.training.train import train

    file = read_keras(options.weights)
    print(f"{task.name}: {task.summary} (chapter {task.chapter})")
    print(printable(f"weights: {origin(file)}"), flush=True)
    quieten()
    imported = from_keras(task, file, rest, options.tokenizer)
    print(f"\n{table(imported.taken)}\n")
    if imported.notes:
        print(*(printable(f"note: {note}") for note in imported.notes), "", sep="\n", flush=True)
    set_up_folder(imported, options.output)
    train(imported.cli, started)


def _check_options(words: list[str], output: Path | None) -> None:
    """Raise a UserError for an option that is not for this command, or a folder in use."""
    for option in (word.split("=")[0] for word in words):
        if option in _NOT_PASSED_ON:
            raise UserError(f"{option} is not for from_keras: nothing is trained")
        if option == "--runs" and output:
            raise UserError("--output names the run folder already: leave --runs out")
    if output and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UserError(f"--output {output} is there already: name a new folder")
