"""What is written in YAML and on the command line means the same, also in a recorded config."""

from pathlib import Path

import pytest

from lightning_course.catalogue import find
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
