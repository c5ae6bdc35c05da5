"""Bad input ends with one line on stderr, exit code 2, and nothing on disk."""

import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run

QUICK = ["--data.source=standin", "--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]


def refused(capsys: pytest.CaptureFixture[str], verb: str, *argv: str) -> str:
    """Run a command, check how it refuses, return its line."""
    capsys.readouterr()
    assert run(verb, list(argv)) == 2
    error = capsys.readouterr().err.splitlines()
    lines = [line for line in error if line.startswith("error: ")]
    assert len(lines) == 1
    assert error[-1] == lines[0]
    return lines[0]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run."""
    runs = tmp_path_factory.mktemp("finished")
    assert run("train", ["--task=spam", f"--runs={runs}", *QUICK]) == 0
    return runs / "spam" / "version_0"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished run that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "runs" / "spam" / "version_0"))


def test_a_data_file_with_a_wrong_checksum(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path
) -> None:
    path = in_tmp_path / "data/spam/spam.csv"
    path.parent.mkdir(parents=True)
    path.write_text("v1,v2\nham,hello\n")
    line = refused(capsys, "train", "--task=spam", "--data.root=data")
    assert "not the published file" in line
    assert path.read_text() == "v1,v2\nham,hello\n"
    assert not Path("runs").exists()


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_runs_that_are_not_there(
    capsys: pytest.CaptureFixture[str], copied: Path, verb: str
) -> None:
    missing = copied.parent / "version_7"
    assert "there are: version_0" in refused(capsys, verb, f"--run={missing}")
    other = copied.parent.parent / "spma" / "latest"
    assert "did you mean 'spam'" in refused(capsys, verb, f"--run={other}")
    (copied / "results.json").unlink()
    assert "not finished" in refused(capsys, verb, f"--run={copied}")
    assert "no finished run" in refused(capsys, verb, f"--run={copied.parent}/latest")
    assert "--run" in refused(capsys, verb)


class Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_checkpoints_that_cannot_be_trusted(
    capsys: pytest.CaptureFixture[str], copied: Path, in_tmp_path: Path, verb: str
) -> None:
    checkpoint = copied / "checkpoints" / "last.ckpt"
    good = checkpoint.read_bytes()

    def refusal() -> str:
        extra = ["--text=hello"] if verb == "predict" else []
        return refused(capsys, verb, f"--run={copied}", *extra)

    checkpoint.write_bytes(good[: len(good) // 2])
    assert "damaged" in refusal()
    checkpoint.write_bytes(b"")
    assert "damaged" in refusal()

    content = torch.load(checkpoint.with_name("best.ckpt"), weights_only=True)
    checkpoint.unlink()
    torch.save({**content, "callbacks": Malice()}, checkpoint)
    assert "not executed" in refusal()
    checkpoint.write_bytes(pickle.dumps(Malice()))
    assert "not executed" in refusal()
    assert not Path("executed").exists()

    weights = {name: tensor[..., :1] for name, tensor in content["state_dict"].items()}
    torch.save({**content, "state_dict": weights}, checkpoint)
    assert "does not fit task 'spam'" in refusal()
    torch.save({"weights": torch.ones(1)}, checkpoint)
    assert "not a Lightning checkpoint" in refusal()
    checkpoint.unlink()
    assert "no checkpoint" in refusal()


def test_a_config_that_was_edited(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    config = copied / "config.yaml"
    good = config.read_text()
    for bad in ("{", "task: spam\n", good.replace("SpamClassifier", "Nothing"), "- 1\n"):
        config.write_text(bad)
        assert "cannot be read" in refused(capsys, "evaluate", f"--run={copied}")
    config.write_text(good.replace("lightning_course.models.SpamClassifier", "os.system"))
    assert "uses os.system, which is not" in refused(capsys, "evaluate", f"--run={copied}")


def test_results_that_were_edited(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    for bad in ("", "[]", "null", "{}", '{"data": 1}', '{"data": {}}'):
        (copied / "results.json").write_text(bad)
        assert "cannot be read" in refused(capsys, "evaluate", f"--run={copied}")


def test_fitted_state_that_was_edited(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    checkpoint = copied / "checkpoints" / "last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    for key, value in (("maxlen", "x"), ("class_names", []), ("tokenizer", "{}")):
        state = {**content["SpamDataModule"], key: value}
        torch.save({**content, "SpamDataModule": state}, checkpoint)
        assert "does not fit" in refused(capsys, "predict", f"--run={copied}", "--text=hello")


def test_a_precision_that_was_edited(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("precision: 32-true", "precision: wrong"))
    assert "config.yaml: Precision 'wrong'" in refused(capsys, "evaluate", f"--run={copied}")


def test_other_data_than_the_run_s(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("    seed: 0\n", "    seed: 1\n"))
    line = refused(capsys, "evaluate", f"--run={copied}")
    assert "was trained on stand-in data" in line
    assert "train again" in line


def test_nothing_to_predict(
    capsys: pytest.CaptureFixture[str],
    finished: Path,
    in_tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import io

    run_option = f"--run={finished}"
    monkeypatch.setattr("sys.stdin", io.StringIO("\n  \n"))
    assert "nothing to predict" in refused(capsys, "predict", run_option)
    assert "nothing to predict" in refused(capsys, "predict", run_option, "--text=  ")
    assert "No such file" in refused(capsys, "predict", run_option, "--input=nothing.csv")
    Path("empty.csv").write_text("")
    assert "is empty" in refused(capsys, "predict", run_option, "--input=empty.csv")
    Path("header.csv").write_text("text\n")
    assert "no rows" in refused(capsys, "predict", run_option, "--input=header.csv")
    Path("header.csv").write_text("text\n' '\n".replace("'", '"'))
    assert "holds no text" in refused(capsys, "predict", run_option, "--input=header.csv")
    Path("other.csv").write_text("texts\nhello\n")
    line = refused(capsys, "predict", run_option, "--input=other.csv")
    assert "no column 'text' (did you mean 'texts'?)" in line
    Path("latin.csv").write_bytes(b"text\n\xa3100\n")
    argv = [run_option, "--input=latin.csv", "--data.encoding=utf-8"]
    assert "is not utf-8 text" in refused(capsys, "predict", *argv)
    line = refused(capsys, "predict", run_option, "--text=a", "--input=other.csv")
    assert "not both" in line
    line = refused(capsys, "predict", run_option, "--text=a", "--output=nowhere/out.csv")
    assert "nowhere/out.csv is not the name of a file" in line
    line = refused(capsys, "predict", run_option, "--text=a", f"--output={in_tmp_path}")
    assert "is not the name of a file" in line
    Path("long.csv").write_text("text\na,b,c\n")
    assert "row 2 has 3 fields" in refused(capsys, "predict", run_option, "--input=long.csv")
    assert "did you mean '--text'?" in refused(capsys, "predict", run_option, "--txt=a")
