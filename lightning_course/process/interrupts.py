"""Ctrl-C, SIGTERM and the end of a parent process, in every command and from its first line on."""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lightning_course.errors import Interrupted

#: The environment variable that names the process without which a child process ends.
PARENT = "LIGHTNING_COURSE_PARENT"

# Seconds between two looks at the parent, and for which a child may finish its step.
_POLL, _GRACE = 0.5, 15.0
# Seconds for which a process waits for the first one: that one may wait for this one's imports.
_PATIENCE = 60.0


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM raise ``Interrupted``, so that scratch files go.

    A second one ends the process at once. So does, after some seconds, one that finds the process
    within a library's C code, where Python cannot raise. Of the several processes of a run the
    first one ends the others. Only the main thread can take signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _raised
    _raised = None
    signals = (signal.SIGINT, signal.SIGTERM)
    handler = _raise if is_leader() else _wait_for_leader
    previous = {signum: signal.signal(signum, handler) for signum in signals}
    arrivals, arrival = os.pipe()
    os.set_blocking(arrival, False)
    wakeup = signal.set_wakeup_fd(arrival, warn_on_full_buffer=False)
    threading.Thread(target=_end_if_stuck, args=(arrivals,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        os.close(arrival)
        for signum, earlier in previous.items():
            signal.signal(signum, earlier)


def note() -> None:
    """Say that a handler of signals has run: Python is not stuck."""
    global _noted
    _noted = time.monotonic()


def raised() -> Interrupted | None:
    """Return what a signal has raised within the command.

    A library may take it for a failure of what it imports, and fail later of what is missing.
    """
    return _raised


_noted = -math.inf
_raised: Interrupted | None = None


def _end_if_stuck(arrivals: int) -> None:
    """End the process for a signal that no handler has been able to note."""
    with os.fdopen(arrivals, "rb", buffering=0) as file:
        while byte := file.read(1):
            signum, arrived = byte[0], time.monotonic()
            if signum not in (signal.SIGINT, signal.SIGTERM):
                continue
            # This thread may hear of a signal after its handler has run.
            while _noted < arrived - 1:
                if time.monotonic() > arrived + _GRACE:
                    if is_leader():
                        print(f"error: {Interrupted(signum)}", file=sys.stderr, flush=True)
                    os._exit(128 + signum)
                time.sleep(_POLL)


def _raise(signum: int, frame: FrameType | None) -> None:
    global _raised
    note()
    signal.signal(signum, signal.SIG_DFL)
    _raised = Interrupted(signum)
    raise _raised


def _wait_for_leader(signum: int, frame: FrameType | None) -> None:
    note()
    exit_later(signum)


def exit_later(signum: int) -> None:
    """End this process as a signal would, if the first process of the run has not done it soon.

    It may be on another machine, or wait for a process that has gone. A process that ends before
    the first one would have Lightning kill that one.
    """
    timer = threading.Timer(_PATIENCE, os._exit, [128 + signum])
    timer.daemon = True
    timer.start()


def is_leader() -> bool:
    """Whether this is the process of a run that prints: a launcher numbers them."""
    # Lightning looks in this order.
    ranks = (os.environ.get(name) for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))
    return next((rank for rank in ranks if rank is not None), "0") == "0"


def end_with_parent() -> None:
    """Have a thread stop this process when the parent that asked for it has gone.

    A parent that is killed outright cannot tell its children. Windows does not say who the parent
    is now: there they go on.
    """
    parent = os.environ.pop(PARENT, "")
    if parent and sys.platform != "win32":
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
    if is_leader():
        time.sleep(_GRACE)
    os._exit(128 + signal.SIGTERM)
