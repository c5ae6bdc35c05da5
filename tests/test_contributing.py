"""The example in CONTRIBUTING.md works as it stands there."""

import re
from pathlib import Path

import pytest

from lightning_course.commands import run

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


def test_the_example_trains(
    in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.S)
    Path("my_module.py").write_text(code)
    monkeypatch.syspath_prepend(str(in_tmp_path))
    (command,) = re.findall(
        r"scripts/train\.py (--task spam --data .*?)`", CONTRIBUTING.read_text()
    )
    assert run("train", [*command.split(), "--trainer.max_epochs=20", "--optimizer.lr=0.05"]) == 0
    output = capsys.readouterr().out
    assert "SignClassifier, 4 parameters" in output
    assert "Keras" not in output  # its figures are those of another model
    accuracy = next(line for line in output.splitlines() if line.startswith("accuracy"))
    assert float(accuracy.split()[3]) > 90  # test, after "accuracy", train and its "%"
