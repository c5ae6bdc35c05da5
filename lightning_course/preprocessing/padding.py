"""Brings sequences of different lengths into one array (course chapter 6.2)."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

Side = Literal["pre", "post"]


def pad_sequences(
    sequences: Sequence[Sequence[Any]] | npt.NDArray[Any],
    maxlen: int | None = None,
    dtype: npt.DTypeLike = "int32",
    padding: Side = "pre",
    truncating: Side = "pre",
    value: float | str = 0.0,
) -> npt.NDArray[Any]:
    """Pad and cut sequences to one length, as Keras's function of the same name does.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)

    Args:
        sequences: n sequences (not a generator) whose items have one shape, `()` for numbers.
        maxlen: Length of each row, at least 1. None: the length of the longest sequence.
        dtype: Type of the result; `object` for strings of any length.
        padding: Whether `value` is put before ("pre") or after ("post") a short sequence.
        truncating: Whether a long sequence loses items at its start ("pre") or end ("post").
        value: The padding value. No word of a Tokenizer has the id 0.

    Returns:
        Array of shape `(n, maxlen, *item_shape)`.

    Raises:
        ValueError: An argument is not one of these values, an element of `sequences` is not a
            sequence, the items have different shapes, or `value` is a string and the array is not.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in get_args(Side):
            raise ValueError(f'`{name}` must be "pre" or "post", not {side!r}')
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"the string {value!r} cannot fill an array of {np.dtype(dtype)}")
    try:
        lengths = np.fromiter(map(len, sequences), dtype=np.intp, count=len(sequences))
    except TypeError as error:
        message = f"`sequences` must be a list of sequences such as [[1, 2], [3]]: {error}"
        raise ValueError(message) from error
    if maxlen is None:
        if not lengths.size:
            raise ValueError("an empty list of sequences has no longest one: give `maxlen`")
        maxlen = int(lengths.max())
    elif maxlen < 1:
        raise ValueError(f"`maxlen` must be at least 1, not {maxlen}")

    kept = slice(-maxlen, None) if truncating == "pre" else slice(maxlen)
    items = list(chain.from_iterable(sequence[kept] for sequence in sequences))
    try:
        flat = np.asarray(items, dtype=dtype)
    except ValueError as error:  # items have different shapes, or cannot be converted
        raise ValueError(f"the items do not fit one array of {np.dtype(dtype)}: {error}") from error

    padded = np.full((len(lengths), maxlen, *flat.shape[1:]), value, dtype=dtype)
    columns = np.arange(maxlen)
    # NumPy fills a boolean mask row by row, from left to right: the order of `flat`.
    if padding == "pre":
        padded[columns >= maxlen - lengths[:, np.newaxis]] = flat
    else:
        padded[columns < lengths[:, np.newaxis]] = flat
    return padded
