"""What the commands print: progress, one line per epoch, the results table."""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stdout

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import TQDMProgressBar
from pytorch_lightning.callbacks.progress.tqdm_progress import Tqdm

from lightning_course.models import CourseModule
from lightning_course.process.warnings import quieten as quieten
from lightning_course.training.history import epoch_metrics


def is_terminal() -> bool:
    """Whether stderr is a terminal."""
    return sys.stderr.isatty()


def progress() -> list[Callback]:
    """Return the callbacks that show progress: a bar on a terminal, lines elsewhere."""
    bar: list[Callback] = [Bar()] if is_terminal() or sys.stdout.isatty() else []
    return bar if sys.stdout.isatty() else [*bar, EpochLines()]


class Bar(TQDMProgressBar):
    """Lightning's progress bar, redrawn twice a second, and readable on a narrow terminal.

    It is drawn on stdout if that is a terminal, else on stderr.
    """

    # The bar comes first, with a fixed width: a narrow terminal cuts off the end.
    BAR_FORMAT = (
        "|{bar:10}|{percentage:4.0f}% {n_fmt}/{total_fmt} {desc} [{elapsed}<{remaining}{postfix}]"
    )

    _INTERVAL = 0.5

    def __init__(self) -> None:
        super().__init__(refresh_rate=1)
        self._drawn = 0.0

    def _should_update(self, current: int, total: int) -> bool:
        now = time.perf_counter()
        if not self.is_enabled or (current != total and now < self._drawn + self._INTERVAL):
            return False
        self._drawn = now
        return True

    def get_metrics(
        self, trainer: Trainer, pl_module: LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """Return the metrics, without the number of the run, which Lightning adds."""
        metrics = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)
        return metrics

    def init_sanity_tqdm(self) -> Tqdm:
        """Make the bar of validation before training."""
        with self._on_terminal():
            return super().init_sanity_tqdm()

    def init_train_tqdm(self) -> Tqdm:
        """Make the bar of training."""
        with self._on_terminal():
            return super().init_train_tqdm()

    def init_validation_tqdm(self) -> Tqdm:
        """Make the bar of validation."""
        with self._on_terminal():
            return super().init_validation_tqdm()

    def init_test_tqdm(self) -> Tqdm:
        """Make the bar of the final evaluation."""
        with self._on_terminal():
            return super().init_test_tqdm()

    @staticmethod
    def _on_terminal() -> AbstractContextManager[object]:
        # Lightning draws on the stdout of that moment.
        return redirect_stdout(sys.stdout if sys.stdout.isatty() else sys.stderr)


class EpochLines(Callback):
    """Prints the metrics of each epoch on a line."""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock of the epoch."""
        self._start = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the line."""
        if isinstance(pl_module, CourseModule):
            pl_module.log_training_epoch()
        if trainer.is_global_zero:
            seconds = time.perf_counter() - self._start
            metrics = epoch_metrics(trainer, pl_module)
            # Training before validation, loss before the rest.
            order = sorted(
                (name for name in metrics if "/" in name),
                key=lambda name: (name.split("/")[0], "/loss" not in name, name),
            )
            # A loss that diverges is shortened too.
            values = [
                f"{name} {metrics[name]:{'.4f' if abs(metrics[name]) < 1e6 else '.4g'}}"
                for name in order
            ]
            epoch = f"epoch {trainer.current_epoch + 1:>3}/{trainer.max_epochs}"
            print("  ".join([epoch, f"{seconds:5.2f} s", *values]), flush=True)


def number(name: str, value: float) -> str:
    """Return a metric as text: accuracy in percent, others with four digits."""
    return f"{100 * value:.2f} %" if name == "accuracy" else f"{value:.4g}"


def span(name: str, values: Sequence[float]) -> str:
    """Return the range of a metric over several seeds: "minimum to maximum"."""
    if not values:
        return "-"
    low, high = number(name, min(values)), number(name, max(values))
    return low if low == high else f"{low} to {high}"


def results_table(
    metrics: Mapping[str, Mapping[str, float]],
    baselines: Mapping[str, Mapping[str, float]],
    course_says: Mapping[str, str],
    keras: Mapping[str, Sequence[float]],
) -> str:
    """Return the table that ends a run.

    Args:
        metrics: By split, then by metric.
        baselines: Naive results on the reported split, by baseline, then by metric.
        course_says: The course's own claims by metric.
        keras: Keras's results by metric, one per seed.
    """
    names = list(dict.fromkeys(name for values in metrics.values() for name in values))
    header = ["", *metrics, *baselines]
    rows = [
        [
            name,
            *(
                number(name, values[name]) if name in values else "-"
                for values in (*metrics.values(), *baselines.values())
            ),
        ]
        for name in names
    ]
    if course_says:
        header.append("course says")
        rows = [[*row, course_says.get(row[0], "-")] for row in rows]
    if keras:
        header.append("Keras (course's recipe)")
        rows = [[*row, span(row[0], keras.get(row[0], ()))] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in [header, *rows]
    )
