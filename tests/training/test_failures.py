"""Runs that fail: the line that explains why, and what is left of the run."""

import errno
import sys
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.runs.folder import last_checkpoint
from lightning_course.training.history import History

ARGV = ["--task=spam", "--data.source=standin", "--data.maxlen=6", "--data.batch_size=1024"]
ARGV += ["--trainer.max_epochs=4"]
RUN = Path("runs/spam/version_0")


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    errors = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(errors) == 1
    return errors[0]


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("half_written", [True, False])
def test_a_disk_that_is_full_when_a_checkpoint_is_written(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    half_written: bool,
) -> None:
    save, saved = torch.save, []

    def save_twice(content: dict[str, object], path: Path) -> None:
        saved.append(content["epoch"])
        if len(saved) < 3:
            save(content, path)
        elif half_written:
            Path(path).write_bytes(b"half")
            raise RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 64 vs 0")
        else:
            no_space()

    with monkeypatch.context() as patch:
        patch.setattr("torch.save", save_twice)
        assert run("train", ARGV) == 2
    line = error_line(capsys)
    assert f"cannot write the run {RUN}: torch could not write all of it" in line
    assert f"2 epochs are saved; resume with: python scripts/train.py --resume {RUN}" in line
    assert {path.name for path in (RUN / "checkpoints").iterdir()} == {"last.ckpt", "best.ckpt"}
    assert torch.load(last_checkpoint(RUN), weights_only=True)["epoch"] == 1
    assert not (RUN / "results.json").exists()
    # When there is room again, the run is resumed.
    assert run("train", [f"--resume={RUN}"]) == 0
    assert (RUN / "results.json").is_file()


@pytest.mark.parametrize(
    ("where", "rest"),
    [
        ("lightning_course.training.history.write_atomically", "no epoch was finished"),
        ("lightning_course.training.outcome.write_json", "4 epochs are saved; resume with"),
    ],
)
def test_a_disk_that_is_full_elsewhere(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    rest: str,
) -> None:
    monkeypatch.setattr(where, no_space)
    assert run("train", ARGV) == 2
    line = error_line(capsys)
    assert f"cannot write the run {RUN}: No space left on device; {rest}" in line
    assert not (RUN / "results.json").exists()


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("lightning_course.training.callback.write_predictions", "predictions.csv"),
        ("torch.utils.tensorboard.SummaryWriter.add_image", "the figure confusion_matrix"),
    ],
)
def test_a_disk_that_is_full_after_the_results_are_written(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    what: str,
) -> None:
    monkeypatch.setattr(where, no_space)
    assert run("train", ARGV) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if what in line]
    assert len(warnings) == 1
    assert "No space left on device" in warnings[0]
    assert (RUN / "results.json").is_file()


REMOVAL = """
import shutil
from pytorch_lightning import Callback

class Remove(Callback):
    def {point}(self, trainer, module):
        if trainer.current_epoch >= 1:
            shutil.rmtree("runs", ignore_errors=True)
"""


@pytest.mark.parametrize("point", ["on_train_epoch_start", "on_validation_start", "on_test_start"])
def test_runs_that_are_removed(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    Path("removal.py").write_text(REMOVAL.format(point=point))
    monkeypatch.delitem(sys.modules, "removal", raising=False)
    monkeypatch.syspath_prepend(str(in_tmp_path))
    assert run("train", [*ARGV, "--trainer.callbacks=removal.Remove"]) == 2
    assert f"the run folder {RUN} is gone" in error_line(capsys)
    assert not Path("runs").exists()


def test_an_error_of_another_kind_is_not_explained_away(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: History, *_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere")

    monkeypatch.setattr(History, "write", refuse)
    assert run("train", ARGV) == 2
    assert f"/elsewhere: Permission denied (unfinished run: {RUN})" in error_line(capsys)


def test_a_loss_that_is_not_finite(capsys: pytest.CaptureFixture[str], in_tmp_path: Path) -> None:
    sgd = ["--optimizer=torch.optim.SGD", "--optimizer.lr=1e38"]
    assert run("train", [*ARGV, *sgd]) == 2
    line = error_line(capsys)
    assert "at step 2 (epoch 0)" in line
    assert "--optimizer.lr" in line
    assert f"unfinished run: {RUN}" in line
    # What the last step spoils shows only in the results.
    assert run("train", [*ARGV, *sgd, "--trainer.max_steps=1"]) == 2
    assert "without finite results" in error_line(capsys)
    monitor = ["--trainer.callbacks=EarlyStopping", "--trainer.callbacks.monitor=val_loss"]
    assert run("train", [*ARGV, *monitor]) == 2
    assert "val/loss" in error_line(capsys)
    assert not list(in_tmp_path.rglob("results.json"))


def test_runs_cannot_be_written(capsys: pytest.CaptureFixture[str], in_tmp_path: Path) -> None:
    Path("runs").write_text("a file")
    assert run("train", ARGV) == 2
    assert "cannot write runs" in error_line(capsys)
