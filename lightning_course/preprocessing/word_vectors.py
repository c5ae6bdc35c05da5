"""Pre-trained word vectors from GloVe and word2vec text files (course chapter 6.1)."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lightning_course.errors import UserError
from lightning_course.files import open_file

# Below that, reading takes no time worth a progress bar.
_LONG_FILE = 50_000_000


def read_word_vectors(
    path: str | Path, words: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the vectors of some words from a text file of many.

    Each line is a word and D numbers, parted by blanks (GloVe); a first line of two integers, the
    number of words and D (word2vec), is skipped. Only the wanted words' numbers are kept, so files
    larger than the memory can be read.

    Args:
        path: UTF-8 text file, not compressed.
        words: V words, compared as they are: most files hold lower-case words, as the tokenizer
            does. Of a word that the file has twice, the first line counts.

    Returns:
        Vectors (V, D), zeros for words that the file lacks, and a mask (V,) of those it has.

    Raises:
        UserError: No such file, a binary one, a line that has not D numbers, or one with a number
            that is none or not finite.
    """
    path = Path(path)
    wanted = {word.encode(): row for row, word in enumerate(words)}
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
            vectors: npt.NDArray[np.float32] | None = None
            dimension = 0
            found = np.zeros(len(words), dtype=bool)
            for number, line in enumerate(file, start=1):
                progress.update(len(line))
                word, _, numbers = line.strip().partition(b" ")
                if number == 1 and word.isdigit() and numbers.isdigit():
                    continue
                if vectors is None:
                    dimension = _dimension(word, numbers, path)
                    vectors = np.zeros((len(words), dimension), np.float32)
                if numbers.count(b" ") + 1 != dimension:
                    word, numbers = _last_fields(line, dimension, path, number)
                # Most lines are of words that are not wanted: their numbers are not looked at.
                row = wanted.get(word)
                if row is not None and not found[row]:
                    vectors[row] = _numbers(numbers, path, number)
                    found[row] = True
    except OSError as error:
        raise UserError(f"--model.vectors {path} cannot be read: {error.strerror}") from error
    if vectors is None:
        raise UserError(f"{path} holds no word vectors: it is empty")
    return vectors, found


def _dimension(word: bytes, numbers: bytes, path: Path) -> int:
    """Return D, from the first line with a vector."""
    if not numbers or b"\0" in word + numbers:
        raise UserError(
            f"{path} does not hold a word and its numbers in each line: word vectors are read from "
            "unpacked text files, as GloVe's and word2vec's are"
        )
    return len(_numbers(numbers, path, 1))


def _last_fields(line: bytes, dimension: int, path: Path, number: int) -> tuple[bytes, bytes]:
    """Return word and numbers of a line whose word has blanks in it, as some files have."""
    fields = line.split()
    if len(fields) <= dimension:
        raise UserError(
            f"{path}, line {number} has {max(len(fields) - 1, 0)} numbers, and the first vector "
            f"has {dimension}"
        )
    return b" ".join(fields[:-dimension]), b" ".join(fields[-dimension:])


def _numbers(text: bytes, path: Path, number: int) -> npt.NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            values = np.array([float(field) for field in text.split()]).astype(np.float32)
    except ValueError as error:
        raise UserError(f"{path}, line {number}: {error}") from error
    if not np.isfinite(values).all():
        raise UserError(f"{path}, line {number}: a number is not finite")
    return values
