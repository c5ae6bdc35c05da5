"""Two real processes over gloo: one run folder, the result of one process, one line of error."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "scripts/train.py"
# 3,328 training rows, a multiple of 32; 1,672 test rows, so that a batch is left over.
COMMON = ["--task=spam", "--data.source=standin", "--data.test_fraction=0.3344"]
COMMON += ["--data.maxlen=8", "--trainer.max_epochs=1", "--trainer.accelerator=cpu"]
# In full precision, or the order of sums would show after a hundred steps of Adam.
COMMON += ["--trainer.precision=64-true"]
DDP = ["--trainer.devices=2", "--trainer.strategy=ddp", "--data.batch_size=16"]


def train(folder: Path, launcher: list[str], *options: str) -> Path:
    """Train in a process group of its own, return the run folder."""
    folder.mkdir()
    command = [*launcher, str(SCRIPT), *COMMON, *options]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("run folder:") == 1
    assert [path.name for path in (folder / "runs/spam").iterdir()] == ["version_0"]
    return folder / "runs/spam/version_0"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("alone") / "run", [sys.executable])


@pytest.mark.parametrize(
    "launcher",
    [[sys.executable], [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]],
    ids=["lightning", "torchrun"],
)
def test_two_processes_with_half_the_batch_equal_one(
    alone: Path, tmp_path: Path, launcher: list[str]
) -> None:
    together = train(tmp_path / "run", launcher, *DDP)
    tables = [pd.read_csv(path / "predictions.csv") for path in (alone, together)]
    for column in ("split", "row", "target", "input"):
        assert tables[0][column].tolist() == tables[1][column].tolist()
    np.testing.assert_allclose(
        tables[0]["probability"], tables[1]["probability"], rtol=0, atol=1e-6
    )
    metrics = [
        json.loads((path / "results.json").read_text())["metrics"] for path in (alone, together)
    ]
    for split in ("train", "test"):
        assert metrics[0][split] == pytest.approx(metrics[1][split], rel=1e-6)
    weights = [
        torch.load(path / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for path in (alone, together)
    ]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], rtol=0, atol=1e-8)


def test_a_loss_that_is_not_finite_is_told_once(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), *COMMON, *DDP, "--trainer.precision=32-true"]
    command += ["--optimizer=torch.optim.SGD", "--optimizer.lr=1e38"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 2
    assert done.stderr.count("error: the loss became") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="finds child processes in /proc")
@pytest.mark.parametrize(
    ("target", "signum", "code", "words"),
    [
        ("group", signal.SIGTERM, 143, "stopped by SIGTERM; "),
        ("group", signal.SIGINT, 130, "stopped by SIGINT; "),
        ("child", signal.SIGKILL, 1, "another process of the run ended first, with exit code -9; "),
    ],
)
def test_a_signal_leaves_no_process_and_one_line(
    tmp_path: Path, target: str, signum: signal.Signals, code: int, words: str
) -> None:
    options = [
        "--task=spam",
        "--data.source=standin",
        "--data.maxlen=6",
        "--trainer.max_epochs=999",
    ]
    options += ["--trainer.accelerator=cpu", "--trainer.devices=2", "--trainer.strategy=ddp"]
    options += ["--trainer.limit_train_batches=2", "--trainer.limit_val_batches=1"]
    with (tmp_path / "error").open("w") as error:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *options],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=error,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch   2"):
            break
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (child,) = map(int, children)
    if target == "group":
        os.killpg(process.pid, signum)
    else:
        os.kill(child, signum)
    process.stdout.read()
    assert process.wait(60) == code, (tmp_path / "error").read_text()
    message = (tmp_path / "error").read_text()
    assert message.startswith(f"error: {words}")
    assert "epochs are saved; resume with" in message
    assert message.count("\n") == 1
    for _ in range(100):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.1)
    raise AssertionError("the second process is left")
