"""Naive baselines: what a result must beat before it means anything."""

import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import Tensor

from lightning_course.datamodules import SpamDataModule, TensorDataModule
from lightning_course.models import Objective


def naive_baselines(
    datamodule: TensorDataModule, objective: Objective, split: str
) -> dict[str, dict[str, float]]:
    """Return the metrics of the naive baselines on a split, each fitted on the training rows.

    Args:
        datamodule: The data.
        objective: Whose metrics to compute.
        split: The split that is predicted, such as "test".

    Returns:
        Metrics by name of the baseline: "majority class" for binary targets, and for texts
        "TF-IDF + logistic" (bag of words with scikit-learn's defaults).
    """
    targets = datamodule.splits[split][1].cpu()
    trained = datamodule.splits["train"][1].cpu()
    predictions: dict[str, Tensor] = {}
    if objective.kind == "binary":
        predictions["majority class"] = majority_class(trained, len(targets))
    if isinstance(datamodule, SpamDataModule):
        predictions["TF-IDF + logistic"] = tfidf_logistic_regression(
            datamodule.describe("train"), trained, datamodule.describe(split)
        )
    return {
        name: {metric: float(f(values, targets)) for metric, f in objective.metrics.items()}
        for name, values in predictions.items()
    }


def majority_class(labels: Tensor, rows: int) -> Tensor:
    """Return the most frequent of the labels 0 and 1, as float of shape (rows,)."""
    return torch.full((rows,), float(labels.float().mean() > 0.5))


def tfidf_logistic_regression(texts: list[str], labels: Tensor, new_texts: list[str]) -> Tensor:
    """Fit on texts with labels 0 and 1, return the probability of 1 for new texts (N,)."""
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit(texts, labels.numpy())
    return torch.from_numpy(model.predict_proba(new_texts)[:, 1])
