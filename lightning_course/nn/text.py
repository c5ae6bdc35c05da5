"""A recurrent classifier of token sequences: embedding, recurrent layer, pooling, dense."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lightning_course.checks import check_choice, check_fraction, check_minimum
from lightning_course.nn.dense import ClassLogits
from lightning_course.nn.layers import Embedding
from lightning_course.nn.recurrent import Cell, Pooling, pool_over_time, recurrent_layer


class MessageClassifier(nn.Module):
    """Embedding → recurrent layer → pooling over time → dropout → Dense.

    Input integers (B, T) with 0 for padding. Output logits: (B,) of class 1 for two classes, else
    (B, K).

    Args:
        vocabulary_size: V, the number of words; the embedding has V + 1 rows, row 0 for padding.
        embedding_dim: Length D of a word vector.
        hidden_size: Units M of the recurrent layer.
        cell: "rnn", "gru" or "lstm".
        pooling: "max" or "mean", see :func:`pool_over_time`, or "last" for the final state
            (Keras's ``return_sequences=False``).
        bidirectional: Run a second layer backwards and join both (2·M features).
        dropout: Rate in [0, 1) before the dense layer.
        mask_padding: Run over the words only, as Keras does with ``mask_zero=True``, and leave
            padding out of the maximum too (in Keras's, its zero states take part). The course
            does not mask: there padding is input like any word. A message without a known word
            counts as one padding token.
        num_classes: K, at least 2. Two classes share one output unit, as in the course.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 20,
        hidden_size: int = 15,
        cell: Cell = "lstm",
        pooling: Pooling = "max",
        bidirectional: bool = False,
        dropout: float = 0.0,
        mask_padding: bool = False,
        num_classes: int = 2,
    ) -> None:
        super().__init__()
        check_minimum("vocabulary_size", vocabulary_size, 1)
        check_minimum("embedding_dim", embedding_dim, 1)
        check_minimum("hidden_size", hidden_size, 1)
        check_choice("cell", cell, ("rnn", "gru", "lstm"))
        check_choice("pooling", pooling, ("max", "mean", "last"))
        check_fraction("dropout", dropout, zero=True)
        self.embedding = Embedding(vocabulary_size + 1, embedding_dim)
        self.recurrent = recurrent_layer(
            cell, embedding_dim, hidden_size, bidirectional=bidirectional
        )
        self.dropout = nn.Dropout(dropout)
        features = hidden_size * (2 if bidirectional else 1)
        self.output = ClassLogits(features, num_classes)
        self.pooling: Pooling = pooling
        self.mask_padding = mask_padding

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits, (B,) or (B, K), of token indices (B, T)."""
        features = self._masked(tokens) if self.mask_padding else self._unmasked(tokens)
        logits: Tensor = self.output(self.dropout(features))
        return logits

    def _unmasked(self, tokens: Tensor) -> Tensor:
        states, last = self.recurrent(self.embedding(tokens))
        return self._last(last) if self.pooling == "last" else pool_over_time(states, self.pooling)

    def _masked(self, tokens: Tensor) -> Tensor:
        is_word = tokens != 0
        # Words to the front, in their order: packing wants the padding behind.
        words = tokens.gather(1, torch.argsort(~is_word, dim=1, stable=True))
        lengths = is_word.sum(dim=1).clamp(min=1)
        packed = pack_padded_sequence(
            self.embedding(words), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.recurrent(packed)
        if self.pooling == "last":
            return self._last(last)
        states, _ = pad_packed_sequence(states, batch_first=True)
        return pool_over_time(states, self.pooling, lengths)

    def _last(self, state: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        """Return the final hidden state of each direction, joined: (B, H).

        The backward layer ends at the first word, so the last time step is not its final state.
        """
        hidden = state[0] if isinstance(state, tuple) else state
        return torch.cat(hidden.unbind(0), dim=-1)
