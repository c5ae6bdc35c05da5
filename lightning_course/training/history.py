"""Per-epoch metrics, written to history.csv."""

import csv
import io
import time
from pathlib import Path

import pandas as pd
from pytorch_lightning import LightningModule, Trainer

from lightning_course.files.writing import write_atomically
from lightning_course.models import CourseModule


def epoch_metrics(trainer: Trainer, module: LightningModule) -> dict[str, float]:
    """Return the metrics logged in this epoch by name, in alphabetical order.

    Lightning keeps the metrics of the last validation. They are left out after an epoch without
    validation.
    """
    metrics = trainer.callback_metrics
    stale = isinstance(module, CourseModule) and module.validated_epoch != trainer.current_epoch
    return {
        name: float(metrics[name])
        for name in sorted(metrics)
        if name != "train/lr" and not (stale and name.startswith("val"))
    }


class History:
    """The metrics of all epochs so far.

    Attributes:
        rows: One dict per epoch: "epoch" (from 0), "seconds", "lr" and every logged metric.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._start = 0.0

    def start_epoch(self) -> None:
        """Start the clock of an epoch."""
        self._start = time.perf_counter()

    def end_epoch(self, trainer: Trainer, module: LightningModule, learning_rate: float) -> None:
        """Add the row of the epoch that ends, with the learning rate that it began with."""
        row = {
            "epoch": trainer.current_epoch,
            "seconds": round(time.perf_counter() - self._start, 4),
            # Not the logged one, which has been through float32.
            "lr": learning_rate,
        }
        self.rows.append(row | epoch_metrics(trainer, module))

    def frame(self) -> pd.DataFrame:
        """Return the rows as a table; epochs without validation leave gaps."""
        return pd.DataFrame(self.rows)

    def write(self, path: Path) -> None:
        """Write the table as CSV, atomically: an interrupted run leaves no half line."""
        # The csv module, not pandas: this runs every epoch, and pandas takes 3 ms for a row.
        columns = dict.fromkeys(name for row in self.rows for name in row)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_atomically(path, text.getvalue())

    def best(self, monitor: str, mode: str) -> dict[str, float] | None:
        """Return the row with the best value of a metric; None if no epoch has the metric."""
        rows = [row for row in self.rows if monitor in row]
        if not rows:
            return None
        pick = min if mode == "min" else max
        return pick(rows, key=lambda row: row[monitor])
