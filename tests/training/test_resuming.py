"""Runs that are really killed, and resumed as if nothing had happened, bit for bit."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from lightning_course.commands import run
from lightning_course.training import checkpoints

SCRIPT = Path(__file__).parents[2] / "scripts/train.py"
# Dropout and a schedule, so that random numbers and schedule must be restored too.
OPTIONS = ["--task=spam", "--data.source=standin", "--data.maxlen=6", "--data.batch_size=256"]
OPTIONS += ["--model.dropout=0.5", "--trainer.max_epochs=4", "--trainer.accelerator=cpu"]
OPTIONS += ["--lr_scheduler=StepLR", "--lr_scheduler.step_size=1", "--lr_scheduler.gamma=0.7"]
OPTIONS += ["--threads=1"]

# A callback that kills its process at one point, once: the marker file tells that it did.
KILLER = """
import os, signal
from pathlib import Path
import torch
from pytorch_lightning import Callback
from lightning_course.training import callback, checkpoints

def kill(signum=signal.SIGKILL):
    if not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signum)

class Kill(Callback):
    def __init__(self, point: str, epoch: int = 1):
        self.point, self.epoch = point, epoch
        save, link = torch.save, checkpoints._link
        self.now = False
        def half(content, path):
            if self.now and point == "half a checkpoint":
                save(content, path)
                with open(path, "r+b") as file:
                    file.truncate(1000)
                kill()
            save(content, path)
        def no_link(*paths):
            if self.now and point == "before the link":
                kill()
            link(*paths)
        torch.save, checkpoints._link = half, no_link
        if point.startswith("drawing"):
            render = callback.render
            def stop(*arguments):
                kill(getattr(signal, point.split()[1]))
                return render(*arguments)
            callback.render = stop
    def on_train_epoch_start(self, trainer, module):
        self.now = trainer.current_epoch == self.epoch
        if self.now and self.point == "start of an epoch":
            kill()
    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if self.now and self.point.startswith("SIG") and batch_idx == 5:
            kill(getattr(signal, self.point))
    def on_before_optimizer_step(self, trainer, module, optimizer):
        if self.now and self.point == "middle of a step" and trainer.global_step % 14 == 5:
            kill()
    def on_validation_epoch_end(self, trainer, module):
        if self.now and self.point == "validation":
            kill()
    def on_train_epoch_end(self, trainer, module):
        if self.now and self.point == "end of an epoch":
            kill()
    def on_test_start(self, trainer, module):
        if self.point == "final evaluation":
            kill()
