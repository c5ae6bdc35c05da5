"""Forecasts and classifies sequences (course chapter 5)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lightning_course.checks import check_minimum
from lightning_course.models.base import CourseModule, network_defaults
from lightning_course.models.objectives import REGRESSION, class_objective
from lightning_course.nn import ForecastNetwork, SequenceNetwork


class Forecaster(CourseModule):
    """Predicts the next values of a series: linear autoregression, SimpleRNN, GRU or LSTM.

    Takes batches of (windows (B, T, D) float, the values that follow them: (B,) for one step of one
    value, else (B, horizon, D)); ``forward`` and ``predict_step`` return values of the targets'
    shape. :meth:`forecast` predicts beyond the horizon. The defaults are the model of chapter 5.2,
    with T + 1 parameters for a series of single values.

    Example:
        >>> model = Forecaster((10, 1), cell="lstm", hidden_size=10, lr=0.05)
        >>> model.forecast(torch.zeros(1, 10, 1), steps=95).shape
        torch.Size([1, 95, 1])

    Args:
        sequence_shape: (T, D), the shape of a window: ``data.sequence_shape`` of a
            ``SeriesDataModule``.
        horizon: Number of steps that are predicted at once: ``data.horizon``.
        lr: Learning rate of Keras's Adam. The recipes use 0.1 for the sine and for share prices;
            for the chirp 0.01 with a linear model, 0.05 with a recurrent layer.
        network: See :class:`~lightning_course.nn.ForecastNetwork`.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        sequence_shape: Sequence[int],
        horizon: int = 1,
        *,
        lr: float = 0.001,
        **network: Any,
    ) -> None:
        super().__init__(ForecastNetwork(sequence_shape, horizon, **network), REGRESSION, lr)
        self.save_hyperparameters(network_defaults(ForecastNetwork))
        self.save_hyperparameters()
        self.window, self.width = sequence_shape
        self.horizon = horizon

    @torch.no_grad()
    def forecast(self, history: Tensor, steps: int) -> Tensor:
        """Predict many steps ahead: each prediction is fed back in as input (chapter 5.2).

        For a window of 3, x̂₅ is predicted from x₂, x₃, x₄, then x̂₆ from x₃, x₄, x̂₅, and so on.

        Args:
            history: The known values of B series (B, at least T, D), scaled as the training data
                are; only the last T are used.
            steps: Number of steps to predict, at least 1.

        Returns:
            Predictions (B, steps, D) on the parameters' device: float64 if the parameters are, else
            float32.

        Raises:
            ValueError: The history has another shape, or there is less than one step.
        """
        check_minimum("steps", steps, 1)
        if history.ndim != 3 or history.shape[2] != self.width or history.shape[1] < self.window:
            raise ValueError(
                f"the history must be of shape (series, at least {self.window} steps, "
                f"{self.width}), got {tuple(history.shape)}"
            )
        parameter = next(self.parameters())
        history = history[:, -self.window :].to(parameter)
        # The known values, then room for the predictions; the last horizon may reach too far.
        values = history.new_empty(len(history), self.window + steps + self.horizon - 1, self.width)
        values[:, : self.window] = history
        for start in range(0, steps, self.horizon):
            end = start + self.window
            predicted = self.network(values[:, start:end])
            values[:, end : end + self.horizon] = predicted.reshape(
                len(history), self.horizon, self.width
            )
        predictions = values[:, self.window : self.window + steps]
        return predictions.to(torch.promote_types(parameter.dtype, torch.float32))


class SequenceClassifier(CourseModule):
    """Classifies sequences with a recurrent layer: XOR at a distance, rows of digits, share prices.

    Takes batches of (sequences (B, T, D) float, or images (B, C, H, W) uint8 or float in [0, 1],
    whose rows are the time steps; labels (B,) from 0 to K − 1); ``forward`` returns logits, (B,)
    for two classes or (B, K), ``predict_step`` probabilities of that shape. T may differ from batch
    to batch.

    Example:
        >>> model = SequenceClassifier((28, 28), 10, cell="gru", hidden_size=128)
        >>> model.predict_step(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])

    Args:
        sequence_shape: (T, D): ``data.sequence_shape`` of the data module.
        num_classes: K, at least 2.
        lr: Learning rate of Keras's Adam. The recipes use 0.01 for XOR, else 0.001.
        network: See :class:`~lightning_course.nn.SequenceNetwork`.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        sequence_shape: Sequence[int],
        num_classes: int = 2,
        *,
        lr: float = 0.001,
        **network: Any,
    ) -> None:
        super().__init__(
            SequenceNetwork(
                sequence_shape[1], num_classes, vocabulary_size=None, mask_padding=False, **network
            ),
            class_objective(num_classes),
            lr,
        )
        tokens_only = ["vocabulary_size", "mask_padding"]
        self.save_hyperparameters(network_defaults(SequenceNetwork), ignore=tokens_only)
        self.save_hyperparameters()
