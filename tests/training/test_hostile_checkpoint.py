"""Checkpoints that hold other values than a run writes: none is resumed, each in one line."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lightning_course.commands import run


def refused(capsys: pytest.CaptureFixture[str], verb: str, *argv: str) -> str:
    """Run a command, check how it refuses, return its line."""
    capsys.readouterr()
    assert run(verb, list(argv)) == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run on texts."""
    runs = tmp_path_factory.mktemp("finished")
    options = ["--data.source=standin", "--trainer.max_epochs=1"]
    assert run("train", ["--task=spam", f"--runs={runs}", *options]) == 0
    return runs / "spam/version_0"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "runs/spam/version_0"))


def edit(run_folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = run_folder / "checkpoints/last.ckpt"
    content = torch.load(path, weights_only=True)
    change(content)
    path.unlink()  # it is best.ckpt too
    torch.save(content, path)


@pytest.mark.parametrize("key", ["loops", "callbacks", "Report", "LastAndBest"])
def test_an_incomplete_checkpoint_is_not_resumed(
    capsys: pytest.CaptureFixture[str], copied: Path, key: str
) -> None:
    edit(copied, lambda content: (content if key in content else content["callbacks"]).pop(key))
    (copied / "results.json").unlink()
    line = refused(capsys, "train", f"--resume={copied}", "--trainer.max_epochs=2")
    assert f"last.ckpt cannot be resumed: it has no {key}" in line


@pytest.mark.parametrize("option", ["--init_from", "--resume"])
def test_weights_of_other_numbers_are_not_cut_to_size(
    capsys: pytest.CaptureFixture[str], copied: Path, option: str
) -> None:
    def change(content: dict[str, Any]) -> None:
        state = content["state_dict"]
        key = next(iter(state))
        state[key] = state[key].to(torch.int8)

    edit(copied, change)
    argv = ["--trainer.max_epochs=2"]
    if option == "--resume":
        (copied / "results.json").unlink()
    else:
        argv += ["--task=spam", "--data.source=standin"]
    line = refused(capsys, "train", *argv, f"{option}={copied}")
    assert "is torch.int8, not torch.float32" in line


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Return a change that puts the last argument to the place that the others name."""
    *keys, last, value = path

    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for key in keys:
            place = place[key]
        place[last] = value

    return change


OPTIMIZER = ("optimizer_states", 0)
GROUP = (*OPTIMIZER, "param_groups", 0)
EPOCHS = ("loops", "fit_loop", "epoch_progress", "current")
REPORT, BEST = ("callbacks", "Report"), ("callbacks", "LastAndBest")
FITTED = ("SpamDataModule",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put(*GROUP, "lr", None), "optimizer_states.0.param_groups.0.lr is of type NoneType"),
        (put(*GROUP, "lr", "x"), "param_groups.0.lr is 'x'"),
        (put(*OPTIMIZER, "state", 0, {}), "the state of its optimiser lacks that of a parameter"),
        (put(*OPTIMIZER, "state", 0, {"step": "x"}), "could not convert string to float"),
        (put("optimizer_states", []), "it has no optimizer_states"),
        (put("epoch", -5), "it has no epoch"),
        (put("provenance", None), "it has no provenance"),
        (put(*EPOCHS, "completed", -1), "epoch_progress.current.completed is -1"),
        (put("loops", {}), "KeyError: 'fit_loop'"),
        (put("loops", "fit_loop", None), "cannot be resumed"),
        (put(*FITTED, None), "its SpamDataModule is of type NoneType"),
        (put(*FITTED, "maxlen", 5), "its SpamDataModule.maxlen is 5"),
        (put(*FITTED, "class_names", 0, torch.zeros(2)), "SpamDataModule.class_names.0 is of type"),
        (put(*REPORT, "history", []), "its history is not of 1 epochs"),
        (put(*REPORT, "history", 0, "epoch", "x"), "its history is not of 1 epochs"),
        (put(*REPORT, "history", 0, "lr", "x"), "its Report.history.0.lr is 'x'"),
        (put(*BEST, "best", "x"), "its LastAndBest.best is 'x'"),
        (put(*BEST, "random_state", {}), "KeyError: 'cpu'"),
        (put(*BEST, "random_state", "cpu", torch.zeros(5)), "random_state.cpu is of type"),
    ],
)
def test_a_checkpoint_with_other_values_than_training_writes_is_not_resumed(
    capsys: pytest.CaptureFixture[str],
    copied: Path,
    change: Callable[[dict[str, Any]], object],
    words: str,
) -> None:
    edit(copied, change)
    (copied / "results.json").unlink()
    line = refused(capsys, "train", f"--resume={copied}", "--trainer.max_epochs=2")
    assert words in line
    assert "last.ckpt cannot be resumed: " in line


def test_a_config_of_a_larger_model_is_not_resumed(
    capsys: pytest.CaptureFixture[str], copied: Path
) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("hidden_size: 15", "hidden_size: 10000"))
    (copied / "results.json").unlink()
    assert "larger model" in refused(capsys, "train", f"--resume={copied}")
