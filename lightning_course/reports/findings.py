"""What a finished model has to show, by the kind of its task and of its data."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightning_course.datamodules import (
    SeriesDataModule,
    SpamDataModule,
    TableDataModule,
    TensorDataModule,
)
from lightning_course.models import CourseModule, Evaluation, Forecaster, LinearRegressor
from lightning_course.reports import features, figures, forecasting, images, regression, text
from lightning_course.reports.figures import Figure


@dataclass
class Findings:
    """Figures, tables and lines about a finished model.

    Attributes:
        figures: By file name without ending.
        tables: By file name without ending; in TensorBoard they are text.
        lines: For the console.
        vectors: Word vectors for the embedding projector: (rows, D) with a column header and a
            line of text cells for each row.
    """

    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    vectors: tuple[Tensor, list[str], list[list[str]]] | None = None


def find(module: CourseModule, data: object, evaluation: Evaluation, title: str) -> Findings:
    """Return what there is to show of an evaluated split.

    Args:
        module: The finished model.
        data: Its data module, or None.
        evaluation: The split that is shown.
        title: Which split of what, for the figures.
    """
    findings = Findings()
    if module.objective.kind != "regression":
        _classification(findings, evaluation, _names(data, evaluation), title)
    if isinstance(data, SpamDataModule):
        _texts(findings, module, data, evaluation)
    elif isinstance(data, TableDataModule) and module.objective.kind == "regression":
        _table(findings, module, data, evaluation, title)
    elif isinstance(data, SeriesDataModule) and isinstance(module, Forecaster):
        findings.lines += forecasting.conclusions(
            module, data, evaluation.split, evaluation.predictions
        )
    elif isinstance(data, TensorDataModule) and data.splits[evaluation.split][0].ndim == 4:
        inputs = data.splits[evaluation.split][0]
        grid = images.mistaken_images(evaluation, inputs, _names(data, evaluation), title)
        network = copy.deepcopy(module.network).float()  # not compiled: it can be looked into
        image = inputs[0].to(module.device)
        drawn = {
            "mistakes": grid,
            "first_filters": features.first_layer_filters(network, title),
            "feature_maps": features.feature_maps(network, image, title),
        }
        findings.figures |= {name: figure for name, figure in drawn.items() if figure is not None}
        augmentation = getattr(data, "augmentation", None)
        if augmentation is not None:
            findings.figures["augmentation"] = images.augmentation_examples(
                data.splits["train"][0], augmentation, "training images, and augmented versions"
            )
    return findings


def _names(data: object, evaluation: Evaluation) -> list[str]:
    count = 2 if evaluation.predictions.ndim == 1 else evaluation.predictions.shape[1]
    return class_names(data, count)


def class_names(data: object, count: int) -> list[str]:
    """Return the data module's names of the classes, else their numbers."""
    return list(getattr(data, "class_names", None) or map(str, range(count)))


def _classification(
    findings: Findings, evaluation: Evaluation, names: Sequence[str], title: str
) -> None:
    targets, probabilities = evaluation.targets.numpy(), evaluation.predictions.numpy()
    findings.figures["confusion_matrix"] = figures.confusion_matrices(
        targets, figures.surest_class(probabilities)[0], names, title
    )
    if probabilities.ndim == 1 and 0 < targets.mean() < 1:
        findings.figures["roc_precision_recall"] = figures.roc_and_precision_recall(
            targets, probabilities, title
        )


def _texts(
    findings: Findings, module: CourseModule, data: SpamDataModule, evaluation: Evaluation
) -> None:
    texts = data.describe(evaluation.split)
    findings.tables["mistakes"] = text.confident_mistakes(evaluation, texts, data.class_names)
    embedding = getattr(module.network, "embedding", None)
    if isinstance(embedding, torch.nn.Embedding) and data.tokenizer is not None:
        header, rows = text.vocabulary_metadata(
            data.tokenizer, *data.splits["train"], data.class_names
        )
        findings.vectors = (embedding.weight.detach().cpu(), header, rows)


def _table(
    findings: Findings,
    module: CourseModule,
    data: TableDataModule,
    evaluation: Evaluation,
    title: str,
) -> None:
    true, predicted = data.decode(evaluation.targets), data.decode(evaluation.predictions)
    target = data.target_name
    if len(data.feature_names) > 1 or not isinstance(module, LinearRegressor):
        findings.figures["predictions"] = regression.predicted_against_true(
            true.double().numpy(), predicted.double().numpy(), target, title
        )
        return
    feature, log = data.feature_names[0], data.target_scaling == "log"
    x, y = regression.points(data)
    trained, closed_form = regression.trained_line(module, data), regression.least_squares(x, y)
    findings.figures["fitted_line"] = regression.fitted_line(
        x, np.exp(y) if log else y, trained, closed_form, (feature, target), title, log=log
    )
    name = f"ln({target})" if log else target
    for label, line in (("trained", trained), ("least squares", closed_form)):
        findings.lines.append(f"{label}: {name} = {line.slope:.5g} {feature} {line.intercept:+.5g}")
    if regression.doubling_metrics(module, data):  # of other tables nothing need double
        low, high = regression.bootstrap_doubling(x, y)
        findings.lines.append(
            f"{target} double every {trained.doubling:.3f} {feature}s (least squares "
            f"{closed_form.doubling:.3f}; 95 % of 2,000 bootstrap draws: {low:.3f} to {high:.3f})"
        )
