from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lightning_course.catalogue import TASKS
from lightning_course.comparing.table import SeedRun, comparison_table

MakeRun = Callable[..., SeedRun]


def test_the_table_s_numbers(seed_run: MakeRun) -> None:
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


def test_one_seed_has_no_spread(seed_run: MakeRun) -> None:
    table = comparison_table([seed_run(0, 0.9)], TASKS)
    assert table["sd"].isna().all()


def test_the_seconds_of_interrupted_runs_do_not_count(seed_run: MakeRun) -> None:
    runs = [seed_run(0, 0.9), replace(seed_run(5, 0.9), resumed=True)]
    assert set(comparison_table(runs, TASKS)["seconds"]) == {10}
    assert comparison_table(runs[1:], TASKS)["seconds"].isna().all()


def test_kinds_of_data_are_not_mixed_and_a_stand_in_has_no_keras(seed_run: MakeRun) -> None:
    runs = [seed_run(0, 0.9), seed_run(1, 0.5, kind="stand-in")]
    table = comparison_table(runs, TASKS).set_index(["metric", "data"])
    assert table.loc[("accuracy", "real"), "mean"] == 0.9
    assert table.loc[("accuracy", "stand-in"), "mean"] == 0.5
    assert pd.isna(table.loc[("accuracy", "stand-in"), "keras_mean"])
