"""Runs from start to end, and what is shown instead of one."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from lightning_course.commands import run
from lightning_course.runs.folder import find_run

CONFIGS = Path(__file__).parents[2] / "configs"
QUICK = ["--task=spam", "--data.source=standin", "--trainer.limit_train_batches=2"]
SUMMARY = ["--task=spam", "--summary", "--data.source=standin"]


def results(folder: Path = Path("runs/spam/version_0")) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return content


def test_fast_dev_run_writes_nothing(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", [*QUICK, "--trainer.fast_dev_run=true"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert list(in_tmp_path.iterdir()) == []


def test_without_logger_and_checkpoints(in_tmp_path: Path) -> None:
    without = ["--trainer.logger=false", "--trainer.enable_checkpointing=false"]
    assert run("train", [*QUICK, "--trainer.max_epochs=1", *without]) == 0
    path = in_tmp_path / "runs/spam/version_0"
    assert not list(path.glob("events*"))
    assert not (path / "checkpoints").exists()
    assert (path / "history.csv").is_file()
    assert (path / "figures/curves.png").is_file()


def test_no_epochs_evaluate_the_initial_weights(in_tmp_path: Path) -> None:
    assert run("train", [*QUICK, "--trainer.max_epochs=0"]) == 0
    assert results()["epochs"] == 0
    assert results()["best_epoch"] is None
    assert 0.6 < results()["metrics"]["test"]["loss"] < 0.8
    assert run("evaluate", ["--run=runs/spam/latest"]) == 0


def test_max_steps(in_tmp_path: Path) -> None:
    argv = ["--task=spam", "--data.source=standin", "--trainer.max_steps=3"]
    assert run("train", argv) == 0
    history = pd.read_csv("runs/spam/version_0/history.csv")
    assert len(history) == 1
    assert history["train/loss"].notna().all()


def test_one_batch_is_one_batch_and_results_are_of_whole_splits(in_tmp_path: Path) -> None:
    argv = ["--task=spam", "--data.source=standin", "--trainer.max_epochs=1"]
    argv += ["--trainer.limit_train_batches", "1", "--trainer.limit_test_batches=1"]
    assert run("train", argv) == 0
    checkpoint = torch.load("runs/spam/version_0/checkpoints/last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 1
    assert len(pd.read_csv("runs/spam/version_0/predictions.csv")) == 5_000


def test_options_reach_their_place(in_tmp_path: Path) -> None:
    Path("mine.yaml").write_text("model:\n  hidden_size: 4\ndata:\n  batch_size: 8\n")
    argv = [*QUICK, "--trainer.max_epochs=2", "--config=mine.yaml", "--model.cell=gru"]
    argv += ["--optimizer=torch.optim.SGD", "--optimizer.lr=0.5", "--seed_everything=3"]
    argv += ["--lr_scheduler=StepLR", "--lr_scheduler.step_size=1"]
    assert run("train", argv) == 0
    history = pd.read_csv("runs/spam/version_0/history.csv")
    assert history["lr"].tolist() == pytest.approx([0.5, 0.05])
    assert results()["seed"] == results()["data_seed"] == 3
    vocabulary = (results()["keras_parameters"] - 2_176) // 20  # V + 1 rows
    assert results()["parameters"] == vocabulary * 20 + 3 * (20 * 4 + 4 * 4 + 2 * 4) + 5


def test_the_early_stopping_example(in_tmp_path: Path) -> None:
    config = CONFIGS / "early_stopping.yaml"
    argv = ["--task=spam", "--data.source=standin", "--data.maxlen=8", "--optimizer.lr=0.05"]
    assert run("train", [*argv, f"--config={config}"]) == 0
    content = results()
    assert content["epochs"] == content["best_epoch"]["epoch"] + 1 + 5
    assert content["weights"] == "best"


def test_two_runs_get_two_folders_and_latest_is_the_newest_finished(in_tmp_path: Path) -> None:
    for _ in range(2):
        assert run("train", [*QUICK, "--trainer.max_epochs=1"]) == 0
    assert find_run("runs/spam/latest").name == "version_1"
    (in_tmp_path / "runs/spam/version_1/results.json").unlink()
    assert find_run("runs/spam/latest").name == "version_0"


def test_a_compiled_run_writes_the_same_names(in_tmp_path: Path) -> None:
    argv = ["--task=mnist", "--data.source=standin", "--trainer.max_epochs=1", "--compile=true"]
    argv += ["--trainer.limit_train_batches=2", "--model.hidden_sizes=[3]"]
    assert run("train", argv) == 0
    folder = Path("runs/mnist/version_0")
    assert results(folder)["compiled"] is True
    state = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    assert all(name.startswith("network.") and "orig" not in name for name in state)
    assert run("evaluate", [f"--run={folder}"]) == 0


@pytest.mark.parametrize(
    ("task", "precision"),
    [
        ("sine_rnn", "bf16-true"),
        ("sine_rnn", "16-true"),
        ("sine_rnn", "64-true"),
        ("fashion_mnist", "16-true"),
    ],
)
def test_weights_of_another_precision(in_tmp_path: Path, task: str, precision: str) -> None:
    argv = [f"--task={task}", "--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
    source = [] if task == "sine_rnn" else ["--data.source=standin"]
    assert run("train", [*argv, *source, f"--trainer.precision={precision}"]) == 0
    assert results(Path(f"runs/{task}/version_0"))["precision"] == precision
    assert run("evaluate", [f"--run=runs/{task}/latest"]) == 0


def test_other_data_stand_without_keras(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--task=xor_short_rnn", "--data.rows=40", "--trainer.max_epochs=1"]
    assert run("train", argv) == 0
    assert "Keras" not in capsys.readouterr().out
    assert results(Path("runs/xor_short_rnn/version_0"))["comparable"] is False


def test_the_layers_are_shown_and_nothing_is_trained(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", [*SUMMARY, "--model.cell=gru", "--model.hidden_size=7"]) == 0
    output = capsys.readouterr().out
    assert "stand-in" in output
    assert "recurrent (GRU)" in output
    assert ", 7)" in output
    assert "total parameters" in output
    assert list(in_tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([*SUMMARY, "--find_lr"], "--summary and --find_lr: one at a time"),
        (["--resume=runs/spam/latest", "--summary"], "--summary is for a new run"),
        ([*SUMMARY, "--model.hiden_size=7"], "did you mean '--model.hidden_size'?"),
    ],
)
def test_options_that_exclude_each_other(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert run("train", argv) == 2
    assert words in capsys.readouterr().err
