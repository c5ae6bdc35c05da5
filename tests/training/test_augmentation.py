"""Augmentation from a config file: a run with it repeats, is resumed, and is read back."""

import os
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml

from lightning_course.catalogue import find
from lightning_course.commands import run
from lightning_course.preprocessing import RandomAugmentation
from lightning_course.runs.loading import load_run
from lightning_course.training.benchmark import training_rows
from lightning_course.training.cli import CourseCLI

OPTIONS = ["--task=mnist", "--data.source=standin", "--trainer.limit_train_batches=4"]
OPTIONS += ["--trainer.accelerator=cpu", "--data.validation_fraction=0.1"]

CONFIG = """
data:
  augmentation:
    class_path: torchvision.transforms.v2.Compose
    init_args:
      transforms:
      - class_path: lightning_course.preprocessing.PerImage
        init_args:
          transform:
            class_path: torchvision.transforms.v2.ColorJitter
            init_args: {brightness: 0.3}
      - class_path: lightning_course.preprocessing.RandomAugmentation
        init_args: {width_shift_range: 2, zoom_range: [0.8, 1.1], horizontal_flip: true}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of three epochs."""
    folder = tmp_path_factory.mktemp("augmented")
    (folder / "augmentation.yaml").write_text(CONFIG)
    argv = [*OPTIONS, f"--config={folder}/augmentation.yaml", f"--runs={folder}"]
    assert run("train", [*argv, "--trainer.max_epochs=3"]) == 0
    return folder / "mnist/version_0"


def test_the_run_shows_its_augmentation(trained: Path) -> None:
    assert (trained / "figures/augmentation.png").stat().st_size > 5_000


def test_a_run_is_resumed_bit_for_bit(trained: Path, tmp_path: Path) -> None:
    # By the config that the first run left, so that it reads back too.
    argv = ["--task=mnist", f"--config={trained}/config.yaml", f"--runs={tmp_path}"]
    assert run("train", [*argv, "--trainer.max_epochs=2"]) == 0
    path = tmp_path / "mnist/version_0"
    (path / "results.json").unlink()
    torch.rand(7)  # a disturbed global state changes nothing
    assert run("train", [f"--resume={path}", "--trainer.max_epochs=3"]) == 0
    tables = [pd.read_csv(run / "history.csv").drop(columns="seconds") for run in (trained, path)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert (trained / "predictions.csv").read_text() == (path / "predictions.csv").read_text()


def test_a_run_is_read_back_without_augmentation(trained: Path) -> None:
    config = yaml.safe_load((trained / "config.yaml").read_text())
    assert config["data"]["init_args"]["augmentation"]["init_args"]["transforms"]
    assert load_run(trained).datamodule.augmentation is None
    assert run("evaluate", [f"--run={trained}"]) == 0
    augmentation = RandomAugmentation()
    assert load_run(trained, augmentation=augmentation).datamodule.augmentation is augmentation


@pytest.fixture
def built(tmp_path: Path) -> CourseCLI:
    """Return the command line with short options, built but not run."""
    threads = ["--data.augmentation=RandomAugmentation", "--data.augmentation.zoom_range=0.2"]
    return CourseCLI(find("mnist"), [*OPTIONS[1:], *threads, f"--runs={tmp_path}"], record=False)


def test_the_class_can_be_named_on_the_command_line(built: CourseCLI) -> None:
    from lightning_course.training.record import hyperparameters

    augmentation = built.datamodule.augmentation
    assert isinstance(augmentation, RandomAugmentation)
    assert augmentation.zoom_range == (0.8, 1.2)
    built.datamodule.prepare()
    chosen = hyperparameters(built)
    assert chosen["data.augmentation"] == "RandomAugmentation"
    assert chosen["data.augmentation.zoom_range"] == 0.2
    assert chosen["optimizer"] == "Adam"
    assert chosen["optimizer.lr"] == 0.001


def test_the_benchmark_drops_the_batch_that_training_drops(built: CourseCLI) -> None:
    for rows, drop, sizes in (
        (70, False, [32, 32, 6]),
        (70, True, [32, 32]),
        (64, True, [32, 32]),
        (20, True, [20]),
    ):
        built.datamodule.drop_last = drop
        assert [len(batch) for batch in training_rows(built, torch.arange(rows))] == sizes


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("zoom_range=2", "error: zoom_range must be in [0, 1), or low and high, got 2.0"),
        ("fill_mode=far", "--data.augmentation.fill_mode: expected nearest, constant, reflect"),
        ("zoom=2", "unknown option --data.augmentation.zoom"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, words: str
) -> None:
    argv = [*OPTIONS, "--data.augmentation=RandomAugmentation", f"--data.augmentation.{option}"]
    assert run("train", argv) == 2
    error = capsys.readouterr().err.splitlines()
    assert [line for line in error if line.startswith("error: ")] == error[-1:]
    assert words in error[-1]
    assert os.listdir() == []
