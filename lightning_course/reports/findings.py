"""What a finished model has to show, by the kind of its task and of its data."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightning_course.datamodules import (
    SeriesDataModule,
    SpamDataModule,
    StockDirectionDataModule,
    StockReturnDataModule,
    TableDataModule,
    TensorDataModule,
    XORDataModule,
)
from lightning_course.errors import optional
from lightning_course.models import (
    CourseModule,
    Evaluation,
    Forecaster,
    LinearRegressor,
    SequenceClassifier,
)
from lightning_course.reports import (
    chance,
    features,
    figures,
    forecasting,
    images,
    regression,
    returns,
    series,
    text,
)
from lightning_course.reports import long_term as memory
from lightning_course.reports.figures import Figure

# Rows that gradients are taken of, and sequences of each length that accuracy is measured on.
_MOST_GRADIENTS, _FRESH_ROWS = 512, 2_000


@dataclass
class Findings:
    """Figures, tables and lines about a finished model.

    Attributes:
        figures: By file name without ending.
        tables: By file name without ending; in TensorBoard their first rows are text.
        lines: For the console.
        vectors: Word vectors for the embedding projector: (rows, D) with a column header and a
            line of text cells for each row.
    """

    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    vectors: tuple[Tensor, list[str], list[list[str]]] | None = None


def find(module: CourseModule, data: object, evaluation: Evaluation, title: str) -> Findings:
    """Return what there is to show of an evaluated split; what fails is left out with a warning.

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
        with optional("draw the figure of the table's predictions"):
            _table(findings, module, data, evaluation, title)
    elif isinstance(data, SeriesDataModule) and isinstance(module, Forecaster):
        _series(findings, module, data, evaluation, title)
    elif isinstance(data, StockDirectionDataModule | XORDataModule):
        with optional("compare the result with guessing"):
            _guessing(findings, data, evaluation)
    elif isinstance(data, TensorDataModule) and data.splits[evaluation.split][0].ndim == 4:
        _images(findings, module, data, evaluation, title)
    if isinstance(data, StockReturnDataModule | StockDirectionDataModule):
        with optional("draw the figure returns"):
            findings.figures["returns"] = returns.returns_histogram(
                returns.split_returns(data, evaluation.split),
                returns.return_names(data),
                f"{data.provenance.name}, {data.provenance.kind} data",
            )
    if isinstance(data, TensorDataModule) and isinstance(module, SequenceClassifier | Forecaster):
        with optional("draw the figures of how far back the network looks"):
            _memory(findings, module, data, evaluation, title)
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
    with optional("draw the figure confusion_matrix"):
        findings.figures["confusion_matrix"] = figures.confusion_matrices(
            targets, figures.surest_class(probabilities)[0], names, title
        )
    if probabilities.ndim == 1 and 0 < targets.mean() < 1:
        with optional("draw the figure roc_precision_recall"):
            findings.figures["roc_precision_recall"] = figures.roc_and_precision_recall(
                targets, probabilities, title
            )


def _images(
    findings: Findings,
    module: CourseModule,
    data: TensorDataModule,
    evaluation: Evaluation,
    title: str,
) -> None:
    inputs = data.splits[evaluation.split][0]
    network = copy.deepcopy(module.network).float()  # not compiled: it can be looked into
    names, image = _names(data, evaluation), inputs[0].to(module.device)
    draws: dict[str, Callable[[], Figure | None]] = {
        "mistakes": lambda: images.mistaken_images(evaluation, inputs, names, title),
        "first_filters": lambda: features.first_layer_filters(network, title),
        "feature_maps": lambda: features.feature_maps(network, image, title),
    }
    for name, draw in draws.items():
        with optional(f"draw the figure {name}"):
            if (figure := draw()) is not None:
                findings.figures[name] = figure
    augmentation = getattr(data, "augmentation", None)
    if augmentation is not None:
        with optional("draw the figure augmentation"):
            findings.figures["augmentation"] = images.augmentation_examples(
                data.splits["train"][0], augmentation, "training images, and augmented versions"
            )


