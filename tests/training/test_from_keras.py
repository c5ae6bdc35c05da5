import json
import re
import shlex
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image

from lightning_course.commands import run
from lightning_course.runs.checkpoints import read_checkpoint
from lightning_course.runs.loading import load_run

pytest.importorskip("h5py")

QUICK = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
FORMS = ("model.keras", "model.h5", "model.weights.h5")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run of text, with its model in Keras's three forms."""
    runs = tmp_path_factory.mktemp("finished")
    options = [f"--runs={runs}", "--data.source=standin", "--data.maxlen=9"]
    assert run("train", ["--task=spam", *QUICK, *options]) == 0
    folder = runs / "spam" / "version_0"
    for form in FORMS:
        assert run("to_keras", [f"--run={folder}", f"--output={folder / form}"]) == 0
    return folder


def options(finished: Path, form: str = "model.keras") -> list[str]:
    return [
        "--task=spam",
        f"--weights={finished / form}",
        f"--tokenizer={finished / 'model.tokenizer.json'}",
        "--data.source=standin",
    ]


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run the command, check that it refuses and writes nothing, return its line."""
    capsys.readouterr()
    before = set(Path.cwd().rglob("*"))
    assert run("from_keras", list(argv)) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert set(Path.cwd().rglob("*")) == before
    return error


@pytest.mark.parametrize("form", FORMS)
def test_a_run_comes_back_from_keras_s_files_as_it_was(
    finished: Path, form: str, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Weights alone do not tell the length of their rows.
    length = ["--data.maxlen=9"] if form == "model.weights.h5" else []
    output = in_tmp_path / "imported"
    assert run("from_keras", [*options(finished, form), *length, f"--output={output}"]) == 0
    told = capsys.readouterr().out
    for array in ("embeddings", "kernel", "recurrent_kernel", "bias"):
        assert array in told
    assert "the split is random" in told

    first = read_checkpoint(finished / "checkpoints/last.ckpt")["state_dict"]
    second = read_checkpoint(output / "checkpoints/last.ckpt")["state_dict"]
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    results = [json.loads((path / "results.json").read_text()) for path in (finished, output)]
    assert results[0]["metrics"] == results[1]["metrics"]
    assert form in results[1]["remarks"]["weights"]
    record = json.loads((output / "from_keras.json").read_text())
    parameters = [name for array in record["arrays"] for name in array["parameters"]]
    assert sorted(parameters) == sorted(second)


def test_other_commands_take_the_run(
    finished: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("from_keras", options(finished)) == 0
    path = in_tmp_path / "runs/spam/version_0"
    assert load_run(path).datamodule.maxlen == 9
    assert run("evaluate", ["--run=runs/spam/latest"]) == 0
    capsys.readouterr()
    assert run("predict", ["--run=runs/spam/latest", "--text=free entry, call now"]) == 0
    assert "free entry, call now" in capsys.readouterr().out
    assert (path / "figures/confusion_matrix.png").is_file()
    assert len(pd.read_csv(path / "predictions.csv")) == 5_000
    assert run("to_keras", ["--run=runs/spam/latest", "--output=again.keras"]) == 0
    with zipfile.ZipFile("again.keras") as again, zipfile.ZipFile(finished / "model.keras") as one:
        assert again.read("model.weights.h5") == one.read("model.weights.h5")


@pytest.fixture
def dozen(in_tmp_path: Path) -> Path:
    """Return a folder of twelve classes, "0" to "11", each of its own brightness."""
    for number in range(12):
        for part, count in (("train", 4), ("val", 2)):
            (in_tmp_path / f"dozen/{part}/{number}").mkdir(parents=True)
            for index in range(count):
                grey = np.full((8, 8), 20 * number + index, np.uint8)
                Image.fromarray(grey).save(f"dozen/{part}/{number}/{index}.png")
    return in_tmp_path / "dozen"


def test_an_image_task(dozen: Path) -> None:
    small = ["--model.filters=[3,4]", "--model.hidden_sizes=[5]", "--data.class_order=text"]
    argv = ["--task=cifar10", "--data.folder=dozen", "--data.image_size=8", *small]
    assert run("train", [*argv, *QUICK]) == 0
    assert run("to_keras", ["--run=runs/cifar10/latest", "--output=model.h5"]) == 0
    assert run("from_keras", [*argv, "--weights=model.h5"]) == 0
    runs = [load_run(f"runs/cifar10/version_{number}") for number in (0, 1)]
    states = [run.module.state_dict() for run in runs]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert runs[0].results["metrics"] == runs[1].results["metrics"]


def test_class_folders_are_in_keras_s_order(
    dozen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A model of folders sorted as text, as image_dataset_from_directory sorts them.
    argv = ["--task=mnist", "--data.folder=dozen", "--data.image_size=8", "--model.dropout=0"]
    learn = ["--trainer.max_epochs=60", "--optimizer.lr=0.01"]
    assert run("train", [*argv, *learn, "--data.class_order=text", "--runs=a"]) == 0
    assert run("to_keras", ["--run=a/mnist/latest", "--output=model.keras"]) == 0
    described = json.loads(Path("model.keras.json").read_text())
    names = ["0", "1", "10", "11", *map(str, range(2, 10))]
    assert described["class_names"] == names
    assert described["class_order"].startswith("classes are sorted as text, as Keras sorts")
    capsys.readouterr()
    assert run("from_keras", [*argv, "--weights=model.keras"]) == 0
    note = "the classes '0', '1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9', in this order"
    out = capsys.readouterr().out
    assert f"note: the outputs are assumed to be {note}: as text, as Keras sorts folders; " in out
    assert "the split is random" not in out
    assert "note: pixels are divided by 255, as in the course" in out
    config = yaml.safe_load(Path("runs/mnist/version_0/config.yaml").read_text())
    assert config["data"]["init_args"]["class_order"] == "text"
    both = [
        json.loads(Path(f"{runs}/results.json").read_text())["metrics"]
        for runs in ("a/mnist/version_0", "runs/mnist/version_0")
    ]
    assert both[0] == both[1]
    assert both[0]["validation"]["accuracy"] > 0.6
    # What follows keeps the order.
    assert run("predict", ["--run=runs/mnist/latest", "--input=dozen/val", "--output=o.csv"]) == 0
    predicted = pd.read_csv("o.csv", dtype=str)
    right = [Path(file).parent.name for file in predicted["file"]] == predicted["label"]
    assert right.mean() == pytest.approx(both[0]["validation"]["accuracy"])
    assert run("to_keras", ["--run=runs/mnist/latest", "--output=again.keras"]) == 0
    assert json.loads(Path("again.keras.json").read_text())["class_names"] == names

    # What the user says counts, and weights in another order are refused.
    capsys.readouterr()
    assert run("from_keras", [*argv, "--weights=model.keras", "--data.class_order=size"]) == 0
    assert ": as numbers; --data.class_order text sorts them as Keras" in capsys.readouterr().out
    assert run("to_keras", ["--run=runs/mnist/latest", "--output=size.keras"]) == 0
    described = json.loads(Path("size.keras.json").read_text())
    assert "give class_names to image_dataset_from_directory" in described["class_order"]
    assert run("train", [*argv, "--init_from=runs/mnist/version_0"]) == 2
    error = capsys.readouterr().err
    assert "its classes are in the order 0, 1, 10, 11 …, and here 0, 1, 2, 3 …" in error


def test_labels_of_own_texts_are_in_a_stated_order(
    finished: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["free prize call now,spam", "see you at five,ham"] * 9
    Path("own.csv").write_text("\n".join(["text,label", *rows]))
    argv = [word for word in options(finished) if "source" not in word]
    assert run("from_keras", [*argv, "--data.csv=own.csv"]) == 0
    told = capsys.readouterr().out
    assert "note: the outputs are assumed to be the classes 'ham', 'spam', in this order\n" in told


def test_what_does_not_fit(
    finished: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = options(finished)
    assert "lstm" in refused(capsys, *argv, "--model.cell=gru").lower()
    assert "16" in refused(capsys, *argv, "--model.hidden_size=16")
    without = [word for word in argv if not word.startswith("--tokenizer")]
    # The stand-in's own vocabulary is the same, if it is of the same seed.
    other = refused(capsys, *without, "--data.seed=3")
    assert "embedding" in other
    assert other.endswith("give the model's own with --tokenizer")
    length = refused(capsys, *argv, "--data.maxlen=12")
    assert "rows of shape (9,), and this task's rows have the shape (12,)" in length


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--resume=runs/spam/latest"], "--resume is not for from_keras"),
        (["--init_from=runs/spam/latest"], "--init_from is not for from_keras"),
        (["--trainer.max_epochs", "3"], "--trainer.max_epochs is not for from_keras"),
        (["--output=here", "--runs=there"], "leave --runs out"),
        (["--output=."], "is there already"),
        (["--model.hidden_sise=3"], "did you mean '--model.hidden_size'"),
        (["--weights=missing.h5"], "missing.h5"),
        (["--tokenizer=missing.json"], "missing.json"),
        (["--task=spma"], "did you mean 'spam'"),
        (["--task=mnist"], "--tokenizer is for texts, and mnist has none"),
    ],
)
def test_bad_input(
    finished: Path,
    in_tmp_path: Path,
    more: list[str],
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (in_tmp_path / "file").touch()
    assert line in refused(capsys, *options(finished), *more)


def test_the_lines_of_the_page(finished: Path, in_tmp_path: Path) -> None:
    """Their files come from runs without an epoch, whose weights are as good as any."""
    page = (Path(__file__).parents[2] / "docs" / "keras.md").read_text("utf-8")
    lines = re.findall(r"^python scripts/(\w+)\.py ([^#\n]*)", page, re.M)
    assert [verb for verb, _ in lines].count("from_keras") == 3
    wanted = {
        "linearclassifier.h5": ["--task=breast_cancer"],
        "gru.weights.h5": ["--task=xor_long_gru", "--model.hidden_size=8", "--data.length=20"],
    }
    for name, argv in wanted.items():
        assert run("train", [*argv, "--trainer.max_epochs=0", "--runs=before"]) == 0
        assert run("to_keras", [f"--run=before/{argv[0][7:]}/latest", f"--output={name}"]) == 0
    shutil.copy(finished / "model.keras", in_tmp_path)
    shutil.copy(finished / "model.tokenizer.json", in_tmp_path / "tokenizer.json")
    # The page's latest run of spam is one that was trained here.
    shutil.copytree(finished, in_tmp_path / "runs/spam/version_0")
    for verb, line in lines:
        offline = ["--data.source=standin"] if "--task spam" in line else []
        assert run(verb, [*shlex.split(line), *offline]) == 0, line
