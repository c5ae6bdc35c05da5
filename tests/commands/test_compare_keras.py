"""Comparisons with Keras: most with stand-ins for both sides, one with real runs of both."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from lightning_course.commands import compare, compare_keras, keras_run, run
from lightning_course.comparing.folder import Member
from lightning_course.errors import UserError

# Leave what runs leave, as far as compare_keras looks at it. --data.seed would be a real option.
RUN = """
import json, sys
from pathlib import Path

options = dict(word.split("=", 1) for word in sys.argv if word.startswith("--") and "=" in word)
words = dict(zip(sys.argv, sys.argv[1:]))
seed, task = int(options["--seed_everything"]), words["--task"]
keras = "--output" in words
fault = Path("fault.json")
fault = json.loads(fault.read_text()) if keras and fault.is_file() else {}
if "error" in fault and seed in fault["seeds"]:
    print("error: " + fault["error"], file=sys.stderr)
    sys.exit(fault["code"])
results = {
    "data": {"kind": "generated", "sha256": fault.get("sha256", "ab" * 32)},
    "data_seed": seed, "weights": "last", "parameters": 11,
    "metrics": {"validation": {"loss": 1 + seed + keras / 2}},
    "baselines": {"split": "validation", "last value": {"loss": 9.0}},
    "seconds": {"fit": 1 + keras, "total": 9}, "device": "cpu", "precision": "32-true",
    "versions": {"torch": "2", "pytorch-lightning": "2", "python": "3", "keras": "3"},
    "backend": "torch", "jobs": int(words.get("--jobs", 1)), "threads": 1,
    "revision": None, "options": {"lr": 0},
}
if keras:
    Path(words["--output"]).write_text(json.dumps(results))
else:
    folder = Path(options["--runs"], task, "version_0")
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("lr: 0")
    (folder / "results.json").write_text(json.dumps(results))
"""

TASK = "--tasks=sine_linear"


@pytest.fixture
def fake(in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in in the place of both sides; return the folder of a nameless comparison."""
    (in_tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, "run.py"]
    monkeypatch.setattr(compare, "train_command", lambda options: [*command, *options])
    monkeypatch.setattr(compare_keras, "keras_command", lambda options: [*command, *options])
    monkeypatch.setattr(compare_keras, "has_keras", lambda: True)
    return in_tmp_path / "runs/compare/default"


def starts(folder: Path) -> dict[str, int]:
    """Return how often each run was started."""
    logs = sorted(folder.rglob("*.log"))
    return {str(log.parent.relative_to(folder)): log.read_text().count("$ ") for log in logs}


