"""The checkpoints of a run: the last epoch's and the best one's."""

import errno
import os
from pathlib import Path
from typing import Any, Literal

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from lightning_course.runs.folder import RunFolder, last_checkpoint


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its name and renames it: what has the name is complete.

    Lightning's own writer goes through the system's temporary folder. Where that is another file
    system, it copies into the old file: a crash leaves half a checkpoint, and a hard link to the
    old one changes with it.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Save tensors and plain types to a local path.

        Raises:
            OSError: It cannot be written; the file that was there before is whole.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.unlink(missing_ok=True)  # torch would write into what a link points to
        try:
            torch.save(checkpoint, temporary)
        except (OSError, RuntimeError) as error:
            temporary.unlink(missing_ok=True)
            # torch tells of a full disk as of a wrong position in its file.
            problem = "torch could not write all of it (is the disk full?)"
            raise OSError(errno.ENOSPC, problem, str(path)) from error
        os.replace(temporary, path)


class LastAndBest(Checkpoint):
    """Writes ``checkpoints/last.ckpt`` every epoch; ``best.ckpt`` is a link to the best of them.

    The trainer needs :class:`AtomicCheckpointIO`, which gives every epoch a file of its own.

    Two ``ModelCheckpoint`` would do the same with two writes an epoch and some bookkeeping in
    every step, which costs more than the course's small networks themselves.

    Args:
        folder: The run folder.
        monitor: Logged metric that decides which epoch is the best; epochs without it (no
            validation) have no ``best.ckpt``.
        mode: Whether the metric is to be small or large.
    """

    def __init__(self, folder: RunFolder, monitor: str, mode: Literal["min", "max"]) -> None:
        self._folder = folder
        self._monitor = monitor
        self._mode = mode
        self._best: float | None = None
        self._last_is_best = False
        self._random_state: dict[str, Any] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Mend what a kill between the two writes of an epoch left."""
        if self._last_is_best and trainer.is_global_zero:
            last = last_checkpoint(self._folder.path)
            if last.is_file():
                _link(last, last.with_name("best.ckpt"))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Go on with the random numbers where the checkpoint left them (dropout)."""
        if self._random_state is not None:
            torch.set_rng_state(self._random_state["cpu"])
            if torch.cuda.is_available():
                torch.cuda.set_rng_state_all(self._random_state["cuda"])
            self._random_state = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the epoch; Lightning calls this after all that is logged."""
        value = trainer.callback_metrics.get(self._monitor)
        better = value is not None and self._is_best(value)
        if better and value is not None:
            self._best = float(value)
        self._last_is_best = better
        last = last_checkpoint(self._folder.path)
        # Every process takes part: a sharded strategy gathers the weights here.
        trainer.save_checkpoint(last)
        if better and trainer.is_global_zero:
            _link(last, last.with_name("best.ckpt"))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the weights of a fit without an epoch: ``--init_from``'s or Keras's are a model."""
        last = last_checkpoint(self._folder.path)
        if trainer.max_epochs == 0 and not last.is_file():
            trainer.save_checkpoint(last)

    def _is_best(self, value: torch.Tensor) -> bool:
        if not torch.isfinite(value):
            return False
        if self._best is None:
            return True
        return bool(value < self._best if self._mode == "min" else value > self._best)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Put on record which data the weights have seen."""
        provenance = getattr(getattr(trainer, "datamodule", None), "provenance", None)
        if provenance is not None:
            checkpoint["provenance"] = provenance.as_dict()

    def state_dict(self) -> dict[str, Any]:
        """Return the best value so far and the state of the random numbers."""
        return {
            "best": self._best,
            "last_is_best": self._last_is_best,
            "random_state": {
                "cpu": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            },
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore it."""
        self._best = state_dict["best"]
        self._last_is_best = state_dict["last_is_best"]
        self._random_state = state_dict["random_state"]


def _link(source: Path, target: Path) -> None:
    """Give a file a second name in one step; the next save replaces the first name only."""
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        # File systems without hard links.
        temporary.write_bytes(source.read_bytes())
    os.replace(temporary, target)
