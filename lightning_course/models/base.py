"""The base class of all models: the four steps, and metrics once an epoch."""

import inspect
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten
from torch.utils.data import DataLoader

from lightning_course.checks import check_minimum
from lightning_course.errors import UserError
from lightning_course.models.objectives import Objective
from lightning_course.optim import Adam

Batch = tuple[Tensor, Tensor]

REMEDY = (
    "try a smaller --optimizer.lr or --trainer.gradient_clip_val 1, and look for extreme values in "
    "the data"
)


@dataclass(frozen=True)
class Evaluation:
    """Predictions and metrics of a split: every row once, in row order, on the CPU.

    Attributes:
        split: The name of the split. A loader whose data set has no ``split`` is called "test", or
            "test_0", "test_1" and so on if there are several.
        predictions: Probabilities or values, (N,) or (N, K).
        targets: (N,).
        metrics: Loss and metrics by name.
    """

    split: str
    predictions: Tensor
    targets: Tensor
    metrics: dict[str, float]

    @property
    def num_classes(self) -> int:
        """K, the number of classes of a classifier's probabilities."""
        return 2 if self.predictions.ndim == 1 else self.predictions.shape[1]


class CourseModule(pl.LightningModule):
    """Training, validation, test and predict steps for a network with one input and one target.

    Batches are (inputs, targets). The steps only keep detached outputs and targets. At the end of
    the epoch the metrics are computed over all of them and logged as ``train/…``, ``val/…`` and
    ``test/…``: logging in every step would double the training time of the course's small networks.
    As in Keras, training metrics are accumulated during the epoch, while weights change and dropout
    is active.

    ``predict_step`` takes inputs, or a batch, and returns probabilities or values.

    Example:
        >>> model = CourseModule(nn.Linear(3, 5), MULTICLASS, lr=0.01)
        >>> pl.Trainer(max_epochs=10).fit(model, DataLoader(dataset, batch_size=32))
        >>> probabilities = model.eval().predict_step(torch.zeros(1, 3))  # (1, 5)

    Args:
        network: Maps inputs to outputs (logits or values) as the objective expects them.
        objective: Loss and metrics.
        lr: Learning rate of :meth:`configure_optimizers`, at least 0. A class's docstring names
            the rates of the course's recipes.

    Attributes:
        lr: The learning rate, as given.
        evaluations: After ``Trainer.test``, the :class:`Evaluation` of each loader, by the name of
            its split.
        remarks: Notes on how the model was built, by topic, to be shown with its results.
        validated_epoch: The epoch, counted from 0, in which ``val/…`` was last logged.
    """

    #: Arguments that are taken from the data and not saved in a checkpoint.
    not_saved: ClassVar[tuple[str, ...]] = ()

    def __init__(self, network: nn.Module, objective: Objective, lr: float = 0.001) -> None:
        super().__init__()
        check_minimum("lr", lr, 0)
        self.network = network
        self.objective = objective
        self.lr = lr
        self.evaluations: dict[str, Evaluation] = {}
        self.remarks: dict[str, str] = {}
        self.validated_epoch: int | None = None
        self._training: list[tuple[Tensor, Tensor, Tensor]] = []  # outputs, targets, loss
        self._evaluation: dict[int, list[Batch]] = defaultdict(list)  # by loader

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the network's outputs: logits or values."""
        outputs: Tensor = self.network(inputs)
        return outputs

    def configure_optimizers(self) -> Any:
        """Return Keras's Adam; on the command line, the YAML's optimizer replaces it."""
        return Adam(self.parameters(), lr=self.lr)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the batch's loss."""
        inputs, targets = batch
        outputs = self(inputs)
        loss = self.objective.loss(outputs, targets)
        self._training.append((outputs.detach(), targets, loss.detach()))
        return loss

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Keep the batch's outputs for the end of the epoch."""
        inputs, targets = batch
        self._evaluation[dataloader_idx].append((self(inputs), targets))

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Keep the batch's outputs for the end of the epoch."""
        self.validation_step(batch, batch_idx, dataloader_idx)

    def predict_step(
        self, batch: Batch | Tensor, batch_idx: int = 0, dataloader_idx: int = 0
    ) -> Tensor:
        """Return probabilities or values for inputs (B, …), or for the inputs of a batch."""
        inputs = batch if isinstance(batch, Tensor) else batch[0]
        return self.objective.predict(self(inputs).float())

    def on_train_epoch_start(self) -> None:
        """Drop the batches of an interrupted epoch."""
        self._training.clear()

    def on_train_epoch_end(self) -> None:
        """Log the epoch's training metrics (Lightning's hook)."""
        self.log_training_epoch()

    def log_training_epoch(self) -> None:
        """Log ``train/…`` for the epoch that ends; a second call does nothing.

        At the end of an epoch, Lightning runs callbacks before the module: a callback that needs
        these metrics calls this first.

        Raises:
            UserError: A loss was NaN or infinite.
        """
        if not self._training:
            return
        outputs, targets, losses = (list(column) for column in zip(*self._training, strict=True))
        self._training.clear()
        self._stop_if_diverged(torch.stack(losses))
        # The loss of all rows is the mean of the batch losses, weighted by their numbers of rows.
        evaluation = self._evaluate(list(zip(outputs, targets, strict=True)), None, "train")
        self.log_dict(_prefixed("train", evaluation), prog_bar=True)

    def forget_training_epoch(self) -> None:
        """Drop the epoch's batches, so that nothing is logged."""
        self._training.clear()

    def _stop_if_diverged(self, losses: Tensor) -> None:
        # Checked once an epoch: a check in every step would make the GPU wait for the CPU.
        if self.trainer.world_size > 1:
            # All processes must stop: the others would wait for one that stops alone.
            shares = self.all_gather(losses)  # (processes, steps)
            assert isinstance(shares, Tensor)
            losses = shares.sum(dim=0)
        bad = (~torch.isfinite(losses)).nonzero()
        if len(bad):
            if self.trainer.global_rank:
                raise SystemExit(UserError.exit_code)  # the first process prints the reason
            # Steps are batches: with accumulated gradients `global_step` counts fewer.
            batches = self.trainer.fit_loop.epoch_loop.total_batch_idx + 1
            step = batches - len(losses) + int(bad[0]) + 1
            raise UserError(
                f"the loss became {losses[bad[0]].item()} at step {step} (epoch "
                f"{self.current_epoch}): {REMEDY}"
            )

    def on_validation_epoch_start(self) -> None:
        """Drop the batches of an interrupted evaluation."""
        self._evaluation.clear()

    def on_test_epoch_start(self) -> None:
        """Drop the batches of an interrupted evaluation."""
        self._evaluation.clear()

    def on_validation_epoch_end(self) -> None:
        """Log the metrics over all rows: ``val/…``; for several loaders ``val_0/…`` and so on."""
        evaluations = self._close_evaluation(self.trainer.val_dataloaders)
        for index, evaluation in enumerate(evaluations):
            prefix = "val" if len(evaluations) == 1 else f"val_{index}"
            self.log_dict(_prefixed(prefix, evaluation), prog_bar=True)
        self.validated_epoch = self.current_epoch

    def on_test_epoch_end(self) -> None:
        """Fill :attr:`evaluations` and log ``test/…``; ``fit`` has logged the other splits."""
        evaluations = self._close_evaluation(self.trainer.test_dataloaders)
        self.evaluations = {evaluation.split: evaluation for evaluation in evaluations}
        for split, evaluation in self.evaluations.items():
            if split.startswith("test"):
                self.log_dict(_prefixed(split, evaluation))

    def _close_evaluation(self, loaders: Any) -> list[Evaluation]:
        batches = [self._evaluation[index] for index in sorted(self._evaluation)]
        self._evaluation.clear()
        loaders = tree_flatten(loaders)[0]  # one loader, or a list or dict of them
        nameless = ["test"] if len(loaders) == 1 else [f"test_{i}" for i in range(len(loaders))]
        return [
            self._evaluate(seen, loader, getattr(loader.dataset, "split", name))
            for seen, loader, name in zip(batches, loaders, nameless, strict=True)
        ]

    def _evaluate(
        self, batches: list[Batch], loader: DataLoader[Any] | None, split: str
    ) -> Evaluation:
        outputs = self._whole_split(torch.cat([outputs for outputs, _ in batches]), loader)
        targets = self._whole_split(torch.cat([targets for _, targets in batches]), loader)
        values = self.objective.evaluate(outputs, targets)
        return Evaluation(
            split=split,
            predictions=self.objective.predict(outputs.float()).cpu(),
            # NumPy has no bfloat16.
            targets=(targets.float() if targets.is_floating_point() else targets).cpu(),
            metrics={name: value.item() for name, value in values.items()},
        )

    def _whole_split(self, rows: Tensor, loader: DataLoader[Any] | None) -> Tensor:
        """Return the rows of all processes in the split's order, each once.

        A ``DistributedSampler`` gives row i to process i mod n, and repeats the first rows so that
        all processes have equally many.
        """
        if self.trainer.world_size == 1:
            return rows
        shares = self.all_gather(rows)  # (processes, rows in a share, …)
        assert isinstance(shares, Tensor)
        whole = shares.transpose(0, 1).flatten(0, 1)
        return whole if loader is None else whole[: len(loader.dataset)]  # type: ignore[arg-type]


def network_defaults(network: type[nn.Module]) -> dict[str, Any]:
    """Return the default values of a network's arguments, by name.

    A model that hands ``**network`` on saves them first and its own arguments after them: so a
    checkpoint lists every argument, and means the same network when a default changes.
    """
    parameters = inspect.signature(network).parameters
    return {n: p.default for n, p in parameters.items() if p.default is not p.empty}


def _prefixed(prefix: str, evaluation: Evaluation) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in evaluation.metrics.items()}
