from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lightning_course.catalogue import TASKS
from lightning_course.comparing.folder import Member, default_name
from lightning_course.comparing.results import markdown_table, name_seeds
from lightning_course.comparing.table import (
    SeedRun,
    comparison_curves,
    comparison_table,
    epoch_statistics,
)


def seed_run(
    seed: int, accuracy: float, epochs: int = 3, kind: str = "real", naive: float = 0.8
) -> SeedRun:
    results = {
        "data": {"kind": kind},
        "comparable": kind == "real",
        "weights": "last",
        "metrics": {"train": {"accuracy": 1.0}, "test": {"loss": 0.1, "accuracy": accuracy}},
        "baselines": {"split": "test", "majority class": {"accuracy": naive}},
        "seconds": {"fit": 1.0 + seed, "total": 10.0 + seed},
    }
    history = pd.DataFrame(
        {
            "epoch": range(epochs),
            "train/accuracy": [accuracy] * epochs,
            "train/loss": [seed + 1.0] * epochs,
            "val/loss": [seed + 2.0] * epochs,
        }
    )
    return SeedRun("spam", seed, results, history)


def test_the_table_s_numbers() -> None:
    runs = [seed_run(0, 0.9), seed_run(1, 0.8), seed_run(2, 0.7, naive=0.5)]
    table = comparison_table(runs, TASKS).set_index("metric")
    row = table.loc["accuracy"]
    assert row[["task", "data", "split", "weights"]].tolist() == ["spam", "real", "test", "last"]
    assert row["seeds"] == 3
    columns = ["mean", "sd", "median", "min", "max"]
    assert row[columns].tolist() == pytest.approx([0.8, 0.1, 0.8, 0.7, 0.9])
    assert row["values"] == "0.9 0.8 0.7"
    assert row[["fit_seconds", "seconds"]].tolist() == pytest.approx([2, 11])
    assert row["naive: majority class"] == pytest.approx(0.7)
    keras = TASKS["spam"].keras["accuracy"]
    assert row["keras_mean"] == pytest.approx(np.mean(keras))
    assert (row["keras_min"], row["keras_max"]) == (min(keras), max(keras))
    assert pd.isna(table.loc["loss", "naive: majority class"])
    assert pd.isna(table.loc["loss", "keras_mean"])


def test_each_seed_is_told_in_its_order() -> None:
    runs = [seed_run(2, 0.7), seed_run(0, 0.75), seed_run(1, 0.8)]
    told = markdown_table(comparison_table(runs, TASKS))
    assert "75.00 % 80.00 % 70.00 %" in told
    assert "| median" in told


def test_a_claim_about_one_metric_only() -> None:
    # fashion_mnist: the course says something of the loss, and nothing of the accuracy.
    runs = [replace(seed_run(seed, 0.8), task="fashion_mnist") for seed in (0, 1)]
    lines = markdown_table(comparison_table(runs, TASKS)).splitlines()
    assert ["rises" in line for line in lines] == [False, False, True, False]


def test_one_seed_has_no_spread() -> None:
    table = comparison_table([seed_run(0, 0.9)], TASKS)
    assert table["sd"].isna().all()


def test_the_seconds_of_interrupted_runs_do_not_count() -> None:
    runs = [seed_run(0, 0.9), replace(seed_run(5, 0.9), in_one_go=False)]
    assert set(comparison_table(runs, TASKS)["seconds"]) == {10}
    assert comparison_table(runs[1:], TASKS)["seconds"].isna().all()


def test_kinds_of_data_are_not_mixed_and_a_stand_in_has_no_keras() -> None:
    runs = [seed_run(0, 0.9), seed_run(1, 0.5, kind="stand-in")]
    table = comparison_table(runs, TASKS).set_index(["metric", "data"])
    assert table.loc[("accuracy", "real"), "mean"] == 0.9
    assert table.loc[("accuracy", "stand-in"), "mean"] == 0.5
    assert pd.isna(table.loc[("accuracy", "stand-in"), "keras_mean"])


