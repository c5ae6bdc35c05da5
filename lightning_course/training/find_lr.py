"""``train --find_lr``: Lightning's learning-rate finder, with its plot."""

import contextlib
import csv
import io
import tempfile
from pathlib import Path

from lightning_course.catalogue import Task
from lightning_course.errors import UserError, optional
from lightning_course.terminal import printable, program

# Below, nothing moves in 100 steps.
_LEAST, _MOST = 1e-6, 1.0


def unbiased(losses: list[float]) -> list[float]:
    """Return the finder's smoothed losses without the error of its first ones.

    Lightning 2.6 divides a running mean with weight 0.98 by 1 − 0.98ⁿ⁺¹ after n losses; that it
    should be 1 − 0.98ⁿ shows in the first loss, which comes out at half its value.
    """
    return [loss * (1 - 0.98 ** (n + 1)) / (1 - 0.98**n) for n, loss in enumerate(losses, start=1)]


def valley(losses: list[float]) -> int | None:
    """Return the index in the middle of the longest fall of the losses, None where none falls.

    The rule of fastai's ``valley``. Lightning's own suggestion takes the steepest slope per rate,
    not per decade: the noise at the smallest rates wins (for `spam` it suggested 5e-6).
    """
    # The longest falling subsequence that ends at each index; those after NaN are not longer.
    lengths = [1] * len(losses)
    for i, loss in enumerate(losses):
        before = (lengths[j] for j in range(i) if losses[j] > loss)
        lengths[i] = 1 + max(before, default=0)
    longest = max(lengths, default=0)
    if longest < 3:
        return None
    end = lengths.index(longest)
    return end - longest // 2


def find_lr(task: Task, argv: list[str]) -> None:
    """Try 100 learning rates in one short training, suggest one, write plot and figures.

    Nothing is trained with the suggestion: it is to be looked at first.

    Args:
        task: The catalogue row.
        argv: Command line without ``--task`` and ``--find_lr``.

    Raises:
        UserError: Bad input, or a loss that never fell.
    """
    from pytorch_lightning.tuner.tuning import Tuner

    from lightning_course.files.writing import write_atomically
    from lightning_course.models.base import REMEDY
    from lightning_course.reports import figures
    from lightning_course.reports.figures import render
    from lightning_course.training import console
    from lightning_course.training.cli import CourseCLI

    with tempfile.TemporaryDirectory() as scratch:
        # The finder keeps the initial weights in a file there.
        options = ["--trainer.max_epochs=-1", "--trainer.limit_val_batches=0"]
        options += ["--trainer.enable_progress_bar=false", f"--trainer.default_root_dir={scratch}"]
        cli = CourseCLI(task, [*argv, *options], record=False)
        data, module = cli.datamodule, cli.model
        if cli.config.trainer.fast_dev_run:
            raise UserError("--find_lr needs more steps than --trainer.fast_dev_run takes")
        if not cli.config.optimizer or "lr" not in cli.config.optimizer.init_args:
            raise UserError("--find_lr needs an --optimizer with a learning rate")
        # Too large a rate is part of the search, and no reason to stop with an error.
        module.on_train_epoch_end = (  # type: ignore[method-assign]
            module.forget_training_epoch
        )
        print(printable(f"data: {data.provenance}"), flush=True)
        # Its bar has no slow refresh: a log file would fill with it.
        watched = console.is_terminal()
        with contextlib.nullcontext() if watched else contextlib.redirect_stderr(io.StringIO()):
            finder = Tuner(cli.trainer).lr_find(
                module, datamodule=data, min_lr=_LEAST, max_lr=_MOST, update_attr=False
            )
    if not cli.trainer.is_global_zero:
        return
    assert finder is not None
    rates = finder.results["lr"]
    losses = unbiased(finder.results["loss"])
    index = valley(losses)
    if index is None:
        raise UserError("the loss does not fall at any learning rate: " + REMEDY)
    suggestion = rates[index]
    current = cli.config.optimizer.init_args.lr
    folder = Path(cli.config.runs) / task.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        title = f"{type(module).__name__}, {data.provenance.kind} data"
        with optional("draw the figure learning_rates"):
            render(
                figures.learning_rate_search(rates, losses, suggestion, current, title),
                folder / "learning_rates.png",
            )
        table = io.StringIO(newline="")
        csv.writer(table, lineterminator="\n").writerows(
            [("lr", "smoothed_loss"), *zip(rates, losses, strict=False)]
        )
        write_atomically(folder / "learning_rates.csv", table.getvalue())
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}") from error
    print(f"middle of the fall: a learning rate of {suggestion:.2g}; the recipe's is {current:g}")
    print(f"look at it:  {folder / 'learning_rates.png'}")
    print(f"use it:      {program('train')} --task {task.name} --optimizer.lr {suggestion:.2g}")
