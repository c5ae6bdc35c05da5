"""Comparisons: most with a stand-in for ``train`` that takes no time, one with the real one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from lightning_course import catalogue
from lightning_course.commands import compare, run
from lightning_course.comparing.options import joined_options
from lightning_course.comparing.processes import Children
from lightning_course.errors import Interrupted, UserError

SCRIPT = Path(__file__).parents[2] / "scripts/compare.py"

# Leaves what train leaves, as far as compare looks at it. The options --fake.… have it fail.
TRAIN = """
import json, sys
from pathlib import Path

options = dict(zip(sys.argv[1::2], sys.argv[2::2])) if sys.argv[1] == "--resume" else {}
for word in sys.argv[1:]:
    if "=" in word:
        options.setdefault(*word.split("=", 1))
if "--resume" in options:
    run = Path(options["--resume"])
    seed = int(run.parts[-3].removeprefix("seed_"))
else:
    seed = int(options["--seed_everything"])
    if options.get("--fake.refused") in (str(seed), "all"):
        sys.exit("a traceback") if "--fake.crash" in options else None
        print("error: no such option", file=sys.stderr)
        sys.exit(2)
    if "--fake.nothing" in options:
        sys.exit(0)
    run = Path(options["--runs"], sys.argv[2], "version_0")
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text(f"seed_everything: {seed}\\nlr: {options.get('--lr', 0)}\\n")
    if options.get("--fake.failed") == str(seed):
        (run / "checkpoints/last.ckpt").touch()
        print(f"error: not finite (unfinished run: {run})", file=sys.stderr)
        sys.exit(2)
(run / "history.csv").write_text("epoch,train/loss,val/loss\\n0,2,3\\n1,1,2\\n")
(run / "results.json").write_text(json.dumps({
    "data": {"kind": "stand-in", "sha256": "0"}, "comparable": False, "weights": "last",
    "metrics": {"train": {"loss": 1}, "test": {"loss": seed, "accuracy": 0.5 + seed / 10}},
    "baselines": {"split": "test", "majority class": {"accuracy": 0.5}},
    "seconds": {"fit": 1, "total": 2}, "device": "cpu", "precision": "32-true",
    "versions": {"torch": "2", "pytorch-lightning": "2", "python": "3"}, "revision": None,
}))
"""


@pytest.fixture
def fake(in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in in the place of train; return the folder of comparisons without a name."""
    script = in_tmp_path / "train.py"
    script.write_text(TRAIN)
    monkeypatch.setattr(
        compare, "train_command", lambda options: [sys.executable, str(script), *options]
    )
    return in_tmp_path / "runs/compare/default"


def starts(folder: Path) -> dict[str, int]:
    """Return how often each run was started."""
    logs = sorted(folder.glob("seed_*/*.log"))
    return {log.parent.name: log.read_text().count("$ ") for log in logs}


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    return errors[0]


