from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from lightning_course.reports.history import History


def epoch(number: int, **metrics: float) -> SimpleNamespace:
    named = {name.replace("_", "/"): value for name, value in metrics.items()}
    return SimpleNamespace(current_epoch=number, callback_metrics=named)


def test_epochs_without_validation_leave_gaps(tmp_path: Path) -> None:
    history = History()
    for number, metrics in enumerate(
        [{"train_loss": 3.0}, {"train_loss": 2.0, "val_loss": 2.5}, {"train_loss": 1.0}]
    ):
        history.start_epoch()
        history.end_epoch(epoch(number, **metrics), 0.1)
    history.write(tmp_path / "history.csv")
    table = pd.read_csv(tmp_path / "history.csv")
    assert table.columns.tolist() == ["epoch", "seconds", "lr", "train/loss", "val/loss"]
    assert table["epoch"].tolist() == [0, 1, 2]
    assert table["val/loss"].isna().tolist() == [True, False, True]
    pd.testing.assert_frame_equal(table, history.frame())


def test_the_best_epoch() -> None:
    history = History()
    for number, accuracy in enumerate([0.5, 0.9, 0.7]):
        history.end_epoch(epoch(number, val_accuracy=accuracy, train_loss=1.0), 0.1)
    assert history.best("val/accuracy", "max")["epoch"] == 1
    assert history.best("val/accuracy", "min")["epoch"] == 0
    assert history.best("val/loss", "min") is None
