"""Tables of numbers: classification and regression, and Moore's law."""

import argparse

import numpy as np
from torch import Tensor

from lightning_course.datamodules import MooresLawDataModule, TableDataModule
from lightning_course.errors import optional
from lightning_course.kinds.base import Kind, Metrics, kind_of
from lightning_course.models import CourseModule, Evaluation, LinearRegressor, Objective
from lightning_course.predicting.inputs import CSV_OPTIONS, Inputs, read_rows
from lightning_course.reports import baselines, regression
from lightning_course.reports.findings import Findings


@kind_of.register(TableDataModule)
class TableKind(Kind[TableDataModule]):
    """Rows of a table; for regression least squares, and predicted against true values."""

    name = "rows of tables"
    predict_options = CSV_OPTIONS

    @property
    def error_units(self) -> str:
        """The scaling of the target, and so of losses and errors."""
        scaled = {"standard": ": errors of standardised values", "log": ": errors of logarithms"}
        return scaled.get(self.data.target_scaling, "")

    def baseline_predictions(self, objective: Objective, split: str) -> dict[str, Tensor]:
        """Add the closed form of a linear regression."""
        predicted = super().baseline_predictions(objective, split)
        if objective.kind == "regression":
            features, targets = (tensor.cpu() for tensor in self.data.splits["train"])
            with optional("fit the baseline least squares"):
                predicted["least squares"] = baselines.least_squares(
                    features, targets, self.data.splits[split][0].cpu()
                )
        return predicted

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the fitted line of one feature, else predicted against true values."""
        if module.objective.kind != "regression":
            return
        with optional("draw the figure of the table's predictions"):
            if len(self.data.feature_names) == 1 and isinstance(module, LinearRegressor):
                self._add_fitted_line(found, module, title)
                return
            # In single precision a value of 1,000,000,595 would be 1,000,000,576.
            found.figures["predictions"] = regression.predicted_against_true(
                self.data.decode(evaluation.targets.double()).numpy(),
                self.data.decode(evaluation.predictions.double()).numpy(),
                self.data.target_name,
                title,
            )

    def _add_fitted_line(self, found: Findings, module: LinearRegressor, title: str) -> None:
        data, target = self.data, self.data.target_name
        feature, log = data.feature_names[0], data.target_scaling == "log"
        x, y = regression.points(data)
        trained, closed_form = regression.trained_line(module, data), regression.least_squares(x, y)
        found.figures["fitted_line"] = regression.fitted_line(
            x, np.exp(y) if log else y, trained, closed_form, (feature, target), title, log=log
        )
        name = f"ln({target})" if log else target
        for label, line in (("trained", trained), ("least squares", closed_form)):
            formula = f"{line.slope:.5g} {feature} {line.intercept:+.5g}"
            found.lines.append(f"{label}: {name} = {formula}")

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read the rows of a CSV file."""
        return read_rows(self.data, options)


@kind_of.register(MooresLawDataModule)
class MooresLawKind(TableKind):
    """The course's processors, whose transistor counts double; other tables get no such metric."""

    def naive_baselines(self, objective: Objective, split: str) -> dict[str, Metrics]:
        """Add the doubling time to the closed form."""
        found = super().naive_baselines(objective, split)
        if "least squares" in found and self.data.csv is None:
            with optional("find the doubling time of least squares"):
                line = regression.least_squares(*regression.points(self.data))
                found["least squares"] |= _doubling(line)
        return found

    def derived_metrics(self, module: CourseModule, split: str) -> Metrics:
        """Return the number of years in which transistor counts double, from the model's slope."""
        if self.data.csv is not None or not isinstance(module, LinearRegressor):
            return {}
        return _doubling(regression.trained_line(module, self.data))

    def _add_fitted_line(self, found: Findings, module: LinearRegressor, title: str) -> None:
        super()._add_fitted_line(found, module, title)
        if not self.derived_metrics(module, ""):
            return
        points = regression.points(self.data)
        trained = regression.trained_line(module, self.data).doubling
        closed_form = regression.least_squares(*points).doubling
        low, high = regression.bootstrap_doubling(*points)
        found.lines.append(
            f"{self.data.target_name} double every {trained:.3f} {self.data.feature_names[0]}s "
            f"(least squares {closed_form:.3f}; 95 % of 2,000 bootstrap draws: {low:.3f} to "
            f"{high:.3f})"
        )


def _doubling(line: regression.Line) -> Metrics:
    return {"doubling_years": line.doubling} if line.slope else {}
