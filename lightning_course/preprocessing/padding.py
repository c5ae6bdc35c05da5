"""Bring sequences of different lengths into one array (course chapter 6.2)."""

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
        sequences: n sequences (not a generator) of items of one shape, `()` for plain numbers.
        maxlen: length of each row, at least 1; None takes the length of the longest sequence.
        dtype: type of the result; `object` for strings of any length.
        padding: where `value` fills up a short sequence, before ("pre") or after it ("post").
        truncating: where a long sequence loses items, at its start ("pre") or end ("post").
        value: what to fill up with; 0 is the id that a Tokenizer gives to no word.

    Returns:
        Array of shape `(n, maxlen, *item_shape)`.

    Raises:
        ValueError: if an argument is outside the values above, an element of `sequences` is no
            sequence, the items have different shapes, or a string fills an array of numbers.
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
    except ValueError as error:  # items of different shapes, or such as cannot be converted
        raise ValueError(f"the items do not fit one array of {np.dtype(dtype)}: {error}") from error

    padded = np.full((len(lengths), maxlen, *flat.shape[1:]), value, dtype=dtype)
    columns = np.arange(maxlen)
    # A boolean mask is filled row by row and from left to right, which is the order of `flat`.
    if padding == "pre":
        padded[columns >= maxlen - lengths[:, np.newaxis]] = flat
    else:
        padded[columns < lengths[:, np.newaxis]] = flat
    return padded
