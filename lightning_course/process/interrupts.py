"""How SIGINT (Ctrl-C), SIGTERM and the end of the parent process end a command."""

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

#: The environment variable with the number of the process without which a child process ends.
PARENT = "LIGHTNING_COURSE_PARENT"

# Seconds between two checks, and seconds that a process has to finish its step.
_POLL, _GRACE = 0.5, 15.0
# Seconds that a process waits for rank 0, which may be waiting for this process's imports.
_RANK_ZERO_WAIT = 60.0


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM raise ``Interrupted``, so that scratch files go.

    A second signal ends the process at once. A signal that arrives within a library's C code, where
    Python cannot raise, ends the process after some seconds. In a run of several processes rank 0
    ends the others. Signals are only handled in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _raised
    _raised = None
    signals = (signal.SIGINT, signal.SIGTERM)
    handler = _raise if is_rank_zero() else _wait_for_rank_zero
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


def mark_handled() -> None:
    """Record that a signal handler has run, so Python is not stuck in C code."""
    global _handled_at
    _handled_at = time.monotonic()


def last_interrupt() -> Interrupted | None:
    """Return the exception that a signal has raised in this command, None if there was no signal.

    A library may have swallowed it: one that takes it for a failed import fails only later.
    """
    return _raised


_handled_at = -math.inf
_raised: Interrupted | None = None


def _end_if_stuck(arrivals: int) -> None:
    """End the process if a signal has arrived and its handler cannot run."""
    with os.fdopen(arrivals, "rb", buffering=0) as file:
        while byte := file.read(1):
            signum, arrived = byte[0], time.monotonic()
            if signum not in (signal.SIGINT, signal.SIGTERM):
                continue
            # The handler may have run before this thread reads of the signal.
            while _handled_at < arrived - 1:
                if time.monotonic() > arrived + _GRACE:
                    if is_rank_zero():
                        print(f"error: {Interrupted(signum)}", file=sys.stderr, flush=True)
                    os._exit(128 + signum)
                time.sleep(_POLL)


def _raise(signum: int, frame: FrameType | None) -> None:
    global _raised
    mark_handled()
    signal.signal(signum, signal.SIG_DFL)
    _raised = Interrupted(signum)
    raise _raised


def _wait_for_rank_zero(signum: int, frame: FrameType | None) -> None:
    mark_handled()
    exit_later(signum)


def exit_later(signum: int) -> None:
    """End this process as a signal would, unless rank 0 has ended it before.

    Rank 0 may be on another machine, or wait for a process that has ended. It must end first: if
    another process ends before it, Lightning kills rank 0.
    """
    timer = threading.Timer(_RANK_ZERO_WAIT, os._exit, [128 + signum])
    timer.daemon = True
    timer.start()


def is_rank_zero() -> bool:
    """Whether a launcher has numbered this process 0, or there is no launcher: it prints."""
    # The order in which Lightning reads them.
    ranks = (os.environ.get(name) for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))
    return next((rank for rank in ranks if rank is not None), "0") == "0"


def end_with_parent() -> None:
    """Start a thread that ends this process when the parent named in ``PARENT`` has ended.

    A parent that is killed cannot stop its children itself. Not on Windows, which does not report
    that the parent has changed.
    """
    parent = os.environ.pop(PARENT, "")
    if parent and sys.platform != "win32":
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
    if is_rank_zero():
        time.sleep(_GRACE)
    os._exit(128 + signal.SIGTERM)
