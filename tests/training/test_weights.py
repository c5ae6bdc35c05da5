"""Weights from another run, and which weights are evaluated."""

import json
from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.runs.folder import last_checkpoint

ARGV = ["--task=breast_cancer", "--trainer.max_epochs=1"]


def weights(version: int) -> dict[str, torch.Tensor]:
    path = last_checkpoint(Path(f"runs/breast_cancer/version_{version}"))
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return state


def test_a_run_starts_with_another_run_s_weights(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", ARGV) == 0
    still = ["--seed_everything=5", "--optimizer.lr=0", "--init_from=runs/breast_cancer/latest"]
    assert run("train", [*ARGV, *still]) == 0
    for name, tensor in weights(0).items():
        assert torch.equal(tensor, weights(1)[name])
    results = json.loads(Path("runs/breast_cancer/version_1/results.json").read_text())
    assert results["init_from"] == "breast_cancer/version_0"

    capsys.readouterr()
    dense = ["--model=lightning_course.models.DenseClassifier"]
    assert run("train", [*ARGV, *dense, "--init_from=runs/breast_cancer/latest"]) == 2
    assert "does not fit: the run has no network.2.0.bias" in capsys.readouterr().err
    Path("own.csv").write_text("a,y\n" + "1,p\n2,q\n" * 9)
    own = ["--data.csv=own.csv", "--data.target=y", "--init_from=runs/breast_cancer/version_0"]
    assert run("train", [*ARGV, *own]) == 2
    error = capsys.readouterr().err
    assert "network.2.weight is (1, 30) there and (1, 1) here" in error
    assert run("train", [*ARGV, "--init_from=runs/breast_cancer/version_9"]) == 2
    assert "there is no run" in capsys.readouterr().err
    assert not Path("runs/breast_cancer/version_2").exists()


def test_the_best_epoch_leads_where_a_validation_split_chose_it(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A rate that gets worse soon: the last epoch is not the best.
    argv = ["--task=spam", "--data.source=standin", "--data.maxlen=8", "--trainer.max_epochs=4"]
    argv += ["--data.validation_fraction=0.2", "--optimizer.lr=0.1"]
    assert run("train", argv) == 0
    assert "selected on validation; the table shows it" in capsys.readouterr().out
    path = Path("runs/spam/version_0/results.json")
    results = json.loads(path.read_text())
    assert results["weights"] == "best"
    assert list(results["metrics"]) == ["train", "validation", "test"]
    best = results["best_epoch"]
    assert best["selected_on"] == "validation"
    assert best["epoch"] < 3
    assert results["metrics"]["validation"]["loss"] == pytest.approx(best["val/loss"], rel=1e-5)
    assert run("evaluate", ["--run=runs/spam/latest"]) == 0
    assert "best epoch" in capsys.readouterr().out
