"""``from_keras``: make a run of a model that was trained in Keras."""

import inspect
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.errors import UserError
from lightning_course.terminal import printable

if TYPE_CHECKING:
    from lightning_course.catalogue import Task
    from lightning_course.keras_weights import KerasFile, Taken

EPILOG = """Every other option is train.py's, for a model or data that are not the task's own:
--model.hidden_size 32, --data.root FOLDER. The run folder is one that evaluate.py, predict.py and
export.py accept; from_keras.json in it tells of every array which parameters it became."""

# Options of train.py that are of no use to weights that are trained already.
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
        UserError: A file that cannot be read, is of another network, or carries code; or anything
            that ``train`` would refuse.
    """
    started = time.perf_counter()
    parser = Parser(prog="from_keras.py", description=__doc__, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("--task", required=True, help="which example of the course it is")
    parser.add_argument(
        "--weights", required=True, type=Path, help="model.h5, model.keras or model.weights.h5"
    )
    parser.add_argument(
        "--tokenizer", type=Path, help="of a text task: what Keras's tokenizer.to_json() returned"
    )
    parser.add_argument(
        "--output", type=Path, help="the run folder to make; default: the next one of the task"
    )
    options, rest = parser.parse_known_args(argv)
    task = catalogue.find(options.task)
    _check_options(rest, options.output)
    if options.output and options.output.exists() and _is_taken(options.output):
        raise UserError(f"--output {options.output} is there already: name a new folder")

    # torch and Lightning take seconds to import.
    from lightning_course.files.writing import write_json
    from lightning_course.keras_weights import read_keras
    from lightning_course.training import console
    from lightning_course.training.train import train

    file = read_keras(options.weights)
    print(f"{task.name}: {task.summary} (chapter {task.chapter})")
    print(printable(f"weights: {_origin(file)}"), flush=True)
    rest += _data_options(task, file, options.tokenizer, rest)

    console.quieten()
    cli = _cli(task, [*rest, "--trainer.max_epochs=0"])
    taken = _take(cli, file)
    print(f"\n{_table(taken)}\n")
    notes = _notes(cli, file, options.tokenizer is not None)
    if notes:
        print(*(printable(f"note: {note}") for note in notes), "", sep="\n", flush=True)
    cli.model.remarks["weights"] = f"from Keras, {_origin(file)}"
    assert cli.folder is not None
    if options.output:
        _make(options.output)
        cli.folder.path = options.output
    write_json(cli.folder.path / "from_keras.json", _record(file, taken, notes))
    train(cli, started)


def _record(file: "KerasFile", taken: "list[Taken]", notes: list[str]) -> dict[str, Any]:
    """Return the content of from_keras.json."""
    from lightning_course.sources.base import sha256_of

    return {
        "file": file.path.name,
        "sha256": sha256_of(file.path),
        "form": file.form,
        "written_by": file.written_by,
        "notes": notes,
        "arrays": [
            {
                "in_file": entry.source,
                "layer": entry.layer,
                "array": entry.tensor,
                "shape": list(entry.keras_shape),
                "parameters": list(entry.parameters),
            }
            for entry in taken
        ],
    }


def _check_options(words: list[str], output: Path | None) -> None:
    """Raise a UserError for an option of ``train`` that is not for this command."""
    for option in (word.split("=")[0] for word in words):
        if option in _NOT_PASSED_ON:
            raise UserError(f"{option} is not for from_keras: nothing is trained")
        if option == "--runs" and output:
            raise UserError("--output names the run folder already: leave --runs out")


def _is_taken(output: Path) -> bool:
    return not output.is_dir() or any(output.iterdir())


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the run folder {folder}: {error.strerror}") from error


def _origin(file: "KerasFile") -> str:
    by = f" written by {file.written_by}" if file.written_by else ""
    return f"{file.path.name}, {file.form}{by}"


def _data_options(
    task: "Task", file: "KerasFile", tokenizer: Path | None, words: list[str]
) -> list[str]:
    """Return the options that make the data those which the file's model was made for."""
    from lightning_course.imports import import_class

    known = inspect.signature(import_class(task.datamodule, object)).parameters
    found = []
    if tokenizer is not None:
        if "tokenizer_file" not in known:
            raise UserError(f"--tokenizer is for texts, and {task.name} has none")
        found.append(f"--data.tokenizer_file={tokenizer}")
    given = {word.split("=")[0] for word in words}
    if "maxlen" in known and "--data.maxlen" not in given:
        # Texts are padded in front, and the network sees the padding: its length is the model's.
        shape = file.config.input_shape if file.config else None
        length = shape[0] if shape else None
        found += [] if length is None else [f"--data.maxlen={length}"]
    return found


