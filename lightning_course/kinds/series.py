"""Series: naive forecasts, errors many steps ahead, forecasts after the end."""

import argparse

import pandas as pd

from lightning_course.datamodules import SeriesDataModule
from lightning_course.errors import UserError, optional
from lightning_course.kinds.base import Data, Kind, Metrics, kind_of
from lightning_course.models import CourseModule, Evaluation, Forecaster, Objective
from lightning_course.predicting import series as forecasts
from lightning_course.predicting.inputs import CSV_OPTIONS, Inputs
from lightning_course.predicting.predictions import as_table
from lightning_course.reports import forecasting, series
from lightning_course.reports.figures import Figure
from lightning_course.reports.findings import Findings
from lightning_course.runs.loading import Run

SERIES_OPTIONS = (*CSV_OPTIONS, "data.date_column", "data.allow_gaps", "data.root")


class InTimeKind(Kind[Data]):
    """Rows in order of time; ``predict`` prints their short inputs first."""

    def show(self, rows: pd.DataFrame, predicted: pd.DataFrame) -> str:
        """Return a table with the times first."""
        return as_table(rows, predicted)


@kind_of.register(SeriesDataModule)
class SeriesKind(InTimeKind[SeriesDataModule]):
    """Windows of a series and the values after them."""

    name = "time series"
    predict_options = ("steps", *SERIES_OPTIONS)
    draws = True

    @property
    def error_units(self) -> str:
        """The scaling of the series, and so of losses and errors."""
        return ": errors of standardised values" if self.data.scaling == "standard" else ""

    @property
    def labels(self) -> list[str]:
        """The names of the series's values with their units."""
        return series.value_labels(self.data)

    def naive_baselines(self, objective: Objective, split: str) -> dict[str, Metrics]:
        """Return the errors of the naive forecasts; the mean forecast is the training mean."""
        found = super().naive_baselines(objective, split)
        with optional("make the naive forecasts"):
            for name, forecast in forecasting.naive_forecasts(self.data).items():
                found[name] = forecasting.errors(forecast, self.data, split)
        return found

    def derived_metrics(self, module: CourseModule, split: str) -> Metrics:
        """Return a forecaster's error many steps ahead, and its skill against the last value."""
        if not isinstance(module, Forecaster):
            return {}
        return forecasting.forecast_metrics(module, self.data, split)

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add conclusions about the forecasts, and figures."""
        if not isinstance(module, Forecaster):
            return
        data = self.data
        with optional("assess the forecast"):
            found.lines += forecasting.conclusions(
                module, data, evaluation.split, evaluation.predictions
            )
        with optional("draw the figures of the forecast"):
            paths = series.forecast_paths(module, data, evaluation)
            found.tables["forecast"] = series.forecast_table(paths, data)
            times, labels = series.time_axis(data), self.labels
            values = data.decode(data.values.cpu().double()).numpy()
            splits = {name: data.target_rows(name) for name in data.splits}
            found.figures["series"] = series.whole_series(
                times, values, splits, paths, labels, f"{title} predicted one step ahead"
            )
            found.figures["forecast"] = series.forecast_against_truth(
                times, values, paths, labels, f"{title}, one step and many steps ahead"
            )
            found.figures["one_step"] = series.one_step_closely(times, values, paths, labels, title)

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read the history of a series from a CSV file."""
        return forecasts.read_history(self.data, options)

    def own_inputs(self, run: Run, options: argparse.Namespace) -> Inputs:
        """Return the run's own series as the history."""
        return forecasts.own_history(run, self.data, options)

    def predict(self, run: Run, inputs: Inputs) -> pd.DataFrame:
        """Return the forecast, a row for each step."""
        if not isinstance(run.module, Forecaster):
            raise UserError(
                f"{run.path}: a {type(run.module).__name__} cannot forecast; in Python, use "
                "load_run(…).module.predict_step(inputs)"
            )
        assert isinstance(inputs, forecasts.History)
        return self.forecast(run.module, inputs)

    def forecast(self, module: Forecaster, history: forecasts.History) -> pd.DataFrame:
        """Return a forecaster's values after the end of a history, a row for each step."""
        return forecasts.forecast(module, self.data, history)

    def draw(self, run: Run, inputs: Inputs, predicted: pd.DataFrame) -> Figure:
        """Return a figure of the end of the history and the forecast."""
        assert isinstance(inputs, forecasts.History)
        return forecasts.draw_forecast(run, self.data, inputs, predicted)
