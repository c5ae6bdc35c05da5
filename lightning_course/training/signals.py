"""Ctrl-C and SIGTERM while a trainer works: finish the step, then stop, with all processes."""

import os
import signal
import subprocess
import threading
from typing import Any

from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from lightning_course.errors import Interrupted, UserError
from lightning_course.process.interrupts import PARENT, exit_later, mark_handled


class ProcessLost(UserError):
    """Another process of the run has ended. Not bad input (2): the run can be resumed."""

    exit_code = 1


class StopOnSignal(Callback):
    """Ends a fit or test after the step in which SIGINT or SIGTERM came; a second signal at once.

    The run's last checkpoint is then complete, and ``--resume`` continues from it. Of several
    processes the first one decides, and ends the others (see :func:`end_others`): until then every
    process must take part in every step.
    """

    def __init__(self) -> None:
        self._received = 0
        self._leads = True
        self._previous: dict[int, Any] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Install the handlers; only the main thread can."""
        self._leads = trainer.is_global_zero
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._note)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Restore the previous handlers."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """End the other processes before they report that this one is missing."""
        if isinstance(exception, Interrupted) and trainer.is_global_zero:
            end_others(trainer, patience=0)

    def _note(self, signum: int, frame: object) -> None:
        mark_handled()
        self._received = signum
        signal.signal(signum, self._previous.get(signum, signal.SIG_DFL))
        if not self._leads:
            exit_later(signum)

    def raise_if_received(self, *_: Any, **__: Any) -> None:
        """Raise ``Interrupted`` in the first process if a signal has come."""
        if self._received and self._leads:
            raise Interrupted(self._received)

    on_train_batch_end = on_validation_batch_end = on_test_batch_end = raise_if_received


def prepare_processes(trainer: Trainer) -> None:
    """Let the processes that a fit starts end with this one, and keep our signal handlers.

    Lightning's own handler of SIGTERM waits for all processes, possibly for ever.
    """
    if isinstance(trainer.strategy.launcher, _SubprocessScriptLauncher):
        os.environ[PARENT] = str(os.getpid())
    if not isinstance(trainer._accelerator_connector.cluster_environment, SLURMEnvironment):
        connector: Any = trainer._signal_connector
        connector.register_signal_handlers = lambda: None


def end_others(trainer: Trainer, patience: float = 1.0) -> list[int]:
    """End the processes that a trainer started on this machine.

    Args:
        trainer: The first process's trainer.
        patience: Seconds for which each process may end by itself, with its own error.

    Returns:
        The exit codes of the processes that failed without our doing: those that had ended before,
        and −N of each that signal N ended meanwhile.
    """
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher):
        return []
    processes = list(launcher.procs)
    failed = {process for process in processes if process.poll()}
    # Lightning watches this list, and would kill this process as well.
    launcher.procs.clear()
    for process in processes:
        try:
            if process.wait(patience) < 0:
                # Killed by another: its connections were closed before its exit code was there.
                failed.add(process)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return [process.returncode for process in processes if process in failed]
