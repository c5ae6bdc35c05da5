"""Networks for sequences: forecasters and classifiers (course chapters 5 and 6)."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from lightning_course.checks import check_choice, check_fraction, check_minimum
from lightning_course.nn.dense import ClassLogits, Rescaling
from lightning_course.nn.layers import Dense, Embedding
from lightning_course.nn.recurrent import (
    Cell,
    Pooling,
    Recurrent,
    RecurrentActivation,
    pool_over_time,
    recurrent_layer,
)

ForecastCell = Literal["linear", "rnn", "gru", "lstm"]


class ForecastNetwork(nn.Module):
    """Predicts the next values of a series from its last values.

    Input windows (B, T, D). Output (B,) for one step of one value, else (B, horizon, D).

    With the cell "linear" it is the autoregressive model of chapter 5.2, Dense over all T·D values
    of the window. With the other cells it is a recurrent layer and Dense over its final state
    (chapters 5.3 and 5.4).

    Example:
        >>> ForecastNetwork((10, 1), cell="gru")(torch.zeros(32, 10, 1)).shape
        torch.Size([32])

    Args:
        sequence_shape: (T, D), the shape of a window.
        horizon: Number of steps that are predicted at once.
        cell: "linear", "rnn", "gru" or "lstm".
        hidden_size: Number of units in the recurrent layer; a linear model has none.
        num_layers: Number of recurrent layers on top of each other; a linear model has none.
        activation: Activation of the cell "rnn": "tanh" (also None), "relu" or "none" (a single
            layer).

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
    """Turns images (B, C, H, W) into sequences (B, H, C·W): each row of pixels is a time step.

    Sequences (B, T, D) are returned unchanged.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return sequences."""
        return inputs.transpose(1, 2).flatten(2) if inputs.ndim == 4 else inputs


class SequenceNetwork(nn.Module):
    """Classifies sequences: recurrent layer → pooling over time → dropout → Dense.

    The input is one of:

    - sequences (B, T, D);
    - images (B, C, H, W) with D = C·W: rows of pixels are the time steps, uint8 is scaled to
      [0, 1];
    - with a ``vocabulary_size``, token indices (B, T) with 0 for padding: an embedding turns them
      into vectors of length D.

    T may differ from batch to batch. Output logits: (B,) of class 1 for two classes, else (B, K).

    Example:
        >>> network = SequenceNetwork(20, hidden_size=15, pooling="max", vocabulary_size=9)
        >>> network(torch.tensor([[0, 0, 3, 9], [1, 2, 3, 4]])).shape
        torch.Size([2])

    Args:
        input_size: D.
        num_classes: K, at least 2. For two classes there is one output unit, as in the course.
        cell: "rnn", "gru" or "lstm".
        hidden_size: M, the number of units in the recurrent layer.
        num_layers: Number of recurrent layers on top of each other.
        activation: Activation of the cell "rnn": "tanh" (also None), "relu" or "none" (a single
            layer).
        pooling: "last" for the final state (Keras's ``return_sequences=False``), or the "max" or
            "mean" of the states at all steps.
        bidirectional: Whether to add a second layer that reads the sequence backwards; the features
            of both are joined (2·M).
        dropout: Dropout rate in [0, 1) before the dense layer.
        vocabulary_size: V, the number of words; the embedding has V + 1 rows, row 0 for padding.
            None: no embedding.
        mask_padding: Whether to run over the words only, as Keras does with ``mask_zero=True``, and
            to leave padding out of the maximum too (in Keras, its zero states take part). The
            course does not mask: there, padding is input like any word. A text without a known
            word counts as one padding token.

    Raises:
        ValueError: An argument outside its range, an activation for another cell, or a mask without
            a vocabulary.
    """

    def __init__(
        self,
        input_size: int,
        num_classes: int = 2,
        cell: Cell = "lstm",
        hidden_size: int = 5,
        num_layers: int = 1,
        activation: RecurrentActivation | None = None,
        pooling: Pooling = "last",
        bidirectional: bool = False,
        dropout: float = 0.0,
        vocabulary_size: int | None = None,
        mask_padding: bool = False,
    ) -> None:
        super().__init__()
        check_choice("pooling", pooling, get_args(Pooling))
        check_fraction("dropout", dropout, zero=True)
        if mask_padding and vocabulary_size is None:
            raise ValueError("mask_padding is for tokens: give a vocabulary_size")
        self.pooling: Pooling = pooling
        self.mask_padding = mask_padding
        self.embedding: Embedding | None = None
        if vocabulary_size is None:
            self.scale = Rescaling()
            self.rows = ImageRows()
        else:
            check_minimum("vocabulary_size", vocabulary_size, 1)
            self.embedding = Embedding(vocabulary_size + 1, input_size)
        layer = recurrent_layer(
            cell, input_size, hidden_size, num_layers, activation, bidirectional
        )
        # Checkpoints name its weights "recurrent.layer.…" without an embedding, else "recurrent.…".
        self.recurrent = nn.ModuleDict({"layer": layer}) if self.embedding is None else layer
        self.dropout = nn.Dropout(dropout)
        self.output = ClassLogits(hidden_size * (2 if bidirectional else 1), num_classes)

    @property
    def layer(self) -> nn.RNNBase:
        """The recurrent layer."""
        layer = self.recurrent.get_submodule("" if self.embedding is not None else "layer")
        assert isinstance(layer, nn.RNNBase)
        return layer

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits."""
        lengths = None
        if self.mask_padding:
            inputs, lengths = _words_first(inputs)
        if self.embedding is not None:
            sequences = self.embedding(inputs)
        else:
            sequences = self.rows(self.scale(inputs))
        if lengths is not None:
            sequences = pack_padded_sequence(
                sequences, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
        states, last = self.layer(sequences)
        if isinstance(states, PackedSequence):
            states, _ = pad_packed_sequence(states, batch_first=True)
        features = (
            self._final(last)
            if self.pooling == "last"
            else pool_over_time(states, self.pooling, lengths)
        )
        logits: Tensor = self.output(self.dropout(features))
        return logits

    def _final(self, last: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        """Return the final hidden state of the top layer, (B, M), or of both directions joined.

        The backward layer ends at the first step, so the last step is not its final state.
        """
        hidden = last[0] if isinstance(last, tuple) else last
        return torch.cat((hidden[-2], hidden[-1]), -1) if self.layer.bidirectional else hidden[-1]


def _words_first(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Return tokens (B, T) with the padding behind the words, and the numbers of words (B,)."""
    is_word = tokens != 0
    words = tokens.gather(1, torch.argsort(~is_word, dim=1, stable=True))
    return words, is_word.sum(dim=1).clamp(min=1)
