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
from lightning_course.commands import run
from lightning_course.comparing import runs
from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Member, Options

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
    """Put the stand-in in the place of train; return the folder of the comparison "test"."""
    script = in_tmp_path / "train.py"
    script.write_text(TRAIN)
    monkeypatch.setattr(
        runs, "train_command", lambda options: [sys.executable, str(script), *options]
    )
    return in_tmp_path / "runs/compare/test"


def compare(*argv: str) -> int:
    return run("compare", ["--tasks=spam", "--name=test", *argv])


def starts(folder: Path) -> dict[str, int]:
    """Return how often each run was started."""
    logs = sorted(folder.glob("seed_*/*.log"))
    return {f"{log.parent.name}/{log.stem}": log.read_text().count("$ ") for log in logs}


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    return errors[0]


def test_results_are_written_and_more_seeds_and_tasks_may_be_added(
    fake: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare("--seeds=3", "--jobs=2") == 0
    output = capsys.readouterr().out
    assert "[3/3] spam seed " in output
    assert "spam seed 2: test loss 2, accuracy 70.00 %; " in output
    table = pd.read_csv(fake / "comparison.csv").set_index("metric")
    assert table["mean"].to_dict() == pytest.approx({"loss": 1, "accuracy": 0.6})
    assert (fake / "comparison.md").read_text().split("\n\n", 1)[1] in output
    assert "with 2 runs at once: not comparable" in output
    assert (fake / "comparison.png").stat().st_size > 5_000
    monkeypatch.setattr(catalogue, "find", lambda name: type("Task", (), {"name": name}))
    assert compare("--seeds=0,7", "--tasks=spam,moons") == 0
    assert "1 of 4 runs are finished already" in capsys.readouterr().out
    assert starts(fake)["seed_0/spam"] == 1
    table = pd.read_csv(fake / "comparison.csv").drop_duplicates("task")
    assert table["task"].tolist() == ["spam", "moons"]
    assert table["seeds"].tolist() == [4, 2]
    assert len(list(fake.glob("events.out.tfevents.*"))) == 1


def test_a_failed_run_stops_no_other_and_is_resumed(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--seeds=3", "--fake.failed=1"]
    assert compare(*argv) == 1
    output, errors = capsys.readouterr()
    assert "spam seed 1: failed after" in output
    assert f"not finite (log: {Path('runs/compare/test/seed_1/spam.log')})" in output
    assert "**Without a result: spam seed 1**" in output
    assert errors == (
        "error: 1 of 3 runs failed: spam seed 1: not finite; run the same command again to "
        "retry them\n"
    )
    assert pd.read_csv(fake / "comparison.csv")["seeds"].tolist() == [2, 2]
    # Then it is resumed from its checkpoint, and its seconds are not those of a whole run.
    assert compare(*argv) == 0
    assert "--resume" in (fake / "seed_1/spam.log").read_text()
    assert starts(fake) == {"seed_0/spam": 1, "seed_1/spam": 2, "seed_2/spam": 1}
    assert "over the runs that were not interrupted" in capsys.readouterr().out


def test_what_train_refuses_is_reported_once_and_leaves_nothing(
    fake: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("--seeds=5", "--fake.refused=all") == 2
    output, errors = capsys.readouterr()
    assert errors == "error: no such option\n"
    # The same refusal of two seeds is enough.
    assert "[5/5] spam: 3 more not started, for the same reason" in output
    assert not (in_tmp_path / "runs").exists()


def test_one_refused_run_stops_no_other(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("--seeds=3", "--fake.refused=0") == 1
    assert "1 of 3 runs failed: spam seed 0: no such option" in last_line(capsys)
    manifest = json.loads((fake / "comparison.json").read_text())
    assert [entry["seed"] for entry in manifest["runs"]] == [1, 2]


def test_a_run_that_stopped_in_its_first_epoch_starts_again(fake: Path) -> None:
    assert compare("--seeds=1") == 0
    run_folder = fake / "seed_0/spam/version_0"
    for name in ("results.json", "history.csv"):
        (run_folder / name).unlink()
    (run_folder / "checkpoints").rmdir()
    assert compare("--seeds=1") == 0
    assert "--resume" not in (fake / "seed_0/spam.log").read_text()
    assert (run_folder / "results.json").is_file()


def test_a_crash_leaves_its_log(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("--seeds=1", "--fake.refused=all", "--fake.crash=1") == 1
    assert "spam seed 0: a traceback" in last_line(capsys)
    assert (fake / "seed_0/spam.log").read_text().endswith("a traceback\n")
    # No run began, so other options may use the name.
    assert compare("--seeds=1", "--fake.nothing=1") == 2
    assert "it left no results.json" in last_line(capsys)


def test_other_overrides_need_another_name(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("--seeds=1", "--lr", "1") == 0
    before = {path: path.stat().st_mtime_ns for path in fake.rglob("*")}
    capsys.readouterr()
    assert compare("--seeds=1", "--lr=2") == 2
    line = last_line(capsys)
    assert "was made with --lr=1 and without --lr=2: choose another --name" in line
    assert compare("--seeds=1") == 2
    assert "was made with --lr=1: choose another --name" in last_line(capsys)
    assert {path: path.stat().st_mtime_ns for path in fake.rglob("*")} == before
    # The place of the data is no such override.
    assert compare("--seeds=1", "--lr=1", "--data.root=elsewhere") == 0


def test_options_of_a_run() -> None:
    folder = ComparisonFolder(Path("x"), [])

    def words(jobs: int, *overrides: str) -> list[str]:
        return runs.train_options(Member("spam", 3), folder, Options((), (), overrides, jobs))

    # The seed comes after all that could change it.
    own = ["--seed_everything=3", f"--runs={Path('x/seed_3')}"]
    assert words(1, "--config=a.yaml") == ["--task", "spam", "--config=a.yaml", *own]
    # Several runs at once share the cores.
    threads = str(max(1, (os.cpu_count() or 1) // 2))
    assert words(2) == ["--task", "spam", "--threads", threads, *own]
    assert words(2, "--threads=3") == ["--task", "spam", "--threads=3", *own]


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
    assert "0 of 1 runs are finished; run the same command again to continue" in error
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"--resume {path.relative_to(tmp_path)}" in (folder / "seed_1/spam.log").read_text()
    assert pd.read_csv(path / "history.csv")["epoch"].tolist() == list(range(80))
    results = json.loads((path / "results.json").read_text())
    assert (results["seed"], results["comparable"]) == (1, False)
    table = pd.read_csv(folder / "comparison.csv").set_index("metric")
    assert table.loc["accuracy", "mean"] == pytest.approx(results["metrics"]["test"]["accuracy"])
