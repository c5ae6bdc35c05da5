"""scikit-learn's estimators on the rows of a data module (course chapter 1.1)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from torch import Tensor

from lightning_course.command_line import did_you_mean
from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError
from lightning_course.kinds import kind_of
from lightning_course.models import Objective

# Makes an unfitted estimator from a seed, with scikit-learn's defaults where no argument is given.
Factory = Callable[[int], Any]

CLASSIFIERS: dict[str, Factory] = {
    "random_forest": lambda seed: RandomForestClassifier(n_jobs=-1, random_state=seed),
    # The default of 100 iterations is too few for wide tables and images.
    "logistic_regression": lambda seed: LogisticRegression(max_iter=1000),
    "ridge": lambda seed: RidgeClassifier(random_state=seed),
    "k_nearest_neighbors": lambda seed: KNeighborsClassifier(n_jobs=-1),
    "decision_tree": lambda seed: DecisionTreeClassifier(random_state=seed),
    "gradient_boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "naive_bayes": lambda seed: GaussianNB(),
    "svm": lambda seed: LinearSVC(random_state=seed),
}
# TF-IDF matrices are sparse, which gradient boosting does not accept.
TEXT_CLASSIFIERS: dict[str, Factory] = {
    name: factory for name, factory in CLASSIFIERS.items() if name != "gradient_boosting"
} | {"naive_bayes": lambda seed: MultinomialNB()}
REGRESSORS: dict[str, Factory] = {
    "random_forest": lambda seed: RandomForestRegressor(n_jobs=-1, random_state=seed),
    "linear_regression": lambda seed: LinearRegression(),
    "ridge": lambda seed: Ridge(random_state=seed),
    "k_nearest_neighbors": lambda seed: KNeighborsRegressor(n_jobs=-1),
    "decision_tree": lambda seed: DecisionTreeRegressor(random_state=seed),
    "gradient_boosting": lambda seed: HistGradientBoostingRegressor(random_state=seed),
    "svm": lambda seed: LinearSVR(random_state=seed),
}


@dataclass(frozen=True)
class Score:
    """How good a fitted estimator is.

    Attributes:
        seconds: How long fitting took.
        metrics: By split and name, on the rows and in the units of the network: the metrics of the
            objective, and for regression the loss.
    """

    seconds: float
    metrics: dict[str, dict[str, float]]


def new_estimator(data: TensorDataModule, objective: Objective, name: str) -> Any:
    """Return an unfitted estimator with the data's seed.

    Args:
        data: The data module. Its kind and the objective decide which estimators there are.
        objective: The objective of the task's model.
        name: A key of ``CLASSIFIERS``, ``TEXT_CLASSIFIERS`` or ``REGRESSORS``.

    Raises:
        UserError: These data have no estimator of that name.
    """
    if objective.kind == "regression":
        known, what = REGRESSORS, "values"
    elif kind_of(data).sparse_features:
        known, what = TEXT_CLASSIFIERS, "classes of texts"
    else:
        known, what = CLASSIFIERS, "classes"
    if name not in known:
        raise UserError(
            f"--estimator {name}: none of that name predicts {what}{did_you_mean(name, known)}; "
            f"there are: {', '.join(known)}"
        )
    return known[name](data.seed)


def fit_and_score(
    estimator: Any, inputs: Mapping[str, Any], data: TensorDataModule, objective: Objective
) -> Score:
    """Fit an estimator on the training rows and measure it on every split.

    Args:
        estimator: From :func:`new_estimator`, or any estimator of scikit-learn for such targets.
        inputs: Features of each split, from ``kinds.Kind.features``.
        data: The data module, for the targets.
        objective: The objective, for the metrics.

    Raises:
        UserError: scikit-learn cannot fit these rows, such as rows with several targets.
    """
    targets = {name: rows[1].cpu() for name, rows in data.splits.items()}
    y = targets["train"].numpy()
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]  # scikit-learn warns about a column
    started = time.perf_counter()
    try:
        estimator.fit(inputs["train"], y)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{type(estimator).__name__} cannot be fitted on these rows: {reason}"
        ) from error
    seconds = time.perf_counter() - started
    metrics = {
        name: _measured(objective, estimator.predict(inputs[name]), true)
        for name, true in targets.items()
    }
    return Score(seconds, metrics)


def _measured(
    objective: Objective, predicted: npt.NDArray[Any], targets: Tensor
) -> dict[str, float]:
    """Return metrics of predicted classes or values (N, …)."""
    if objective.kind == "regression":
        values = torch.from_numpy(predicted).to(targets.dtype).reshape(targets.shape)
    else:
        # Classes instead of probabilities, which not every estimator has: so there is no loss.
        values = torch.from_numpy(predicted.astype(np.int64))
        if objective.kind == "multiclass":
            classes = int(max(values.max(), targets.max())) + 1
            values = torch.nn.functional.one_hot(values, classes)
        values = values.float()
    return {name: float(value) for name, value in objective.score(values, targets).items()}
