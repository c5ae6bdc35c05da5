from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lightning_course.datamodules import (
    SeriesDataModule,
    StockPriceDataModule,
    StockReturnDataModule,
)
from lightning_course.datamodules.series import generated
from lightning_course.kinds import kind_of
from lightning_course.models import Evaluation, Forecaster
from lightning_course.reports import series
from lightning_course.reports.figures import BLUE, GREY, ORANGE
from lightning_course.reports.series import Paths
from lightning_course.sources import Series

LENGTH = 40


class Ramps(SeriesDataModule):
    """Columns t, 2 t, 3 t … from the first of May on, standardised."""

    recipe_scaling = "standard"

    def __init__(self, width: int = 1, dates: bool = True, **kwargs: object) -> None:
        super().__init__(window=4, **kwargs)
        self.width, self.dates = width, dates

    def course_series(self) -> Series:
        values = np.arange(float(LENGTH))[:, None] * np.arange(1, self.width + 1)
        times = pd.date_range("2024-05-01", periods=LENGTH, tz="Asia/Tokyo") if self.dates else None
        names = tuple(f"ramp {number}" for number in range(1, self.width + 1))
        return replace(generated(values[:, 0], "ramps"), values=values, times=times, names=names)


def evaluated(data: SeriesDataModule, module: Forecaster, split: str = "validation") -> Evaluation:
    inputs, targets = data.splits[split]
    with torch.no_grad():
        return Evaluation(split, module(inputs), targets, {})


def one_more(data: SeriesDataModule) -> Forecaster:
    """Return a model that adds one step to the last value, which is right for ramps."""
    module = Forecaster(data.sequence_shape, data.horizon)
    width = data.width
    weight, bias = module.network.output.weight, module.network.output.bias
    step = data.values[1] - data.values[0]
    with torch.no_grad():
        weight.zero_()
        for ahead in range(data.horizon):
            rows = slice(ahead * width, (ahead + 1) * width)
            weight[rows, -width:] = torch.eye(width)
            bias[rows] = step * (ahead + 1)
    return module


def paths_of(rows: range, multi_step: list[float], naive: dict[str, list[float]]) -> Paths:
    true = np.array(rows, float)[:, None]
    columns = {name: np.array(path, float)[:, None] for name, path in naive.items()}
    return Paths(rows, true, true - 1, np.array(multi_step, float)[:, None], columns)


def test_forecasts_are_in_the_units_of_the_series() -> None:
    data = Ramps()
    paths = series.forecast_paths(one_more(data), data, evaluated(data, one_more(data)))
    # 36 windows of 4, of which 18 validate: the first target is row 22.
    assert paths.rows == range(22, 40)
    expected = np.arange(22.0, 40)[:, None]
    for path in (paths.true, paths.one_step, paths.multi_step, paths.naive["drift"]):
        np.testing.assert_allclose(path, expected, atol=1e-4)
    np.testing.assert_allclose(paths.naive["last value"], np.full((18, 1), 21), atol=1e-4)
    np.testing.assert_allclose(paths.naive["training mean"], np.full((18, 1), 12.5), atol=1e-4)


def test_of_a_longer_horizon_the_first_value_of_each_prediction_counts() -> None:
    data = Ramps(width=2, horizon=3, validation_fraction=0.2)
    module = one_more(data)
    paths = series.forecast_paths(module, data, evaluated(data, module, "test"))
    known = len(data.splits["test"][0])
    assert len(paths.rows) == known + 2
    expected = np.array(paths.rows, float)[:, None] * [1, 2]
    np.testing.assert_allclose(paths.true, expected, atol=1e-4)
    np.testing.assert_allclose(paths.multi_step, expected, atol=1e-4)
    np.testing.assert_allclose(paths.one_step[:known], expected[:known], atol=1e-4)
    assert np.isnan(paths.one_step[known:]).all()


def test_the_table_has_a_column_for_each_forecast_of_each_column() -> None:
    data = Ramps(width=2)
    module = one_more(data)
    table = series.forecast_table(
        series.forecast_paths(module, data, evaluated(data, module)), data
    )
    kinds = ("true", "one_step", "multi_step", "training mean", "last value", "drift", "AR(4)")
    assert table.columns.tolist() == [
        "time",
        *(f"{kind}_ramp {number}" for kind in kinds for number in (1, 2)),
    ]
    assert table["time"].tolist()[0] == "2024-05-23"
    assert table["true_ramp 2"].tolist() == pytest.approx([2 * row for row in range(22, 40)])
    single = Ramps(dates=False)
    table = series.forecast_table(
        series.forecast_paths(one_more(single), single, evaluated(single, one_more(single))), single
    )
    assert table.columns.tolist() == ["time", *kinds]
    assert table["time"].tolist() == [str(row) for row in range(22, 40)]


def test_the_whole_series_shows_its_splits_and_one_of_them_predicted() -> None:
    data = Ramps(validation_fraction=0.2)
    module = one_more(data)
    paths = series.forecast_paths(module, data, evaluated(data, module, "test"))
    values = np.arange(float(LENGTH))[:, None]
    splits = {name: data.target_rows(name) for name in data.splits}
    times = series.time_axis(data)
    figure = series.whole_series(times, values, splits, paths, ["ramp"], "title")
    (axes,) = figure.axes
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["validation", "test", "true values", "one step ahead"]
    true, predicted = axes.lines
    assert true.get_ydata().tolist() == values[:, 0].tolist()
    assert predicted.get_ydata().tolist() == pytest.approx(list(range(22, 40)), abs=1e-4)
    # Local dates, not UTC's.
    assert str(predicted.get_xdata()[0])[:10] == "2024-05-23"
    assert axes.get_ylabel() == "ramp"


