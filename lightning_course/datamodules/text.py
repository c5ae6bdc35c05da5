"""Text messages with labels, as padded sequences of word indices (course chapter 6.2)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from sklearn.model_selection import train_test_split
from torch import Tensor

from lightning_course.datamodules.base import Residency, Split, TensorDataModule
from lightning_course.preprocessing import Tokenizer, pad_sequences
from lightning_course.sources import load_messages
from lightning_course.sources.base import Mode
from lightning_course.validation import check_choice, check_fraction, check_minimum


class SpamDataModule(TensorDataModule):
    """The SMS Spam Collection, prepared as in the course.

    A random third of the messages is the test split; the tokenizer is fitted on the training
    messages alone; sequences are padded in front with zeros to the longest training message, and
    longer test messages lose their first words (Keras's ``pad_sequences`` defaults).

    Batches are (token indices of shape (B, T) int32, labels of shape (B,) int64 with 1 = spam).

    Args:
        root: Data folder; None means ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        test_fraction: Part of the rows held out, in (0, 1).
        num_words: Vocabulary limit of the tokenizer, as in Keras: at most ``num_words − 1`` of
            the most frequent words keep an index. None sets no limit.
        maxlen: Length T of the padded sequences; None takes the longest training message.
        batch_size: See :class:`TensorDataModule`.
        evaluation_batch_size: See :class:`TensorDataModule`.
        validation_fraction: See :class:`TensorDataModule`.
        seed: See :class:`TensorDataModule`.
        residency: See :class:`TensorDataModule`.

    Attributes:
        class_names: Names of the labels 0 and 1.
        tokenizer: Fitted by :meth:`prepare`, or restored from a checkpoint.

    Raises:
        ValueError: A fraction, limit or length outside its range.
        UserError: The data file is damaged or missing, see ``sources.obtain``.
    """

    class_names: Sequence[str] = ("ham", "spam")

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        test_fraction: float = 0.33,
        num_words: int | None = 20_000,
        maxlen: int | None = None,
        batch_size: int = 32,
        evaluation_batch_size: int = 1024,
        validation_fraction: float = 0.0,
        seed: int | None = None,
        residency: Residency = "auto",
    ) -> None:
        super().__init__(batch_size, evaluation_batch_size, validation_fraction, seed, residency)
        check_choice("source", source, get_args(Mode))
        check_fraction("test_fraction", test_fraction)
        if num_words is not None:
            check_minimum("num_words", num_words, 2)
        if maxlen is not None:
            check_minimum("maxlen", maxlen, 1)
        self.root = root
        self.source: Mode = source
        self.test_fraction = test_fraction
        self.num_words = num_words
        self.maxlen = maxlen
        self.tokenizer: Tokenizer | None = None
        self.texts: dict[str, list[str]] = {}
        self._tokenizer_json = ""

    @property
    def vocabulary_size(self) -> int:
        """V, the number of different training words; embeddings need V + 1 rows for padding."""
        if self.tokenizer is None:
            self.prepare()
        return len(self._fitted().word_index)

    def build(self) -> dict[str, Split]:
        """Read, split, tokenize and pad the messages."""
        frame, self.provenance = load_messages(self.root, self.source, self.seed)
        labels = (frame["label"] == self.class_names[1]).to_numpy(dtype="int64")
        texts, test, y, y_test = train_test_split(
            frame["text"].tolist(), labels, test_size=self.test_fraction, random_state=self.seed
        )
        rows = {"train": (texts, y), "test": (test, y_test)}
        if self.validation_fraction:
            # The test rows are the same with and without a validation split.
            texts, held_out, y, y_held_out = train_test_split(
                texts, y, test_size=self.validation_fraction, random_state=self.seed
            )
            rows = {
                "train": (texts, y),
                "validation": (held_out, y_held_out),
                "test": (test, y_test),
            }
        self.texts = {name: texts for name, (texts, _) in rows.items()}
        if self.tokenizer is None:
            self.tokenizer = Tokenizer(num_words=self.num_words)
            self.tokenizer.fit_on_texts(texts)
        if self.maxlen is None:
            self.maxlen = max(map(len, self.tokenizer.texts_to_sequences(texts)))
        return {name: (self.encode(x), torch.from_numpy(y)) for name, (x, y) in rows.items()}

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Return the token indices of the texts, of shape (N, T) and dtype int32."""
        sequences = self._fitted().texts_to_sequences(texts)
        return torch.from_numpy(pad_sequences(sequences, maxlen=self.maxlen))

    def _fitted(self) -> Tokenizer:
        if self.tokenizer is None:
            raise RuntimeError("the tokenizer is not fitted: call prepare() or load a checkpoint")
        return self.tokenizer

    def describe(self, split: str) -> list[str]:
        """Return the messages of a split in row order."""
        self.prepare()
        return self.texts[split]

    def state_dict(self) -> dict[str, Any]:
        """Return what was fitted on the training messages, in plain types."""
        if not self._tokenizer_json:
            # Kept: checkpoints ask every epoch, and the JSON of a vocabulary takes 30 ms.
            self._tokenizer_json = self._fitted().to_json()
        return {
            "tokenizer": self._tokenizer_json,
            "maxlen": self.maxlen,
            "class_names": list(self.class_names),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the fitted state; nothing is fitted again afterwards.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        maxlen, names = state_dict["maxlen"], state_dict["class_names"]
        if not isinstance(maxlen, int) or not isinstance(names, list) or len(names) != 2:
            raise ValueError(f"not the state of text data: maxlen {maxlen}, class names {names}")
        self.tokenizer = Tokenizer.from_json(state_dict["tokenizer"])
        self._tokenizer_json = state_dict["tokenizer"]
        self.maxlen, self.class_names = maxlen, names
