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

# From a seed to an estimator that is not fitted; scikit-learn's defaults unless said.
Factory = Callable[[int], Any]

CLASSIFIERS: dict[str, Factory] = {
    "random_forest": lambda seed: RandomForestClassifier(n_jobs=-1, random_state=seed),
    # By default it gives up after 100 iterations: too few for wide tables and images.
    "logistic_regression": lambda seed: LogisticRegression(max_iter=1000),
    "ridge": lambda seed: RidgeClassifier(random_state=seed),
    "k_nearest_neighbors": lambda seed: KNeighborsClassifier(n_jobs=-1),
    "decision_tree": lambda seed: DecisionTreeClassifier(random_state=seed),
    "gradient_boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "naive_bayes": lambda seed: GaussianNB(),
    "svm": lambda seed: LinearSVC(random_state=seed),
}
# Most entries of TF-IDF are zeros and are not stored, which gradient boosting cannot read.
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
    """A fitted estimator and how good it is.

    Attributes:
        estimator: With ``predict``, which takes rows as ``kinds.Kind.features`` gives them.
        seconds: That fitting took.
        metrics: By split and name, on the rows and in the units of the network: the metrics of the
            objective, and for values the loss.
    """

    estimator: Any
    seconds: float
    metrics: dict[str, dict[str, float]]


def new_estimator(data: TensorDataModule, objective: Objective, name: str) -> Any:
    """Return an estimator that is not fitted, with the data's seed.

    Args:
        data: Whose kind decides which estimators there are.
        objective: Likewise.
        name: One of ``CLASSIFIERS``, ``TEXT_CLASSIFIERS`` or ``REGRESSORS``.

    Raises:
        UserError: There is none of that name for these data.
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
        estimator: From :func:`new_estimator`, or any that scikit-learn has for the kind of target.
        inputs: From ``kinds.Kind.features``.
        data: The data module, for the targets.
        objective: Whose metrics to compute.

    Raises:
        UserError: scikit-learn cannot fit these rows, such as several targets a row.
    """
    targets = {name: rows[1].cpu() for name, rows in data.splits.items()}
    y = targets["train"].numpy()
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]  # scikit-learn warns of columns
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
    return Score(estimator, seconds, metrics)


def _measured(
    objective: Objective, predicted: npt.NDArray[Any], targets: Tensor
) -> dict[str, float]:
    """Return metrics of predicted classes or values (N, …)."""
    if objective.kind == "regression":
        values = torch.from_numpy(predicted).to(targets.dtype).reshape(targets.shape)
    else:
        # Classes for sure: an estimator need not know probabilities, and has no loss then.
        values = torch.from_numpy(predicted.astype(np.int64))
        if objective.kind == "multiclass":
            classes = int(max(values.max(), targets.max())) + 1
            values = torch.nn.functional.one_hot(values, classes)
        values = values.float()
    return {name: float(value) for name, value in objective.score(values, targets).items()}
