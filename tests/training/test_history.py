from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytorch_lightning as pl

from lightning_course.datamodules import SpamDataModule
from lightning_course.models import SpamClassifier
from lightning_course.training.callback import Report
from lightning_course.training.history import History


def test_epochs_without_validation_leave_gaps(tmp_path: Path) -> None:
    data = SpamDataModule(source="standin", maxlen=4, seed=0)
    report = Report(tmp_path)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=5,
        limit_train_batches=2,
        check_val_every_n_epoch=2,
        callbacks=[report],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(SpamClassifier(data.vocabulary_size), datamodule=data)
    table = pd.read_csv(tmp_path / "history.csv")
    assert table.columns[:3].tolist() == ["epoch", "seconds", "lr"]
    assert table["epoch"].tolist() == [0, 1, 2, 3, 4]
    assert table["train/loss"].notna().all()
    assert table["val/loss"].isna().tolist() == [True, False, True, False, True]
    assert table["val/loss"].dropna().is_unique
    pd.testing.assert_frame_equal(table, report.history.frame())


def test_the_best_epoch() -> None:
    history = History()
    for number, accuracy in enumerate([0.5, 0.9, 0.7]):
        metrics = {"val/accuracy": accuracy, "train/loss": 1.0}
        epoch = SimpleNamespace(current_epoch=number, callback_metrics=metrics)
        history.end_epoch(epoch, pl.LightningModule(), 0.1)
    assert history.best("val/accuracy", "max")["epoch"] == 1
    assert history.best("val/accuracy", "min")["epoch"] == 0
    assert history.best("val/loss", "min") is None