def test_the_table_and_the_figure_are_written(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=3"]) == 0
    output = capsys.readouterr().out
    assert "[3/3] spam seed 2: test loss 2, accuracy 70.00 %" in output
    table = pd.read_csv(fake / "comparison.csv").set_index("metric")
    assert table["mean"].to_dict() == pytest.approx({"loss": 1, "accuracy": 0.6})
    assert table["sd"].to_dict() == pytest.approx({"loss": 1, "accuracy": 0.1})
    assert (fake / "comparison.md").read_text().split("\n\n", 1)[1] in output
    assert (fake / "comparison.png").stat().st_size > 5_000
    assert len(list(fake.glob("events.out.tfevents.*"))) == 1


def test_what_is_finished_is_left_alone_and_more_may_join(
    fake: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=1"]) == 0
    assert run("compare", ["--tasks=spam", "--seeds=0,7"]) == 0
    assert "1 of 2 runs are finished already" in capsys.readouterr().out
    assert starts(fake) == {"seed_0": 1, "seed_7": 1}
    monkeypatch.setitem(catalogue.TASKS, "moons", catalogue.TASKS["spam"])
    monkeypatch.setattr(catalogue, "find", lambda name: type("Task", (), {"name": name}))
    assert run("compare", ["--tasks=moons", "--seeds=1"]) == 0
    table = pd.read_csv(fake / "comparison.csv").drop_duplicates("task")
    assert table["task"].tolist() == ["spam", "moons"]
    assert table["seeds"].tolist() == [2, 1]


def test_a_failed_run_stops_no_other_and_is_resumed(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--tasks=spam", "--seeds=3", "--fake.failed=1", "--name=default"]
    assert run("compare", argv) == 1
    told = capsys.readouterr()
    assert "spam seed 1: failed after" in told.out
    assert f"not finite (log: {Path('runs/compare/default/seed_1/spam.log')})" in told.out
    assert "**Without a result: spam seed 1**" in told.out
    assert told.err.splitlines() == [
        "error: 1 of 3 runs failed: spam seed 1: not finite; the same command tries them again"
    ]
    assert pd.read_csv(fake / "comparison.csv")["seeds"].tolist() == [2, 2]
    # The next time it goes on from its checkpoint, and its seconds are not those of a whole run.
    assert run("compare", argv) == 0
    assert "--resume" in (fake / "seed_1/spam.log").read_text()
    assert starts(fake) == {"seed_0": 1, "seed_1": 2, "seed_2": 1}
    assert "over the runs that were not interrupted" in capsys.readouterr().out


def test_what_train_refuses_is_told_once_and_leaves_nothing(
    fake: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=5", "--fake.refused=all"]) == 2
    told = capsys.readouterr()
    assert told.err == "error: no such option\n"
    # Two seeds that are refused alike are enough.
    assert "[5/5] spam: not started, for they would end alike: 3" in told.out
    assert not (in_tmp_path / "runs").exists()


def test_one_refused_run_stops_no_other(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--tasks=spam", "--seeds=3", "--fake.refused=0", "--name=default"]
    assert run("compare", argv) == 1
    assert "1 of 3 runs failed: spam seed 0: no such option" in last_line(capsys)
    manifest = json.loads((fake / "comparison.json").read_text())
    assert [entry["seed"] for entry in manifest["runs"]] == [1, 2]


def test_what_stopped_in_its_first_epoch_starts_anew(fake: Path) -> None:
    argv = ["--tasks=spam", "--seeds=1"]
    assert run("compare", argv) == 0
    run_folder = fake / "seed_0/spam/version_0"
    for name in ("results.json", "history.csv"):
        (run_folder / name).unlink()
    (run_folder / "checkpoints").rmdir()
    assert run("compare", argv) == 0
    assert "--resume" not in (fake / "seed_0/spam.log").read_text()
    assert (run_folder / "results.json").is_file()


def test_a_crash_leaves_its_log(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--tasks=spam", "--seeds=1", "--fake.refused=all", "--fake.crash=1", "--name=default"]
    assert run("compare", argv) == 1
    assert "spam seed 0: a traceback" in last_line(capsys)
    assert (fake / "seed_0/spam.log").read_text().endswith("a traceback\n")
    # No run began: other options may take the name.
    assert run("compare", ["--tasks=spam", "--seeds=1", "--name=default"]) == 0


def test_a_run_without_results_failed(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=1", "--fake.nothing=1"]) == 2
    assert "it left no results.json" in last_line(capsys)


def test_other_overrides_need_another_name(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--tasks=spam", "--seeds=1", "--name=default"]
    assert run("compare", [*command, "--lr", "1"]) == 0
    before = {path: path.stat().st_mtime_ns for path in fake.rglob("*")}
    capsys.readouterr()
    assert run("compare", [*command, "--lr=2"]) == 2
    line = last_line(capsys)
    assert "was begun with --lr=1 and without --lr=2: take another --name" in line
    assert run("compare", command) == 2
    assert "was begun with --lr=1: take another --name" in last_line(capsys)
    assert {path: path.stat().st_mtime_ns for path in fake.rglob("*")} == before
    # Where the data lie is no such override.
    assert run("compare", [*command, "--lr=1", "--data.root=elsewhere"]) == 0
    # Without a name the overrides make one.
    assert run("compare", ["--tasks=spam", "--seeds=1", "--lr=2", "--data.root=x"]) == 0
    assert (fake.parent / "lr=2").is_dir()


def test_an_edited_recipe_is_told(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=2"]) == 0
    (fake / "seed_1/spam/version_0/config.yaml").write_text("seed_everything: 1\nlr: 9\n")
    assert run("compare", ["--tasks=spam", "--seeds=2"]) == 0
    assert "The runs of spam differ in more than the seed: lr" in capsys.readouterr().out


def test_several_at_once_share_the_cores(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", ["--tasks=spam", "--seeds=2", "--jobs=2"]) == 0
    assert "taken with 2 runs at once" in capsys.readouterr().out
    threads = max(1, (os.cpu_count() or 1) // 2)
    assert f"--threads {threads} " in (fake / "seed_0/spam.log").read_text()
    argv = ["--tasks=spam", "--seeds=1", "--jobs=2", "--threads=3", "--name=own"]
    assert run("compare", argv) == 0
    log = (fake.parent / "own/seed_0/spam.log").read_text()
    assert "--threads=3" in log
    assert "--threads " not in log


def test_the_seed_has_the_last_word() -> None:
    from lightning_course.comparing.folder import ComparisonFolder, Member

    folder = ComparisonFolder(Path("x"), [])
    options = compare.train_options(folder, Member("spam", 3), ["--config=a.yaml"], jobs=1)
    runs = Path("x/seed_3")
    assert options == ["--task", "spam", "--config=a.yaml", "--seed_everything=3", f"--runs={runs}"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--tasks=spma"], "unknown task 'spma' (did you mean 'spam'?)"),
        (["--tasks=,"], "at least one task"),
        (["--seeds=3"], "required: --tasks"),
        (["--tasks=spam", "--seeds=0"], "--seeds: expected 1 to 10000 seeds, got 0"),
        (["--tasks=spam", "--seeds=-1"], "--seeds: expected a number"),
        (["--tasks=spam", "--seeds=1.5"], "--seeds: expected a number"),
        (["--tasks=spam", "--seeds=4294967296,"], "less than 2**32"),
        (["--tasks=spam", "--jobs=0"], "--jobs: must be at least 1, got 0"),
        (["--tasks=spam", "--name=../x"], "--name: expected the name of a folder"),
        (["--tasks=spam", "--seed=3"], "did you mean '--seeds'?"),
        (["--tasks=spam", "--seed_everything", "3"], "--seeds names the seeds"),
        (["--tasks=spam", "--resume=runs/spam/latest"], "the same command again"),
        (["--tasks=spam", "--trainer.fast_dev_run=true"], "it leaves no results"),
        (["--tasks=spam", "--runs=train.py"], "cannot write to"),
        (["--tasks=spam", "--name=taken"], "is not a comparison: take another --name"),
        (["--tasks=spam", "--name=damaged"], "comparison.json cannot be read"),
    ],
)
def test_bad_input(
    fake: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    (fake.parent / "taken").mkdir(parents=True)
    (fake.parent / "taken/mine.txt").touch()
    (fake.parent / "damaged/seed_0/spam/version_0").mkdir(parents=True)
    (fake.parent / "damaged/comparison.json").write_text("{")
    before = set(fake.parent.rglob("*"))
    capsys.readouterr()
    assert run("compare", argv) == 2
    assert words in last_line(capsys)
    assert {path for path in fake.parent.rglob("*") if path.name != ".lock"} == before


def test_only_one_process_at_a_time(fake: Path) -> None:
    from lightning_course.comparing.folder import ComparisonFolder

    first = ComparisonFolder(fake, [])
    first.open()
    with pytest.raises(UserError, match="another process is at work"):
        ComparisonFolder(fake, []).open()
    first.close()
    assert not fake.exists()


def test_options_and_their_values_become_one_word() -> None:
    assert joined_options(["--a", "1", "--b=2", "--c", "-1", "stray", "--d", "--e"]) == [
        "--a=1",
        "--b=2",
        "--c=-1",
        "stray",
        "--d",
        "--e",
    ]


def test_a_signal_stops_the_children_and_waits_for_them(tmp_path: Path) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('saved'), "
    code += "sys.exit(143))); print('ready'); time.sleep(60)"
    log = tmp_path / "log"
    handlers = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    with Children[str]() as children:
        children.start("a", [sys.executable, "-c", code], log)
        while "\nready" not in log.read_text():
            assert children.wait(0.05) == []
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted) as stopped:
            children.wait(60)
    assert stopped.value.exit_code == 130
    assert log.read_text().endswith("saved\n")
    assert [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; print('error: told', file=sys.stderr); print('later'); sys.exit(2)", "told"),
        ("import sys; sys.exit(3)", "exit code 3 without a word"),
        ("pass", ""),
    ],
)
def test_why_a_process_ended(tmp_path: Path, code: str, error: str) -> None:
    (tmp_path / "log").write_text("error: of the time before\n")
    with Children[int]() as children:
        children.start(1, [sys.executable, "-c", code], tmp_path / "log")
        (ended,) = children.wait(60)
    assert ended.error == error
    assert (ended.code == 0) == (error == "")


def test_a_real_run_interrupted_and_resumed(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--tasks=spam", "--seeds=1,", "--name=real"]
    command += ["--data.source=standin", "--data.maxlen=6", "--data.batch_size=256"]
    command += ["--trainer.max_epochs=80", "--trainer.accelerator=cpu", "--threads=1"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    folder = tmp_path / "runs/compare/real"
    path = folder / "seed_1/spam/version_0"
    deadline = time.monotonic() + 100
    while not (path / "checkpoints/last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143
    assert error.count("\n") == 1
    assert "0 of 1 runs are finished; go on with: python " in error
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"--resume {path.relative_to(tmp_path)}" in (folder / "seed_1/spam.log").read_text()
    assert pd.read_csv(path / "history.csv")["epoch"].tolist() == list(range(80))
    results = json.loads((path / "results.json").read_text())
    assert (results["seed"], results["comparable"]) == (1, False)
    table = pd.read_csv(folder / "comparison.csv").set_index("metric")
    assert table.loc["accuracy", "mean"] == pytest.approx(results["metrics"]["test"]["accuracy"])
