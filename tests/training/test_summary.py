from pathlib import Path

import pytest

from lightning_course.commands import run

ARGV = ["--task=spam", "--summary", "--data.source=standin"]


def test_the_layers_are_shown_and_nothing_is_trained(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", [*ARGV, "--model.cell=gru", "--model.hidden_size=7"]) == 0
    output = capsys.readouterr().out
    assert "stand-in" in output
    assert "recurrent (GRU)" in output
    assert ", 7)" in output
    assert "total parameters" in output
    assert list(in_tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([*ARGV, "--find_lr"], "--summary and --find_lr: one at a time"),
        (["--resume=runs/spam/latest", "--summary"], "--summary is for a new run"),
        ([*ARGV, "--model.hiden_size=7"], "did you mean '--model.hidden_size'?"),
    ],
)
def test_what_does_not_go_with_it(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert run("train", argv) == 2
    assert words in capsys.readouterr().err
