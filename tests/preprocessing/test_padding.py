from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.preprocessing import pad_sequences

# "I like eggs and ham.", "I love chocolate and bunnies." and "I hate onions." (chapter 6.2)
COURSE = [[1, 3, 4, 2, 5], [1, 6, 7, 2, 8], [1, 9, 10]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 3, 4, 2, 5], [1, 6, 7, 2, 8], [0, 0, 1, 9, 10]]),
        ({"maxlen": 5}, [[1, 3, 4, 2, 5], [1, 6, 7, 2, 8], [0, 0, 1, 9, 10]]),
        (
            {"maxlen": 5, "padding": "post"},
            [[1, 3, 4, 2, 5], [1, 6, 7, 2, 8], [1, 9, 10, 0, 0]],
        ),
        ({"maxlen": 6}, [[0, 1, 3, 4, 2, 5], [0, 1, 6, 7, 2, 8], [0, 0, 0, 1, 9, 10]]),
        ({"maxlen": 4}, [[3, 4, 2, 5], [6, 7, 2, 8], [0, 1, 9, 10]]),
        ({"maxlen": 4, "truncating": "post"}, [[1, 3, 4, 2], [1, 6, 7, 2], [0, 1, 9, 10]]),
    ],
)
def test_course_sentences(options: dict[str, Any], expected: list[list[int]]) -> None:
    padded = pad_sequences(COURSE, **options)
    assert padded.dtype == np.int32
    np.testing.assert_array_equal(padded, np.array(expected))


def test_vectors_keep_their_shape() -> None:
    padded = pad_sequences([[[1, 2]], [], [[3, 4], [5, 6]]], value=-1)
    expected = [[[-1, -1], [1, 2]], [[-1, -1], [-1, -1]], [[3, 4], [5, 6]]]
    np.testing.assert_array_equal(padded, np.array(expected))


@pytest.mark.parametrize(
    ("sequences", "maxlen", "shape"),
    [([], 3, (0, 3)), ([[], []], None, (2, 0)), ([[], []], 2, (2, 2)), ([[], [1]], None, (2, 1))],
)
def test_empty_sequences(sequences: list[list[int]], maxlen: int | None, shape: Any) -> None:
    padded = pad_sequences(sequences, maxlen=maxlen)
    assert padded.shape == shape
    assert padded.dtype == np.int32


def test_dtype_and_value() -> None:
    padded = pad_sequences([[1.5], [2.5, 3.5]], dtype="float32", value=0.25)
    assert padded.dtype == np.float32
    np.testing.assert_array_equal(padded, np.array([[0.25, 1.5], [2.5, 3.5]]))
    # Whole numbers are what the default makes of fractions, items and value alike.
    np.testing.assert_array_equal(pad_sequences([[1.9], [2, 3]], value=7.9), [[7, 1], [2, 3]])


def test_strings() -> None:
    padded = pad_sequences([["a"], ["b", "long word"]], dtype=object, value="pad")
    np.testing.assert_array_equal(padded, np.array([["pad", "a"], ["b", "long word"]], object))


def test_arrays_are_sequences_and_stay_unchanged() -> None:
    rows = np.arange(6).reshape(2, 3)
    padded = pad_sequences(rows, maxlen=2)
    np.testing.assert_array_equal(padded, [[1, 2], [4, 5]])
    padded[:] = -1
    np.testing.assert_array_equal(rows, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        ([], {}, "give `maxlen`"),
        (COURSE, {"maxlen": 0}, "`maxlen` must be at least 1, not 0"),
        (COURSE, {"maxlen": -1}, "`maxlen` must be at least 1, not -1"),
        (COURSE, {"padding": "left"}, "`padding` must be .* not 'left'"),
        (COURSE, {"truncating": "left"}, "`truncating` must be .* not 'left'"),
        (COURSE, {"value": "pad"}, "the string 'pad' cannot fill an array of int32"),
        ([1, 2], {}, "must be a list of sequences"),
        ([[1], 2], {}, "must be a list of sequences"),
        (7, {}, "must be a list of sequences"),
        (iter([[1]]), {}, "must be a list of sequences"),
        ([[1], [[2, 3]]], {}, "do not fit one array of int32"),
        ([[[1, 2]], [3]], {}, "do not fit one array of int32"),
        ([[[1, 2]], [[3]]], {}, "do not fit one array of int32"),
        ([["ham"]], {}, "do not fit one array of int32: .*'ham'"),
    ],
)
def test_bad_input(sequences: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **options)


def test_numbers_too_large_are_refused() -> None:
    with pytest.raises(OverflowError):
        pad_sequences([[2**31]])


def pad_naively(
    sequences: list[list[Any]], maxlen: int, padding: str, truncating: str, value: Any
) -> list[list[Any]]:
    rows = []
    for sequence in sequences:
        surplus = max(len(sequence) - maxlen, 0)
        kept = sequence[surplus:] if truncating == "pre" else sequence[: len(sequence) - surplus]
        fill = [value] * (maxlen - len(kept))
        rows.append(fill + kept if padding == "pre" else kept + fill)
    return rows


numbers = st.integers(-(2**31), 2**31 - 1)
pairs = st.lists(numbers, min_size=2, max_size=2)
sides = st.sampled_from(["pre", "post"])


@given(
    st.lists(st.lists(numbers, max_size=8), min_size=1, max_size=8),
    st.none() | st.integers(1, 10),
    sides,
    sides,
    numbers,
)
def test_equals_a_row_by_row_loop(
    sequences: list[list[int]], maxlen: int | None, padding: Any, truncating: Any, value: int
) -> None:
    padded = pad_sequences(
        sequences, maxlen=maxlen, padding=padding, truncating=truncating, value=value
    )
    length = max(map(len, sequences)) if maxlen is None else maxlen
    assert padded.shape == (len(sequences), length)
    assert padded.tolist() == pad_naively(sequences, length, padding, truncating, value)


@given(
    st.lists(st.lists(pairs, min_size=1, max_size=5), min_size=1, max_size=5),
    st.integers(1, 6),
    sides,
    sides,
)
def test_vectors_equal_a_row_by_row_loop(
    sequences: list[list[list[int]]], maxlen: int, padding: Any, truncating: Any
) -> None:
    padded = pad_sequences(sequences, maxlen=maxlen, padding=padding, truncating=truncating)
    assert padded.shape == (len(sequences), maxlen, 2)
    assert padded.tolist() == pad_naively(sequences, maxlen, padding, truncating, [0, 0])
