from typing import Any

import pandas as pd
import pytest

from lightning_course.catalogue import TASKS
from lightning_course.commands.keras_comparison_results import markdown_table
from lightning_course.comparing.table import SeedRun
from lightning_course.errors import UserError
from lightning_course.reports.keras_comparison import (
    keras_comparison_figure,
    keras_comparison_table,
    notes_on_tests,
    paired,
)


def seed_run(
    seed: int, loss: float, accuracy: float = 0.5, task: str = "spam", **changes: Any
) -> SeedRun:
    results = {
        "data": {"kind": "real", "sha256": "ab" * 32},
        "data_seed": seed,
        "weights": "last",
        "parameters": 11,
        "metrics": {"test": {"loss": loss, "accuracy": accuracy}},
        "baselines": {
            "split": "test",
            "majority class": {"accuracy": 0.8},
            "TF-IDF": {"accuracy": 0.9},
        },
        "seconds": {"fit": 1.0 + seed, "total": 10.0},
        **changes,
    }
    return SeedRun(task, seed, results, pd.DataFrame({"epoch": []}))


def sides(n: int, task: str = "spam", apart: float = 0.0) -> tuple[list[SeedRun], list[SeedRun]]:
    ours = [seed_run(seed, seed + apart, task=task) for seed in range(n)]
    return ours, [seed_run(seed, seed + (-1) ** seed * 0.1 * seed, task=task) for seed in range(n)]


def test_runs_are_paired_by_task_and_seed() -> None:
    ours, keras = sides(3)
    pairs = paired([*reversed(ours), seed_run(9, 1.0)], [*keras, seed_run(8, 1.0)])
    assert list(pairs) == [("spam", "real")]
    seeds = [(run.seed, partner.seed) for run, partner in pairs["spam", "real"]]
    assert seeds == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": {"kind": "stand-in", "sha256": "cd" * 32}}, "other data"),
        ({"parameters": 12}, "parameters 11 here, 12 there"),
        ({"weights": "best"}, "weights last here, best there"),
        ({"data_seed": 7}, "data_seed 0 here, 7 there"),
        (
            {"baselines": {"split": "test", "majority class": {"accuracy": 0.7}}},
            "other rows: the accuracy of the majority class is 0.8 here, 0.7 there",
        ),
        ({"baselines": {"split": "train"}, "metrics": {"train": {}}}, "on the train split there"),
    ],
)
def test_what_is_not_alike_is_not_compared(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as error:
        paired([seed_run(0, 1.0)], [seed_run(0, 1.0, **changes)])
    assert "spam seed 0: not comparable with Keras's run" in str(error.value)
    assert words in str(error.value)


def test_the_table_s_numbers() -> None:
    table = keras_comparison_table(paired(*sides(3, apart=10))).set_index("metric")
    row = table.loc["loss"]
    assert row[["task", "data", "split", "seeds"]].tolist() == ["spam", "real", "test", 3]
    assert row[["ours_median", "ours_min", "ours_max"]].tolist() == [11, 10, 12]
    assert row[["keras_median", "keras_min", "keras_max"]].tolist() == [0.9, 0, 2.2]
    assert (row["ours_values"], row["keras_values"]) == ("10 11 12", "0 0.9 2.2")
    assert row[["ours_fit_seconds", "keras_fit_seconds"]].tolist() == [2, 2]
    assert row["shift"] == pytest.approx(9.975)
    assert row["ks_p"] == pytest.approx(2 / 20)
    assert row["wilcoxon_p"] == pytest.approx(2 / 8)
    # All accuracies are alike, so there is one comparison and nothing to correct.
    assert row["ks_p_holm"] == row["ks_p"]
    assert table.loc["accuracy", ["ks_p", "wilcoxon_p", "ks_p_holm"]].isna().all()
    assert table.loc["accuracy", "naive: majority class"] == pytest.approx(0.8)


def test_a_metric_that_one_side_lacks_is_left_out() -> None:
    ours, keras = sides(2)
    del keras[1].results["metrics"]["test"]["loss"]
    table = keras_comparison_table(paired(ours, keras)).set_index("metric")
    assert table["seeds"].to_dict() == {"loss": 1, "accuracy": 2}
    assert pd.isna(table.loc["loss", "ks_p"])


def test_the_notes_tell_what_was_computed() -> None:
    ours, keras = sides(8, apart=100)
    table = keras_comparison_table(paired(ours, keras))
    smirnov, wilcoxon = notes_on_tests(table)
    assert "of 1 comparison the smallest p is 0.00016 (spam, loss), 0.00016 after" in smirnov
    assert "**different at 5 % after the correction: spam loss**" in smirnov
    assert "no p can be below 0.0078" in wilcoxon
    more = [(own, other) for own, other in zip(*sides(8, task="moores_law"), strict=True)]
    table = keras_comparison_table(
        {**paired(ours, keras), ("moores_law", "real"): more, ("xor", "real"): more}
    )
    assert (
        "of 3 comparisons the smallest p is 0.00016 (spam, loss), 0.00047 after"
        in (notes_on_tests(table)[0])
    )
    assert "no p" in notes_on_tests(keras_comparison_table(paired(*sides(1))))[0]


def test_the_markdown() -> None:
    lines = markdown_table(keras_comparison_table(paired(*sides(6, apart=10)))).splitlines()
    assert len({len(line) for line in lines}) == 1
    loss, accuracy = lines[2:]
    assert "| 12.5 (10 to 15) " in loss
    assert "| 0.0022 | 0.031 " in loss
    assert "| 50.00 % (50.00 %) " in accuracy
    assert "majority class 80.00 %, TF-IDF 90.00 %" in accuracy
    assert "| +0 (+0 to +0) " in accuracy


def test_the_figure() -> None:
    tasks = ["spam", "mnist", "moons", "a", "b"]
    ours = [run for task in tasks for run in sides(4, task)[0]]
    keras = [run for task in tasks for run in sides(4, task)[1]]
    figure = keras_comparison_figure(paired(ours, keras), TASKS)
    assert [axes.get_title("left") for axes in figure.axes] == tasks
    metric = TASKS["spam"].monitor.split("/")[-1]
    assert figure.axes[0].get_ylabel() == metric
    lines = {line.get_label(): line for line in figure.axes[2].lines}
    assert lines["this project"].get_ydata().tolist() == [0, 1, 2, 3]
    assert list(lines["Keras"].get_ydata()) == pytest.approx([0, 0.9, 2.2, 2.7])
    assert list(lines["median"].get_ydata()) == [1.5, 1.5]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:3] == ["this project", "Keras", "median"]
