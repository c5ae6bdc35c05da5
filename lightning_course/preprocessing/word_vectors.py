"""Reads pre-trained word vectors from GloVe and word2vec text files (course chapter 6.1)."""

import codecs
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lightning_course.errors import UserError
from lightning_course.files.reading import open_file

# Smaller files are read too fast for a progress bar.
_LONG_FILE = 50_000_000

# The first lines show the length of the vectors. A line with more characters or numbers than these
# is not a word vector: the file is of another kind.
_SAMPLE_LINES, _MAX_LINE, _MAX_NUMBERS = 100, 1 << 20, 10_000


def read_word_vectors(
    path: str | Path, words: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the vectors of given words from a text file of word vectors.

    Each line is a word and D numbers, separated by spaces or tabs (GloVe). A first line of two
    integers, the number of words and D (word2vec), is skipped, and so is a byte-order mark. Only
    the vectors of the given words are parsed and kept, so the file may be larger than the memory.
    A line without a word, or without D finite numbers, is left out; one line on stderr says how
    many were.

    Example:
        >>> vectors, found = read_word_vectors("glove.6B.50d.txt", ["free", "prize"])
        >>> vectors.shape
        (2, 50)

    Args:
        path: UTF-8 text file, not compressed.
        words: V words. Case matters: most files have lower-case words, as the tokenizer does. If a
            word occurs twice in the file, the first line counts.

    Returns:
        Vectors (V, D), zero for words that are not in the file, and a mask (V,) of those that are.

    Raises:
        UserError: The file is missing, empty or binary, or most of its lines are not vectors.
    """
    path = Path(path)
    wanted = {word.encode("utf-8", "surrogatepass"): row for row, word in enumerate(words)}
    try:
        with (
            open_file(path, f"--model.vectors {path}") as file,
            tqdm(
                total=(size := os.fstat(file.fileno()).st_size),
                desc=f"reading {path.name}",
                unit="B",
                unit_scale=True,
                disable=size < _LONG_FILE or not sys.stderr.isatty(),
            ) as progress,
        ):
            dimension = _dimension(list(islice(_lines(file), _SAMPLE_LINES)), path)
            file.seek(0)
            vectors = np.zeros((len(words), dimension), np.float32)
            found = np.zeros(len(words), dtype=bool)
            lines = left_out = 0
            for line in _lines(file):
                progress.update(len(line))
                lines += 1
                word, _, numbers = line.strip().partition(b" ")
                if numbers.count(b" ") + 1 != dimension or not numbers:
                    word, numbers = _last_fields(line, dimension)
                # Most words are not wanted, so their numbers are not parsed.
                row = wanted.get(word)
                if not word:
                    left_out += 1
                elif row is not None and not found[row]:
                    vector = _vector(numbers, dimension)
                    if vector is None:
                        left_out += 1
                    else:
                        vectors[row], found[row] = vector, True
    except OSError as error:
        raise UserError(f"--model.vectors {path} cannot be read: {error.strerror}") from error
    if left_out > lines / 2:
        raise _no_vectors(path)
    if left_out:
        print(
            f"{path.name}: {left_out:,} of {lines:,} lines are left out, as they do not hold a "
            f"word and {dimension:,} finite numbers",
            file=sys.stderr,
        )
    return vectors, found


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines that are not empty, without a byte-order mark and word2vec's counts."""
    read = partial(file.readline, _MAX_LINE)
    first = read().removeprefix(codecs.BOM_UTF8)
    counts = first.split()
    if len(counts) != 2 or not all(field.isdigit() for field in counts):
        yield from filter(bytes.strip, [first])
    yield from filter(bytes.strip, iter(read, b""))


def _dimension(sample: Sequence[bytes], path: Path) -> int:
    """Return D, the length of the vectors, from the first lines."""
    if not sample:
        raise UserError(f"{path} holds no word vectors: it is empty")
    # One line alone is not enough: its word may be missing.
    ((dimension, _),) = Counter(len(line.split()) - 1 for line in sample).most_common(1)
    good = 0
    if 1 <= dimension <= _MAX_NUMBERS and not any(b"\0" in line for line in sample):
        fields = [_last_fields(line, dimension) for line in sample]
        good = sum(
            word != b"" and _vector(numbers, dimension) is not None for word, numbers in fields
        )
    if good < len(sample) / 2:
        raise _no_vectors(path)
    return dimension


def _no_vectors(path: Path) -> UserError:
    return UserError(
        f"{path}: most lines do not hold a word and its numbers; word vectors are read from "
        "unpacked text files, as GloVe's and word2vec's are"
    )


def _last_fields(line: bytes, dimension: int) -> tuple[bytes, bytes]:
    """Return the word, which may have spaces or be missing, and the last D fields of a line."""
    fields = line.split()
    return b" ".join(fields[:-dimension]), b" ".join(fields[-dimension:])


def _vector(numbers: bytes, dimension: int) -> npt.NDArray[np.float32] | None:
    """Return the vector, or None if the text is not D finite numbers."""
    try:
        with np.errstate(over="ignore"):
            values = np.array([float(field) for field in numbers.split()]).astype(np.float32)
    except ValueError:
        return None
    good = len(values) == dimension and np.isfinite(values).all() and b"_" not in numbers
    return values if good else None
