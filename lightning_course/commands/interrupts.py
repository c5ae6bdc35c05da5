"""Ctrl-C, SIGTERM and the end of a parent process, in every command and from its first line on."""

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


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM raise ``Interrupted``, so that scratch files go.

    A second one ends the process at once. Only the main thread can take signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {signum: signal.signal(signum, _raise) for signum in signals}
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def _raise(signum: int, frame: FrameType | None) -> None:
    signal.signal(signum, signal.SIG_DFL)
    raise Interrupted(signum)


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
