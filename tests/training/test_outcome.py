"""What follows the fit can fail without losing the run: one line for each, and exit code 0."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning import Callback
from pytorch_lightning.loggers import CSVLogger

from lightning_course.commands import run
from lightning_course.models import CourseModule
from lightning_course.training import callback, events

FAST = ["--task=spam", "--data.source=standin", "--data.maxlen=6", "--trainer.max_epochs=1"]
FAST += ["--trainer.limit_train_batches=2", "--trainer.accelerator=cpu"]
FOLDER = Path("runs/spam/version_0")


def results() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / "results.json").read_text())
    return content


def write_texts(labels: list[str], texts: list[str]) -> list[str]:
    rows = [f'"{texts[i % len(texts)]}","{labels[i % len(labels)]}"' for i in range(60)]
    Path("own.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return ["--task=spam", "--data.csv=own.csv", "--trainer.max_epochs=1", "--data.maxlen=6"]


@pytest.mark.parametrize(
    "labels", [["$10%-$20%", "$20%-$50%"], ["$", "$$", "$$$"], [r"$\frac$", "a_b"]]
)
def test_labels_with_dollars(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: list[str]
) -> None:
    assert run("train", write_texts(labels, ["cheap thing", "dear thing", "a third"])) == 0
    assert results()["task"] == "spam"
    assert "cannot draw" not in capsys.readouterr().err
    assert (FOLDER / "figures/confusion_matrix.png").is_file()


def test_texts_without_a_word_of_two_letters(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", write_texts(["x", "y"], ["a c g", "t t a"])) == 0
    error = capsys.readouterr().err
    assert error.count("cannot fit the baseline TF-IDF + logistic") == 1
    assert "Traceback" not in error
    assert set(results()["baselines"]) == {"split", "majority class"}


class FailingLogger(CSVLogger):
    """A logger of the user's that fails at the end."""

    def finalize(self, status: str) -> None:
        raise ConnectionError("the server has gone")


class FailingCallback(Callback):
    """A callback of the user's that fails after the final evaluation."""

    def on_test_end(self, *_: object) -> None:
        raise ValueError("nothing to send")


def test_all_that_follows_fails_and_the_run_is_whole(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_figure(*_: object) -> None:
        raise RuntimeError("no font\nof that name")

    monkeypatch.setattr(callback, "render", no_figure)
    monkeypatch.setattr(events, "_add_network", no_figure)
    monkeypatch.setattr(callback, "write_predictions", no_figure)
    argv = [
        "--trainer.logger+=TensorBoardLogger",
        "--trainer.logger.save_dir=logs",
        f"--trainer.logger+={__name__}.FailingLogger",
        "--trainer.logger.save_dir=logs",
    ]
    argv += [f"--trainer.callbacks={__name__}.FailingCallback"]
    assert run("train", [*FAST, *argv]) == 0
    captured = capsys.readouterr()
    warned = [line for line in captured.err.splitlines() if line.startswith("warning: cannot ")]
    for step in (
        "close the logger FailingLogger: ConnectionError: the server has gone",
        "end the evaluation: ValueError: nothing to send",
        "write predictions.csv: RuntimeError: no font of that name",
        "draw the figure curves: ",
        "draw the figure confusion_matrix: ",
        "write the network's graph to TensorBoard: ",
    ):
        assert any(line.startswith(f"warning: cannot {step}") for line in warned), step
    assert "Traceback" not in captured.err
    assert set(results()["metrics"]) == {"train", "test"}
    assert "majority class" in captured.out
    assert "use it:" in captured.out
    assert (FOLDER / "mistakes.csv").is_file()
    assert run("evaluate", [f"--run={FOLDER}"]) == 0


def test_results_are_there_before_anything_is_drawn(
    in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    show = callback.Report.show

    def look(self: callback.Report, *arguments: Any) -> None:
        found.append((FOLDER / "results.json").is_file() and not (FOLDER / "figures").exists())
        show(self, *arguments)

    monkeypatch.setattr(callback.Report, "show", look)
    assert run("train", FAST) == 0
    assert found == [True]
    assert (FOLDER / "figures/curves.png").is_file()


def test_a_failure_in_the_evaluation_is_no_result(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no batch")

    monkeypatch.setattr(CourseModule, "test_step", fail)
    assert run("train", FAST) != 0
    assert "no batch" in capsys.readouterr().err
    assert not (FOLDER / "results.json").exists()


@pytest.mark.parametrize("profiler", ["simple", "pytorch"])
def test_profilers_print_and_lose_nothing(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    profiler: str,
) -> None:
    argv = [f"--trainer.profiler={profiler}", "--trainer.enable_model_summary=true"]
    assert run("train", [*FAST, *argv]) == 0
    captured = capsys.readouterr()
    assert "cannot " not in captured.err
    assert results()["epochs"] == 1
    assert "FIT Profiler Report" in caplog.text or "Profile stats for" in caplog.text
    # With the package rich, Lightning prints the summary itself.
    assert "Trainable params" in captured.out + caplog.text


def test_checkpoints_of_the_user_s_go_to_the_run_folder(in_tmp_path: Path) -> None:
    argv = ["--trainer.callbacks=ModelCheckpoint", "--trainer.callbacks.save_last=true"]
    assert run("train", [*FAST, *argv]) == 0
    names = sorted(path.name for path in (FOLDER / "model_checkpoint").iterdir())
    assert names == ["epoch=0-step=2.ckpt", "last.ckpt"]
    assert {path.name for path in Path().iterdir()} == {"runs"}
