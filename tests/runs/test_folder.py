from pathlib import Path

import pytest
import torch

from lightning_course.commands import run
from lightning_course.errors import UserError
from lightning_course.files.writing import write_json
from lightning_course.runs.checkpoints import read_checkpoint
from lightning_course.runs.folder import RunFolder, find_run
from lightning_course.runs.loading import load_run


def finish(path: Path) -> None:
    write_json(path / "results.json", {"task": "spam"})


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs", "spam")
    assert list(tmp_path.iterdir()) == []
    assert folder.path == folder.path == tmp_path / "runs/spam/version_0"
    assert folder.path.is_dir()


def test_versions_count_up_by_number(tmp_path: Path) -> None:
    for name in ("version_2", "version_10", "version_x", "notes"):
        (tmp_path / "spam" / name).mkdir(parents=True)
    assert RunFolder(tmp_path, "spam").path.name == "version_11"


def test_latest_is_the_newest_finished_run_by_number(tmp_path: Path) -> None:
    for number in (2, 9, 10, 11):
        (tmp_path / f"version_{number}").mkdir()
        if number != 11:
            finish(tmp_path / f"version_{number}")
    assert find_run(tmp_path / "latest").name == "version_10"
    assert find_run(tmp_path / "version_9").name == "version_9"


def test_a_folder_of_one_s_own(tmp_path: Path) -> None:
    folder = RunFolder.at(tmp_path / "a/b/mine")
    assert folder.path == tmp_path / "a/b/mine"
    assert folder.path.is_dir()


def test_without_any_run_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train first"):
        find_run(tmp_path / "runs/spam/latest")


def test_a_task_that_fits_nothing_is_read_back(tmp_path: Path) -> None:
    quick = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--data.source=standin"]
    assert run("train", ["--task=spam", f"--runs={tmp_path}", *quick]) == 0
    checkpoint = tmp_path / "spam/version_0/checkpoints/last.ckpt"
    content = read_checkpoint(checkpoint)
    # Lightning leaves an empty state out.
    del content["SpamDataModule"]
    torch.save(content, checkpoint)
    assert load_run(tmp_path / "spam/latest").datamodule.vocabulary_size > 0
