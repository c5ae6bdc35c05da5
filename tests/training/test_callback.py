from pathlib import Path

import pandas as pd
import pytest
import pytorch_lightning as pl
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lightning_course.commands import run
from lightning_course.datamodules import SpamDataModule
from lightning_course.models import SpamClassifier
from lightning_course.training.callback import Report


def test_everything_is_in_tensorboard(tmp_path: Path) -> None:
    argv = ["--task=spam", f"--runs={tmp_path}", "--data.source=standin"]
    argv += ["--trainer.max_epochs=2", "--trainer.limit_train_batches=3"]
    assert run("train", argv) == 0
    path = tmp_path / "spam/version_0"
    events = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
    tags = events.Tags()
    for name in ("loss", "accuracy", "f1"):
        assert {f"train/{name}", f"val/{name}", f"test/{name}"} <= set(tags["scalars"])
    assert "epoch" not in tags["scalars"]
    assert [event.value for event in events.Scalars("train/lr")] == pytest.approx([0.001, 0.001])
    history = pd.read_csv(path / "history.csv")
    logged = [event.value for event in events.Scalars("val/loss")]
    assert logged == pytest.approx(history["val/loss"].tolist())
    assert set(tags["images"]) == {
        "figures/confusion_matrix",
        "figures/curves",
        "figures/roc_precision_recall",
    }
    assert tags["graph"]
    assert "mistakes/test/text_summary" in tags["tensors"]
    (tensor,) = events.Tensors("summary/text_summary")
    assert b"recurrent (LSTM)" in tensor.tensor_proto.string_val[0]
    assert "custom_scalars__config__" in tags["tensors"]
    assert "_hparams_/experiment" in events.summary_metadata
    assert len(events.Scalars("test/loss")) == 1
    metadata = (path / "00000/vocabulary/metadata.tsv").read_text().splitlines()
    vectors = (path / "00000/vocabulary/tensors.tsv").read_text().splitlines()
    assert metadata[0].split("\t") == ["word", "texts", "share of spam"]
    assert len(metadata) == len(vectors) + 1


def test_a_plain_trainer_can_have_the_report(tmp_path: Path) -> None:
    data = SpamDataModule(source="standin", seed=0)
    model = SpamClassifier(data.vocabulary_size)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        limit_train_batches=2,
        callbacks=[Report(tmp_path / "mine")],
        logger=TensorBoardLogger(tmp_path / "logs"),
        enable_progress_bar=False,
        enable_checkpointing=False,
    )
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    names = {path.name for path in (tmp_path / "mine").iterdir()}
    assert names == {"history.csv", "predictions.csv", "mistakes.csv", "figures"}


def test_a_long_table_is_whole_in_the_run_folder_only(tmp_path: Path) -> None:
    argv = ["--task=stock_return", f"--runs={tmp_path}", "--data.source=standin"]
    argv += ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]
    assert run("train", argv) == 0
    path = tmp_path / "stock_return/version_0"
    assert {figure.stem for figure in (path / "figures").iterdir()} == {
        "curves",
        "forecast",
        "gradient_by_step",
        "one_step",
        "returns",
        "series",
    }
    table = pd.read_csv(path / "forecast.csv")
    assert len(table) == len(pd.read_csv(path / "predictions.csv").query("split == 'validation'"))
    events = EventAccumulator(str(path)).Reload()
    (tensor,) = events.Tensors("forecast/validation/text_summary")
    lines = tensor.tensor_proto.string_val[0].decode().splitlines()
    assert lines[-1] == f"{len(table) - 50} more rows are in forecast.csv"
    assert len([line for line in lines if line.startswith("|")]) == 52
