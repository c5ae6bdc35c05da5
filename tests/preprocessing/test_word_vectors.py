from pathlib import Path

import numpy as np
import pytest

from lightning_course.errors import UserError
from lightning_course.preprocessing import read_word_vectors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vectors.txt"


def test_wanted_words_in_their_order(path: Path) -> None:
    path.write_text("the 1 2.5 -3\nzebra 9 9 9\ncafé .5 1e-3 0\nthe 7 7 7\n", encoding="utf-8")
    vectors, found = read_word_vectors(path, ["café", "missing", "the"])
    assert vectors.dtype == np.float32
    # The first line of a word counts.
    expected = np.array([[0.5, 0.001, 0], [0, 0, 0], [1, 2.5, -3]], np.float32)
    np.testing.assert_array_equal(vectors, expected)
    assert found.tolist() == [True, False, True]


def test_word2vec_s_first_line_and_words_with_blanks(path: Path) -> None:
    path.write_text("3 2\nthe 1 2 \n. . 3 4\n7 5 6\n")
    vectors, found = read_word_vectors(path, ["the", ". .", "7"])
    assert found.all()
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_numbers_are_a_word_s_own_in_a_file_of_one_dimension(path: Path) -> None:
    # Only a first line of two integers is word2vec's.
    path.write_text("the 1.5\n3 2\n")
    assert read_word_vectors(path, ["the", "3"])[0].tolist() == [[1.5], [2]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"3 2\n", "it is empty"),
        (b"the\n", "does not hold a word and its numbers"),
        (b"the 1 2\nand 1\n", "line 2 has 1 numbers, and the first vector has 2"),
        (b"the 1 2\n\nand 1 2\n", "line 2 has 0 numbers"),
        (b"the 1 x\n", "line 1: could not convert"),
        (b"a 1 2\nthe 1 2,5\n", "line 2: could not convert"),
        (b"a 1 2\nthe 1 nan\n", "line 2: a number is not finite"),
        (b"a 1 2\nthe 1 1e39\n", "line 2: a number is not finite"),
        (b"PK\x03\x04 \0\0\0 1\n", "unpacked text files"),
    ],
)
def test_what_is_wrong_is_told(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_word_vectors(path, ["the"])
    assert words in str(error.value)


def test_no_such_file(path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_word_vectors(path, ["the"])
