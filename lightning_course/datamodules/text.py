"""Text messages with labels, as padded sequences of word indices (course chapter 6.2)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_course.checks import check_choice, check_fraction, check_minimum, check_names
from lightning_course.datamodules.base import Split, TensorDataModule
from lightning_course.datamodules.splits import check_every_class, random_splits
from lightning_course.errors import UserError
from lightning_course.preprocessing import Tokenizer, pad_sequences
from lightning_course.sources import load_messages, read_own_texts
from lightning_course.sources.base import Mode

# All splits together, padded to one length; while they are made, they need half as much again.
_MAX_BYTES = 4 * 2**30
# Words of a text. A recurrent layer reads them one after the other: a second for 100,000.
_MAX_LENGTH = 1_000_000


class SpamDataModule(TensorDataModule):
    """The SMS Spam Collection, or any table of texts and labels, prepared as in the course.

    A random third of the messages is the test split. The tokenizer is fitted on the training
    messages alone. Sequences are padded in front with zeros to the length of the longest training
    message; longer test messages lose their first words (the defaults of Keras's
    ``pad_sequences``).

    Batches are (token indices (B, T) int32, labels (B,) int64 from 0 to K − 1; for the messages,
    1 is spam).

    Example:
        >>> data = SpamDataModule(source="standin", maxlen=20, seed=0)
        >>> tokens, labels = data.splits["train"]
        >>> tokens.shape, data.tokenizer.texts_to_sequences(["see you at 5"])
        (torch.Size([3350, 20]), [[135, 4, 5, 100]])

    Args:
        root: Data folder; None: ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        csv: Your own table in place of the messages: a CSV file whose first line names the columns,
            with two or more different labels. They are numbered in alphabetical order.
        text_column: The column of texts.
        label_column: The column of labels.
        positive_label: Of two labels, the one that gets number 1, and whose probability and F1
            score are reported; None: the second in alphabetical order.
        encoding: Encoding of the CSV file, such as "utf-8"; None: detected, see
            ``sources.own.encodings.decode``.
        separator: Separator of the CSV file, one character or "tab"; None: detected automatically.
        test_fraction: The part of the rows that is held out for the test, in (0, 1).
        num_words: Limit of the vocabulary, as in Keras: at most ``num_words − 1`` of the most
            frequent words keep an index. None: no limit.
        maxlen: Length T of the padded sequences; None: that of the longest training message.
        tokenizer_file: A JSON file of Keras's ``Tokenizer.to_json()``, used in place of a tokenizer
            fitted on the training messages; it has its own ``num_words``.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: Names of the labels 0 … K − 1.
        tokenizer: Fitted by :meth:`prepare`, or restored from a checkpoint.

    Raises:
        ValueError: A fraction, limit or length outside its range.
        UserError: The data file is damaged or missing, see ``sources.obtain`` and
            ``sources.read_own_texts``; the tokenizer file is not a tokenizer; a label has no
            training row; or the padded texts do not fit into memory.
    """

    class_names: Sequence[str] = ("ham", "spam")

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        csv: str | Path | None = None,
        text_column: str = "text",
        label_column: str = "label",
        positive_label: str | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        test_fraction: float = 0.33,
        num_words: int | None = 20_000,
        maxlen: int | None = None,
        tokenizer_file: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_choice("source", source, get_args(Mode))
        check_fraction("test_fraction", test_fraction)
        if num_words is not None:
            check_minimum("num_words", num_words, 2)
        if maxlen is not None:
            _check_maxlen(maxlen)
        if csv is not None and source != "auto":
            raise ValueError(f"give csv or source, not both (source is {source!r})")
        self.root = root
        self.source: Mode = source
        self.csv = csv
        self.text_column = text_column
        self.label_column = label_column
        self.positive_label = positive_label
        self.encoding = encoding
        self.separator = separator
        self.test_fraction = test_fraction
        self.tokenizer_file = tokenizer_file
        self.num_words = num_words
        self.maxlen = maxlen
        self.tokenizer: Tokenizer | None = None
        self.texts: dict[str, list[str]] = {}
        self._tokenizer_json = ""

    @property
    def in_features(self) -> int:
        """Not available: word indices are no numbers to compute with.

        Raises:
            UserError: Always.
        """
        raise UserError(
            f"the model takes in_features from the data, and {type(self).__name__} has none: "
            "choose --model and --data that fit"
        )

    @property
    def vocabulary_size(self) -> int:
        """V, the number of different training words; an embedding has V + 1 rows, one for 0."""
        if self.tokenizer is None:
            self.prepare()
        return len(self._fitted().word_index)

    @property
    def restored_sizes(self) -> dict[str, object]:
        """See :class:`TensorDataModule`."""
        if self.tokenizer is None:
            return {}
        return {"vocabulary_size": self.vocabulary_size, "num_classes": self.num_classes}

    @property
    def words(self) -> list[str]:
        """The vocabulary: the words of the indices 1 … V in order."""
        if self.tokenizer is None:
            self.prepare()
        return list(self._fitted().word_index)

    @property
    def num_classes(self) -> int:
        """K, the number of different labels."""
        if self.tokenizer is None:
            self.prepare()
        return len(self.class_names)

    def build(self) -> dict[str, Split]:
        """Read, split, tokenize and pad the texts."""
        all_texts, labels = self._read()
        rows = random_splits(
            all_texts, labels, self.test_fraction, self.validation_fraction, self.seed
        )
        texts, y = rows["train"]
        check_every_class(y, self.class_names)
        self.texts = {name: texts for name, (texts, _) in rows.items()}
        if self.tokenizer is None:
            self.tokenizer = self._read_tokenizer() or Tokenizer(num_words=self.num_words)
            if not self.tokenizer.word_index:
                self.tokenizer.fit_on_texts(texts)
        if self.maxlen is None:
            self.maxlen = max(map(len, self.tokenizer.texts_to_sequences(texts)))
        if self.maxlen == 0:
            raise UserError(f"no training text holds a word (column '{self.text_column}')")
        if (size := len(all_texts) * self.maxlen * 4) > _MAX_BYTES:
            raise UserError(
                f"{len(all_texts):,} texts padded to {self.maxlen:,} words take {size / 1e9:.1f} "
                "GB: set a smaller --data.maxlen; longer texts lose their first words"
            )
        return {name: (self.encode(x), torch.from_numpy(y)) for name, (x, y) in rows.items()}

    def _read_tokenizer(self) -> Tokenizer | None:
        """Return the tokenizer of ``tokenizer_file``, or None without such a file."""
        if self.tokenizer_file is None:
            return None
        try:
            tokenizer = Tokenizer.load(self.tokenizer_file)
        except ValueError as error:
            raise UserError(" ".join(str(error).split())) from error
        if not tokenizer.word_index:
            raise UserError(f"the tokenizer {self.tokenizer_file} knows no word: it was not fitted")
        return tokenizer

    def _read(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        if self.csv is None:
            frame, self.provenance = load_messages(self.root, self.source, self.seed)
            spam = frame["label"] == self.class_names[1]
            return frame["text"].tolist(), spam.to_numpy().astype(np.int64)
        texts, labels, self.class_names, self.provenance = read_own_texts(
            self.csv,
            self.text_column,
            self.label_column,
            self.positive_label,
            self.encoding,
            self.separator,
        )
        return texts, labels

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Return the token indices of the texts, of shape (N, T) and dtype int32."""
        sequences = self._fitted().texts_to_sequences(texts)
        return torch.from_numpy(pad_sequences(sequences, maxlen=self.maxlen))

    def _fitted(self) -> Tokenizer:
        if self.tokenizer is None:
            raise RuntimeError("the tokenizer is not fitted: call prepare() or load a checkpoint")
        return self.tokenizer

    def row_texts(self, split: str) -> list[str]:
        """Return the messages of a split in row order."""
        self.prepare()
        return self.texts[split]

    def state_dict(self) -> dict[str, Any]:
        """Return the tokenizer, the length and the class names, in plain types."""
        if not self._tokenizer_json:
            # Kept, as each checkpoint needs it and the JSON of a vocabulary takes 30 ms.
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
        maxlen = state_dict["maxlen"]
        _check_maxlen(maxlen)
        names = check_names("class_names", state_dict["class_names"], 2)
        self.tokenizer = Tokenizer.from_json(state_dict["tokenizer"])
        self._tokenizer_json = state_dict["tokenizer"]
        self.maxlen, self.class_names = maxlen, names


def _check_maxlen(maxlen: object) -> None:
    if type(maxlen) is not int or not 1 <= maxlen <= _MAX_LENGTH:
        raise ValueError(f"maxlen must be from 1 to {_MAX_LENGTH:,}, got {maxlen}")
