"""Small files that describe much: each is refused in time and memory, in one line."""

import os
import shutil
from pathlib import Path

import pytest

from lightning_course.commands import run

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")


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


BOMBS = (
    "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{level}: &a{level} [{f'*a{level - 1}, ' * 9}]\n" for level in range(1, 9)),
    "trainer: &t\n  callbacks: *t\n",
    "trainer: " + "[" * 900 + "]" * 900,
)


@pytest.mark.parametrize("bomb", BOMBS, ids=("laughs", "itself", "deep"))
def test_a_config_that_describes_too_much(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path, bomb: str
) -> None:
    config = copied / "config.yaml"
    with config.open("a") as file:
        file.write(bomb.replace("trainer", "other"))
    assert "config.yaml cannot be read" in refused(capsys, "evaluate", f"--run={copied}")
    (copied / "results.json").unlink()
    assert "config.yaml cannot be read" in refused(capsys, "train", f"--resume={copied}")
    mine, nested = tmp_path / "mine.yaml", tmp_path / "nested.yaml"
    mine.write_text(bomb)
    argv = ["--task=spam", f"--runs={tmp_path / 'runs'}"]
    assert "mine.yaml cannot be read" in refused(capsys, "train", *argv, f"--config={mine}")
    # A file that another names is checked by jsonargparse's own loader.
    nested.write_text(f"trainer: {mine}\n")
    assert refused(capsys, "train", *argv, f"--config={nested}").startswith("error: ")


def test_pipes_in_place_of_files(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    line = f"{pipe} cannot be read: it is a pipe, not a file"
    assert line in refused(capsys, "train", "--task=spam", f"--config={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.csv={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.tokenizer_file={pipe}")
    assert line in refused(capsys, "explore", f"--data={pipe}")
    assert line in refused(capsys, "predict", f"--run={copied}", f"--input={pipe}")
    for name in ("config.yaml", "results.json", "checkpoints/last.ckpt"):
        (copied / name).unlink()
        os.mkfifo(copied / name)
        assert refused(capsys, "evaluate", f"--run={copied}").startswith("error: ")
