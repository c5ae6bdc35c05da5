import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.exporting.formats import FORMATS, Format, Function
from lightning_course.models import CourseModule
from lightning_course.runs.loading import load_run

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
QUICK = ["--task=spam", "--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run."""
    runs = tmp_path_factory.mktemp("finished")
    options = [f"--runs={runs}", "--data.source=standin", "--data.maxlen=9"]
    assert run("train", [*QUICK, *options]) == 0
    return runs / "spam" / "version_0"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished run that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "runs" / "spam" / "version_0"))


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run the command, check how it refuses, return its line."""
    capsys.readouterr()
    assert run("export", list(argv)) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


def test_the_page_s_program_needs_nothing_of_this_project(
    copied: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = re.findall(r"^python scripts/export\.py (.*)$", PAGE.read_text("utf-8"), re.M)
    assert len(commands) == 3
    for command in commands:
        assert run("export", command.split()) == 0
        told = capsys.readouterr().out
        assert "original: 256 rows of the test split (stand-in data), largest diff" in told
    folder = copied / "export"
    names = {"model.onnx", "model.pt2", "weights.pt"}
    assert {path.name for path in folder.iterdir()} == names | {f"{name}.json" for name in names}

    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    check = [
        "import sys",
        "assert not [name for name in sys.modules if name.startswith('lightning_course')]",
        "print(probabilities.tolist())",
        "print(model(torch.from_numpy(tokens)).tolist())",
    ]
    program = "\n".join([*blocks, *check])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    original = load_run(copied)
    with torch.inference_mode():
        tokens = original.datamodule.encode(["WIN a free prize", "see you at 5"])  # type: ignore[attr-defined]
        expected = original.module.predict_step(tokens).tolist()
    lines = done.stdout.splitlines()
    assert lines[0].startswith("probability of spam [")
    for line in lines[-2:]:
        assert json.loads(line) == pytest.approx(expected, abs=1e-6)


def test_the_description(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [f"--run={copied}", "--format=torch_export", "--checkpoint=best", "--output=mine.bin"]
    output = copied / "mine.bin"
    argv[-1] = f"--output={output}"
    assert run("export", argv) == 0
    assert f"{output}: " in capsys.readouterr().out
    assert not (copied / "export").exists()
    told = json.loads((copied / "mine.bin.json").read_text())
    results = json.loads((copied / "results.json").read_text())
    assert told["checkpoint"] == "best"
    assert told["data"] == results["data"]
    assert told["inputs"] == {"dtype": "int32", "shape": [None, 9]}
    assert told["probabilities"] == {"dtype": "float32", "shape": [None]}
    assert told["class_names"] == ["ham", "spam"]
    assert told["datamodule"]["state"] == load_run(copied).datamodule.state_dict()
    # Readable as widely as other files.
    assert output.stat().st_mode == (copied / "results.json").stat().st_mode
    # Once more in its place.
    assert run("export", argv) == 0


def test_the_printed_code_loads_the_weights(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", [f"--run={copied}", "--format=state_dict"]) == 0
    code = capsys.readouterr().out.split("load it:\n")[1]
    assert len(code.splitlines()) == 3
    names: dict[str, object] = {}
    exec(code, names)
    original = load_run(copied)
    inputs, _ = original.datamodule.splits["test"]
    network = names["network"]
    assert isinstance(network, torch.nn.Module)
    assert torch.equal(network(inputs[:9]), original.module.network(inputs[:9]))


def test_the_process_says_nothing_else(finished: Path, tmp_path: Path) -> None:
    script = PAGE.parents[1] / "scripts" / "export.py"
    options = ["--run", str(finished), "--format", "onnx", "--output", str(tmp_path / "m.onnx")]
    done = subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.parametrize("form", ["onnx", "torch_export", "state_dict"])
def test_a_model_that_predicts_otherwise_is_not_written(
    copied: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    write, read = FORMATS[form]

    def read_wrongly(path: Path, module: CourseModule) -> Function:
        function = read(path, module)
        return lambda inputs: function(inputs) + 2e-5

    monkeypatch.setitem(FORMATS, form, Format(write, read_wrongly))
    before = files(copied)
    line = refused(capsys, f"--run={copied}", f"--format={form}")
    assert "does not predict the same as the original: on 256 rows of the test split" in line
    assert "2e-05" in line
    assert files(copied) == before


def test_options(
    copied: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(copied.parent)
    own = f"--run={copied}"
    assert "'onnx', 'torch_export', 'state_dict'" in refused(capsys, own, "--format=tflite")
    assert "--format" in refused(capsys, own)
    assert "--run" in refused(capsys, "--format=onnx")
    assert "did you mean '--format'" in refused(capsys, own, "--format=onnx", "--formt=onnx")
    assert "'last', 'best'" in refused(capsys, own, "--format=onnx", "--checkpoint=first")
    for output in (copied / "nowhere" / "model.onnx", copied):
        line = refused(capsys, own, "--format=state_dict", f"--output={output}")
        assert f"--output {output} is not the name of a file in a folder" in line
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "onnxruntime", None)
        line = refused(capsys, own, "--format=onnx")
        assert "needs the package onnxruntime: pip install 'lightning-course[export]'" in line
    assert files(copied.parent) == before


def test_a_folder_that_cannot_be_written(
    copied: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [f"--run={copied}", "--format=state_dict"]
    (copied / "export").write_text("a file")
    before = files(copied)
    assert f"cannot write {copied}/export/weights.pt" in refused(capsys, *own)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    assert "weights.pt: Permission denied" in refused(capsys, *own)
    assert files(copied) == before


def test_runs_that_are_not_there_or_damaged(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = "--format=state_dict"
    assert "there are: version_0" in refused(capsys, f"--run={copied.parent}/version_7", form)
    own = f"--run={copied}"
    checkpoint = copied / "checkpoints" / "last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    before = files(copied)

    weights = {name: tensor * float("nan") for name, tensor in content["state_dict"].items()}
    checkpoint.unlink()  # the other one is a link to it
    torch.save({**content, "state_dict": weights}, checkpoint)
    assert "are not finite: its training diverged" in refused(capsys, own, form)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert "damaged" in refused(capsys, own, form)
    checkpoint.unlink()
    assert "no checkpoint" in refused(capsys, own, form)
    assert files(copied) == before - {checkpoint}
    (copied / "results.json").unlink()
    assert "not finished" in refused(capsys, own, form)
    assert "no finished run" in refused(capsys, f"--run={copied.parent}/latest", form)


def test_own_data_and_masked_padding(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"free prize {i},spam\nsee you at {i},ham" for i in range(9)]
    Path("own.csv").write_text("\n".join(["text,label", *rows]))
    assert run("train", [*QUICK, "--data.csv=own.csv", "--model.mask_padding=true"]) == 0
    own, folder = "--run=runs/spam/latest", Path("runs/spam/version_0/export")
    line = refused(capsys, own, "--format=onnx")
    assert "with mask_padding" in line
    assert "--format state_dict" in line
    assert not folder.exists()
    assert run("export", [own, "--format=state_dict"]) == 0
    assert "6 rows of the test split (own data)" in capsys.readouterr().out
    shutil.rmtree(folder)
    Path("own.csv").rename("moved.csv")
    line = refused(capsys, own, "--format=state_dict")
    assert "the run's own data are needed, and own.csv is not there" in line
    Path("own.csv").write_text("\n".join(["text,label", *rows[:-1]]))
    line = refused(capsys, own, "--format=state_dict")
    assert "own.csv has changed since the run was trained on it" in line
    assert not folder.exists()
