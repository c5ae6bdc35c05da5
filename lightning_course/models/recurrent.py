"""Forecasting and classifying sequences (course chapter 5)."""

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

    Takes batches of (windows (B, T, D) float, the values after them: (B,) for one step of one
    value, else (B, horizon, D)); ``forward`` and ``predict_step`` return values of the targets'
    shape. :meth:`forecast` goes further than the horizon. With the defaults it is the model of
    chapter 5.2, T + 1 parameters for one value.

    Args:
        sequence_shape: (T, D), ``SeriesDataModule.sequence_shape``.
        horizon: ``SeriesDataModule.horizon``.
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
        """Predict many steps ahead by taking earlier predictions for what was not seen (ch. 5.2).

        For a window of 3, x̂₅ comes from x₂, x₃, x₄, then x̂₆ from x₃, x₄, x̂₅, and so on.

        Args:
            history: The known values of B series (B, at least T, D), scaled as those that the model
                was trained on; the last T count.
            steps: How many values to predict, at least 1.

        Returns:
            Shape (B, steps, D), float32, or float64 where the parameters are; on their device.

        Raises:
            ValueError: A history of another shape, or fewer than one step.
        """
        check_minimum("steps", steps, 1)
        if history.ndim != 3 or history.shape[2] != self.width or history.shape[1] < self.window:
            raise ValueError(
                f"the history must be of shape (series, at least {self.window} steps, "
                f"{self.width}), got {tuple(history.shape)}"
            )
        parameter = next(self.parameters())
        history = history[:, -self.window :].to(parameter)
        # Known values first, then room for the predictions, of which the last may be too many.
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
    """Classifies sequences by a recurrent layer: XOR at a distance, rows of digits, share prices.

    Takes batches of (sequences (B, T, D) float, or images (B, C, H, W) uint8 or float in [0, 1],
    whose rows are the steps; labels (B,) from 0 to K − 1); ``forward`` returns logits, (B,) or (B,
    K), ``predict_step`` probabilities of that shape. T may differ from batch to batch.

    Args:
        sequence_shape: (T, D), such as ``XORDataModule.sequence_shape``.
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
        of_tokens = ["vocabulary_size", "mask_padding"]
        self.save_hyperparameters(network_defaults(SequenceNetwork), ignore=of_tokens)
        self.save_hyperparameters()
