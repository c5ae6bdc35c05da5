"""YAML files: they mean what the command line means, and are refused if they have no end."""

import os
from pathlib import Path

import pytest

from lightning_course.catalogue import find
from lightning_course.commands import run
from lightning_course.training.cli import CourseCLI


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CourseCLI:
    runs = tmp_path_factory.mktemp("runs")
    argv = ["--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1.0"]
    return CourseCLI(find("sine_linear"), [f"--runs={runs}", *argv], record=False)


def test_the_trainer_gets_one_batch_and_all_batches(cli: CourseCLI) -> None:
    assert type(cli.trainer.limit_train_batches) is int
    assert type(cli.trainer.limit_val_batches) is float


@pytest.mark.parametrize("option", ["limit_test_batches", "overfit_batches", "val_check_interval"])
@pytest.mark.parametrize(("text", "kind"), [("1", int), ("1.0", float)])
def test_1_is_one_batch_and_1_0_is_all_batches(
    cli: CourseCLI, tmp_path: Path, option: str, text: str, kind: type
) -> None:
    mine, recorded = tmp_path / "mine.yaml", tmp_path / "config.yaml"
    mine.write_text(f"trainer:\n  {option}: {text}\n")
    for words in ([f"--trainer.{option}={text}"], [f"--config={mine}"]):
        config = cli.parser.parse_args(words)
        recorded.write_text(cli.parser.dump(config, skip_none=False))
        again = cli.parser.parse_args([f"--config={recorded}"])
        assert [type(each.trainer[option]) for each in (config, again)] == [kind, kind]


def refused(capsys: pytest.CaptureFixture[str], verb: str, *argv: str) -> str:
    """Run a command, check how it refuses, return its line."""
    capsys.readouterr()
    assert run(verb, list(argv)) == 2
    return capsys.readouterr().err.splitlines()[-1]


BOMBS = (
    "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{level}: &a{level} [{f'*a{level - 1}, ' * 9}]\n" for level in range(1, 9)),
    "trainer: &t\n  callbacks: *t\n",
    "trainer: " + "[" * 900 + "]" * 900,
)


@pytest.mark.parametrize("bomb", BOMBS, ids=("laughs", "itself", "deep"))
def test_a_config_that_describes_too_much(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bomb: str
) -> None:
    folder = tmp_path / "runs/spam/version_0"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints/last.ckpt").touch()
    (folder / "config.yaml").write_text("task: spam\n" + bomb)
    assert "config.yaml cannot be read" in refused(capsys, "train", f"--resume={folder}")
    (folder / "results.json").write_text("{}")
    assert "config.yaml cannot be read" in refused(capsys, "evaluate", f"--run={folder}")
    mine, nested = tmp_path / "mine.yaml", tmp_path / "nested.yaml"
    mine.write_text(bomb)
    argv = ["--task=spam", f"--runs={tmp_path / 'runs'}"]
    assert "mine.yaml cannot be read" in refused(capsys, "train", *argv, f"--config={mine}")
    # A file that another names is checked by jsonargparse's own loader.
    nested.write_text(f"trainer: {mine}\n")
    assert refused(capsys, "train", *argv, f"--config={nested}").startswith("error: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_pipes_in_place_of_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    line = f"{pipe} cannot be read: it is a pipe, not a file"
    assert line in refused(capsys, "train", "--task=spam", f"--config={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.csv={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.tokenizer_file={pipe}")
    assert line in refused(capsys, "explore", f"--data={pipe}")
    # jsonargparse reads files that a file or an option names.
    mine = tmp_path / "mine.yaml"
    for content in (f"optimizer: {pipe}\n", "optimizer: pipe.csv\n"):
        mine.write_text(content)
        assert line in refused(capsys, "train", "--task=spam", f"--config={mine}")
    assert line in refused(capsys, "train", "--task=spam", f"--optimizer={pipe}")
    # Empty by its size, and its end never comes.
    if Path("/proc/kmsg").exists():
        line = refused(capsys, "train", "--task=spam", "--optimizer=/proc/kmsg")
        assert "/proc/kmsg is empty" in line


def test_a_config_with_an_unknown_key(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path
) -> None:
    Path("mine.yaml").write_text("model:\n  hiden_size: 3\n")
    line = refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    assert "did you mean '--model.hidden_size'?" in line
    Path("mine.yaml").write_text("trainer:\n  max_epoch: 3\n")
    line = refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    assert "did you mean '--trainer.max_epochs'?" in line
    Path("mine.yaml").write_text("traner: 3\n")
    line = refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    assert "unknown option --traner" in line
    Path("mine.yaml").write_text("")
    assert "is empty" in refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    Path("mine.yaml").write_bytes(b"model: \xa3")
    assert "not UTF-8" in refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    Path("mine.yaml").write_text("model: [unclosed\n")
    assert "not valid YAML" in refused(capsys, "train", "--task=spam", "--config=mine.yaml")
    assert [path.name for path in in_tmp_path.iterdir()] == ["mine.yaml"]