def test_table_and_figure_are_written(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare_keras", [TASK, "--seeds=6"]) == 0
    output = capsys.readouterr().out
    assert "[6/6] sine_linear seed 5: validation loss 6.5" in output
    (row,) = pd.read_csv(fake / "keras_comparison.csv").to_dict("records")
    assert (row["seeds"], row["ours_median"], row["keras_median"]) == (6, 3.5, 4)
    assert (row["shift"], row["wilcoxon_p"]) == (-0.5, 2 / 2**6)
    assert (row["ours_fit_seconds"], row["keras_fit_seconds"]) == (1, 2)
    text = (fake / "keras_comparison.md").read_text()
    assert text.startswith("# This project and Keras: default\n\n")
    assert text.split("\n\n", 1)[1] in output
    assert "Threads of a run: 1; runs at once: 1; the same on both sides" in text
    assert (fake / "keras_comparison.png").stat().st_size > 5_000


def test_what_is_finished_is_left_alone(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # What compare has made is taken.
    assert run("compare", [TASK, "--seeds=1"]) == 0
    assert run("compare_keras", [TASK, "--seeds=2"]) == 0
    once = {"keras/seed_0": 1, "keras/seed_1": 1, "seed_0": 1, "seed_1": 1}
    assert starts(fake) == once
    assert run("compare_keras", [TASK, "--seeds=2"]) == 0
    assert starts(fake) == once
    assert capsys.readouterr().out.count("2 of 2 runs are finished already") == 2
    assert run("compare_keras", [TASK, "--seeds=7,"]) == 0
    assert pd.read_csv(fake / "keras_comparison.csv")["seeds"].tolist() == [3]


def test_other_data_are_not_compared(
    fake: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_tmp_path / "fault.json").write_text(json.dumps({"sha256": "cd" * 32}))
    assert run("compare_keras", [TASK, "--seeds=2"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "sine_linear seed 0: not comparable with Keras's run: **other data**" in error
    assert not (fake / "keras_comparison.md").exists()


def test_a_failing_run_of_keras_is_told_in_one_line(
    fake: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = in_tmp_path / "fault.json"
    fault.write_text(json.dumps({"error": "no luck", "code": 1, "seeds": [1]}))
    assert run("compare_keras", [TASK, "--seeds=3"]) == 1
    told = capsys.readouterr()
    assert told.err == (
        "error: 1 of 6 runs failed: sine_linear seed 1: Keras: no luck; "
        "the same command tries them again\n"
    )
    assert f"(log: {Path('runs/compare/default/keras/seed_1/sine_linear.log')})" in told.out
    assert "**Without a result on both sides: sine_linear seed 1**" in told.out
    fault.unlink()
    assert run("compare_keras", [TASK, "--seeds=3"]) == 0
    assert starts(fake)["keras/seed_1"] == 2
    assert starts(fake)["keras/seed_0"] == 1


def test_what_keras_refuses_twice_is_not_tried_again(
    fake: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = {"error": "never", "code": 2, "seeds": list(range(5))}
    (in_tmp_path / "fault.json").write_text(json.dumps(fault))
    assert run("compare_keras", [TASK, "--seeds=5"]) == 2
    told = capsys.readouterr()
    assert told.err == "error: Keras: never\n"
    assert "not started, for they would end alike: 3" in told.out
    # The runs of this project are there for the next time.
    assert run("compare", [TASK, "--seeds=5"]) == 0
    assert "5 of 5 runs are finished already" in capsys.readouterr().out


def test_a_damaged_file(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare_keras", [TASK, "--seeds=1"]) == 0
    capsys.readouterr()
    (fake / "keras/seed_0/sine_linear.json").write_text("{")
    assert run("compare_keras", [TASK, "--seeds=1"]) == 2
    assert "sine_linear.json cannot be read: remove it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--tasks=sine_liner"], "did you mean 'sine_linear'?"),
        (["--seeds=3"], "required: --tasks"),
        ([TASK, "--seed_everything=3"], "is not for compare_keras: --seeds names the seeds"),
        ([TASK, "--model.hidden_sise=3"], "sine_linear: unknown option"),
        (
            [TASK, "--trainer.gradient_clip_val=1"],
            "sine_linear: --trainer.gradient_clip_val has no",
        ),
        ([TASK, "--optimizer=torch.optim.Adam"], "sine_linear: Keras has no optimiser"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(
    fake: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert run("compare_keras", argv) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert words in error
    assert not fake.parent.exists()


def test_without_keras(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_keras, "has_keras", lambda: False)
    assert run("compare_keras", [TASK]) == 2
    assert capsys.readouterr().err == (
        "error: compare_keras needs the package keras: pip install 'lightning-course[test]'\n"
    )
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("KERAS_HOME", "x")
    with pytest.raises(UserError, match="needs the package keras"):
        keras_run.import_keras()


def test_both_sides_get_the_same_threads() -> None:
    from lightning_course.comparing.folder import ComparisonFolder

    folder = ComparisonFolder(Path("x"), [])
    member = Member("spam", 3)
    options = compare_keras.KerasRuns(folder, ["--a=1"], 2).options(member)
    assert options == compare.train_options(folder, member, ["--a=1"], 2)
    assert "--threads" in options


def test_real_runs_of_both_sides(
    in_tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compare_keras.has_keras():
        # Not importorskip: that would import it, with the user's backend.
        pytest.skip("keras is not installed")
    # Backend and defaults are the project's choice, whatever the user's are.
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    command = [TASK, "--seeds=2", "--jobs=2", "--threads=1", "--name=real"]
    command += ["--trainer.max_epochs=2", "--trainer.accelerator=cpu"]
    assert run("compare_keras", command) == 0
    told = capfd.readouterr()
    assert told.err == ""
    assert "differ in more than the seed" not in told.out
    folder = in_tmp_path / "runs/compare/real"
    table = pd.read_csv(folder / "keras_comparison.csv").set_index("metric")
    assert {"loss", "mae", "multi_step_loss"} <= set(table.index)
    assert set(table["seeds"]) == {2}
    theirs = json.loads((folder / "keras/seed_1/sine_linear.json").read_text())
    ours = json.loads((folder / "seed_1/sine_linear/version_0/results.json").read_text())
    assert theirs["backend"] == "torch"
    assert (theirs["epochs"], theirs["threads"], theirs["jobs"]) == (2, 1, 2)
    for name in ("data", "baselines", "parameters", "seed", "data_seed"):
        assert theirs[name] == ours[name]
    assert theirs["metrics"]["validation"].keys() == ours["metrics"]["validation"].keys()
    # Initial weights of its own.
    assert theirs["metrics"]["validation"]["loss"] != ours["metrics"]["validation"]["loss"]
