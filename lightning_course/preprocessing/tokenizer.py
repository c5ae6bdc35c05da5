"""Numbers the words of texts by their frequency (course chapter 6.2)."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from lightning_course.files.reading import read_text
from lightning_course.files.writing import write_output

# Keras's JSON has a hundred bytes a word: this is enough for 300,000 words.
_MAX_BYTES = 32_000_000

# All ASCII punctuation except the apostrophe ("don't" stays one word); tab and line feed.
DEFAULT_FILTERS: Final = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

# The JSON format: plain settings, and tables that are themselves JSON, stored as strings.
_SETTINGS: Final = {
    "num_words": int | None,
    "filters": str,
    "lower": bool,
    "split": str,
    "char_level": bool,
    "oov_token": str | None,
    "document_count": int,
}
_TABLES: Final[dict[str, tuple[type[str | int], type[str | int]]]] = {  # types of key and value
    "word_counts": (str, int),
    "word_docs": (str, int),
    "index_docs": (int, int),
    "index_word": (int, str),
    "word_index": (str, int),
}


def text_to_word_sequence(
    text: str, filters: str = DEFAULT_FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Split a text into words, as Keras's function of the same name does.

    Example:
        >>> text_to_word_sequence("I don't like eggs/ham.")
        ['i', "don't", 'like', 'eggs', 'ham']

    Args:
        text: The text.
        filters: Characters that separate words, as `split` does.
        lower: Whether to convert the text to lower case first.
        split: The separator, at least one character. Other white space does not separate words.

    Returns:
        The words in their order, none of them empty.

    Raises:
        ValueError: `split` is empty.
    """
    if lower:
        text = text.lower()
    return [word for word in text.translate(_separators(filters, split)).split(split) if word]


@lru_cache
def _separators(filters: str, split: str) -> dict[int, str]:
    """Return the `str.translate` table that turns each character of `filters` into `split`."""
    return str.maketrans(dict.fromkeys(filters, split))


