from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lightning_course.comparing.curves import comparison_curves, epoch_statistics
from lightning_course.comparing.table import SeedRun

MakeRun = Callable[..., SeedRun]


def test_epochs_count_only_the_runs_that_have_them() -> None:
    first = pd.DataFrame({"epoch": [0, 1, 2], "val/loss": [1.0, np.nan, 3.0]})
    second = pd.DataFrame({"epoch": [0], "val/loss": [3.0]})
    statistics = epoch_statistics([first, second, pd.DataFrame({"epoch": [0]})], "val/loss")
    assert statistics.index.tolist() == [0, 2]
    assert statistics["count"].tolist() == [2, 1]
    assert statistics["mean"].tolist() == [2, 3]
    assert statistics["min"].tolist() == [1, 3]
    assert statistics["max"].tolist() == [3, 3]


def test_the_curves(seed_run: MakeRun) -> None:
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
    assert legend == ["train (mean)", "range of 2 seeds", "majority class (test)"]


def test_where_a_seed_stopped_early_the_curve_is_dotted(seed_run: MakeRun) -> None:
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


def test_one_seed_is_no_mean_and_no_epoch_no_figure(seed_run: MakeRun) -> None:
    run = seed_run(0, 0.9)
    figure = comparison_curves([run])
    assert figure is not None
    assert [line.get_label() for line in figure.axes[0].lines] == ["train", "validation"]
    assert comparison_curves([replace(run, history=pd.DataFrame({"epoch": []}))]) is None
