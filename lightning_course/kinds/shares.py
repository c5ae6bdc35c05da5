"""Share prices: returns, and the direction of the next day."""

import argparse

import pandas as pd

from lightning_course.datamodules import StockDirectionDataModule, StockReturnDataModule
from lightning_course.errors import optional
from lightning_course.kinds.base import kind_of
from lightning_course.kinds.series import SERIES_OPTIONS, InTimeKind, SeriesKind
from lightning_course.models import CourseModule, Evaluation, Forecaster
from lightning_course.predicting import series as forecasts
from lightning_course.predicting.inputs import Inputs
from lightning_course.reports import returns
from lightning_course.reports.findings import Findings, add_guessing
from lightning_course.runs.loading import Run


@kind_of.register(StockReturnDataModule)
class ReturnKind(SeriesKind):
    """Returns of share prices, forecast with the prices that follow from them."""

    data: StockReturnDataModule

    @property
    def labels(self) -> list[str]:
        """The names of the returns, which are fractions, not percent."""
        return [f"{name} (0.01 is 1 %)" for name in self.data.value_names]

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the histogram of the returns."""
        super().add_findings(found, module, evaluation, title)
        with optional("draw the figure returns"):
            found.figures["returns"] = returns.returns_histogram(
                returns.forecast_returns(self.data, evaluation.split),
                self.data.value_names,
                f"{self.data.provenance.name}{self.origin}",
            )

    def forecast(self, module: Forecaster, history: forecasts.History) -> pd.DataFrame:
        """Return the forecast returns and the prices that follow from them."""
        return forecasts.forecast_prices(module, self.data, history)


@kind_of.register(StockDirectionDataModule)
class DirectionKind(InTimeKind[StockDirectionDataModule]):
    """Days of share prices, labelled by whether the next day is up."""

    name = "days of share prices"
    predict_options = SERIES_OPTIONS

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the comparison with guessing, and the histogram of the returns."""
        with optional("compare the result with guessing"):
            add_guessing(found, evaluation, self.data.splits["train"][1])
        with optional("draw the figure returns"):
            found.figures["returns"] = returns.returns_histogram(
                returns.direction_returns(self.data, evaluation.split),
                [f"return of {self.data.price}"],
                f"{self.data.provenance.name}{self.origin}",
            )

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read the days of a CSV file."""
        return forecasts.read_days(self.data, options)

    def own_inputs(self, run: Run, options: argparse.Namespace) -> Inputs:
        """Return the day after the run's own data."""
        return forecasts.own_days(run, self.data, options)