class Tokenizer:
    """Replaces words by ids, 1 for the most frequent word, as Keras's Tokenizer does.

    Id 0 is reserved for padding. Words that occur equally often are numbered in the order of their
    first appearance.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["I like ham.", "I like eggs."])
        >>> tokenizer.word_index
        {'i': 1, 'like': 2, 'ham': 3, 'eggs': 4}
        >>> tokenizer.texts_to_sequences(["Eggs like me"])
        [[4, 2]]

    A text is a string, or a list of strings, which are its words and are not split.

    Attributes:
        word_counts: Number of occurrences of each word, in the order of first appearance.
        word_docs: Number of texts that contain each word.
        word_index: Id of each word, also if the id is `num_words` or more.
        index_word: Word of each id.
        index_docs: Number of texts that contain the word of each id.
        document_count: Number of texts fitted so far.
        num_words, filters, lower, split, char_level, oov_token: As given to the constructor.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = DEFAULT_FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
    ) -> None:
        """Make a tokenizer that knows no words yet.

        Args:
            num_words: Sequences only have ids below this, which are those of the
                `num_words - 1` most frequent words. None or 0: all ids.
            filters: Characters that separate words, as `split` does.
            lower: Whether to convert the texts to lower case.
            split: The separator of words, at least one character.
            char_level: Whether each character is a word; then nothing is filtered or split.
            oov_token: Replaces each word without a usable id ("out of vocabulary") and has id 1.
                None: such words are dropped. It should not occur in the texts: as in Keras, it
                would then be numbered like any other word, and no word would have id 1.
        """
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.document_count = 0
        self.word_counts: Counter[str] = Counter()
        self.word_docs: Counter[str] = Counter()
        self.index_docs: dict[int, int] = {}
        self.index_word: dict[int, str] = {}
        self.word_index: dict[str, int] = {}

    def fit_on_texts(self, texts: Iterable[str | list[str]]) -> None:
        """Count the words of texts and number all words again.

        Further calls add to the counts, so the ids of earlier words may change.

        Args:
            texts: The texts. A single string counts as many texts of one character, as in Keras.

        Raises:
            TypeError: A text is neither a string nor a list.
        """
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            self.word_counts.update(words)
            # A dict drops repeated words as a set does, but in the same order on every run.
            self.word_docs.update(list(dict.fromkeys(words)))

        vocabulary = [word for word, _ in self.word_counts.most_common()]
        if self.oov_token is not None:
            vocabulary.insert(0, self.oov_token)
        self.word_index = {word: index for index, word in enumerate(vocabulary, start=1)}
        self.index_word = {index: word for word, index in self.word_index.items()}
        self.index_docs = {self.word_index[word]: n for word, n in self.word_docs.items()}

    def texts_to_sequences(self, texts: Iterable[str | list[str]]) -> list[list[int]]:
        """Replace the words of texts by their ids.

        Args:
            texts: The texts. A single string counts as many texts of one character, as in Keras.

        Returns:
            The ids of each text, in the order of its words.

        Raises:
            TypeError: A text is neither a string nor a list.
            ValueError: There is an `oov_token`, but `fit_on_texts` was never called.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[str | list[str]]) -> Iterator[list[int]]:
        """Yield the sequences of `texts_to_sequences`, one text at a time."""
        find = self.word_index.get
        limit = self._limit()
        if self.oov_token is None:
            for text in texts:
                ids = map(find, self._words(text))
                yield [index for index in ids if index is not None and index < limit]
            return
        oov = find(self.oov_token)
        if oov is None:
            raise ValueError("the oov_token has no id yet: call fit_on_texts first")
        for text in texts:
            words = self._words(text)
            yield [index if (index := find(word, oov)) < limit else oov for word in words]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Replace ids by their words.

        Args:
            sequences: The ids, also as an integer array of shape `(n, length)`.

        Returns:
            A text for each sequence: its words with spaces between them. An id that has no word
            (such as 0, the padding) or is not below `num_words` becomes `oov_token`; if that is
            None, it is dropped.
        """
        find = self.index_word.get
        limit = self._limit()
        return [
            " ".join(
                word
                for index in sequence
                if (word := find(index, self.oov_token) if index < limit else self.oov_token)
                is not None
            )
            for sequence in sequences
        ]

    def to_json(self) -> str:
        """Return settings and tables as JSON in the format of Keras's `Tokenizer.to_json`."""
        config = {name: getattr(self, name) for name in _SETTINGS}
        config |= {name: json.dumps(getattr(self, name)) for name in _TABLES}
        return json.dumps({"class_name": "Tokenizer", "config": config})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make a tokenizer from the JSON of `to_json`, here or in Keras.

        Raises:
            ValueError: `text` is not JSON in that format.
        """
        document = _json_object(text, "the tokenizer")
        config = document.get("config")
        if document.get("class_name") != "Tokenizer" or not isinstance(config, dict):
            raise ValueError('expected JSON {"class_name": "Tokenizer", "config": {...}}')
        if wrong := config.keys() ^ (_SETTINGS.keys() | _TABLES.keys()):
            raise ValueError(f"config keys missing or unknown: {sorted(wrong)}")

        tokenizer = cls()
        for name, kind in _SETTINGS.items():
            if not isinstance(config[name], kind):
                found = type(config[name]).__name__
                raise ValueError(f"config key {name!r} has the wrong type, {found}")
            setattr(tokenizer, name, config[name])
        tables = {name: _table(config[name], name, *_TABLES[name]) for name in _TABLES}
        ids = tables["word_index"].values()
        # One id is missing if the token for unknown words occurs in the texts.
        if ids and not (min(ids) >= 1 and max(ids) <= len(ids) + 1):
            raise ValueError(f"ids of words are from {min(ids)} to {max(ids)}, not from 1 upwards")
        tokenizer.word_counts = Counter(tables["word_counts"])
        tokenizer.word_docs = Counter(tables["word_docs"])
        tokenizer.index_docs = tables["index_docs"]
        tokenizer.index_word = tables["index_word"]
        tokenizer.word_index = tables["word_index"]
        return tokenizer

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON of `to_json` to a file; an older file is replaced as a whole or kept."""
        write_output(Path(path), self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a tokenizer that `save` wrote, or Keras's JSON from a UTF-8 file.

        Raises:
            UserError: The file cannot be read.
            ValueError: It has no JSON in that format.
        """
        try:
            return cls.from_json(read_text(path, _MAX_BYTES))
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)} holds no tokenizer: {error}") from error

    def _words(self, text: object) -> Sequence[str]:
        """Return the words of a text; with `char_level`, the text as one string.

        Any object can come in here: a table's column of texts often holds a NaN or None.
        """
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"a text must be a string or a list of strings, not {kind}")
        if self.char_level:
            return text.lower() if self.lower else text
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _limit(self) -> int:
        """Return the upper limit of ids (exclusive)."""
        return self.num_words or sys.maxsize


def _json_object(text: object, what: str) -> dict[str, Any]:
    """Decode a JSON object; `what` names the text in the ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError(f"{what} is not a string of JSON")
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} is not JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise ValueError(f"{what} is not a JSON object")
    return decoded


def _table(text: object, name: str, key: type[str | int], value: type[str | int]) -> dict[Any, Any]:
    """Decode one of `_TABLES`; keys that were integers become integers again."""
    table = _json_object(text, f"config key {name!r}")
    if not all(type(entry) is value for entry in table.values()):
        raise ValueError(f"config key {name!r} must map to {value.__name__} only")
    try:
        return {key(word): entry for word, entry in table.items()}
    except ValueError as error:
        raise ValueError(f"config key {name!r} must map from integers: {error}") from error
