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
    ("content", "expected"),
    [
        # A word that is a space, a tab or nothing.
        (b"cheap 1 2\n  3 4\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\n\t 3 4\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b" .3 4\ncheap 1 2\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\nthing 5\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1\ncheap 1 2\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\nthing 5 nan\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\nthing 5 1e39\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\nthing 5 x\nthing 5 6\n", [[1, 2], [5, 6]]),
        (b"cheap 1 2\nthing 5 6,5\n", [[1, 2], [0, 0]]),
        (b"cheap 1 2\nthing 5 1_0\n", [[1, 2], [0, 0]]),
        # Other whitespace separates numbers too.
        (b"cheap 1 2\nthing 5\x0b6 7\n", [[1, 2], [0, 0]]),
        (b"cheap 1 2\nnew york 3\nthing 5 6", [[1, 2], [5, 6]]),
    ],
)
def test_single_bad_lines_are_left_out(
    path: Path, capsys: pytest.CaptureFixture[str], content: bytes, expected: list[list[float]]
) -> None:
    path.write_bytes(content)
    vectors, found = read_word_vectors(path, ["cheap", "thing"])
    assert vectors.tolist() == expected
    assert found.tolist() == [True, expected[1] != [0, 0]]
    told = f"vectors.txt: 1 of {content.rstrip().count(10) + 1} lines are left out"
    assert (told in capsys.readouterr().err) == (b"york" not in content)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf2 2\ncheap 1 2\nthing 5 6\n",
        b"\xef\xbb\xbfcheap 1 2\nthing 5 6\n",
        b"2\t2\ncheap\t1\t2\nthing\t5\t6\n",
        b"cheap\t1 2\r\nthing\t5 6\r\n",
        b"cheap  1   2\n\n\nthing 5 6 \n",
        b"cheap 1 2\ncheap 7 8\nthing 5 6\nthing x y\n",
        # A word in another encoding than UTF-8 is no wanted one.
        b"caf\xe9 1 2\ncheap 1 2\nthing 5 6\n",
        "no\u00a0break 1 2\ncheap 1 2\nthing 5 6\n".encode(),
    ],
)
def test_what_is_read_whole(path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    path.write_bytes(content)
    vectors, found = read_word_vectors(path, ["cheap", "thing"])
    assert vectors.tolist() == [[1, 2], [5, 6]]
    assert found.all()
    assert capsys.readouterr().err == ""


def test_vectors_of_one_number_after_a_tab(path: Path) -> None:
    path.write_text("cheap\t1.5\nthing\t2\n")
    assert read_word_vectors(path, ["thing", "cheap"])[0].tolist() == [[2], [1.5]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"3 2\n", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"the\n", "most lines do not hold a word and its numbers"),
        (b"the 1 x\n", "most lines do not hold a word and its numbers"),
        (b"the 1 2\na 1 2,5\nb 1,5 2\nc 1,5 2,5", "most lines do not hold"),
        (b"text,label\nsome words here,a\nsome more words,b\n", "most lines do not hold"),
        (b"PK\x03\x04 \0\0\0 1\n", "unpacked text files"),
        ("cheap 1 2\n".encode("utf-16"), "unpacked text files"),
        (b"cheap" + b" 1" * 10_001 + b"\n", "most lines do not hold"),
        (b"cheap 1 2\n" * 100 + b"1 2\n" * 101, "most lines do not hold"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_word_vectors(path, ["the"])
    assert words in str(error.value)


def test_no_such_file(path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_word_vectors(path, ["the"])
