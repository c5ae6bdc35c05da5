"""The figures, tables and console lines about a finished model, and those that many kinds share."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor

from lightning_course.errors import optional
from lightning_course.models import CourseModule, Evaluation
from lightning_course.reports import chance, features, figures, images, long_term
from lightning_course.reports.figures import Figure

# Rows that gradients are computed for.
_MAX_GRADIENT_ROWS = 512


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


def class_names(data: object, count: int) -> list[str]:
    """Return the data module's names of the classes, else their numbers."""
    return list(getattr(data, "class_names", None) or map(str, range(count)))


def add_classification(
    findings: Findings, evaluation: Evaluation, names: Sequence[str], title: str
) -> None:
    """Add the confusion matrix, and for two classes the ROC and precision-recall curves."""
    targets, probabilities = evaluation.targets.numpy(), evaluation.predictions.numpy()
    with optional("draw the figure confusion_matrix"):
        findings.figures["confusion_matrix"] = figures.confusion_matrices(
            targets, figures.predicted_class(probabilities)[0], names, title
        )
    if probabilities.ndim == 1 and 0 < targets.mean() < 1:
        with optional("draw the figure roc_precision_recall"):
            findings.figures["roc_precision_recall"] = figures.roc_and_precision_recall(
                targets, probabilities, title
            )


def add_images(
    findings: Findings,
    module: CourseModule,
    evaluation: Evaluation,
    inputs: Tensor,
    names: Sequence[str],
    title: str,
) -> None:
    """Add the images that were mistaken, the first filters and one image's feature maps.

    Args:
        findings: What to add to.
        module: The finished model.
        evaluation: The split that is shown.
        inputs: Its images (N, C, H, W).
        names: Of the classes.
        title: Which split of what.
    """
    network = copy.deepcopy(module.network).float()  # not compiled: it can be looked into
    image = inputs[0].to(module.device)
    draws: dict[str, Callable[[], Figure | None]] = {
        "mistakes": lambda: images.mistaken_images(evaluation, inputs, names, title),
        "first_filters": lambda: features.first_layer_filters(network, title),
        "feature_maps": lambda: features.feature_maps(network, image, title),
    }
    for name, draw in draws.items():
        with optional(f"draw the figure {name}"):
            if (figure := draw()) is not None:
                findings.figures[name] = figure


def add_guessing(findings: Findings, evaluation: Evaluation, trained: Tensor) -> None:
    """Add a line that compares the accuracy with guessing.

    Args:
        findings: What to add to.
        evaluation: The split that is shown.
        trained: Labels of the training rows (M,).
    """
    targets = evaluation.targets
    predicted, _ = figures.predicted_class(evaluation.predictions.numpy())
    majority = trained.cpu().bincount().argmax()
    findings.lines.append(
        chance.verdict(
            int((predicted == targets.numpy()).sum()),
            len(targets),
            float((targets == majority).double().mean()),
        )
    )


def add_gradients(
    findings: Findings,
    module: CourseModule,
    rows: tuple[Tensor, Tensor],
    title: str,
    deciding: Sequence[int] = (),
) -> None:
    """Add the gradient by time step of a network that has a recurrent layer.

    Args:
        findings: What to add to.
        module: The finished model.
        rows: Sequences or images (N, …) and their targets.
        title: Which split of what.
        deciding: Steps that decide about the label.
    """
    if not any(isinstance(layer, torch.nn.RNNBase) for layer in module.network.modules()):
        return
    loss, count = module.objective.loss, len(rows[1])
    chosen = torch.linspace(0, count - 1, min(count, _MAX_GRADIENT_ROWS)).round().long()
    inputs, targets = (tensor[chosen.to(tensor.device)].cpu() for tensor in rows)
    networks = {
        "trained": long_term.detached_copy(module.network),
        "untrained": long_term.untrained(module),
    }
    norms = {
        name: long_term.gradient_norms(network, loss, inputs, targets)
        for name, network in networks.items()
    }
    findings.figures["gradient_by_step"] = long_term.gradient_by_step(
        norms, f"{title}, how far back the loss reaches", deciding
    )
