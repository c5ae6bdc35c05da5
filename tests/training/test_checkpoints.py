from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch

from lightning_course.datamodules import SpamDataModule
from lightning_course.models import SpamClassifier
from lightning_course.runs.checkpoints import read_checkpoint
from lightning_course.runs.folder import RunFolder
from lightning_course.training.checkpoints import AtomicCheckpointIO, LastAndBest


class Score(pl.Callback):
    """Logs a given score in each epoch."""

    def __init__(self, scores: list[float]) -> None:
        self.scores = scores

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        pl_module.log("score", self.scores[trainer.current_epoch])


@pytest.mark.parametrize(
    ("mode", "scores", "best"),
    [
        ("max", [0.1, 0.9, 0.5], 1),
        ("min", [0.1, 0.9, 0.5], 0),
        ("min", [float("nan"), 0.9, 0.9], 1),  # the first of two equal ones
    ],
)
def test_best_stays_the_best_while_last_changes(
    tmp_path: Path, mode: str, scores: list[float], best: int
) -> None:
    data = SpamDataModule(source="standin", maxlen=4, seed=0)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=3,
        limit_train_batches=2,
        limit_val_batches=0,
        callbacks=[Score(scores), LastAndBest(RunFolder.at(tmp_path), "score", mode)],
        plugins=[AtomicCheckpointIO()],
        logger=False,
        enable_progress_bar=False,
    )
    trainer.fit(SpamClassifier(data.vocabulary_size), datamodule=data)
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {
        "last.ckpt",
        "best.ckpt",
    }
    contents = {
        name: read_checkpoint(tmp_path / f"checkpoints/{name}.ckpt") for name in ("last", "best")
    }
    assert contents["last"]["epoch"] == 2
    assert contents["best"]["epoch"] == best
    weights = (content["state_dict"]["network.output.weight"] for content in contents.values())
    assert not torch.equal(*weights)


def test_a_save_replaces_the_name_and_not_the_file(tmp_path: Path) -> None:
    writer, path = AtomicCheckpointIO(), tmp_path / "deep/last.ckpt"
    writer.save_checkpoint({"epoch": 0}, path)
    link = tmp_path / "best.ckpt"
    link.hardlink_to(path)
    writer.save_checkpoint({"epoch": 1}, path)
    assert torch.load(link, weights_only=True) == {"epoch": 0}
    assert torch.load(path, weights_only=True) == {"epoch": 1}


def test_without_the_metric_there_is_no_best(tmp_path: Path) -> None:
    saved = []
    trainer = SimpleNamespace(
        callback_metrics={}, is_global_zero=True, save_checkpoint=lambda path: saved.append(path)
    )
    LastAndBest(RunFolder.at(tmp_path), "val/loss", "min").on_train_epoch_end(trainer, None)
    assert [path.name for path in saved] == ["last.ckpt"]
    assert not list(tmp_path.rglob("best.ckpt"))
