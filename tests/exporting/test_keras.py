import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.exporting import keras
from lightning_course.exporting.keras import input_content
from lightning_course.keras_weights import architecture
from lightning_course.models import SequenceClassifier
from lightning_course.preprocessing import Tokenizer
from lightning_course.runs.loading import load_run

pytest.importorskip("h5py")

needs_keras = pytest.mark.skipif(
    importlib.util.find_spec("keras") is None, reason="Keras is not installed"
)

QUICK = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
TEXTS = ["WIN a free prize", "see you at 5"]


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run the command and return what it prints."""
    capsys.readouterr()
    assert run("to_keras", list(argv)) == 0
    out, error = capsys.readouterr()
    assert error == ""
    return out


def keras_says(program: str, folder: Path) -> list[str]:
    """Run a program that has Keras and nothing of this project; it must say nothing else."""
    check = (
        "import sys; assert not any(name.startswith('lightning_course') for name in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{check}"],
        cwd=folder,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


@needs_keras
def test_keras_runs_the_printed_lines(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = f"--run={copied}"
    lines = [told(capsys, own)]
    lines += [told(capsys, own, f"--output={copied}/{name}") for name in ("m.h5", "m.weights.h5")]
    blocks = [text.split("load it:\n")[1] for text in lines]
    assert [len(block.splitlines()) for block in blocks] == [2, 2, 2]
    original = load_run(copied)
    rows, length = original.module.state_dict()["network.embedding.weight"].shape
    program = f"""
