"""Objectives: loss, predictions and metrics for each kind of target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.functional import classification, regression

Metric = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """Loss, predictions and metrics of one kind of target.

    Attributes:
        kind: "binary", "multiclass" or "regression".
        loss: Mean loss of (outputs, targets), a scalar.
        predict: Network outputs → probabilities or values, of the same shape.
        metrics: Functions of (predictions, targets) by name, each returns a scalar.
    """

    kind: Literal["binary", "multiclass", "regression"]
    loss: Metric
    predict: Callable[[Tensor], Tensor]
    metrics: Mapping[str, Metric]

    def check_targets(self, targets: Tensor) -> None:
        """Raise a ValueError unless the targets are integer classes or float values, as needed."""
        values = targets.is_floating_point()
        if values != (self.kind == "regression"):
            kinds = {True: "values", False: "classes"}
            raise ValueError(
                f"the model predicts {kinds[not values]}, and the data have {kinds[values]} as "
                "targets: choose --model and --data that fit"
            )

    def evaluate(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the loss and all metrics of a whole split: outputs and targets of N rows."""
        outputs = outputs.float()  # half precision yields half-precision outputs
        targets = targets.float() if targets.is_floating_point() else targets
        predictions = self.predict(outputs)
        return {"loss": self.loss(outputs, targets), **self.score(predictions, targets)}

    def score(self, predictions: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the metrics of probabilities or values (N, …), also of other models.

        The loss is among them for values only: for probabilities of 0 and 1 it could be infinite.
        """
        # Windows are views of a series, and torchmetrics can only flatten contiguous tensors.
        predictions, targets = predictions.contiguous(), targets.contiguous()
        values = {name: metric(predictions, targets) for name, metric in self.metrics.items()}
        if self.kind == "regression":
            return {"loss": self.loss(predictions, targets), **values}
        return values


def _binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype))


def _multiclass_accuracy(probabilities: Tensor, targets: Tensor) -> Tensor:
    return classification.multiclass_accuracy(
        probabilities,
        targets,
        num_classes=probabilities.shape[1],
        average="micro",
        validate_args=False,
    )


# Logits (N,), targets 0 or 1 (N,). As in Keras, class 1 needs a probability above 0.5.
BINARY = Objective(
    kind="binary",
    loss=_binary_cross_entropy,
    predict=torch.sigmoid,
    metrics={
        # No validation of arguments: each check would wait for the GPU.
        "accuracy": partial(classification.binary_accuracy, validate_args=False),
        "f1": partial(classification.binary_f1_score, validate_args=False),
    },
)

# Logits (N, K), targets 0 … K − 1 (N,): Keras's sparse categorical cross-entropy.
MULTICLASS = Objective(
    kind="multiclass",
    loss=F.cross_entropy,
    predict=partial(torch.softmax, dim=1),
    metrics={"accuracy": _multiclass_accuracy},
)


def _mean_squared_error(values: Tensor, targets: Tensor) -> Tensor:
    if values.shape != targets.shape:
        # (N, 1) against (N,) would broadcast to (N, N) and train on nonsense.
        raise ValueError(f"outputs {tuple(values.shape)} and targets {tuple(targets.shape)} differ")
    return F.mse_loss(values, targets)


def _r2(values: Tensor, targets: Tensor) -> Tensor:
    """Return the coefficient of determination: 0 is no better than the targets' own mean."""
    spread = (targets - targets.mean(dim=0)).square().sum()
    errors = (values - targets).square().sum()
    # Constant targets have no variance to explain: 0, as in scikit-learn.
    return torch.where(spread > 0, 1 - errors / spread, torch.zeros_like(errors))


# Values and targets have the same shape, (N,) or (N, H).
REGRESSION = Objective(
    kind="regression",
    loss=_mean_squared_error,
    predict=lambda values: values,
    metrics={"mae": regression.mean_absolute_error, "r2": _r2},
)


def class_objective(num_classes: int) -> Objective:
    """Return the objective of K classes for the logits that ``nn.ClassLogits`` returns."""
    return BINARY if num_classes == 2 else MULTICLASS
