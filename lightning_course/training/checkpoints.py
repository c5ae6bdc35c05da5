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
    """Writes a checkpoint under a temporary name and renames it, so that no file is incomplete.

    Lightning's own writer uses the system's temporary folder. If that is on another file system,
    it copies into the old file: a crash leaves half a checkpoint, and a hard link to the old file
    changes too.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Save tensors and plain types to a local path.

        Raises:
            OSError: It cannot be written; the previous file is intact.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.unlink(missing_ok=True)  # torch would follow a link and write into its target
        try:
            torch.save(checkpoint, temporary)
        except (OSError, RuntimeError) as error:
            temporary.unlink(missing_ok=True)
            # torch reports a full disk as a wrong position in its file.
            problem = "torch could not write all of it (is the disk full?)"
            raise OSError(errno.ENOSPC, problem, str(path)) from error
        os.replace(temporary, path)


class LastAndBest(Checkpoint):
    """Writes ``checkpoints/last.ckpt`` every epoch; ``best.ckpt`` is a link to the best of them.

    The trainer needs :class:`AtomicCheckpointIO`, which writes a new file for every epoch.

    Two ``ModelCheckpoint`` callbacks would do the same with two writes per epoch and bookkeeping in
    every step, which takes longer than the training of the course's small networks.

    Args:
        folder: The run folder.
        monitor: The logged metric that decides which epoch is the best. Without validation there
            is no ``best.ckpt``.
        mode: Whether the best value of the metric is the smallest ("min") or the largest ("max").
    """

    def __init__(self, folder: RunFolder, monitor: str, mode: Literal["min", "max"]) -> None:
        self._folder = folder
        self._monitor = monitor
        self._mode = mode
        self._best: float | None = None
        self._last_is_best = False
        self._random_state: dict[str, Any] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Link best.ckpt again: the process may have been killed between saving and linking."""
        if self._last_is_best and trainer.is_global_zero:
            last = last_checkpoint(self._folder.path)
            if last.is_file():
                _link(last, last.with_name("best.ckpt"))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the random state (dropout draws from it) that the checkpoint saved."""
        if self._random_state is not None:
            torch.set_rng_state(self._random_state["cpu"])
            if torch.cuda.is_available():
                torch.cuda.set_rng_state_all(self._random_state["cuda"])
            self._random_state = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the epoch; Lightning calls this after everything has been logged."""
        value = trainer.callback_metrics.get(self._monitor)
        better = value is not None and self._is_best(value)
        if better and value is not None:
            self._best = float(value)
        self._last_is_best = better
        last = last_checkpoint(self._folder.path)
        # Called in every process: a sharded strategy gathers the weights here.
        trainer.save_checkpoint(last)
        if better and trainer.is_global_zero:
            _link(last, last.with_name("best.ckpt"))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the weights of a fit of no epochs, such as those imported from Keras."""
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
        """Add which data the weights were trained on."""
        provenance = getattr(getattr(trainer, "datamodule", None), "provenance", None)
        if provenance is not None:
            checkpoint["provenance"] = provenance.as_dict()

    def state_dict(self) -> dict[str, Any]:
        """Return the best value so far and the random state."""
        return {
            "best": self._best,
            "last_is_best": self._last_is_best,
            "random_state": {
                "cpu": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            },
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the best value and the random state."""
        self._best = state_dict["best"]
        self._last_is_best = state_dict["last_is_best"]
        self._random_state = state_dict["random_state"]


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, atomically; the next save replaces only the first name."""
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        # The file system has no hard links.
        temporary.write_bytes(source.read_bytes())
    os.replace(temporary, target)
