"""Text classification with an embedding and a recurrent layer (course chapter 6.2)."""

from collections.abc import Sequence
from typing import Any

import torch

from lightning_course.checks import check_minimum
from lightning_course.errors import UserError
from lightning_course.models.base import CourseModule, network_defaults
from lightning_course.models.objectives import class_objective
from lightning_course.nn import Pooling, SequenceNetwork
from lightning_course.preprocessing import read_word_vectors


class SpamClassifier(CourseModule):
    """Classifies texts. The defaults are the course's spam detector.

    That is Embedding(V + 1, 20), LSTM(15), max over time, Dense(1), with (V + 1)·20 + 2,160 + 16
    parameters, as in Keras. Takes batches of (token indices (B, T), labels (B,) with 1 = spam);
    ``forward`` returns logits (B,), ``predict_step`` the probability of spam. With more than two
    classes, labels are 0 … K − 1, logits and probabilities (B, K).

    Example:
        >>> model = SpamClassifier(9, cell="gru", bidirectional=True)
        >>> model.predict_step(torch.tensor([[0, 0, 3, 9], [1, 2, 3, 4]])).shape
        torch.Size([2])

    Args:
        vocabulary_size: V, the number of words that the tokenizer knows: ``data.vocabulary_size``
            of a ``SpamDataModule``.
        num_classes: K: ``data.num_classes``.
        embedding_dim: Length D of a word vector. None: 20, the course's choice, or the length of
            the vectors in the file ``vectors``.
        hidden_size: M, the number of units in the recurrent layer.
        pooling: The "max" or "mean" of the states at all steps, or "last" for the final state
            (Keras's ``return_sequences=False``).
        vectors: A GloVe or word2vec text file with the initial word vectors. Padding and words that
            are not in the file start as zero vectors, as in Keras's example of pre-trained
            embeddings.
        freeze_vectors: Whether to keep these vectors fixed; False trains them further.
        words: The V words of the vocabulary in the order of their indices: ``data.words``. Only
            needed with ``vectors``. Without them the file is not read: the embedding then comes
            from a checkpoint.
        lr: Learning rate of Keras's Adam. The recipe uses 0.001.
        network: See :class:`~lightning_course.nn.SequenceNetwork`.

    Attributes:
        remarks: Under "vectors", the share of the vocabulary that the file covers.

    Raises:
        ValueError: An argument outside its range.
        UserError: The file of vectors cannot be read (see
            :func:`~lightning_course.preprocessing.read_word_vectors`), has vectors of another
            length than ``embedding_dim``, or has no word of the vocabulary.
    """

    # The tokenizer has them.
    not_saved = ("words",)

    def __init__(
        self,
        vocabulary_size: int,
        num_classes: int = 2,
        embedding_dim: int | None = None,
        hidden_size: int = 15,
        pooling: Pooling = "max",
        vectors: str | None = None,
        freeze_vectors: bool = True,
        words: Sequence[str] | None = None,
        *,
        lr: float = 0.001,
        **network: Any,
    ) -> None:
        pretrained = None
        if vectors is not None and words is not None:
            pretrained, found = read_word_vectors(vectors, words)
            length = pretrained.shape[1]
            if embedding_dim not in (None, length):
                raise UserError(
                    f"{vectors} has vectors of {length} numbers, and --model.embedding_dim is "
                    f"{embedding_dim}: leave it out"
                )
            if not found.any():
                raise UserError(f"{vectors} has none of the {len(words):,} words of the vocabulary")
            embedding_dim = length
        if embedding_dim is None:
            embedding_dim = 20
        check_minimum("embedding_dim", embedding_dim, 1)
        super().__init__(
            SequenceNetwork(
                embedding_dim,
                num_classes,
                hidden_size=hidden_size,
                pooling=pooling,
                vocabulary_size=vocabulary_size,
                **network,
            ),
            class_objective(num_classes),
            lr,
        )
        weight = self.network.get_parameter("embedding.weight")
        if vectors is not None:
            weight.requires_grad = not freeze_vectors
        if pretrained is not None:
            with torch.no_grad():
                weight[0] = 0
                weight[1:] = torch.from_numpy(pretrained)
            self.remarks["vectors"] = (
                f"{int(found.sum()):,} of {len(found):,} words ({100 * found.mean():.1f} %) have a "
                f"vector of {embedding_dim} numbers"
            )
        self.save_hyperparameters(network_defaults(SequenceNetwork))
        self.save_hyperparameters(ignore=list(self.not_saved))
        self.hparams["embedding_dim"] = embedding_dim
