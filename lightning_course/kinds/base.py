"""The base class of the kinds of data, and how the kind of a data module is found."""

import argparse
from functools import singledispatch
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError, optional
from lightning_course.models import (
    CourseModule,
    Evaluation,
    Forecaster,
    Objective,
    SequenceClassifier,
)
from lightning_course.predicting import predictions
from lightning_course.predicting.inputs import Inputs
from lightning_course.reports import baselines, findings
from lightning_course.reports.figures import Figure
from lightning_course.reports.findings import Findings, class_names
from lightning_course.runs.loading import Run

Data = TypeVar("Data", bound=TensorDataModule)
Metrics = dict[str, float]


class Kind(Generic[Data]):
    """The parts that depend on the kind of data; this base serves every ``TensorDataModule``.

    A subclass overrides the parts that differ for its data; :func:`kind_of` registers it.

    Args:
        data: The data module.

    Attributes:
        name: The name of the rows in messages, in the plural.
        predict_options: The options of ``predict`` that fit this kind.
        sparse_features: Whether :meth:`features` are sparse counts, as of words.
        draws: Whether there is a figure of predictions, see :meth:`draw`.
    """

    name: ClassVar[str] = "rows"
    predict_options: ClassVar[tuple[str, ...]] = ()
    sparse_features: ClassVar[bool] = False
    draws: ClassVar[bool] = False

    def __init__(self, data: Data) -> None:
        self.data = data

    @property
    def origin(self) -> str:
        """Where the data come from, for the titles of figures, such as ", real data"."""
        return f", {self.data.provenance.kind} data"

    @property
    def error_units(self) -> str:
        """The units of losses and errors, for titles; empty if they are those of the data."""
        return ""

    def row_column(self, split: str) -> dict[str, list[str]]:
        """Return a column for predictions.csv that names each row, or no column."""
        rows = self.data.row_texts(split)
        return {} if rows is None else {self.data.row_text_name: rows}

    def baseline_predictions(self, objective: Objective, split: str) -> dict[str, Tensor]:
        """Return the naive baselines' predictions for a split, by name, shape (N,) or (N, K)."""
        trained, targets = self.data.splits["train"][1], self.data.splits[split][1]
        return baselines.constant_predictions(objective, trained.cpu(), targets.cpu())

    def naive_baselines(self, objective: Objective, split: str) -> dict[str, Metrics]:
        """Return the naive baselines' metrics on a split, by name."""
        predicted = self.baseline_predictions(objective, split)
        return baselines.score(predicted, self.data.splits[split][1].cpu(), objective)

    def derived_metrics(self, module: CourseModule, split: str) -> Metrics:
        """Return task-specific metrics of a finished model, such as a doubling time."""
        return {}

    def findings(self, module: CourseModule, evaluation: Evaluation, title: str) -> Findings:
        """Build the figures, tables and console lines for an evaluated split.

        A part that fails is left out with a warning.

        Args:
            module: The finished model.
            evaluation: The split that is shown.
            title: The split and the model, for the titles of figures.
        """
        found = Findings()
        if module.objective.kind != "regression":
            names = class_names(self.data, evaluation.num_classes)
            findings.add_classification(found, evaluation, names, title)
        self.add_findings(found, module, evaluation, title)
        if isinstance(module, SequenceClassifier | Forecaster):
            with optional("draw the figures of how far back the network looks"):
                findings.add_gradients(
                    found, module, self.data.splits[evaluation.split], title, self.deciding_steps
                )
        return found

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the parts for this kind of data only; here rows of pixels are shown as images."""
        inputs = self.data.splits[evaluation.split][0]
        if inputs.ndim == 4:
            names = class_names(self.data, evaluation.num_classes)
            findings.add_images(found, module, evaluation, inputs, names, title)

    @property
    def deciding_steps(self) -> tuple[int, ...]:
        """The steps of a sequence that decide its label, if they are known."""
        return ()

    def features(self) -> dict[str, Any]:
        """Return the inputs of each split as a matrix (N, D) for scikit-learn.

        Bytes of images become float32 from 0 to 1; rows of any shape are flattened.

        Raises:
            UserError: No features can be computed from the inputs.
        """
        return {name: _matrix(inputs) for name, (inputs, _) in self.data.splits.items()}

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read the inputs of ``predict``.

        Args:
            options: The command line; of the options that differ by kind, only
                :attr:`predict_options` may be set.

        Raises:
            UserError: Nothing to predict, or a file that cannot be read.
        """
        raise UserError(
            f"predict reads no {type(self.data).__name__}; in Python, use "
            "load_run(…).module.predict_step(inputs)"
        )

    def own_inputs(self, run: Run, options: argparse.Namespace) -> Inputs:
        """Return the inputs of ``predict`` if ``--input`` is not given."""
        return self.read_inputs(options)

    def predict(self, run: Run, inputs: Inputs) -> pd.DataFrame:
        """Return a run's predictions, a row for each row of the inputs."""
        return predictions.predict(run, inputs)

    def show(self, rows: pd.DataFrame, predicted: pd.DataFrame) -> str:
        """Return rows and predictions for the console."""
        return predictions.as_table(predicted, rows)

    def draw(self, run: Run, inputs: Inputs, predicted: pd.DataFrame) -> Figure:
        """Return a figure of inputs and predictions; called only if :attr:`draws` is set."""
        raise NotImplementedError(f"{type(self).__name__} draws no predictions")


class NoKind(Kind[Any]):
    """The kind of any other data module, or of no data module."""

    origin = ""

    def row_column(self, split: str) -> dict[str, list[str]]:
        """Return no column: the rows are not known."""
        return {}

    def findings(self, module: CourseModule, evaluation: Evaluation, title: str) -> Findings:
        """Return the figures of a classifier's results, which need no data."""
        found = Findings()
        if module.objective.kind != "regression":
            names = class_names(self.data, evaluation.num_classes)
            findings.add_classification(found, evaluation, names, title)
        return found


@singledispatch
def kind_of(data: object) -> Kind[Any]:
    """Return the kind of a data module: that of its class, else of its nearest base class."""
    return NoKind(data)


kind_of.register(TensorDataModule, Kind)


def naive_baselines(data: TensorDataModule, objective: Objective, split: str) -> dict[str, Metrics]:
    """Return the metrics of the naive baselines on a split, each fitted on the training rows.

    Args:
        data: The data.
        objective: The objective whose metrics to compute.
        split: The split to predict, such as "test".

    Returns:
        Metrics by name of the baseline: "majority class" for classification, "training mean" for
        regression, for texts "TF-IDF + logistic" (bag of words, scikit-learn's defaults), for a
        table with a value to predict "least squares" (the closed form), and for series those of
        :func:`~lightning_course.reports.forecasting.naive_forecasts`. A baseline that cannot be
        fitted (texts without a word of two letters have no TF-IDF) is left out with a warning.
    """
    return kind_of(data).naive_baselines(objective, split)


def derived_metrics(module: CourseModule, data: object, split: str) -> Metrics:
    """Return task-specific metrics computed after training: doubling time, multi-step error, skill.

    Args:
        module: The finished model.
        data: Its data module.
        split: The split that is reported.
    """
    return kind_of(data).derived_metrics(module, split)


def _matrix(inputs: Tensor) -> npt.NDArray[np.float32]:
    matrix = inputs.cpu().flatten(1).float()
    if inputs.dtype == torch.uint8:
        matrix /= 255  # in place: this copy of the bytes has no other user
    values: npt.NDArray[np.float32] = matrix.numpy()
    return values
