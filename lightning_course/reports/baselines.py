"""Naive baselines: what a result must beat before it means anything."""

import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import Tensor

from lightning_course.datamodules import (
    SeriesDataModule,
    SpamDataModule,
    TableDataModule,
    TensorDataModule,
)
from lightning_course.errors import optional
from lightning_course.models import Objective
from lightning_course.reports.forecasting import errors, naive_forecasts
from lightning_course.reports.regression import doubling_metrics


def naive_baselines(
    datamodule: TensorDataModule, objective: Objective, split: str
) -> dict[str, dict[str, float]]:
    """Return the metrics of the naive baselines on a split, each fitted on the training rows.

    Args:
        datamodule: The data.
        objective: Whose metrics to compute.
        split: The split that is predicted, such as "test".

    Returns:
        Metrics by name of the baseline: "majority class" for classification, "training mean" for
        regression, for texts "TF-IDF + logistic" (bag of words, scikit-learn's defaults), for a
        table with a value to predict "least squares" (the closed form), and for series those of
        :func:`~lightning_course.reports.forecasting.naive_forecasts`. A baseline that cannot be
        fitted (texts without a word of two letters have no TF-IDF) is left out with a warning.
    """
    targets = datamodule.splits[split][1].cpu()
    trained = datamodule.splits["train"][1].cpu()
    predictions: dict[str, Tensor] = {}
    match objective.kind:
        case "binary":
            share = trained.float().mean()
            predictions["majority class"] = (share > 0.5).float().expand(len(targets))
        case "multiclass":
            classes = int(max(trained.max(), targets.max())) + 1
            sure = torch.nn.functional.one_hot(trained.bincount().argmax(), classes)
            predictions["majority class"] = sure.float().expand(len(targets), -1)
        case "regression":
            predictions["training mean"] = trained.mean(dim=0).expand_as(targets)
    if isinstance(datamodule, SpamDataModule):
        with optional("fit the baseline TF-IDF + logistic"):
            predictions["TF-IDF + logistic"] = tfidf_logistic_regression(
                datamodule.describe("train"), trained, datamodule.describe(split)
            )
    if isinstance(datamodule, TableDataModule) and objective.kind == "regression":
        with optional("fit the baseline least squares"):
            predictions["least squares"] = least_squares(
                datamodule.splits["train"][0].cpu(), trained, datamodule.splits[split][0].cpu()
            )
    metrics: dict[str, dict[str, float]] = {}
    for name, values in predictions.items():
        with optional(f"score the baseline {name}"):
            scores = objective.score(values, targets)
            metrics[name] = {metric: float(value) for metric, value in scores.items()}
    if isinstance(datamodule, SeriesDataModule):
        with optional("make the naive forecasts"):
            for name, forecast in naive_forecasts(datamodule).items():
                metrics[name] = errors(forecast, datamodule, split)  # the mean gets more figures
    if "least squares" in metrics:
        with optional("find the doubling time of least squares"):
            metrics["least squares"] |= doubling_metrics(None, datamodule)
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