import json
from keras.src.legacy.preprocessing.text import tokenizer_from_json
from keras.utils import pad_sequences
description = json.load(open("model.keras.json", encoding="utf-8"))
inputs = description["inputs"]
tokenizer = tokenizer_from_json(open(inputs["tokenizer"], encoding="utf-8").read())
sequences = tokenizer.texts_to_sequences({TEXTS})
x = pad_sequences(sequences, maxlen=inputs["shape"][1], dtype=inputs["dtype"])
{blocks[0]}
print(predictions.tolist(), "|", description["output"])
{blocks[1]}
print(predictions.tolist())
from keras import layers
model = keras.Sequential([
    keras.Input((9,)),
    layers.Embedding({rows}, {length}),
    layers.LSTM(15, return_sequences=True),
    layers.GlobalMaxPooling1D(),
    layers.Dense(1, activation="sigmoid"),
])
{blocks[2]}
print(predictions.tolist())
"""
    # The progress bar of `predict` is Keras's own business.
    program = program.replace(".predict(x)", ".predict(x, verbose=0)")
    found = keras_says(program, copied / "export")
    with torch.inference_mode():
        tokens = original.datamodule.encode(TEXTS)  # type: ignore[attr-defined]
        expected = original.module.predict_step(tokens)[:, None].tolist()
    assert len(found) == 3
    first, output = found[0].split(" | ")
    assert output == "probability of spam"
    for line in (first, *found[1:]):
        for row, wanted in zip(json.loads(line), expected, strict=True):
            assert row == pytest.approx(wanted, rel=1e-5)


def test_what_is_printed_and_described(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(copied)
    text = told(capsys, f"--run={copied}", "--checkpoint=best")
    folder = copied / "export"
    names = {"model.keras", "model.keras.json", "model.tokenizer.json"}
    assert files(copied) - before == {folder, *(folder / name for name in names)}
    size = (folder / "model.keras").stat().st_size
    assert text.splitlines()[:5] == [
        f"{folder}/model.keras: {size / 1e3:,.0f} kB, best epoch of {copied}",
        "takes int32 (rows, 9): word indices of the tokenizer; a long text is cut at its start, a "
        "short one has zeros in front",
        "returns float32 (rows, 1): probability of spam",
        f"tokenizer: {folder}/model.tokenizer.json",
        f"inputs, outputs and the data module's fitted state: {folder}/model.keras.json",
    ]
    described = json.loads((folder / "model.keras.json").read_text("utf-8"))
    results = json.loads((copied / "results.json").read_text("utf-8"))
    state = load_run(copied).datamodule.state_dict()
    assert described["checkpoint"] == "best"
    assert described["data"] == results["data"]
    assert described["inputs"]["shape"] == [None, 9]
    assert described["inputs"]["dtype"] == "int32"
    assert described["inputs"]["tokenizer"] == "model.tokenizer.json"
    assert described["probabilities"] == {"dtype": "float32", "shape": [None, 1]}
    assert described["class_names"] == ["ham", "spam"]
    assert "remark" not in described
    assert described["layers"] == ["Embedding", "LSTM", "GlobalMaxPooling1D", "Dense"]
    assert described["datamodule"] == {"class": "SpamDataModule", "state": state}
    tokenizer = Tokenizer.load(folder / "model.tokenizer.json")
    assert tokenizer.to_json() == state["tokenizer"]
    # The same again, in its place; the same bytes under another name.
    content = (folder / "model.keras").read_bytes()
    told(capsys, f"--run={copied}", "--checkpoint=best")
    assert (folder / "model.keras").read_bytes() == content
    assert files(copied) - before == {folder, *(folder / name for name in names)}
    told(capsys, f"--run={copied}", f"--output={copied}/my.model.weights.h5")
    new = files(copied) - before - files(folder) - {folder}
    assert {path.name for path in new} == {
        "my.model.weights.h5",
        "my.model.weights.h5.json",
        "my.model.tokenizer.json",
    }
    # Readable as widely as other files.
    assert {path.stat().st_mode for path in new} == {(copied / "results.json").stat().st_mode}


@pytest.mark.parametrize(
    ("argv", "inputs", "output"),
    [
        (
            ["--task=breast_cancer"],
            "float32 (rows, 30): mean radius, mean texture, mean perimeter, …, each (x - center) / "
            "scale, see datamodule.state.features",
            "float32 (rows, 1): probability of benign",
        ),
        (
            ["--task=chirp_rnn", "--data.horizon=2"],
            "float32 (rows, 10, 1): value, each (x - center) / scale, see datamodule.state.columns",
            "float32 (rows, 2, 1): values, scaled like the training targets",
        ),
        (
            ["--task=xor_short_rnn"],
            "float32 (rows, 10, 1): numbers without scaling",
            "float32 (rows, 1): probability of odd",
        ),
    ],
)
def test_other_tasks(
    argv: list[str],
    inputs: str,
    output: str,
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("train", [*argv, *QUICK]) == 0
    lines = told(capsys, f"--run=runs/{argv[0][7:]}/latest", "--output=m.h5").splitlines()
    assert lines[1] == f"takes {inputs}"
    assert lines[2] == f"returns {output}"
    assert {path.name for path in Path().glob("m*")} == {"m.h5", "m.h5.json"}


@pytest.mark.parametrize("task", ["cifar10", "mnist_lstm"])
def test_pictures(
    task: str, tmp_path: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    for name, colour in (("dark", (9, 9, 9)), ("light", (250, 240, 200))):
        Path("pictures", name).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (32, 32), colour).save(f"pictures/{name}/{number}.png")
    channels = 3 if task == "cifar10" else 1
    assert run("train", [f"--task={task}", "--data.folder=pictures", *QUICK]) == 0
    lines = told(capsys, f"--run=runs/{task}/latest").splitlines()
    shape = "32, 32, 3" if channels == 3 else "28, 28"
    assert lines[1] == f"takes float32 (rows, {shape}): pixels divided by 255, in [0, 1]"
    # One logit of two classes.
    assert lines[2] == "returns float32 (rows, 1): probability of light"

    # Since then the folder has moved.
    Path("pictures").rename("elsewhere")
    own = [f"--run=runs/{task}/latest"]
    assert run("evaluate", own) == 2
    assert "pictures is not there: give its new place with --data.folder" in capsys.readouterr().err
    assert run("evaluate", [*own, "--data.folder=elsewhere"]) == 0
    Image.new("RGB", (32, 32)).save("elsewhere/dark/7.png")
    assert run("evaluate", [*own, "--data.folder=elsewhere"]) == 2
    assert "pictures has changed since the run" in capsys.readouterr().err


def test_rows_of_coloured_pictures() -> None:
    module = SequenceClassifier((5, 18), 3)
    rows = torch.zeros(1, 3, 5, 6, dtype=torch.uint8)
    # Red, red, …, green, green, … and not red, green, blue, red, ….
    text = input_content(rows, architecture(module, (3, 5, 6)), {})
    assert text.endswith("each row of pixels is a step, all values of one colour before the next")


def test_options(
    copied: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Problems that need no run are reported before one is read.
    line = refused("to_keras", "--run=nowhere", f"--output={copied}/model.hdf5")
    assert f"the name of {copied}/model.hdf5 must end in .keras, .h5 or .weights.h5" in line
    monkeypatch.setitem(sys.modules, "h5py", None)
    line = refused("to_keras", "--run=nowhere")
    assert "needs the package h5py: pip install 'lightning-course[keras]'" in line


def test_nothing_is_written_if_the_weights_differ(
    copied: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(copied)
    write = keras.write_keras

    def write_wrongly(path: Path, *rest: object) -> None:
        write(path, *rest)  # type: ignore[arg-type]
        content = bytearray(path.read_bytes())
        bias = load_run(copied).module.state_dict()["network.output.bias"].numpy().tobytes()
        content[content.index(bias)] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(keras, "write_keras", write_wrongly)
    line = refused("to_keras", f"--run={copied}")
    assert "model.keras, read back, is not what was written" in line
    assert files(copied) == before


def test_a_network_without_a_counterpart(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Callable[..., str]
) -> None:
    rows = [f"free prize {i},spam\nsee you at {i},ham" for i in range(9)]
    Path("own.csv").write_text("\n".join(["text,label", *rows]))
    options = ["--task=spam", "--data.csv=own.csv", "--model.mask_padding=true", *QUICK]
    assert run("train", options) == 0
    line = refused("to_keras", "--run=runs/spam/latest")
    assert "masked padding and the maximum over time" in line
    assert not Path("runs/spam/version_0/export").exists()
    assert run("train", [*options, "--model.pooling=mean"]) == 0
    text = told(capsys, "--run=runs/spam/latest", "--output=m.keras")
    assert "note: Keras predicts something else for a text without a known word" in text
    assert "NaN" in json.loads(Path("m.keras.json").read_text("utf-8"))["remark"]