def _cli(task: "Task", argv: list[str]) -> Any:
    """Return the CourseCLI of a task whose classes are numbered as Keras numbers them."""
    from lightning_course.training.cli import CourseCLI

    class KerasCLI(CourseCLI):
        def before_instantiate_classes(self) -> None:
            super().before_instantiate_classes()
            data = self.config.data.init_args
            # Of class folders image_dataset_from_directory and flow_from_directory sort the names.
            if data.get("folder") is not None and data.get("class_order", "") is None:
                data.class_order = "text"

    return KerasCLI(task, argv)


def _take(cli: Any, file: "KerasFile") -> "list[Taken]":
    """Put the file's weights into the module that the command line made."""
    from lightning_course.keras_weights import architecture, take_keras_weights

    shape = cli.datamodule.splits["train"][0].shape[1:]
    expected = architecture(cli.model, shape)
    try:
        taken = take_keras_weights(cli.model, expected, file)
    except UserError as error:
        if getattr(cli.datamodule, "tokenizer_file", "none is asked for") is not None:
            raise
        hint = "words are numbered by a tokenizer: is it the model's own? Give it by --tokenizer"
        raise UserError(f"{error}; {hint}") from error
    told = file.config.input_shape if file.config else None
    sizes = [size for size in told or () if size is not None]
    # Recurrent weights fit windows of any length, and are trained for one.
    if told and len(sizes) == len(told) and math.prod(sizes) != math.prod(shape):
        raise UserError(
            f"{file.path}: the model takes rows of shape {told}, and this task's are "
            f"{expected.input_shape}: options of --data, such as --data.window, decide that"
        )
    return taken


def _table(taken: "list[Taken]") -> str:
    rows = [("Keras", "array", "shape", "here")]
    rows += [
        (
            printable(entry.layer),
            printable(entry.tensor),
            _size(entry.keras_shape),
            ", ".join(entry.parameters),
        )
        for entry in taken
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _notes(cli: Any, file: "KerasFile", has_tokenizer: bool) -> list[str]:
    """Return what a reader of the results must know, a sentence each."""
    data = cli.datamodule
    found = []
    if hasattr(data, "tokenizer") and not has_tokenizer:
        found.append(
            "words are numbered by the training texts of this run; a model that was trained on "
            "others needs its own --tokenizer"
        )
    if _is_scaled(data.state_dict()):
        found.append(
            "inputs are scaled by the training rows of this run, which may be others than the "
            "model was trained on"
        )
    layers = file.config.layers if file.config else ()
    scales = any(layer.class_name == "Rescaling" for layer in layers)
    if hasattr(data, "image_shape") and not scales:
        found.append(
            "pixels are divided by 255 for the model, as in the course: one that was trained on "
            "pixels up to 255 predicts otherwise"
        )
    if data.provenance.kind == "own" and (names := getattr(data, "class_names", None)):
        order = ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)
        found.append(f"the outputs are taken for the classes {order}, in this order{_why(data)}")
    if getattr(data, "test_is_random", hasattr(data, "test_fraction")) and "test" in data.splits:
        found.append(
            "the split is random: rows that test here may have been training rows in Keras, and "
            "the test figures be too good"
        )
    return found


def _why(data: Any) -> str:
    """Say how the classes of a folder are in order, where there is a choice."""
    from lightning_course.sources.picture_files import by_size

    as_text = sorted(data.class_names)
    if getattr(data, "class_order", None) is None or by_size(as_text) == as_text:
        return ""
    if data.class_order == "text":
        return ": as text, as Keras sorts folders; --data.class_order size sorts them as numbers"
    return ": as numbers; --data.class_order text sorts them as Keras does"


def _is_scaled(state: Mapping[str, Any]) -> bool:
    """Whether a data module's state holds a scaler that changes its columns."""
    scaler = state.get("features") or state.get("columns") or {"center": [], "scale": []}
    return any(scaler["center"]) or any(scale != 1 for scale in scaler["scale"])
