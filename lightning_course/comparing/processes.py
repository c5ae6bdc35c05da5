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
from typing import Any, Generic, Self, TypeVar

from lightning_course.errors import Interrupted
from lightning_course.files.writing import break_hard_links
from lightning_course.process.interrupts import PARENT, mark_handled
from lightning_course.terminal import printable

Key = TypeVar("Key")

# Seconds between two checks whether a child has ended: runs take seconds to hours.
_POLL = 0.05


@dataclass(frozen=True)
class ProcessResult(Generic[Key]):
    """How a child process ended.

    Attributes:
        key: What the process was started for.
        exit_code: Its exit code; −N if signal N ended it.
        seconds: How long it ran.
        error: Its error message in one line; empty if the exit code is 0.
    """

    key: Key
    exit_code: int
    seconds: float
    error: str


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    log: Path
    offset: int
    started: float


class Children(Generic[Key]):
    """The running child processes; a context in which SIGINT and SIGTERM stop them.

    None of them runs on after the context. Only the main thread can receive signals.
    """

    def __init__(self) -> None:
        self._children: dict[Key, _Child] = {}
        self._received = 0
        self._previous: dict[int, Any] = {}

    @property
    def running(self) -> list[Key]:
        """The keys of the processes whose end :meth:`wait` has not reported yet."""
        return list(self._children)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()
        # Some are left only if this process failed, or received a second signal.
        for child in self._children.values():
            child.process.kill()
            child.process.wait()
        self._children.clear()

    def start(self, key: Key, command: Sequence[str], log: Path) -> None:
        """Start a process whose output is appended to a log file.

        It imports from the same places as this process, whatever the working folder holds.
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

    def wait(self, seconds: float) -> list[ProcessResult[Key]]:
        """Wait until a process ends, or until the time is over; return the results.

        Raises:
            Interrupted: A signal was received. All processes have been stopped.
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

    def _reap(self, key: Key) -> ProcessResult[Key]:
        child = self._children.pop(key)
        code = child.process.returncode
        with child.log.open("rb") as file:
            file.seek(child.offset)
            error = last_error(file.read(), code) if code else ""
        return ProcessResult(key, code, time.monotonic() - child.started, error)

    def _receive(self, signum: int, frame: object) -> None:
        mark_handled()
        self._received = signum
        # A second one does not wait for the children.
        signal.signal(signum, self._previous.get(signum, signal.SIG_DFL))

    def _stop(self) -> None:
        """Have all processes finish their step, as ``StopOnSignal`` does, and wait for them."""
        # On Windows terminate() would kill, and the console has sent Ctrl-C to the children too.
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
        # As multiprocessing does; an empty entry means the working folder.
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "PYTHONIOENCODING": "utf-8",
        # So that one can follow a log, and errors come after what was printed before them.
        "PYTHONUNBUFFERED": "1",
    }


def last_error(output: bytes, code: int) -> str:
    """Return in one line why a process failed.

    Args:
        output: Everything that the process printed.
        code: Its exit code, not 0.
    """
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if errors:
        return errors[-1]
    if code < 0:
        try:
            return f"ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"ended by signal {-code}"
    # The last line of a traceback says what happened.
    return next((line for line in reversed(lines) if line), f"exit code {code} and no message")
