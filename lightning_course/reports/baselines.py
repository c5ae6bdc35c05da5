"""Naive baselines: what a result must beat before it means anything."""

from collections.abc import Mapping

import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import Tensor

from lightning_course.errors import optional
from lightning_course.models import Objective


def constant_predictions(
    objective: Objective, trained: Tensor, targets: Tensor
) -> dict[str, Tensor]:
    """Return the same prediction for every row: the majority class, or the training mean.

    Args:
        objective: The kind of target.
        trained: Targets of the training rows (M, …).
        targets: Those that are predicted (N, …).

    Returns:
        By name of the baseline, probabilities or values as the objective has them.
    """
    match objective.kind:
        case "binary":
            share = trained.float().mean()
            return {"majority class": (share > 0.5).float().expand(len(targets))}
        case "multiclass":
            classes = int(max(trained.max(), targets.max())) + 1
            certain = torch.nn.functional.one_hot(trained.bincount().argmax(), classes)
            return {"majority class": certain.float().expand(len(targets), -1)}
        case "regression":
            return {"training mean": trained.mean(dim=0).expand_as(targets)}


def score(
    predictions: Mapping[str, Tensor], targets: Tensor, objective: Objective
) -> dict[str, dict[str, float]]:
    """Return the metrics of predictions by name; what fails is left out with a warning."""
    metrics: dict[str, dict[str, float]] = {}
    for name, values in predictions.items():
        with optional(f"score the baseline {name}"):
            scores = objective.score(values, targets)
            metrics[name] = {metric: float(value) for metric, value in scores.items()}
    return metrics


def least_squares(features: Tensor, targets: Tensor, new_features: Tensor) -> Tensor:
    """Fit a linear regression on features (N, D), targets (N,); return values of new rows (M,)."""
    model = LinearRegression().fit(features.double().numpy(), targets.double().numpy())
    return torch.from_numpy(model.predict(new_features.double().numpy())).to(targets.dtype)


def tfidf_logistic_regression(texts: list[str], labels: Tensor, new_texts: list[str]) -> Tensor:
    """Fit on texts with labels 0 … K − 1, return probabilities for new texts.

    Returns:
        Of label 1, shape (N,), for two labels; else of each label, shape (N, K).
    """
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit(texts, labels.numpy())
    probabilities = torch.from_numpy(model.predict_proba(new_texts))
    return probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities
