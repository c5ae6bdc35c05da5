"""Spam detection with an embedding and a recurrent layer (course chapter 6.2)."""

from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import BINARY
from lightning_course.nn import Cell, MessageClassifier, Pooling


class SpamClassifier(CourseModule):
    """The course's spam detector: Embedding(V + 1, 20), LSTM(15), max over time, Dense(1).

    Takes batches of (token indices (B, T), labels (B,) with 1 = spam); ``forward`` returns logits
    (B,), ``predict_step`` the probability of spam. With the defaults it has (V + 1)·20 + 2,160 +
    16 parameters, as in Keras.

    Args:
        vocabulary_size: V, the number of words that the tokenizer knows
            (``SpamDataModule.vocabulary_size``).
        embedding_dim: See :class:`~lightning_course.nn.MessageClassifier`, like all below.
        hidden_size: See there.
        cell: See there.
        pooling: See there.
        bidirectional: See there.
        dropout: See there.
        mask_padding: See there.

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
    ) -> None:
        network = MessageClassifier(
            vocabulary_size=vocabulary_size,
            embedding_dim=embedding_dim,
            hidden_size=hidden_size,
            cell=cell,
            pooling=pooling,
            bidirectional=bidirectional,
            dropout=dropout,
            mask_padding=mask_padding,
        )
        super().__init__(network, BINARY)
        self.save_hyperparameters()
