"""Ctrl-C and SIGTERM: finish the step, then stop."""

import signal
import threading
from typing import Any

from pytorch_lightning import Callback

from lightning_course.errors import Interrupted


class StopOnSignal(Callback):
    """Ends a fit or test after the step in which SIGINT or SIGTERM came; a second one at once.

    What a run has saved is then complete: the last finished epoch, which ``--resume`` goes on from.
    """

    def __init__(self) -> None:
        self._received = 0
        self._previous: dict[int, Any] = {}

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Take the signals; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._note)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Give them back."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()

    def _note(self, signum: int, frame: object) -> None:
        self._received = signum
        signal.signal(signum, self._previous.get(signum, signal.SIG_DFL))

    def _stop(self, *_: Any, **__: Any) -> None:
        if self._received:
            raise Interrupted(self._received)

    on_train_batch_end = on_validation_batch_end = on_test_batch_end = _stop
