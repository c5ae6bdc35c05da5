"""Progress: a bar on every terminal, lines elsewhere."""

import io
import os
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from lightning_course.commands import run
from lightning_course.training import console
from lightning_course.training.console import Bar, EpochLines

TRAIN = ["--task=spam", "--data.source=standin", "--data.maxlen=6", "--trainer.max_epochs=1"]
TRAIN += ["--trainer.limit_train_batches=3", "--trainer.accelerator=cpu"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("out", "err", "bar", "lines"),
    [
        (Terminal, Terminal, True, False),
        (Terminal, io.StringIO, True, False),
        (io.StringIO, Terminal, True, True),
        (io.StringIO, io.StringIO, False, True),
    ],
)
def test_who_watches_sees_progress(
    monkeypatch: pytest.MonkeyPatch,
    out: Callable[[], TextIO],
    err: Callable[[], TextIO],
    bar: bool,
    lines: bool,
) -> None:
    monkeypatch.setattr(sys, "stdout", out())
    monkeypatch.setattr(sys, "stderr", err())
    kinds = {type(callback) for callback in console.progress()}
    assert kinds == {kind for kind, there in ((Bar, bar), (EpochLines, lines)) if there}


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[tuple[TextIO, Callable[[], str]]]:
    """A pseudo-terminal of so many columns, and a function that returns what was drawn on it."""
    pty = pytest.importorskip("pty")
    import fcntl
    import termios
    import threading

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, request.param, 0, 0))
    drawn: list[bytes] = []

    def read() -> None:
        try:
            while content := os.read(leader, 65_536):
                drawn.append(content)
        except OSError:
            pass  # the other end is closed

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    stream = os.fdopen(follower, "w", encoding="utf-8")

    def text() -> str:
        stream.close()
        thread.join(10)
        return b"".join(drawn).decode()

    yield stream, text
    os.close(leader)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
@pytest.mark.parametrize("terminal", [80, 20], indirect=True)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_terminal_of_any_width_shows_a_bar(
    terminal: tuple[TextIO, Callable[[], str]],
    name: str,
    in_tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, text = terminal
    other = io.StringIO()
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", stream if name == "stdout" else other)
    monkeypatch.setattr(sys, "stderr", stream if name == "stderr" else other)
    assert run("train", TRAIN) == 0
    drawn = text()
    # tqdm leaves the last column free; what does not fit is cut off.
    assert "|██████████| 100% 3" in drawn
    assert "v_num" not in drawn
    assert ("epoch   1/1" in other.getvalue()) == (name == "stderr")
    assert "█" not in other.getvalue()
