import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.exporting.formats import FORMATS, Format, Function
from lightning_course.models import CourseModule
from lightning_course.runs.loading import load_run

ROOT = Path(__file__).parents[2]
FORM = "--format=state_dict"


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def python(*words: str, folder: Path) -> str:
    """Run Python in a process of its own, check that it warns of nothing, return its output."""
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_page_s_program_needs_nothing_of_this_project(
    copied: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/export.md").read_text("utf-8")
    onnx, *others = re.findall(r"^python scripts/export\.py (.*)$", page, re.M)
    out = python(str(ROOT / "scripts/export.py"), *onnx.split(), folder=in_tmp_path)
    assert len(out.splitlines()) == 3
    assert [run("export", command.split()) for command in others] == [0, 0]
    out += capsys.readouterr().out
    assert out.count("original: 256 rows of the test split (stand-in data), largest diff") == 3
    folder = copied / "export"
    names = {"model.onnx", "model.pt2", "weights.pt"}
    assert {path.name for path in folder.iterdir()} == names | {f"{name}.json" for name in names}

    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    check = [
        "import sys",
        "assert not [name for name in sys.modules if name.startswith('lightning_course')]",
        "print(probabilities.tolist())",
        "print(model(torch.from_numpy(tokens)).tolist())",
    ]
    lines = python("-c", "\n".join([*blocks, *check]), folder=folder).splitlines()
    original = load_run(copied)
    with torch.inference_mode():
        tokens = original.datamodule.encode(["WIN a free prize", "see you at 5"])  # type: ignore[attr-defined]
        expected = original.module.predict_step(tokens).tolist()
    assert lines[0].startswith("probability of spam [")
    for line in lines[-2:]:
        assert json.loads(line) == pytest.approx(expected, abs=1e-6)


def test_the_description_and_the_printed_code(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copied / "mine.bin"
    argv = [f"--run={copied}", FORM, "--checkpoint=best", f"--output={output}"]
    assert run("export", argv) == 0
    printed, code = capsys.readouterr().out.split("load it:\n")
    assert f"{output}: " in printed
    assert not (copied / "export").exists()
    original = load_run(copied, "best")
    described = json.loads((copied / "mine.bin.json").read_text())
    assert described["checkpoint"] == "best"
    assert described["data"] == original.results["data"]
    assert described["inputs"] == {"dtype": "int32", "shape": [None, 9]}
    assert described["probabilities"] == {"dtype": "float32", "shape": [None]}
    assert described["class_names"] == ["ham", "spam"]
    assert described["datamodule"]["state"] == original.datamodule.state_dict()
    # Readable as widely as other files.
    assert output.stat().st_mode == (copied / "results.json").stat().st_mode

    assert len(code.splitlines()) == 3
    names: dict[str, object] = {}
    exec(code, names)
    inputs, _ = original.datamodule.splits["test"]
    network = names["network"]
    assert isinstance(network, torch.nn.Module)
    assert torch.equal(network(inputs[:9]), original.module.network(inputs[:9]))
    # Exporting again replaces the file.
    assert run("export", argv) == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (2e-5, r"same as the original: on 256 rows of the test split .* difference is 2e-05; noth"),
        (float("nan"), "the predictions of .* are not finite"),
    ],
)
def test_a_model_with_other_predictions_is_not_written(
    copied: Path,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    error: float,
    words: str,
) -> None:
    write, read = FORMATS["state_dict"]

    def read_wrongly(path: Path, module: CourseModule) -> Function:
        function = read(path, module)
        return lambda inputs: function(inputs) + error

    monkeypatch.setitem(FORMATS, "state_dict", Format(write, read_wrongly))
    before = files(copied)
    assert re.search(words, refused("export", f"--run={copied}", FORM))
    assert files(copied) == before


def test_options(
    copied: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(copied.parent)
    own = f"--run={copied}"
    assert "'onnx', 'torch_export', 'state_dict'" in refused("export", own, "--format=tflite")
    assert "--format" in refused("export", own)
    assert "--run" in refused("export", FORM)
    assert "did you mean '--format'" in refused("export", own, FORM, "--formt=onnx")
    assert "'last', 'best'" in refused("export", own, FORM, "--checkpoint=first")
    for output in (copied / "nowhere" / "model.onnx", copied):
        line = refused("export", own, FORM, f"--output={output}")
        assert f"--output {output} is not the name of a file in a folder" in line
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    line = refused("export", own, "--format=onnx")
    assert "needs the package onnxruntime: pip install 'lightning-course[export]'" in line
    assert files(copied.parent) == before


def test_a_folder_that_cannot_be_written(
    copied: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (copied / "export").write_text("a file")
    before = files(copied)
    line = refused("export", f"--run={copied}", FORM)
    assert f"cannot write {copied}/export/weights.pt" in line

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    assert "weights.pt: Permission denied" in refused("export", f"--run={copied}", FORM)
    assert files(copied) == before


def test_runs_that_are_not_there_or_damaged(copied: Path, refused: Callable[..., str]) -> None:
    own = f"--run={copied}"
    assert "there are: version_0" in refused("export", f"--run={copied.parent}/version_7", FORM)
    checkpoint = copied / "checkpoints" / "last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    before = files(copied)

    weights = {name: tensor * float("nan") for name, tensor in content["state_dict"].items()}
    checkpoint.unlink()  # the other one is a link to it
    torch.save({**content, "state_dict": weights}, checkpoint)
    assert "are not finite: its training diverged" in refused("export", own, FORM)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert "damaged" in refused("export", own, FORM)
    checkpoint.unlink()
    assert "no checkpoint" in refused("export", own, FORM)
    assert files(copied) == before - {checkpoint}
    (copied / "results.json").unlink()
    assert "not finished" in refused("export", own, FORM)
    assert "no finished run" in refused("export", f"--run={copied.parent}/latest", FORM)


def test_own_data_and_masked_padding(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Callable[..., str]
) -> None:
    rows = [f"free prize {i},spam\nsee you at {i},ham" for i in range(9)]
    Path("own.csv").write_text("\n".join(["text,label", *rows]))
    quick = ["--task=spam", "--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
    assert run("train", [*quick, "--data.csv=own.csv", "--model.mask_padding=true"]) == 0
    own, folder = "--run=runs/spam/latest", Path("runs/spam/version_0/export")
    line = refused("export", own, "--format=onnx")
    assert "with mask_padding" in line
    assert "--format state_dict" in line
    assert not folder.exists()
    assert run("export", [own, FORM]) == 0
    assert "6 rows of the test split (own data)" in capsys.readouterr().out
    shutil.rmtree(folder)
    Path("own.csv").rename("moved.csv")
    assert "own data are needed, and own.csv is not there" in refused("export", own, FORM)
    Path("own.csv").write_text("\n".join(["text,label", *rows[:-1]]))
    assert "own.csv has changed since the run was trained on it" in refused("export", own, FORM)
    assert not folder.exists()