"""
POINTS = [
    ("start of an epoch", 1),
    ("middle of a step", 3),
    ("validation", 2),
    ("end of an epoch", 1),
    ("half a checkpoint", 1),
    ("before the link", 1),
    ("final evaluation", 3),
]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killer(point: str, epoch: int) -> list[str]:
    prefix = "--trainer.callbacks"
    return [f"{prefix}=killer.Kill", f"{prefix}.point={point}", f"{prefix}.epoch={epoch}"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    process = start(folder, *OPTIONS)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return folder / "runs/spam/version_0"


@pytest.fixture
def resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Resume in this process: a start less to wait for. What the killer patches is put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "killer", raising=False)
    monkeypatch.setattr(torch, "save", torch.save)
    monkeypatch.setattr(checkpoints, "_link", checkpoints._link)
    threads = torch.get_num_threads()

    def resume(path: str) -> None:
        assert run("train", [f"--resume={path}", "--allow=killer"]) == 0

    yield resume
    torch.set_num_threads(threads)


def assert_same(first: Path, second: Path) -> None:
    """Compare all that a run leaves, but for times and the killer's presence."""
    tables = [pd.read_csv(path / "history.csv").drop(columns="seconds") for path in (first, second)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert (first / "predictions.csv").read_text() == (second / "predictions.csv").read_text()
    for name in ("last", "best"):
        contents = [
            torch.load(path / f"checkpoints/{name}.ckpt", weights_only=True)
            for path in (first, second)
        ]
        assert contents[0]["epoch"] == contents[1]["epoch"]
        for key in ("state_dict", "optimizer_states", "lr_schedulers"):
            assert_equal(contents[0][key], contents[1][key])
    results = [json.loads((path / "results.json").read_text()) for path in (first, second)]
    for content in results:
        del content["seconds"], content["best_epoch"]["seconds"]
    assert results[0] == results[1]
    assert not list(second.rglob("*.tmp"))


def assert_equal(first: object, second: object) -> None:
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            assert_equal(first[key], second[key])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_equal(one, other)
    else:
        assert first == second


@pytest.mark.parametrize(("point", "epoch"), POINTS)
def test_a_killed_run_is_resumed_bit_for_bit(
    uninterrupted: Path, tmp_path: Path, resume: Callable[[str], None], point: str, epoch: int
) -> None:
    (tmp_path / "killer.py").write_text(KILLER)
    process = start(tmp_path, *OPTIONS, *killer(point, epoch))
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    path = tmp_path / "runs/spam/version_0"
    assert not (path / "results.json").exists()
    resume("runs/spam/latest")
    assert_same(uninterrupted, path)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_and_says_how_to_resume(
    uninterrupted: Path, tmp_path: Path, resume: Callable[[str], None], signum: signal.Signals
) -> None:
    (tmp_path / "killer.py").write_text(KILLER)
    process = start(tmp_path, *OPTIONS, *killer(signum.name, 2))
    path = tmp_path / "runs/spam/version_0"
    _, error = process.communicate(timeout=120)
    assert process.returncode == 128 + signum
    assert error.count("\n") == 1
    assert f"stopped by {signum.name}" in error
    assert "2 epochs are saved; resume with" in error
    assert "--resume runs/spam/version_0 --allow killer" in error
    resume("runs/spam/version_0")
    assert_same(uninterrupted, path)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_draws_is_finished(
    uninterrupted: Path, tmp_path: Path, signum: signal.Signals
) -> None:
    (tmp_path / "killer.py").write_text(KILLER)
    process = start(tmp_path, *OPTIONS, *killer(f"drawing {signum.name}", 1))
    _, error = process.communicate(timeout=120)
    path = tmp_path / "runs/spam/version_0"
    if signum == signal.SIGTERM:
        assert process.returncode == 128 + signum
        assert error.count("\n") == 1
        assert "version_0 is finished, but some of its figures may be missing" in error
    else:
        assert process.returncode == -signum
    assert not list((path / "figures").glob("*.png"))
    results = [
        json.loads((folder / "results.json").read_text()) for folder in (uninterrupted, path)
    ]
    assert results[0]["metrics"] == results[1]["metrics"]
    assert run("evaluate", [f"--run={path}"]) == 0


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    capsys.readouterr()
    assert run("train", list(argv)) == 2
    return capsys.readouterr().err


def test_what_cannot_be_resumed(
    uninterrupted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copytree(uninterrupted, tmp_path / "runs/spam/version_0"))
    before = {entry: entry.stat().st_mtime_ns for entry in path.rglob("*")}
    assert "is finished" in refused(capsys, f"--resume={path}")
    assert {entry: entry.stat().st_mtime_ns for entry in path.rglob("*")} == before
    (path / "results.json").unlink()
    assert "only --trainer.…" in refused(capsys, f"--resume={path}", "--model.hidden_size=3")
    config = (path / "config.yaml").read_text()
    for nonsense, words in (
        ("{", "it is not valid YAML"),
        ("task: other\n", "unknown task"),
        (config.replace("batch_size: 256", "batch_size: 0"), "batch_size must be at least 1"),
        (config.replace("hidden_size: 15", "hidden_size: 3"), "does not fit"),
        (config.replace("seed: 0\n", "seed: 1\n"), "the run began with"),
    ):
        (path / "config.yaml").write_text(nonsense)
        assert words in refused(capsys, f"--resume={path}")
    (path / "config.yaml").write_text(config)
    checkpoint = path / "checkpoints/last.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert "damaged" in refused(capsys, f"--resume={path}")
    checkpoint.unlink()
    assert "no checkpoint" in refused(capsys, f"--resume={path}")
    assert "there is no run" in refused(capsys, f"--resume={tmp_path}/runs/spam/version_9")


def test_two_processes_cannot_resume_one_run(uninterrupted: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(uninterrupted, tmp_path / "runs/spam/version_0"))
    (path / "results.json").unlink()
    processes = [
        start(tmp_path, "--resume", str(path), "--trainer.max_epochs=40") for _ in range(2)
    ]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert sorted(code for _, code in ended) == [0, 2]
    assert any("another process is writing" in error for error, _ in ended)


def test_more_epochs(uninterrupted: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(uninterrupted, tmp_path / "runs/spam/version_0"))
    (path / "results.json").unlink()
    assert run("train", [f"--resume={path}", "--trainer.max_epochs=6"]) == 0
    history = pd.read_csv(path / "history.csv")
    assert history["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    first = pd.read_csv(uninterrupted / "history.csv")
    pd.testing.assert_frame_equal(history[:4], first, check_exact=True)