def test_without_dates_the_axis_counts_steps() -> None:
    data = Ramps(dates=False)
    assert series.time_axis(data).tolist() == list(range(LENGTH))
    paths = paths_of(range(22, 40), [0] * 18, {})
    figure = series.forecast_against_truth(
        series.time_axis(data), np.arange(40.0)[:, None], paths, ["ramp"], "title"
    )
    assert figure.axes[-1].get_xlabel() == "step"


def test_what_explodes_is_cut_off_and_named() -> None:
    values, rows = np.arange(40.0)[:, None], range(22, 40)
    growing = [22 * 10.0**step for step in range(18)]
    endless = [22.0, np.inf, *[np.nan] * 16]
    figure = series.forecast_against_truth(
        np.arange(40),
        values,
        paths_of(rows, growing, {"training mean": [9] * 18, "drift": growing, "AR(4)": endless}),
        ["ramp"],
        "title",
    )
    near, far = figure.axes
    assert near.get_title(loc="right") == ""
    assert far.get_title(loc="right") == (
        "cut off: many steps ahead (to 2.2e+18), drift (to 2.2e+18), AR(4) (diverges)"
    )
    # The true values are 12 … 39, and the range of the whole series is 39.
    low, high = far.get_ylim()
    assert 0 < low < 12
    assert 78 < high < 90
    colours = [line.get_color() for line in far.lines]
    assert colours == [GREY, "black", GREY, GREY, ORANGE]  # the first is the cut


def test_a_forecast_within_reach_is_shown_whole() -> None:
    figure = series.forecast_against_truth(
        np.arange(40),
        np.arange(40.0)[:, None],
        paths_of(range(22, 40), [-10] * 18, {"drift": [60] * 18}),
        ["ramp"],
        "title",
    )
    low, high = figure.axes[1].get_ylim()
    assert -15 < low < -10
    assert 39 < high < 45  # a naive forecast has no say
    assert figure.axes[1].get_title(loc="right") == "cut off: drift (to 60)"


def test_a_level_series_has_an_axis_too() -> None:
    values = np.full((40, 1), 5.0)
    paths = Paths(range(22, 40), values[22:], values[22:], values[22:], {})
    figure = series.forecast_against_truth(np.arange(40), values, paths, ["level"], "title")
    assert figure.axes[0].get_ylim() == (0, 10)


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [([3.0], (0, 10)), ([15.0], (0, 15)), ([1e9, -np.inf], (0, 18)), ([-1.0, np.nan], (-1, 10))],
)
def test_limits_follow_a_forecast_only_so_far(
    forecast: list[float], expected: tuple[float, float]
) -> None:
    low, high = series.readable_limits(np.array([0.0, 10]), [np.array(forecast)], most=8)
    margin = 0.05 * (expected[1] - expected[0])
    assert (low, high) == pytest.approx((expected[0] - margin, expected[1] + margin))


def test_of_many_columns_four_are_shown() -> None:
    data = Ramps(width=5)
    module = one_more(data)
    paths = series.forecast_paths(module, data, evaluated(data, module))
    values = np.arange(float(LENGTH))[:, None] * np.arange(1, 6)
    times, labels = series.time_axis(data), series.value_labels(data)
    figure = series.forecast_against_truth(times, values, paths, labels, "title")
    assert [axes.get_ylabel() for axes in figure.axes] == [
        f"ramp {number}" for number in (1, 1, 2, 2, 3, 3, 4, 4)
    ]
    assert figure.get_suptitle() == "title: 4 of 5 columns"
    # One legend for all of them.
    assert len(figure.legends[0].get_texts()) == 6


def test_from_near_the_last_value_before_each_prediction_is_seen() -> None:
    data = Ramps(horizon=3)
    module = one_more(data)
    paths = series.forecast_paths(module, data, evaluated(data, module))
    values = np.arange(float(LENGTH))[:, None]
    figure = series.one_step_closely(np.arange(40), values, paths, ["ramp"], "title", most=5)
    true, before, predicted = figure.axes[0].lines
    # Of a horizon of 3 the last two rows have no prediction.
    assert true.get_ydata().tolist() == [33, 34, 35, 36, 37]
    assert before.get_ydata().tolist() == [32, 33, 34, 35, 36]
    assert predicted.get_ydata().tolist() == pytest.approx([33, 34, 35, 36, 37], abs=1e-4)
    assert predicted.get_color() == BLUE
    assert figure.get_suptitle() == "title, the last 5 predictions"


def test_units_are_named_where_they_are_known() -> None:
    assert series.value_labels(StockPriceDataModule(source="standin")) == ["close (US dollars)"]
    returns = StockReturnDataModule(source="standin")
    returns.prepare()
    assert kind_of(returns).labels == ["return of close (0.01 is 1 %)"]
    assert series.value_labels(Ramps()) == ["ramp 1"]
