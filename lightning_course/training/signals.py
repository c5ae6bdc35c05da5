"""Ctrl-C and SIGTERM while a trainer works: finish the step, then stop, with all processes."""

import os
import signal
import subprocess
import threading
from typing import Any

from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from pytorch_lightning import Callback
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from lightning_course.errors import Interrupted, UserError
from lightning_course.process.interrupts import PARENT, exit_later, note


class ProcessLost(UserError):
    """Another process of the run has ended. Not bad input (2): the run can be resumed."""

    exit_code = 1


class StopOnSignal(Callback):
    """Ends a fit or test after the step in which SIGINT or SIGTERM came; a second one at once.

    What a run has saved is then complete: the last finished epoch, which ``--resume`` goes on from.
    Of several processes the first one decides, and ends the others (see :func:`end_others`): each
    of them must take part in every step until then.
    """

    def __init__(self) -> None:
        self._received = 0
        self._leads = True
        self._previous: dict[int, Any] = {}

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Take the signals; only the main thread can."""
        self._leads = trainer.is_global_zero
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._note)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Give them back."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the other processes before they miss this one, and tell of it."""
        if isinstance(exception, Interrupted) and trainer.is_global_zero:
            end_others(trainer, patience=0)

    def _note(self, signum: int, frame: object) -> None:
        note()
        self._received = signum
        signal.signal(signum, self._previous.get(signum, signal.SIG_DFL))
        if not self._leads:
            exit_later(signum)

    def raise_if_received(self, *_: Any, **__: Any) -> None:
        """Raise ``Interrupted`` in the first process if a signal has come."""
        if self._received and self._leads:
            raise Interrupted(self._received)

    on_train_batch_end = on_validation_batch_end = on_test_batch_end = raise_if_received


def prepare_processes(trainer: Any) -> None:
    """Have the processes that a fit will start end with this one, and its signals stay ours.

    Lightning's own handler of SIGTERM waits for all processes from within, which can be for ever.
    """
    if isinstance(trainer.strategy.launcher, _SubprocessScriptLauncher):
        os.environ[PARENT] = str(os.getpid())
    if not isinstance(trainer._accelerator_connector.cluster_environment, SLURMEnvironment):
        trainer._signal_connector.register_signal_handlers = lambda: None


def end_others(trainer: Any, patience: float = 1.0) -> list[int]:
    """End the processes that a trainer started on this machine.

    Args:
        trainer: Of the first process.
        patience: Seconds in which each may end by itself, with an error of its own.

    Returns:
        The exit codes of those that had failed before; −N where signal N ended one.
    """
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher):
        return []
    processes = list(launcher.procs)
    lost = [code for process in processes if (code := process.poll())]
    # Lightning watches this list, and would kill this process too.
    launcher.procs.clear()
    for process in processes:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return lost
