import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lightning_course import explain
from lightning_course.commands import run


def test_a_topic(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", ["--topic", "pooling"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("pooling (course 4.3): ")
    assert "\nmax pooling: 6 8 / 16 14\n" in output
    assert "\nfigure:      runs/explain/pooling/worked_example.png\n" in output
    assert "look at it:  tensorboard --logdir runs/explain/pooling\n" in output
    assert max(map(len, output.splitlines())) <= 100
    folder = in_tmp_path / "runs/explain/pooling"
    figures = {path.stem for path in folder.glob("*.png")}
    assert figures == {"worked_example", "shift", "picture"}
    for path in folder.glob("*.png"):
        assert np.asarray(Image.open(path)).shape[1] == 902
    tags = EventAccumulator(str(folder)).Reload().Tags()
    assert tags["images"] == [f"explain/{name}" for name in ("worked_example", "shift", "picture")]
    assert tags["tensors"] == ["explain/text_summary"]


def test_a_second_call_replaces_the_first(in_tmp_path: Path) -> None:
    (in_tmp_path / "here").mkdir()
    kept = [in_tmp_path / "here/notes.txt", in_tmp_path / "here/events.out.tfevents.1.mine.0"]
    for path in kept:
        path.write_text("mine")
    for _ in range(2):
        assert run("explain", ["--topic=softmax", "--save=here"]) == 0
    files = set((in_tmp_path / "here").iterdir())
    assert set(kept) < files
    assert len(files) == 4


def test_all_topics(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = {name: explain.TOPICS[name] for name in ("softmax", "dropout")}
    monkeypatch.setattr(explain, "TOPICS", two)
    assert run("explain", ["--topic=all", "--save", "pictures"]) == 0
    assert "dropout (course 3.2): " in capsys.readouterr().out
    found = {str(path.relative_to(in_tmp_path)) for path in in_tmp_path.rglob("*.png")}
    assert found == {"pictures/softmax/probabilities.png", "pictures/dropout/units.png"}


def test_the_list_is_the_registry(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", ["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(explain.TOPICS)
    for line, topic in zip(lines, explain.TOPICS.values(), strict=True):
        assert topic.chapter in line
        assert line.endswith(topic.summary)
    assert max(map(len, lines)) <= 100
    assert list(in_tmp_path.iterdir()) == []


def test_the_list_is_quick_because_it_draws_nothing() -> None:
    code = "import sys, lightning_course.commands as c; c.run('explain', ['--list']); "
    code += "sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "name a topic: --topic NAME; `--list` shows all topics"),
        (["--topic="], "option --topic needs a value"),
        (["--topic=colvolution"], "unknown topic 'colvolution' (did you mean 'convolution'?)"),
        (["--topic=al"], "unknown topic 'al' (did you mean 'all'?)"),
        (["--topic=xyz"], "unknown topic 'xyz'; `--list` shows all topics"),
        (["--topic=base"], "unknown topic 'base'"),
        (["--topic"], "argument --topic: expected one argument"),
        (["--topics=all"], "unknown option --topics (did you mean '--topic'?)"),
        (["--topic=softmax", "more"], "unrecognized arguments: more"),
        (["--topic=softmax", "--save=file"], "the folder file cannot be written: "),
        (["--topic=softmax", "--save=/dev/null/deep"], "cannot be written: Not a directory"),
        (["--topic=all", "--save=file"], "cannot be written"),
    ],
)
def test_bad_input_ends_in_one_line(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    Path("file").write_text("")
    assert run("explain", argv) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    assert words in error[0]
