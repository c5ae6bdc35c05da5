import numpy as np
import pytest

from lightning_course.datamodules import StockDirectionDataModule, StockReturnDataModule
from lightning_course.reports.returns import direction_returns, forecast_returns, returns_histogram


@pytest.mark.parametrize("validation_fraction", [0.0, 0.2])
def test_the_returns_of_a_direction_have_its_labels(validation_fraction: float) -> None:
    data = StockDirectionDataModule(source="standin", validation_fraction=validation_fraction)
    split = list(data.splits)[-1]
    parts = direction_returns(data, split)
    assert list(parts) == ["train", split]
    np.testing.assert_array_equal(parts[split][:, 0] > 0, data.splits[split][1] == 1)
    # The first window of ten days has nine returns in it.
    np.testing.assert_array_equal(parts["train"][9:, 0] > 0, data.splits["train"][1] == 1)


def test_the_returns_of_a_forecast_are_as_they_were_before_scaling() -> None:
    data = StockReturnDataModule(source="standin", horizon=2)
    parts = forecast_returns(data, "validation")
    prices = data.course_series().values
    returns = np.diff(prices, axis=0) / prices[:-1]
    held_out = len(data.splits["validation"][0]) + 1
    np.testing.assert_allclose(parts["validation"], returns[-held_out:], atol=1e-7)
    known = len(parts["train"])
    np.testing.assert_allclose(parts["train"], returns[:known], atol=1e-7)
    # Nothing stands in both.
    assert known <= len(returns) - held_out


def test_each_part_of_the_histogram_has_its_own_hundred_percent() -> None:
    parts = {
        "train": np.array([[0.01], [0.02], [0.03], [-0.02]]),
        "validation": np.array([[-0.0001], [0.0001]]),
    }
    figure = returns_histogram(parts, ["return of close"], "title")
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        "train: +1.00 ± 1.87 % (mean ± sd of 4)",
        "validation: +0.00 ± 0.01 % (mean ± sd of 2)",
    ]
    # Bins of 5 % / 60 from -2 % on: one has its edge at 0.
    heights = [patch.get_xy()[:, 1].max() for patch in axes.patches]
    assert heights == pytest.approx([25, 50])
    assert axes.get_xlabel() == "return of close (%)"
    assert [line.get_xdata() for line in axes.lines] == [[0, 0]]


def test_several_prices_have_a_panel_each() -> None:
    parts = {"train": np.random.default_rng(0).normal(size=(50, 6))}
    figure = returns_histogram(parts, [f"return of {name}" for name in "abcdef"], "title")
    assert [axes.get_xlabel()[-5] for axes in figure.axes] == ["a", "b", "c", "d"]
