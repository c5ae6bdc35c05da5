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


def test_weights_of_classes_do_not_fit_values(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", ARGV) == 0
    argv = ["--task=moores_law", "--data.source=standin", "--trainer.max_epochs=1"]
    assert run("train", [*argv, "--init_from=runs/breast_cancer/latest"]) == 2
    assert "does not fit" in capsys.readouterr().err
