"""``train --find_lr``: Lightning's learning-rate finder, with its plot."""

import contextlib
import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pytorch_lightning.tuner.tuning import Tuner

from lightning_course.catalogue import Task
from lightning_course.errors import UserError, optional
from lightning_course.files.writing import write_atomically
from lightning_course.models.base import REMEDY
from lightning_course.reports.figures import learning_rate_search, render
from lightning_course.terminal import printable, program
from lightning_course.training import console
from lightning_course.training.cli import CourseCLI

# With a smaller rate the loss does not change in 100 steps.
_MIN_LR, _MAX_LR = 1e-6, 1.0


def find_lr(task: Task, argv: Sequence[str]) -> None:
    """Try 100 learning rates in one short training, suggest one, write a plot and a table.

    Nothing is trained with the suggested rate: look at the plot first.

    Args:
        task: The catalogue row.
        argv: The command line without ``--task`` and ``--find_lr``.

    Raises:
        UserError: Bad input, or a loss that never fell.
    """
    with tempfile.TemporaryDirectory() as scratch:
        # The finder keeps the initial weights in a file there.
        options = ["--trainer.max_epochs=-1", "--trainer.limit_val_batches=0"]
        options += ["--trainer.enable_progress_bar=false", f"--trainer.default_root_dir={scratch}"]
        cli = CourseCLI(task, [*argv, *options], record=False)
        rates, losses = _try_rates(cli)
    if not cli.trainer.is_global_zero:
        return
    index = valley(losses)
    if index is None:
        raise UserError("the loss does not fall at any learning rate: " + REMEDY)
    folder = Path(cli.config.runs) / task.name
    try:
        _write(cli, folder, rates, losses, rates[index])
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}") from error
    current = cli.config.optimizer.init_args.lr
    print(f"middle of the fall: a learning rate of {rates[index]:.2g}; the recipe's is {current:g}")
    print(f"look at it:  {folder / 'learning_rates.png'}")
    print(f"use it:      {program('train')} --task {task.name} --optimizer.lr {rates[index]:.2g}")


def valley(losses: Sequence[float]) -> int | None:
    """Return the index in the middle of the longest fall of the losses; None if they never fall.

    This is the rule of fastai's ``valley``. Lightning suggests the rate with the steepest slope per
    rate instead of per decade, and then the noise at the smallest rates wins (5e-6 for `spam`).
    """
    # The length of the longest falling subsequence that ends at each index. NaN ends none.
    lengths = [1] * len(losses)
    for i, loss in enumerate(losses):
        before = (lengths[j] for j in range(i) if losses[j] > loss)
        lengths[i] = 1 + max(before, default=0)
    longest = max(lengths, default=0)
    if longest < 3:
        return None
    end = lengths.index(longest)
    return end - longest // 2


def unbiased(losses: Sequence[float]) -> list[float]:
    """Return the finder's smoothed losses with the right bias correction.

    Lightning 2.6 divides a running mean with weight 0.98 by 1 − 0.98ⁿ⁺¹ after n losses. It should
    be 1 − 0.98ⁿ: the first loss comes out at half its value.
    """
    return [loss * (1 - 0.98 ** (n + 1)) / (1 - 0.98**n) for n, loss in enumerate(losses, start=1)]


def _try_rates(cli: CourseCLI) -> tuple[list[float], list[float]]:
    """Return the learning rates, rising, and the smoothed loss at each of them."""
    optimizer, module = cli.config.optimizer, cli.model
    if cli.config.trainer.fast_dev_run:
        raise UserError("--find_lr needs more steps than --trainer.fast_dev_run takes")
    if not optimizer or "lr" not in optimizer.init_args:
        raise UserError("--find_lr needs an --optimizer with a learning rate")
    # A rate at which training diverges is part of the search, and must not end it with an error.
    module.on_train_epoch_end = module.forget_training_epoch  # type: ignore[method-assign]
    print(printable(f"data: {cli.datamodule.provenance}"), flush=True)
    # The finder's bar is redrawn too often for a log file.
    watched = console.is_terminal()
    with contextlib.nullcontext() if watched else contextlib.redirect_stderr(io.StringIO()):
        finder = Tuner(cli.trainer).lr_find(
            module, datamodule=cli.datamodule, min_lr=_MIN_LR, max_lr=_MAX_LR, update_attr=False
        )
    assert finder is not None
    return finder.results["lr"], unbiased(finder.results["loss"])


def _write(
    cli: CourseCLI, folder: Path, rates: list[float], losses: list[float], suggestion: float
) -> None:
    """Write learning_rates.png and learning_rates.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    current = cli.config.optimizer.init_args.lr
    title = f"{type(cli.model).__name__}, {cli.datamodule.provenance.kind} data"
    with optional("draw the figure learning_rates"):
        figure = learning_rate_search(rates, losses, suggestion, current, title)
        render(figure, folder / "learning_rates.png")
    table = io.StringIO(newline="")
    rows = zip(rates, losses, strict=False)  # the finder stops early when the loss diverges
    csv.writer(table, lineterminator="\n").writerows([("lr", "smoothed_loss"), *rows])
    write_atomically(folder / "learning_rates.csv", table.getvalue())
