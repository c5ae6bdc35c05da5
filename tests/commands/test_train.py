import json
import subprocess
import sys
from pathlib import Path

import pytest

from lightning_course.commands import VERBS, main, predict, run
from lightning_course.commands.train import USAGE

SCRIPTS = Path(__file__).parents[2] / "scripts"
QUICK = ["--task=spam", "--data.source=standin", "--trainer.limit_train_batches=2"]


def test_list_and_help_start_no_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", ["--list"]) == 0
    assert "\nspam " in capsys.readouterr().out
    assert run("train", []) == 0
    assert "--task NAME" in capsys.readouterr().out


def test_list_is_fast_because_it_leaves_torch_alone() -> None:
    code = "import sys, lightning_course.commands as c; c.run('train', ['--list']); "
    command = [sys.executable, "-c", code + "sys.exit('torch' in sys.modules)"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_every_verb_has_a_script() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.py")} == set(VERBS)


def test_the_script_runs_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "train.py"), *QUICK, "--trainer.max_epochs=1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "stand-in" in done.stdout
    results = json.loads((tmp_path / "runs/spam/version_0/results.json").read_text())
    assert results["epochs"] == 1


def test_the_console_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lightning-course", "train", "--list"])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["lightning-course", "tarin"])
    assert main() == 2
    assert "did you mean 'train'?" in capsys.readouterr().err


@pytest.mark.parametrize("text", [USAGE, predict._EPILOG])
def test_help_fits_a_terminal(text: str) -> None:
    assert max(map(len, text.format(program="lightning-course train").splitlines())) <= 80


def test_print_config_prints_a_config_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mine.yaml"
    with pytest.raises(SystemExit, match="0"):
        run("train", ["--task=breast_cancer", "--data.batch_size=7", "--print_config"])
    config.write_text(capsys.readouterr().out)
    assert "batch_size: 7" in config.read_text()
    with pytest.raises(SystemExit, match="0"):
        run("train", ["--task=breast_cancer", f"--config={config}", "--print_config"])
    assert capsys.readouterr().out == config.read_text()