def test_the_markdown() -> None:
    table = comparison_table([seed_run(0, 0.9), seed_run(1, 0.8)], TASKS)
    lines = markdown_table(table).splitlines()
    assert len({len(line) for line in lines}) == 1
    header, row = ([cell.strip() for cell in lines[n].split("|")[1:-1]] for n in (0, 3))
    cells = dict(zip(header, row, strict=True))
    assert cells["mean"] == "85.00 %"
    assert cells["range"] == "80.00 % to 90.00 %"
    assert cells["naive"] == "majority class 80.00 %"
    assert cells["Keras (course's recipe)"] == "98.43 % (98.00 % to 98.90 %)"
    assert cells["seconds"] == "10.5"
    # The course gives no figure for this task.
    assert "course says" not in header


def test_epochs_count_only_the_runs_that_have_them() -> None:
    first = pd.DataFrame({"epoch": [0, 1, 2], "val/loss": [1.0, np.nan, 3.0]})
    second = pd.DataFrame({"epoch": [0], "val/loss": [3.0]})
    statistics = epoch_statistics([first, second, pd.DataFrame({"epoch": [0]})], "val/loss")
    assert statistics.index.tolist() == [0, 2]
    assert statistics["count"].tolist() == [2, 1]
    assert statistics["mean"].tolist() == [2, 3]
    assert statistics["min"].tolist() == [1, 3]
    assert statistics["max"].tolist() == [3, 3]


def test_the_curves() -> None:
    figure = comparison_curves([seed_run(0, 0.9), seed_run(1, 0.7, naive=0.6)])
    assert figure is not None
    loss, accuracy = figure.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert [line.get_label() for line in loss.lines] == ["train (mean)", "validation (mean)"]
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert loss.lines[0].get_ydata().tolist() == [1.5, 1.5, 1.5]
    assert loss.lines[1].get_ydata().tolist() == [2.5, 2.5, 2.5]
    band = loss.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (1, 2)
    # No validation curve of the accuracy; the baseline is the mean over the seeds.
    assert [line.get_label() for line in accuracy.lines] == [
        "train (mean)",
        "majority class (test)",
    ]
    assert accuracy.lines[1].get_ydata() == pytest.approx([0.7, 0.7])
    legend = [text.get_text() for text in accuracy.get_legend().get_texts()]
    assert legend == ["train (mean)", "least to most of 2", "majority class (test)"]


def test_where_a_seed_stopped_early_the_curve_is_dotted() -> None:
    figure = comparison_curves([seed_run(0, 0.9, epochs=4), seed_run(1, 0.7, epochs=2)])
    assert figure is not None
    dotted, whole = figure.axes[0].lines[:2]
    assert dotted.get_linestyle() == ":"
    assert dotted.get_ydata().tolist() == [1.5, 1.5, 1, 1]
    assert whole.get_ydata()[:2].tolist() == [1.5, 1.5]
    assert np.isnan(whole.get_ydata()[2:]).all()
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "fewer seeds" in legend
    assert figure.subfigs[0].get_suptitle() == "spam, real data, 2 seeds, 2 to 4 epochs"


def test_one_seed_is_no_mean_and_no_epoch_no_figure() -> None:
    run = seed_run(0, 0.9)
    figure = comparison_curves([run])
    assert figure is not None
    assert [line.get_label() for line in figure.axes[0].lines] == ["train", "validation"]
    assert comparison_curves([replace(run, history=pd.DataFrame({"epoch": []}))]) is None


def test_names() -> None:
    assert default_name([]) == "default"
    assert (
        default_name(["--model.cell=gru", "--config=a/b.yaml"]) == "model.cell=gru,config=a_b.yaml"
    )
    assert len(default_name(["--x=" + "y" * 300])) < 110
    members = [Member("spam", seed) for seed in (4, 2, 3)] + [Member("xor", 1), Member("xor", 5)]
    assert name_seeds(members) == "spam seeds 2 to 4, xor seeds 1, 5"
