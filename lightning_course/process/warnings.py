"""Warnings of libraries: those that users cannot act on are silenced, the others take one line."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from lightning_course.errors import one_line
from lightning_course.terminal import printable


@contextmanager
def brief_destructors() -> Iterator[None]:
    """While the block runs, an error in a library's destructor is a warning of one line."""

    def show(unraisable: "sys.UnraisableHookArgs") -> None:
        show_warning(f"{unraisable.exc_type.__name__} ignored: {unraisable.exc_value}")

    previous, sys.unraisablehook = sys.unraisablehook, show
    try:
        yield
    finally:
        sys.unraisablehook = previous


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning in one line, without the code that caused it."""
    print(f"warning: {printable(one_line(str(message)))}", file=sys.stderr)


def quieten() -> None:
    """Silence Lightning's and torch's messages about themselves; problems are still reported."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("pytorch_lightning.callbacks", "pytorch_lightning.profilers"):
        # Model summaries, profiles, `verbose`: the user has asked for them.
        logging.getLogger(name).setLevel(logging.INFO)
    for message in (
        # Tensors in memory need no worker processes.
        ".*does not have many workers.*",
        # The course's epochs have fewer steps than Lightning's default logging interval.
        ".*number of training batches.*smaller than the logging interval.*",
        # Lightning on a newer torch; nothing that a user could change.
        ".*isinstance\\(treespec, LeafSpec\\)` is deprecated.*",
        # Some of the course's recipes have training rows only.
        ".*Total length of `list` across ranks is zero.*",
        ".*You defined a `validation_step` but have no `val_dataloader`.*",
        # What is logged has been gathered from all processes already, each row once.
        ".*It is recommended to use `self.log.*sync_dist=True.*",
        ".*Using `DistributedSampler` with the dataloaders.*",
        # Lightning on a newer torch again.
        ".*torch.distributed.nn.functional.all_gather is deprecated.*",
    ):
        warnings.filterwarnings("ignore", message)
    warnings.showwarning = show_warning
    threading.excepthook = _show_thread_error


def _show_thread_error(args: threading.ExceptHookArgs, /) -> None:
    # TensorBoard's writer: the main thread gets the same error when it next writes.
    if not issubclass(args.exc_type, OSError):
        threading.__excepthook__(args)
