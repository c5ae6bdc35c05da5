"""Closed and full streams, and signals, in processes of their own: no result is lost by them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lightning_course.commands import run
from lightning_course.process import streams

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX descriptors and signals")

# A command that needs no torch: prints, leaves a mark, and says what it was about to do.
COMMAND = """
import sys, types, time
from lightning_course import commands
module = types.ModuleType("lightning_course.commands.fake")
def main(argv):
    for number in range(3):
        print("line", number, flush=True)
        print("a bar", file=sys.stderr, flush=True)
        time.sleep(0.3)  # a reader that has enough must have had the time to go
    with open("opened", "w") as file:
        file.write("its own content")
    if "stuck" in argv:
        import hashlib
        from lightning_course.process import interrupts
        interrupts._GRACE = 1.0
        open("waiting", "w").close()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
    if "wait" in argv:
        import tempfile
        with tempfile.TemporaryDirectory(dir=".", prefix="scratch."):
            open("waiting", "w").close()
            time.sleep(60)
    open("done", "w").close()
module.main = main
sys.modules[module.__name__] = module
sys.exit(commands.run("fake", sys.argv[1:]))
"""


def shell(folder: Path, rest: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'"$PYTHON" -c "$COMMAND" {rest}'],
        cwd=folder,
        env=os.environ
        | {
            "PYTHON": sys.executable,
            "COMMAND": COMMAND,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("", 0),
        ('| head -1; exit "${PIPESTATUS[0]}"', 141),
        ('| true; exit "${PIPESTATUS[0]}"', 141),
        (">&-", 1),
        ("2>&-", 1),
        (">&- 2>&-", 1),
        ("<&- >&- 2>&-", 1),
        ("> /dev/full", 1),
        ("2> /dev/full", 1),
        ("> /dev/null", 0),
    ],
)
def test_a_stream_that_takes_nothing_ends_no_command(tmp_path: Path, rest: str, code: int) -> None:
    if "/dev/full" in rest and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = shell(tmp_path, rest)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert (tmp_path / "done").exists()
    # What is printed must not end in a file that got the number of a closed stream.
    assert (tmp_path / "opened").read_text() == "its own content"
    if rest == "> /dev/full":
        assert "not all output could be written: No space left" in done.stderr


def test_the_list_of_commands_needs_no_reader(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$PYTHON" -m lightning_course --help > /dev/full'],
        cwd=tmp_path,
        env=os.environ | {"PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == "error: not all output could be written: No space left on device\n"


def test_streams_of_others_stay_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    with streams.fail_safe_streams() as exit_code:
        print("a line")
        assert exit_code() == 0
    assert capsys.readouterr().out == "a line\n"


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    for _ in range(3_000):
        if path.exists():
            return
        assert process.poll() is None
        time.sleep(0.01)
    raise AssertionError(f"{path.name} did not come")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_a_library_swallows_is_what_ended_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], signum: signal.Signals
) -> None:
    def half_an_import(argv: list[str]) -> None:
        with contextlib.suppress(BaseException):
            signal.raise_signal(signum)
        raise RecursionError

    monkeypatch.setattr("lightning_course.commands.explain.main", half_an_import)
    assert run("explain", []) == 128 + signum
    assert capsys.readouterr().err == f"error: stopped by {signum.name}\n"
    # The next command of this process knows nothing of it.
    monkeypatch.undo()
    assert run("explain", ["--nosuch"]) == 2


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["wait", "stuck"])
def test_a_signal_ends_every_command_in_one_line(
    tmp_path: Path, signum: signal.Signals, where: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, where],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(tmp_path / "waiting", process)
    process.send_signal(signum)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 128 + signum
    assert error.replace("a bar\n", "") == f"error: stopped by {signum.name}\n"
    assert not list(tmp_path.glob("scratch.*"))


def test_a_command_ends_when_the_parent_that_started_it_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, subprocess, sys\n"
            "os.environ['LIGHTNING_COURSE_PARENT'] = str(os.getpid())\n"
            "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], 'wait'])\n"
            "open('child', 'w').write(str(child.pid))\n"
            "child.wait()",
            COMMAND,
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wait_for(tmp_path / "waiting", parent)
    parent.kill()
    parent.wait()
    for _ in range(1_000):
        if not list(tmp_path.glob("scratch.*")):
            return
        time.sleep(0.01)
    raise AssertionError("the child goes on")