def _texts(
    findings: Findings, module: CourseModule, data: SpamDataModule, evaluation: Evaluation
) -> None:
    texts = data.describe(evaluation.split)
    with optional("write mistakes.csv"):
        findings.tables["mistakes"] = text.confident_mistakes(evaluation, texts, data.class_names)
    embedding = getattr(module.network, "embedding", None)
    if isinstance(embedding, torch.nn.Embedding) and data.tokenizer is not None:
        with optional("write the embedding projector to TensorBoard"):
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
    # In single precision a value of 1,000,000,595 would be 1,000,000,576.
    true = data.decode(evaluation.targets.double()).numpy()
    predicted = data.decode(evaluation.predictions.double()).numpy()
    target = data.target_name
    if len(data.feature_names) > 1 or not isinstance(module, LinearRegressor):
        findings.figures["predictions"] = regression.predicted_against_true(
            true, predicted, target, title
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


def _series(
    findings: Findings,
    module: Forecaster,
    data: SeriesDataModule,
    evaluation: Evaluation,
    title: str,
) -> None:
    with optional("judge the forecast"):
        findings.lines += forecasting.conclusions(
            module, data, evaluation.split, evaluation.predictions
        )
    with optional("draw the figures of the forecast"):
        paths = series.forecast_paths(module, data, evaluation)
        findings.tables["forecast"] = series.forecast_table(paths, data)
        times, labels = series.time_axis(data), series.value_labels(data)
        values = data.decode(data.values.cpu().double()).numpy()
        splits = {name: data.target_rows(name) for name in data.splits}
        findings.figures["series"] = series.whole_series(
            times, values, splits, paths, labels, f"{title} predicted one step ahead"
        )
        findings.figures["forecast"] = series.forecast_against_truth(
            times, values, paths, labels, f"{title}, one step and many steps ahead"
        )
        findings.figures["one_step"] = series.one_step_closely(times, values, paths, labels, title)


def _guessing(
    findings: Findings, data: StockDirectionDataModule | XORDataModule, evaluation: Evaluation
) -> None:
    targets = evaluation.targets
    predicted, _ = figures.surest_class(evaluation.predictions.numpy())
    majority = data.splits["train"][1].cpu().bincount().argmax()
    findings.lines.append(
        chance.verdict(
            int((predicted == targets.numpy()).sum()),
            len(targets),
            float((targets == majority).double().mean()),
        )
    )


def _memory(
    findings: Findings,
    module: SequenceClassifier | Forecaster,
    data: TensorDataModule,
    evaluation: Evaluation,
    title: str,
) -> None:
    """Add what only a network that goes step by step shows."""
    if not any(isinstance(layer, torch.nn.RNNBase) for layer in module.network.modules()):
        return
    network, loss = memory.detached_copy(module.network), module.objective.loss
    inputs, targets = data.splits[evaluation.split]
    rows = torch.linspace(0, len(inputs) - 1, min(len(inputs), _MOST_GRADIENTS)).round().long()
    inputs, targets = inputs[rows.to(inputs.device)].cpu(), targets[rows.to(targets.device)].cpu()
    findings.figures["gradient_by_step"] = memory.gradient_by_step(
        {
            "trained": memory.gradient_norms(network, loss, inputs, targets),
            "untrained": memory.gradient_norms(memory.untrained(module), loss, inputs, targets),
        },
        f"{title}, how far back the loss reaches",
        data.deciding_positions(data.length) if isinstance(data, XORDataModule) else (),
    )
    if isinstance(data, XORDataModule) and isinstance(module, SequenceClassifier):
        findings.figures["accuracy_by_distance"] = memory.accuracy_by_distance(
            memory.correct_by_length(network, data, _FRESH_ROWS),
            _FRESH_ROWS,
            data,
            f"{type(module).__name__}, {data.provenance.kind} data: sequences of other lengths",
        )
