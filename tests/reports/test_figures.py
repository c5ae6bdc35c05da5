from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from lightning_course.reports import figures
from lightning_course.reports.figures import render


def test_curves_hold_the_numbers_and_the_baselines() -> None:
    history = pd.DataFrame(
        {
            "epoch": [0, 1, 2],
            "train/accuracy": [0.5, 0.7, 0.8],
            "train/loss": [3.0, 2.0, 1.0],
            "val/loss": [np.nan, 2.5, np.nan],
        }
    )
    figure = figures.learning_curves(history, "title", {"majority": {"accuracy": 0.6}})
    loss, accuracy = figure.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert [line.get_label() for line in loss.lines] == ["train", "validation"]
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert loss.lines[1].get_ydata().tolist() == [2.5]
    assert [line.get_label() for line in accuracy.lines] == ["train", "majority"]


def test_baselines_far_off_do_not_squash_the_curves() -> None:
    history = pd.DataFrame(
        {"epoch": [0, 1, 2], "train/loss": [1.2, 1.1, 1.0], "val/loss": [1.3, 1.4, 1.5]}
    )
    heights = {"mean": 1.6, "drift": 80.0, "AR(10)": 0.9, "last value": -3.0, "endless": np.inf}
    figure = figures.learning_curves(
        history, "title", {name: {"loss": height} for name, height in heights.items()}
    )
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["train", "validation", "mean", "AR(10)"]
    assert axes.get_title(loc="right").splitlines() == [
        "drift 80 (above)",
        "last value -3 (below)",
        "endless inf (above)",
    ]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[1] < 2


def test_low_baselines_are_on_the_scale_of_the_curves() -> None:
    history = pd.DataFrame({"epoch": [0, 1, 2], "train/loss": [1.2, 0.5, 0.1]})
    (axes,) = figures.learning_curves(history, "title", {"AR(10)": {"loss": 0.01}}).axes
    assert (axes.get_yscale(), len(axes.lines)) == ("log", 2)
    # A logarithm would put it farther from these than their whole range many times over.
    history["train/loss"] = [1.2, 1.1, 0.8]
    (axes,) = figures.learning_curves(history, "title", {"AR(10)": {"loss": 0.01}}).axes
    assert (axes.get_yscale(), len(axes.lines)) == ("linear", 2)
    # Nor has it a place for what is below 0.
    history["train/loss"] = [1.2, 0.5, 0.01]
    (axes,) = figures.learning_curves(history, "title", {"worse": {"loss": -0.1}}).axes
    assert (axes.get_yscale(), len(axes.lines)) == ("log", 1)
    assert axes.get_title(loc="right") == "worse -0.1 (below)"


def test_one_epoch_hides_no_baseline() -> None:
    history = pd.DataFrame({"epoch": [0], "train/loss": [1.0], "val/loss": [np.nan]})
    figure = figures.learning_curves(history, "title", {"mean": {"loss": 9.0}})
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["train", "validation", "mean"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "train",
        "validation",
        "mean",
    ]


def test_confusion_matrices_count_and_normalise() -> None:
    targets, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    figure = figures.confusion_matrices(targets, predicted, ["ham", "spam", "other"], "title")
    counts, shares = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert counts == ["2", "1", "0", "0", "1", "0", "0", "0", "0"]
    # A class without rows is zero, not NaN.
    assert shares == ["66.7", "33.3", "0.0", "0.0", "100.0", "0.0", "0.0", "0.0", "0.0"]


def test_long_names_of_classes_leave_room_for_the_matrix() -> None:
    labels = np.array([0, 1])
    figure = figures.confusion_matrices(labels, labels, ["long name " * 9, "b"], "title")
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["long name long name lon…", "b"]


def test_many_classes_keep_the_figure_small() -> None:
    labels = np.arange(150)
    figure = figures.confusion_matrices(labels, labels, [f"class {i}" for i in labels], "title")
    assert max(figure.get_size_inches()) < 30
    assert all(not axes.texts and len(axes.get_xticks()) < 45 for axes in figure.axes)


def test_areas_of_a_perfect_and_a_guessing_classifier() -> None:
    targets = np.array([0, 1, 0, 1])
    perfect = figures.roc_and_precision_recall(targets, targets.astype(float), "title")
    assert "1.0000" in perfect.axes[0].lines[0].get_label()
    guess = figures.roc_and_precision_recall(targets, np.full(4, 0.5), "title")
    assert "0.5000" in guess.axes[0].lines[0].get_label()


def test_what_is_written_is_what_is_returned(tmp_path: Path) -> None:
    figure = figures.roc_and_precision_recall(np.array([0, 1]), np.array([0.2, 0.7]), "title")
    pixels = render(figure, tmp_path / "figure.png")
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert np.array_equal(np.asarray(Image.open(tmp_path / "figure.png")), pixels)


def test_a_notebook_can_show_a_figure() -> None:
    figure = figures.confusion_matrices(np.array([0, 1]), np.array([0, 1]), ["a", "b"], "t")
    assert figure._repr_png_().startswith(b"\x89PNG")
