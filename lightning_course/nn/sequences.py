"""Networks on sequences of numbers: forecasters and classifiers (course chapter 5)."""

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor, nn

from lightning_course.checks import check_choice, check_fraction, check_minimum
from lightning_course.nn.dense import ClassLogits, UnitInterval
from lightning_course.nn.layers import Dense
from lightning_course.nn.recurrent import (
    Cell,
    Pooling,
    Recurrent,
    RecurrentActivation,
    pool_over_time,
)

ForecastCell = Literal["linear", "rnn", "gru", "lstm"]


class ForecastNetwork(nn.Module):
    """Predicts the next values of a series from its last ones.

    Input windows (B, T, D). Output (B,) for one step of one value, else (B, horizon, D).

    The cell "linear" is the autoregressive model of chapter 5.2, Dense over all T·D values of the
    window; the others are a recurrent layer and Dense over its last state (chapters 5.3 and 5.4).

    Args:
        sequence_shape: (T, D), of a window.
        horizon: Steps that are predicted at once.
        cell: "linear", "rnn", "gru" or "lstm".
        hidden_size: Units of the recurrent layer; of no effect on a linear model.
        num_layers: Recurrent layers on top of each other; likewise.
        activation: Of the cell "rnn", see :class:`~lightning_course.nn.Recurrent`.

    Raises:
        ValueError: An argument outside its range, or an activation for another cell.
    """

    def __init__(
        self,
        sequence_shape: Sequence[int],
        horizon: int = 1,
        cell: ForecastCell = "linear",
        hidden_size: int = 10,
        num_layers: int = 1,
        activation: RecurrentActivation | None = None,
    ) -> None:
        super().__init__()
        check_choice("cell", cell, get_args(ForecastCell))
        check_minimum("horizon", horizon, 1)
        steps, width = sequence_shape
        check_minimum("window", steps, 1)
        check_minimum("width of the series", width, 1)
        if cell == "linear":
            if activation is not None:
                raise ValueError('activation is for the cell "rnn", and the cell is "linear"')
            self.encoder: nn.Module = nn.Flatten()
            features = steps * width
        else:
            self.encoder = Recurrent(cell, width, hidden_size, num_layers, activation)
            features = hidden_size
        self.output = Dense(features, horizon * width)
        single = horizon * width == 1
        self.shape = nn.Flatten(0) if single else nn.Unflatten(1, (horizon, width))

    def forward(self, windows: Tensor) -> Tensor:
        """Return the predicted values."""
        values: Tensor = self.shape(self.output(self.encoder(windows)))
        return values


class ImageRows(nn.Module):
    """Images (B, C, H, W) as sequences (B, H, C·W): each row of pixels is a time step.

    Sequences (B, T, D) pass as they are.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return sequences."""
        return inputs.transpose(1, 2).flatten(2) if inputs.ndim == 4 else inputs


class SequenceNetwork(nn.Module):
    """Classifies sequences: recurrent layer → pooling over time → dropout → Dense.

    Input (B, T, D), or images (B, C, H, W) with D = C·W, whose rows are the time steps; bytes are
    scaled to [0, 1] first. Output logits: (B,) of class 1 for two classes, else (B, K). T may be
    another one in every batch.

    Args:
        sequence_shape: (T, D).
        num_classes: K, at least 2. Two classes share one output unit, as in the course.
        cell: "rnn", "gru" or "lstm".
        hidden_size: Units M of the recurrent layer.
        num_layers: Recurrent layers on top of each other.
        activation: Of the cell "rnn", see :class:`~lightning_course.nn.Recurrent`.
        pooling: "last" for the final state (Keras's ``return_sequences=False``), or "max" or "mean"
            of all states, see :func:`~lightning_course.nn.pool_over_time`.
        dropout: Rate in [0, 1) before the dense layer.

    Raises:
        ValueError: An argument outside its range, or an activation for another cell.
    """

    def __init__(
        self,
        sequence_shape: Sequence[int],
        num_classes: int = 2,
        cell: Cell = "lstm",
        hidden_size: int = 5,
        num_layers: int = 1,
        activation: RecurrentActivation | None = None,
        pooling: Pooling = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_choice("pooling", pooling, get_args(Pooling))
        check_fraction("dropout", dropout, zero=True)
        _, width = sequence_shape
        self.scale = UnitInterval()
        self.rows = ImageRows()
        self.recurrent = Recurrent(
            cell, width, hidden_size, num_layers, activation, return_sequences=pooling != "last"
        )
        self.pooling: Pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.output = ClassLogits(hidden_size, num_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits."""
        states = self.recurrent(self.rows(self.scale(inputs)))
        features = states if self.pooling == "last" else pool_over_time(states, self.pooling)
        logits: Tensor = self.output(self.dropout(features))
        return logits
