import math

import numpy as np
import pytest

from lightning_course.datamodules import MooresLawDataModule
from lightning_course.models import REGRESSION, DenseRegressor, LinearRegressor
from lightning_course.reports import derived_metrics, naive_baselines, regression


def test_least_squares_by_hand() -> None:
    line = regression.least_squares(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 8.0]))
    # Slope = sum (x - 1)(y - 4) / sum (x - 1)^2 = (3 + 4) / 2.
    assert (line.slope, line.intercept) == (3.5, 0.5)
    assert line.doubling == pytest.approx(math.log(2) / 3.5)
    assert regression.Line(0.0, 1.0).doubling == math.inf
    # Points above one another have no slope: their mean is as good as any line.
    line = regression.least_squares(np.array([7.0, 7.0]), np.array([1.0, 3.0]))
    assert (line.slope, line.intercept) == (0, 2)


def test_the_bootstrap_interval_holds_the_truth_and_narrows() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for count in (50, 800):
        x = rng.uniform(0, 40, count)
        low, high = regression.bootstrap_doubling(x, 0.35 * x + rng.normal(size=count))
        assert low < math.log(2) / 0.35 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize("scaling", ["center", "standard", "none"])
@pytest.mark.parametrize("target", ["log", "standard", "none"])
def test_the_trained_line_is_in_the_units_of_the_table(scaling: str, target: str) -> None:
    data = MooresLawDataModule(
        source="standin", scaling=scaling, target_scaling=target, test_fraction=0.0, seed=0
    )
    x, y = data.splits["train"]
    module = LinearRegressor(1)
    # The closed form in the scaled units must be the closed form in the table's.
    scaled = regression.least_squares(x[:, 0].double().numpy(), y.double().numpy())
    module.network[1].weight.data.fill_(scaled.slope)
    module.network[1].bias.data.fill_(scaled.intercept)
    line = regression.trained_line(module, data)
    closed_form = regression.least_squares(*regression.points(data))
    years = np.array([1971.0, 2018.0])
    np.testing.assert_allclose(line(years), closed_form(years), rtol=1e-3)


def test_doubling_time_is_that_of_moores_law() -> None:
    data = MooresLawDataModule(source="standin", seed=0)
    module = LinearRegressor(1)
    module.network[1].weight.data.fill_(0.35)
    doubling = derived_metrics(module, data, "train")["doubling_years"]
    assert doubling == pytest.approx(math.log(2) / 0.35, rel=1e-5)
    baselines = naive_baselines(data, REGRESSION, "train")
    assert 1.8 < baselines["least squares"]["doubling_years"] < 2.4
    module.network[1].weight.data.fill_(0)
    assert derived_metrics(module, data, "train") == {}
    assert derived_metrics(DenseRegressor(1), data, "train") == {}


def test_figures_show_points_and_both_lines() -> None:
    x = np.arange(5.0)
    line = regression.Line(1.0, 0.0)
    figure = regression.fitted_line(x, np.exp(x), line, line, ("year", "count"), "t", log=True)
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "log"]
    for axes in figure.axes:
        assert [entry.get_label() for entry in axes.lines] == ["trained", "least squares"]
        np.testing.assert_allclose(axes.lines[0].get_ydata()[-1], np.exp(4.0))
    figure = regression.predicted_against_true(x, x + 1, "price", "t")
    assert [axes.get_xlabel() for axes in figure.axes] == ["true price", "predicted - true price"]
