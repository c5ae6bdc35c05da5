"""Where the commands write: what the user names, as they mean it; nothing that a run leads to."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lightning_course.commands import run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and devices of POSIX")

SMALL = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for task in (["--task=spam", "--data.source=standin"], ["--task=sine_linear"]):
        assert run("train", [*task, f"--runs={folder}", *SMALL]) == 0
    return folder


@pytest.fixture
def spam(runs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(runs / "spam/version_0", tmp_path / "run"))


VERBS = {
    "evaluate": [],
    "predict": ["--text=hello"],
    "export": ["--format=state_dict"],
    "to_keras": [],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "name", ["predictions.csv", "figures", "export", "checkpoints", "history.csv", "config.yaml"]
)
def test_a_run_with_a_link_that_leads_out_is_not_opened(
    spam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, name: str
) -> None:
    outside = tmp_path / "outside"
    if (spam / name).exists():
        shutil.move(spam / name, outside)
    else:
        outside.mkdir()
    (spam / name).symlink_to(outside)
    before = sorted(tmp_path.rglob("*"))
    assert run(verb, [f"--run={spam}", *VERBS[verb]]) == 2
    assert f"{spam / name} is a link to {outside}" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["predictions.csv", "figures", ".lock", "version_0.log"])
def test_a_run_with_such_a_link_is_not_resumed(
    spam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (spam / "results.json").unlink()
    (tmp_path / "precious").write_text("precious")
    (spam / name).is_dir() and shutil.rmtree(spam / name)
    (spam / name).unlink(missing_ok=True)
    (spam / name).symlink_to(tmp_path / "precious")
    assert run("train", [f"--resume={spam}"]) == 2
    assert "is a link to" in capsys.readouterr().err
    assert (tmp_path / "precious").read_text() == "precious"


def test_the_lock_of_a_resumed_run_is_its_own(spam: Path, tmp_path: Path) -> None:
    (spam / "results.json").unlink()
    (spam / ".lock").unlink(missing_ok=True)
    (tmp_path / "precious").write_text("precious")
    os.link(tmp_path / "precious", spam / ".lock")
    assert run("train", [f"--resume={spam}", "--trainer.max_epochs=1"]) == 0
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_comparison_with_such_a_link_is_not_continued(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_tmp_path / "precious").write_text("precious")
    folder = in_tmp_path / "runs/compare/mine/seed_0"
    folder.mkdir(parents=True)
    (folder / "moons.log").symlink_to(in_tmp_path / "precious")
    assert run("compare", ["--tasks=moores_law", "--seeds=1", "--name=mine"]) == 2
    assert "moons.log is a link to" in capsys.readouterr().err
    assert (in_tmp_path / "precious").read_text() == "precious"


def test_predictions_go_through_a_link_of_the_user(spam: Path, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("there.csv")
    assert run("predict", [f"--run={spam}", "--text=hello", f"--output={link}"]) == 0
    assert link.is_symlink()
    assert (tmp_path / "there.csv").read_text().startswith("text,label,probability\nhello,")


def test_predictions_go_to_a_device_or_a_pipe(
    runs: Path, spam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", [f"--run={spam}", "--text=hello", f"--output={os.devnull}"]) == 0
    assert Path(os.devnull).is_char_device()
    os.mkfifo(tmp_path / "pipe")
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_text()))
    reader.start()
    series = runs / "sine_linear/version_0"
    capsys.readouterr()
    assert run("predict", [f"--run={series}", "--steps=2", f"--output={tmp_path / 'pipe'}"]) == 0
    reader.join()
    assert len(found[0].splitlines()) == 3
    assert (tmp_path / "pipe").is_fifo()
    # No figure lies beside a pipe.
    assert not list(tmp_path.glob("*.png"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "2 predictions in" in captured.err


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_predictions_on_the_standard_output_are_a_table_alone(spam: Path, name: str) -> None:
    command = [sys.executable, "-m", "lightning_course", "predict"]
    options = [f"--run={spam}", "--text=hello", "--output", name]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == "text,label,probability"
    assert len(lines) == 2


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_predictions_whose_reader_goes(spam: Path, tmp_path: Path, unbuffered: str) -> None:
    # More than a pipe holds.
    (tmp_path / "in.csv").write_text("text\n" + "a text of many words\n" * 10_000)
    command = [sys.executable, "-m", "lightning_course", "predict", f"--run={spam}"]
    with subprocess.Popen(
        [*command, f"--input={tmp_path / 'in.csv'}", "--output=/dev/stdout"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "text,label,probability\n"
        process.stdout.close()
        assert "error" not in process.stderr.read()
    assert process.returncode == 141


@pytest.mark.parametrize("verb", ["export", "to_keras"])
def test_a_model_does_not_go_to_a_device(
    spam: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    device = Path(os.devnull)
    if verb == "to_keras":
        device = tmp_path / "model.keras"
        os.mkfifo(device)
    assert run(verb, [f"--run={spam}", *VERBS[verb], f"--output={device}"]) == 2
    assert "is a device or a pipe: name a file" in capsys.readouterr().err
    assert device.is_char_device() or device.is_fifo()


def test_a_model_goes_through_a_link_of_the_user(spam: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "model.pt"
    link.symlink_to("disk/model.pt")
    assert run("export", [f"--run={spam}", "--format=state_dict", f"--output={link}"]) == 0
    assert link.is_symlink()
    assert (tmp_path / "disk/model.pt").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "folder"),
    [("...csv", "data"), (".csv", "csv"), ("a\x1b[2Jb.csv", "a_2Jb"), ("x" * 200 + ".csv", None)],
)
def test_what_explore_writes_stays_in_its_folder(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, folder: str | None
) -> None:
    (in_tmp_path / name).write_text("a,b\n1,2\n2,3\n3,5\n")
    assert run("explore", [f"--data={in_tmp_path / name}"]) == 0
    assert [path.name for path in (in_tmp_path / "runs").iterdir()] == ["explore"]
    made = [path for path in (in_tmp_path / "runs/explore").iterdir()]
    assert [path.is_dir() for path in made] == [True]
    assert folder is None or made[0].name == folder
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


@pytest.mark.parametrize(
    "entry", [{"task": "../../../elsewhere"}, {"seed": "0/../../elsewhere"}, {"task": None}]
)
def test_a_comparison_whose_record_leads_elsewhere(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: dict[str, object]
) -> None:
    folder = in_tmp_path / "runs/compare/mine"
    (folder / "seed_0/moores_law/version_0").mkdir(parents=True)
    member = {"task": "moores_law", "seed": 0, "jobs": 1, "resumed": False, **entry}
    (folder / "comparison.json").write_text(json.dumps({"overrides": [], "runs": [member]}))
    assert run("compare", ["--tasks=moores_law", "--seeds=1", "--name=mine"]) == 2
    assert "comparison.json cannot be read: choose another --name" in capsys.readouterr().err
