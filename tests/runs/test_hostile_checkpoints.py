"""Checkpoints that describe much, or another model: each is refused in time, in one line."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lightning_course.commands import run
from lightning_course.preprocessing import Tokenizer


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


def test_weights_that_are_not_finite(capsys: pytest.CaptureFixture[str], copied: Path) -> None:
    edit(copied, lambda content: content["state_dict"]["network.output.bias"].fill_(float("nan")))
    argv = [f"--run={copied}", "--checkpoint=last", "--text=hello"]
    assert "not finite: its training diverged" in refused(capsys, "predict", *argv)


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64])
def test_weights_of_other_numbers_are_not_cut_to_size(
    capsys: pytest.CaptureFixture[str], copied: Path, dtype: torch.dtype
) -> None:
    def change(content: dict[str, Any]) -> None:
        state = content["state_dict"]
        key = next(iter(state))
        state[key] = state[key].to(dtype)

    edit(copied, change)
    line = refused(capsys, "evaluate", f"--run={copied}", "--checkpoint=last")
    assert f"is {dtype}, not torch.float32" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 10**9),
        ("vocabulary_size", 7),
        ("words", ["a"]),
    ],
)
def test_hyperparameters_of_another_model(
    capsys: pytest.CaptureFixture[str], copied: Path, name: str, value: object
) -> None:
    edit(copied, lambda content: content["hyper_parameters"].update({name: value}))
    argv = [f"--run={copied}", "--checkpoint=last", "--text=hello"]
    assert "does not fit task 'spam'" in refused(capsys, "predict", *argv)


def ids(change: Callable[[int], int]) -> Callable[[dict[str, Any]], object]:
    """Return an edit of the tokenizer's numbers of words."""

    def edit_state(content: dict[str, Any]) -> None:
        document = json.loads(content["SpamDataModule"]["tokenizer"])
        words = json.loads(document["config"]["word_index"])
        words = {word: change(number) for word, number in words.items()}
        document["config"]["word_index"] = json.dumps(words)
        content["SpamDataModule"]["tokenizer"] = json.dumps(document)

    return edit_state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ids(lambda number: -number), "ids of words"),
        (ids(lambda number: number + 10**7), "ids of words"),
        (lambda content: content["SpamDataModule"].update(maxlen=10**9), "maxlen"),
        (lambda content: content["SpamDataModule"].update(maxlen=-1), "maxlen"),
        (lambda content: content["SpamDataModule"].update(class_names=[1, 2]), "class_names"),
        (
            lambda content: content["SpamDataModule"].update(tokenizer=Tokenizer().to_json()),
            "vocabulary_size is 0",
        ),
    ],
)
def test_fitted_state_without_bounds(
    capsys: pytest.CaptureFixture[str],
    copied: Path,
    change: Callable[[dict[str, Any]], object],
    words: str,
) -> None:
    edit(copied, change)
    argv = [f"--run={copied}", "--checkpoint=last", "--text=hello"]
    assert words in refused(capsys, "predict", *argv)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_pipes_in_place_of_a_run_s_files(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    line = refused(capsys, "predict", f"--run={copied}", f"--input={pipe}")
    assert f"{pipe} cannot be read: it is a pipe, not a file" in line
    for name in ("config.yaml", "results.json", "checkpoints/last.ckpt"):
        (copied / name).unlink()
        os.mkfifo(copied / name)
        assert refused(capsys, "evaluate", f"--run={copied}").startswith("error: ")
