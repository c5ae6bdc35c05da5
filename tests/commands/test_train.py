import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from lightning_course.commands import VERBS, main, predict, run
from lightning_course.commands.train import USAGE

SCRIPTS = Path(__file__).parents[2] / "scripts"
QUICK = ["--task=spam", "--data.source=standin", "--trainer.limit_train_batches=2"]


def results(folder: Path = Path("runs")) -> dict:
    return json.loads((folder / "spam/version_0/results.json").read_text())


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
    assert results(tmp_path / "runs")["epochs"] == 1


def test_the_console_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lightning-course", "train", "--list"])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["lightning-course", "tarin"])
    assert main() == 2
    assert "did you mean 'train'?" in capsys.readouterr().err


def test_fast_dev_run_writes_nothing(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", [*QUICK, "--trainer.fast_dev_run=true"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert list(in_tmp_path.iterdir()) == []


def test_without_logger(in_tmp_path: Path) -> None:
    assert run("train", [*QUICK, "--trainer.max_epochs=1", "--trainer.logger=false"]) == 0
    path = in_tmp_path / "runs/spam/version_0"
    assert not list(path.glob("events*"))
    assert (path / "history.csv").is_file()
    assert (path / "figures/curves.png").is_file()


def test_without_checkpoints(in_tmp_path: Path) -> None:
    argv = [*QUICK, "--trainer.max_epochs=1", "--trainer.enable_checkpointing=false"]
    assert run("train", argv) == 0
    assert not (in_tmp_path / "runs/spam/version_0/checkpoints").exists()


def test_no_epochs_evaluate_the_initial_weights(in_tmp_path: Path) -> None:
    assert run("train", [*QUICK, "--trainer.max_epochs=0"]) == 0
    assert results()["epochs"] == 0
    assert results()["best_epoch"] is None
    assert 0.6 < results()["metrics"]["test"]["loss"] < 0.8
    assert run("evaluate", ["--run=runs/spam/latest"]) == 0


def test_max_steps(in_tmp_path: Path) -> None:
    argv = ["--task=spam", "--data.source=standin", "--trainer.max_steps=3"]
    assert run("train", argv) == 0
    history = pd.read_csv("runs/spam/version_0/history.csv")
    assert len(history) == 1
    assert history["train/loss"].notna().all()


def test_one_batch_is_one_batch_and_results_are_of_whole_splits(in_tmp_path: Path) -> None:
    argv = ["--task=spam", "--data.source=standin", "--trainer.max_epochs=1"]
    argv += ["--trainer.limit_train_batches", "1", "--trainer.limit_test_batches=1"]
    assert run("train", argv) == 0
    checkpoint = torch.load("runs/spam/version_0/checkpoints/last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 1
    assert len(pd.read_csv("runs/spam/version_0/predictions.csv")) == 5_000


def test_options_reach_their_place(in_tmp_path: Path) -> None:
    Path("mine.yaml").write_text("model:\n  hidden_size: 4\ndata:\n  batch_size: 8\n")
    argv = [*QUICK, "--trainer.max_epochs=2", "--config=mine.yaml", "--model.cell=gru"]
    argv += ["--optimizer=torch.optim.SGD", "--optimizer.lr=0.5", "--seed_everything=3"]
    argv += ["--lr_scheduler=StepLR", "--lr_scheduler.step_size=1"]
    assert run("train", argv) == 0
    history = pd.read_csv("runs/spam/version_0/history.csv")
    assert history["lr"].tolist() == pytest.approx([0.5, 0.05])
    assert results()["seed"] == results()["data_seed"] == 3
    vocabulary = (results()["keras_parameters"] - 2_176) // 20  # V + 1 rows
    assert results()["parameters"] == vocabulary * 20 + 3 * (20 * 4 + 4 * 4 + 2 * 4) + 5


def test_early_stopping_from_yaml(in_tmp_path: Path) -> None:
    Path("stop.yaml").write_text(
        "trainer:\n  callbacks:\n    - class_path: EarlyStopping\n"
        "      init_args: {monitor: train/loss, patience: 1, stopping_threshold: 5.0}\n"
    )
    assert run("train", [*QUICK, "--config=stop.yaml"]) == 0
    assert results()["epochs"] == 1


def test_the_best_epoch_leads_where_a_validation_split_chose_it(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A rate that gets worse soon: the last epoch is not the best.
    argv = ["--task=spam", "--data.source=standin", "--data.maxlen=8", "--trainer.max_epochs=4"]
    argv += ["--data.validation_fraction=0.2", "--optimizer.lr=0.1"]
    assert run("train", argv) == 0
    assert "selected on validation; the table shows it" in capsys.readouterr().out
    told = results()
    assert told["weights"] == "best"
    assert list(told["metrics"]) == ["train", "validation", "test"]
    best = told["best_epoch"]
    assert best["selected_on"] == "validation"
    assert best["epoch"] < 3
    assert told["metrics"]["validation"]["loss"] == pytest.approx(best["val/loss"], rel=1e-5)
    assert run("evaluate", ["--run=runs/spam/latest"]) == 0
    assert "best epoch" in capsys.readouterr().out


def test_the_early_stopping_example(in_tmp_path: Path) -> None:
    config = SCRIPTS.parent / "configs/early_stopping.yaml"
    argv = ["--task=spam", "--data.source=standin", "--data.maxlen=8", "--optimizer.lr=0.05"]
    assert run("train", [*argv, f"--config={config}"]) == 0
    told = results()
    assert told["epochs"] == told["best_epoch"]["epoch"] + 1 + 5
    assert told["weights"] == "best"


def test_two_runs_get_two_folders_and_latest_is_the_newest_finished(in_tmp_path: Path) -> None:
    from lightning_course.runs.folder import find_run

    for _ in range(2):
        assert run("train", [*QUICK, "--trainer.max_epochs=1"]) == 0
    assert find_run("runs/spam/latest").name == "version_1"
    (in_tmp_path / "runs/spam/version_1/results.json").unlink()
    assert find_run("runs/spam/latest").name == "version_0"


def test_a_compiled_run_writes_the_same_names(in_tmp_path: Path) -> None:
    argv = ["--task=mnist", "--data.source=standin", "--trainer.max_epochs=1", "--compile=true"]
    argv += ["--trainer.limit_train_batches=2", "--model.hidden_sizes=[3]"]
    assert run("train", argv) == 0
    folder = Path("runs/mnist/version_0")
    assert json.loads((folder / "results.json").read_text())["compiled"] is True
    state = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    assert all(name.startswith("network.") and "orig" not in name for name in state)
    assert run("evaluate", [f"--run={folder}"]) == 0


@pytest.mark.parametrize("precision", ["bf16-true", "16-true", "64-true"])
@pytest.mark.parametrize("task", ["sine_rnn", "fashion_mnist"])
def test_weights_of_another_precision(in_tmp_path: Path, task: str, precision: str) -> None:
    argv = [f"--task={task}", "--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
    source = [] if task == "sine_rnn" else ["--data.source=standin"]
    assert run("train", [*argv, *source, f"--trainer.precision={precision}"]) == 0
    told = json.loads(Path(f"runs/{task}/version_0/results.json").read_text())
    assert told["precision"] == precision
    assert run("evaluate", [f"--run=runs/{task}/latest"]) == 0


def test_other_data_stand_without_keras(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--task=xor_short_rnn", "--data.rows=40", "--trainer.max_epochs=1"]
    assert run("train", argv) == 0
    assert "Keras" not in capsys.readouterr().out
    path = Path("runs/xor_short_rnn/version_0/results.json")
    assert json.loads(path.read_text())["comparable"] is False


@pytest.mark.parametrize("text", [USAGE, predict._EPILOG])
def test_help_fits_a_terminal(text: str) -> None:
    assert max(map(len, text.format(program="lightning-course train").splitlines())) <= 80
