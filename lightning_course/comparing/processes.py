"""Child processes: several at once, each with a log file; a signal to the parent stops them all."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Generic, Self, TypeVar

from lightning_course.errors import Interrupted
from lightning_course.files.writing import break_hard_links
from lightning_course.process.interrupts import PARENT, mark_handled
from lightning_course.terminal import printable

Key = TypeVar("Key")

# Seconds between two looks at the children: runs take seconds to hours.
_POLL = 0.05


@dataclass(frozen=True)
class Ended(Generic[Key]):
    """A child process that has ended.

    Attributes:
        key: What it was started for.
        code: Its exit code; −N where signal N ended it.
        seconds: How long it ran.
        error: What it said last, in one line; empty where the exit code is 0.
    """

    key: Key
    code: int
    seconds: float
    error: str


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    log: Path
    offset: int
    started: float


class Children(Generic[Key]):
    """The child processes that run now; a context in which SIGINT and SIGTERM stop them.

    On leaving the context nothing goes on running. Only the main thread can take signals.
    """

    def __init__(self) -> None:
        self._children: dict[Key, _Child] = {}
        self._received = 0
        self._previous: dict[int, Any] = {}

    @property
    def running(self) -> list[Key]:
        """The keys of the processes that have been started and not yet waited for."""
        return list(self._children)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()
        # Some are left only after an error of this process or a second signal.
        for child in self._children.values():
            child.process.kill()
            child.process.wait()
        self._children.clear()

    def start(self, key: Key, command: Sequence[str], log: Path) -> None:
        """Start a process whose output is appended to a log file.

        It imports from where this process does, whatever the working folder holds.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        break_hard_links(log)
        with log.open("ab") as file:
            file.write(f"$ {printable(shlex.join(command))}\n".encode())
            file.flush()
            offset = file.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=_environment(),
            )
        self._children[key] = _Child(process, log, offset, time.monotonic())

    def wait(self, seconds: float) -> list[Ended[Key]]:
        """Wait until some process ends, for so many seconds at most; return those that have.

        Raises:
            Interrupted: A signal came. All processes have been told to stop, and have ended.
        """
        deadline = time.monotonic() + seconds
        while True:
            if self._received:
                self._stop()
                raise Interrupted(self._received)
            ended = [
                key for key, child in self._children.items() if child.process.poll() is not None
            ]
            if ended or time.monotonic() > deadline:
                return [self._reap(key) for key in ended]
            time.sleep(_POLL)

    def _reap(self, key: Key) -> Ended[Key]:
        child = self._children.pop(key)
        code = child.process.returncode
        with child.log.open("rb") as file:
            error = last_error(file, child.offset, code) if code else ""
        return Ended(key, code, time.monotonic() - child.started, error)

    def _note(self, signum: int, frame: object) -> None:
        mark_handled()
        self._received = signum
        # A second one does not wait for the children.
        signal.signal(signum, self._previous.get(signum, signal.SIG_DFL))

    def _stop(self) -> None:
        """Have all processes finish their step, as ``StopOnSignal`` does, and wait for them."""
        # On Windows terminate() would kill, and Ctrl-C has reached the children from the console.
        if sys.platform != "win32":
            for child in self._children.values():
                child.process.terminate()
        for child in self._children.values():
            child.process.wait()
        self._children.clear()


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        PARENT: str(os.getpid()),
        # As multiprocessing does it; an empty entry stands for the working folder.
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "PYTHONIOENCODING": "utf-8",
        # So that a log can be followed, and errors stand behind what was printed before them.
        "PYTHONUNBUFFERED": "1",
    }


def last_error(log: IO[bytes], offset: int, code: int) -> str:
    """Return in one line why a process failed.

    Args:
        log: What it printed.
        offset: Where in the log it began.
        code: Its exit code, not 0.
    """
    log.seek(offset)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines()]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if told:
        return told[-1]
    if code < 0:
        try:
            return f"ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"ended by signal {-code}"
    # Of a traceback the last line tells what happened.
    return next((line for line in reversed(lines) if line), f"exit code {code} without a word")
