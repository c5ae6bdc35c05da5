"""A finished run for the tests to export, and what a command says when it refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lightning_course.commands import run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run on texts."""
    runs = tmp_path_factory.mktemp("finished")
    options = ["--task=spam", "--data.source=standin", "--data.maxlen=9", f"--runs={runs}"]
    quick = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
    assert run("train", [*options, *quick]) == 0
    return runs / "spam" / "version_0"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished run that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "runs" / "spam" / "version_0"))


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command, checks that it refuses, and returns its line."""

    def refused(verb: str, *argv: str) -> str:
        capsys.readouterr()
        assert run(verb, list(argv)) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        return error

    return refused
