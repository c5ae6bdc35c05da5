"""Keras 3's own legacy functions, given the same input, say the same as ``preprocessing``.

Where the two differ on purpose, a test says so with both results. ``ColumnScaler`` has
scikit-learn's ``StandardScaler`` beside it in ``tests/preprocessing/test_scaling.py``.
"""

import json
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras.src.legacy.preprocessing import text as keras_text
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from keras.src.legacy.preprocessing.sequence import TimeseriesGenerator
from keras.utils import pad_sequences as keras_pad_sequences
from scipy.stats import ks_2samp
from torch import Tensor

from lightning_course.preprocessing import (
    RandomAugmentation,
    Tokenizer,
    half_split,
    pad_sequences,
    sliding_windows,
    text_to_word_sequence,
)
from lightning_course.preprocessing.warping import FillMode, affine_matrices

Array = npt.NDArray[Any]

# The same examples on every machine: what fails in CI fails here.
alike = settings(deadline=None, derandomize=True, max_examples=200)

# Few words and letters make frequent ties. "İ" becomes two characters in lower case, "Σ" one of
# two, by its place in the word; the others stand on the borders of the filters.
WORDS = ["ham", "Ham", "HAM!", "eggs", "don't", "ΟΔΟΣ", "İI", "Straße", "a-b", "$5", "\u00a0"]
sentences = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
texts = sentences | st.text("abAB ,.'\t\n\r\u2003İΣ", max_size=20) | st.text(max_size=12)
documents = st.lists(texts | st.lists(texts | st.just("ham"), max_size=5), max_size=8)
tokenizer_settings = st.fixed_dictionaries(
    {
        "num_words": st.none() | st.integers(0, 8) | st.just(10_000),
        "oov_token": st.sampled_from([None, None, "<OOV>", "", "ham", "a"]),
    },
    optional={
        "filters": st.sampled_from(["", ".,", "aH", "!?'\n"]),
        "lower": st.booleans(),
        "split": st.sampled_from([" ", "a", ", ", "\n"]),
        "char_level": st.booleans(),
    },
)


def both_tokenizers(fits: list[Any], **options: Any) -> tuple[Tokenizer, Any]:
    ours, theirs = Tokenizer(**options), keras_text.Tokenizer(**options)
    for each in (ours, theirs):
        for fit in fits:
            each.fit_on_texts(fit)
    return ours, theirs


def tables(tokenizer: Any) -> list[Any]:
    """Return all that was fitted; where Keras's order is not that of a set, with its order."""
    ordered = (tokenizer.word_counts, tokenizer.word_index, tokenizer.index_word)
    unordered = (tokenizer.word_docs, tokenizer.index_docs)
    return [
        tokenizer.document_count,
        *(list(table.items()) for table in ordered),
        *map(dict, unordered),
    ]


def json_tables(text: str) -> Any:
    document = json.loads(text)
    # As in `tables`: the order of these two is that of a set in Keras.
    for name in ("word_docs", "index_docs"):
        document["config"][name] = json.loads(document["config"][name])
    return document


@alike
@given(
    texts,
    st.sampled_from([{}, {"filters": ""}, {"filters": "ab'"}, {"filters": "\u2003."}]),
    st.booleans(),
    st.sampled_from([" ", "a", "ab", ", ", "\t"]),
)
def test_texts_split_into_the_same_words(
    text: str, filters: dict[str, str], lower: bool, split: str
) -> None:
    options: Any = {**filters, "lower": lower, "split": split}
    assert text_to_word_sequence(text, **options) == keras_text.text_to_word_sequence(
        text, **options
    )


@alike
@given(st.lists(documents, max_size=3), tokenizer_settings)
def test_words_have_the_same_ids_and_counts(fits: list[Any], options: dict[str, Any]) -> None:
    ours, theirs = both_tokenizers(fits, **options)
    assert tables(ours) == tables(theirs)


def test_words_that_tie_have_the_same_ids() -> None:
    generator = np.random.default_rng(0)
    words = [f"w{number}" for number in generator.integers(0, 400, 1200)]
    ours, theirs = both_tokenizers([[" ".join(words[n : n + 6]) for n in range(0, 1200, 6)]])
    assert len(set(ours.word_counts.values())) < len(ours.word_index) / 20
    assert tables(ours) == tables(theirs)


@alike
@given(documents, documents, tokenizer_settings)
def test_texts_become_the_same_ids(
    fitted: list[Any], others: list[Any], options: dict[str, Any]
) -> None:
    ours, theirs = both_tokenizers([fitted], **options)
    for each in (fitted, others):
        sequences = theirs.texts_to_sequences(each)
        assert ours.texts_to_sequences(each) == sequences
        assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)


@alike
@given(
    documents,
    st.lists(st.lists(st.integers(-1, 12), max_size=6), max_size=4),
    tokenizer_settings,
)
def test_any_ids_become_the_same_texts(
    fitted: list[Any], sequences: list[list[int]], options: dict[str, Any]
) -> None:
    ours, theirs = both_tokenizers([fitted], **options)
    assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)


@alike
@given(documents, documents, tokenizer_settings)
def test_each_reads_what_the_other_writes(
    fitted: list[Any], others: list[Any], options: dict[str, Any]
) -> None:
    ours, theirs = both_tokenizers([fitted], **options)
    assert json_tables(ours.to_json()) == json_tables(theirs.to_json())
    read_here = Tokenizer.from_json(theirs.to_json())
    read_there = keras_text.tokenizer_from_json(ours.to_json())
    assert tables(read_here) == tables(read_there) == tables(theirs)
    sequences = theirs.texts_to_sequences(others)
    assert read_here.texts_to_sequences(others) == sequences
    assert read_there.texts_to_sequences(others) == sequences


def test_fitting_goes_on_after_reading_where_keras_stops() -> None:
    """Keras's tables are plain dicts then, and the first new word is a KeyError."""
    _, theirs = both_tokenizers([["ham eggs"]])
    read_here = Tokenizer.from_json(theirs.to_json())
    read_there = keras_text.tokenizer_from_json(theirs.to_json())
    with pytest.raises(KeyError):
        read_there.fit_on_texts(["bacon eggs"])
    for each in (read_here, theirs):
        each.fit_on_texts(["bacon eggs"])
    assert tables(read_here) == tables(theirs)


def test_an_oov_token_before_any_fit_is_an_error_only_here() -> None:
    """Keras writes None for the words, from which no array of ids can be made."""
    ours, theirs = both_tokenizers([], oov_token="<OOV>")
    assert theirs.texts_to_sequences(["ham"]) == [[None]]
    with pytest.raises(ValueError, match="call fit_on_texts first"):
        ours.texts_to_sequences(["ham"])
    with pytest.raises(KeyError):
        theirs.sequences_to_texts([[1]])
    assert ours.sequences_to_texts([[1]]) == ["<OOV>"]


@pytest.mark.parametrize("text", [None, 7, ("ham", "eggs")])
def test_what_is_no_text_is_no_text_in_keras(text: Any) -> None:
    ours, theirs = both_tokenizers([])
    with pytest.raises(AttributeError):
        theirs.fit_on_texts([text])
    with pytest.raises(TypeError):
        ours.fit_on_texts([text])


sides = st.sampled_from(["pre", "post"])
numbers = st.integers(-(2**31), 2**31 - 1)
fractions = st.floats(-1e6, 1e6)
pairs = st.tuples(numbers, numbers)
strings = st.text("abc ", max_size=4)


def sequences_of(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return sequences of some items as lists, tuples and arrays, empty ones too."""
    rows = st.lists(items, max_size=8)
    return st.lists(rows | rows.map(tuple) | rows.map(np.array), min_size=1, max_size=8)


def check_padding(sequences: Any, options: dict[str, Any]) -> None:
    ours, theirs = pad_sequences(sequences, **options), keras_pad_sequences(sequences, **options)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


def padding_options(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.none() | st.integers(1, 10)
    return st.fixed_dictionaries(
        {}, optional={"maxlen": lengths, "padding": sides, "truncating": sides, **more}
    )


@alike
@given(sequences_of(numbers), padding_options(value=numbers))
def test_ids_are_padded_alike(sequences: list[Any], options: dict[str, Any]) -> None:
    check_padding(sequences, options)


@alike
@given(
    sequences_of(fractions),
    padding_options(
        dtype=st.sampled_from(["int32", "int64", "float32", np.float64, "float16", bool, object]),
        value=fractions | st.booleans(),
    ),
)
def test_numbers_of_any_type_are_padded_alike(
    sequences: list[Any], options: dict[str, Any]
) -> None:
    check_padding(sequences, options)


@alike
@given(
    sequences_of(pairs),
    padding_options(value=numbers | pairs),
)
def test_vectors_are_padded_alike(sequences: list[Any], options: dict[str, Any]) -> None:
    if not any(len(sequence) for sequence in sequences):
        options["value"] = 0  # a pair fits only where a sequence shows that its items are pairs
    check_padding(sequences, options)


@alike
@given(
    st.lists(st.lists(strings, max_size=6), min_size=1, max_size=6),
    padding_options(value=strings),
    st.sampled_from([object, str, "U3"]),
)
def test_strings_are_padded_alike(
    sequences: list[list[str]], options: dict[str, Any], dtype: Any
) -> None:
    check_padding(sequences, {"value": "", **options, "dtype": dtype})


@pytest.mark.parametrize(
    ("sequences", "options"),
    [
        ([], {"maxlen": 3}),
        ([[], []], {}),
        ([[], []], {"maxlen": 2}),
        (np.arange(6).reshape(2, 3), {"maxlen": 2}),
        (np.zeros((2, 0, 3)), {"maxlen": 2}),
        ([np.zeros((0, 3)), np.ones((1, 3))], {}),
        ([["7"], []], {}),
    ],
)
def test_edge_cases_are_padded_alike(sequences: Any, options: dict[str, Any]) -> None:
    check_padding(sequences, options)


@pytest.mark.parametrize(
    ("sequences", "options"),
    [
        ([], {}),
        ([[1, 2]], {"maxlen": 0}),
        ([[1, 2]], {"maxlen": -1}),
        ([[1], [2, 3]], {"padding": "left"}),
        ([[1], [2, 3]], {"truncating": "left"}),
        ([[1]], {"value": "pad"}),
        ([1, 2], {}),
        ([[1], 2], {}),
        ([None], {}),
        (7, {}),
        (iter([[1]]), {}),
        ([[1], [[2, 3]]], {}),
        ([[[1, 2]], [3]], {}),
        ([[[1, 2]], [[3]]], {}),
        ([["ham"]], {}),
        ([[float("nan")]], {}),
    ],
)
def test_what_keras_refuses_to_pad_is_refused(sequences: Any, options: dict[str, Any]) -> None:
    for pad in (keras_pad_sequences, pad_sequences):
        with pytest.raises(ValueError, match=r"."):
            pad(sequences, **options)


@pytest.mark.parametrize(
    ("sequences", "options", "error", "result"),
    [
        # No width is left, or nothing to which the side would matter.
        ([[1, 2]], {"maxlen": 0, "truncating": "post"}, ValueError, [[]]),
        ([[], []], {"padding": "left"}, ValueError, [[], []]),
        # Keras's numbers wrap round: 2³¹ becomes −2³¹.
        ([np.array([2**31])], {}, OverflowError, [[-(2**31)]]),
    ],
)
def test_only_here_refused(
    sequences: Any, options: dict[str, Any], error: type[Exception], result: list[Any]
) -> None:
    assert keras_pad_sequences(sequences, **options).tolist() == result
    with pytest.raises(error):
        pad_sequences(sequences, **options)


@pytest.mark.parametrize(
    ("sequences", "options", "result"),
    [
        # Keras knows the type `object`, but not by its name.
        ([["a"]], {"dtype": "object", "value": "pad"}, [["a"]]),
        # Strings are sequences of characters here; Keras makes one item of each.
        (["ab", "c"], {"dtype": object, "value": ""}, [["a", "b"], ["", "c"]]),
        # What is cut away may have any shape here.
        ([[[1, 2], 3]], {"maxlen": 1}, [[3]]),
    ],
)
def test_only_here_padded(sequences: Any, options: dict[str, Any], result: list[Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        keras_pad_sequences(sequences, **options)
    assert pad_sequences(sequences, **options).tolist() == result


@st.composite
def series_and_windows(draw: st.DrawFn) -> tuple[Array, int]:
    """Return a series (L,) or (L, D) and T, with at least two windows."""
    window = draw(st.integers(1, 12))
    length = window + draw(st.integers(2, 30))
    shape = (length, *draw(st.sampled_from([(), (1,), (3,)])))
    dtype = draw(st.sampled_from([np.float32, np.float64, np.int64]))
    return draw(arrays(dtype, shape, elements=st.integers(-999, 999))), window


def in_batches(generator: Any) -> tuple[Array, Array]:
    batches = [generator[n] for n in range(len(generator))]
    inputs, targets = (np.concatenate(part) for part in zip(*batches, strict=True))
    return inputs, targets


def check_windows(series: Array, window: int, inputs: Array, targets: Array) -> None:
    ours = sliding_windows(torch.from_numpy(series.reshape(len(series), -1)), window)
    for mine, theirs in zip(ours, (inputs, targets[:, np.newaxis]), strict=True):
        assert mine.numpy().dtype == theirs.dtype
        # One value a row has a dimension of its own here, as the recurrent layers want it.
        np.testing.assert_array_equal(mine.numpy(), theirs.reshape(*theirs.shape[:2], -1))


@alike
@given(series_and_windows(), st.integers(1, 9))
def test_windows_are_those_of_the_generator(case: tuple[Array, int], batch_size: int) -> None:
    series, window = case
    generator = TimeseriesGenerator(series, series, length=window, batch_size=batch_size)
    check_windows(series, window, *in_batches(generator))


@alike
@given(series_and_windows(), st.integers(2, 6))
def test_several_steps_ahead_are_a_target_of_the_generator(
    case: tuple[Array, int], horizon: int
) -> None:
    series, window = case
    series = np.resize(series, (len(series) + horizon - 1, *series.shape[1:]))
    ahead = np.stack([series[n : n + horizon] for n in range(len(series) - horizon + 1)])
    generator = TimeseriesGenerator(series[: len(ahead)], ahead, length=window)
    inputs, targets = in_batches(generator)
    rows = torch.from_numpy(series.reshape(len(series), -1))
    for mine, theirs in zip(sliding_windows(rows, window, horizon), (inputs, targets), strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.reshape(*theirs.shape[:2], -1))


@alike
@given(series_and_windows())
def test_windows_and_halves_are_those_of_the_course(case: tuple[Array, int]) -> None:
    """The names and lines are chapter 5.2's."""
    series, T = case
    X, Y = [], []
    for t in range(len(series) - T):
        X.append(series[t : t + T])
        Y.append(series[t + T])
    X, Y = np.array(X), np.array(Y)
    N = len(X)
    check_windows(series, T, X, Y)
    for each in (X, Y):
        np.testing.assert_array_equal(each[: half_split(N)], each[: -N // 2])
        np.testing.assert_array_equal(each[half_split(N) :], each[-N // 2 :])


def test_a_series_of_one_window_is_refused_only_here() -> None:
    """One window cannot be split into halves; Keras refuses a series without any."""
    series = np.arange(4.0).reshape(4, 1)
    assert len(in_batches(TimeseriesGenerator(series, series, length=3))[0]) == 1
    with pytest.raises(ValueError, match="is disallowed"):
        TimeseriesGenerator(series, series, length=4)
    for window in (3, 4):
        with pytest.raises(ValueError, match="too short"):
            sliding_windows(torch.from_numpy(series), window)


# A draw of Keras's generator, by the names in its dictionary. Its matrix takes "tx" as a shift of
# columns, so this is `right` here; from which range it was drawn is a matter of its own: see
# `test_the_ranges_of_keras_move_the_other_axis`.
MATRIX_NAMES = ("theta", "tx", "ty", "shear", "zx", "zy")
shifts = st.fixed_dictionaries(
    {
        "tx": st.floats(-12, 12),
        "ty": st.floats(-12, 12),
        "flip_horizontal": st.booleans(),
        "flip_vertical": st.booleans(),
    }
)
draws = st.tuples(
    shifts,
    st.fixed_dictionaries(
        {},
        optional={
            "theta": st.floats(-180, 180),
            "shear": st.floats(-80, 80),
            "zx": st.floats(0.3, 2),
            "zy": st.floats(0.3, 2),
        },
    ),
).map(lambda parts: {**parts[0], **parts[1]})
sizes = st.integers(1, 11)


@st.composite
def batches(
    draw: st.DrawFn, draws: st.SearchStrategy[dict[str, Any]], square: bool
) -> tuple[Array, list[dict[str, Any]]]:
    """Return images (B, C, H, W) of float64 in [0, 1] and a draw for each."""
    height = draw(sizes)
    shape = (draw(st.sampled_from([1, 3])), height, height if square else draw(sizes))
    drawn = draw(st.lists(draws, min_size=1, max_size=3))
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).random((len(drawn), *shape)), drawn


def keras_transform(images: Array, drawn: list[dict[str, Any]], **options: Any) -> Array:
    """Return images (B, C, H, W) changed by Keras one by one, in the course's order of axes."""
    generator = ImageDataGenerator(data_format="channels_last", **options)
    changed = [
        generator.apply_transform(image, each)
        for image, each in zip(np.moveaxis(images, 1, -1), drawn, strict=True)
    ]
    return np.moveaxis(np.stack(changed), -1, 1)


def params_of(drawn: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Return Keras's draws as what `RandomAugmentation.make_params` returns."""

    def column(name: str) -> Tensor:
        default = 1.0 if name in ("zx", "zy", "brightness") else 0.0
        return torch.tensor([each.get(name, default) for each in drawn], dtype=torch.float64)

    return {
        "matrices": affine_matrices(*map(column, MATRIX_NAMES)),
        "horizontal": column("flip_horizontal").bool(),
        "vertical": column("flip_vertical").bool(),
        "brightness": column("brightness"),
    }


def our_transform(images: Tensor, params: dict[str, Tensor], **options: Any) -> Array:
    augmentation = RandomAugmentation(
        rotation_range=1, horizontal_flip=True, vertical_flip=True, **options
    )
    changed: Array = augmentation.transform(images, params).numpy()
    return changed


def far_from_jumps(params: dict[str, Tensor], height: int, width: int) -> Array:
    """Tell which pixels (B, 1, H, W) come from a point well apart from the image's edges.

    There "constant" and "wrap" jump, and the last bit of a position decides.
    """
    matrices = params["matrices"].numpy()
    centre = np.array([width - 1, height - 1]) / 2
    y, x = np.indices((height, width))
    points = np.stack([x - centre[0], y - centre[1], np.ones_like(x)])
    positions = np.einsum("bij,jhw->bihw", matrices, points) + centre[:, None, None]
    positions = np.where(
        params["horizontal"].numpy()[:, None, None, None], positions[..., ::-1], positions
    )
    positions = np.where(
        params["vertical"].numpy()[:, None, None, None], positions[..., ::-1, :], positions
    )
    period = np.maximum([width - 1, height - 1], 1)[:, None, None]
    apart = np.abs(positions - period * np.round(positions / period)) > 1e-9
    far: Array = apart.all(axis=1, keepdims=True)
    return far


def check_images(
    images: Array,
    drawn: list[dict[str, Any]],
    params: dict[str, Tensor],
    mode: FillMode = "nearest",
) -> None:
    ours = our_transform(torch.from_numpy(images), params, fill_mode=mode, cval=0.3)
    theirs = keras_transform(images, drawn, fill_mode=mode, cval=0.3)
    assert ours.shape == theirs.shape
    compared = far_from_jumps(params, *images.shape[2:]) | (mode in ("nearest", "reflect"))
    difference = np.where(compared, np.abs(ours - theirs), 0)
    assert difference.max() < 1e-9


@alike
@given(batches(shifts, square=False))
def test_shifts_and_flips_are_keras_s(case: tuple[Array, list[dict[str, Any]]]) -> None:
    images, drawn = case
    check_images(images, drawn, params_of(drawn))


@pytest.mark.parametrize("mode", get_args(FillMode))
@settings(alike, max_examples=100)
@given(batches(draws, square=True))
def test_every_change_is_keras_s(mode: FillMode, case: tuple[Array, list[dict[str, Any]]]) -> None:
    images, drawn = case
    check_images(images, drawn, params_of(drawn), mode)


@pytest.mark.parametrize("mode", get_args(FillMode))
@settings(alike, max_examples=100)
@given(batches(draws, square=False))
def test_on_other_than_squares_only_the_centre_differs(
    mode: FillMode, case: tuple[Array, list[dict[str, Any]]]
) -> None:
    """Keras takes half the height for the centre's column and half the width for its row.

    Here the centre is the image's. Once that is undone, there is no other difference.
    """
    images, drawn = case
    height, width = images.shape[2:]
    params = params_of(drawn)
    off = torch.tensor([height - width, width - height], dtype=torch.float64) / 2
    linear = params["matrices"][:, :, :2]
    params["matrices"][:, :, 2] += off - linear @ off
    check_images(images, drawn, params, mode)


@settings(alike, max_examples=100)
@given(batches(draws, square=True), st.floats(0, 3), st.booleans())
def test_brightness_is_keras_s_but_for_whole_bytes(
    case: tuple[Array, list[dict[str, Any]]], factor: float, moved: bool
) -> None:
    """Keras cuts to whole bytes before and after the change of brightness, here nothing is cut."""
    images, drawn = np.round(case[0] * 255), case[1]
    if not moved:
        flips = ("flip_horizontal", "flip_vertical")
        drawn = [{name: each[name] for name in flips} for each in drawn]
    drawn = [{**each, "brightness": factor} for each in drawn]
    theirs = keras_transform(images, drawn)
    ours = 255 * our_transform(
        torch.from_numpy(images / 255), params_of(drawn), brightness_range=(0, 3)
    )
    difference = ours - theirs
    assert difference.min() > -1e-4
    assert difference.max() < 1 + (factor if moved else 0) + 1e-4


def test_brightness_leaves_of_fractions_only_black_in_keras() -> None:
    images = np.random.default_rng(0).random((1, 3, 5, 5)) * 0.99
    drawn = [{"brightness": 1.5}]
    assert not keras_transform(images, drawn).any()
    ours = our_transform(torch.from_numpy(images), params_of(drawn), brightness_range=(0, 3))
    np.testing.assert_allclose(ours, np.minimum(images * 1.5, 1), rtol=0, atol=1e-12)


EVERYTHING: dict[str, Any] = {
    "rotation_range": 30,
    "width_shift_range": 0.1,
    "height_shift_range": 0.2,
    "shear_range": 10,
    "zoom_range": (0.7, 1.1),
    "horizontal_flip": True,
    "vertical_flip": True,
    "brightness_range": (0.5, 1.8),
}


def our_draws(params: dict[str, Tensor]) -> dict[str, Array]:
    """Return what `make_params` drew by the names of Keras's dictionary, "tx" moving columns."""
    m = np.moveaxis(params["matrices"].double().numpy(), 0, -1)
    theta = np.arctan2(m[1, 0], m[0, 0])
    shear = np.arctan2(-m[0, 1], m[1, 1]) - theta
    return {
        "theta": np.rad2deg(theta),
        "tx": np.cos(theta) * m[0, 2] + np.sin(theta) * m[1, 2],
        "ty": np.cos(theta) * m[1, 2] - np.sin(theta) * m[0, 2],
        "shear": np.rad2deg(shear),
        "zx": np.hypot(m[0, 0], m[1, 0]),
        "zy": np.hypot(m[0, 1], m[1, 1]),
        "flip_horizontal": params["horizontal"].numpy(),
        "flip_vertical": params["vertical"].numpy(),
        "brightness": params["brightness"].double().numpy(),
    }


@pytest.mark.parametrize("mode", ["nearest", "reflect"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-4), (torch.uint8, 1e-4)]
)
def test_what_is_drawn_here_has_the_same_effect_in_keras(
    mode: FillMode, channels: int, dtype: torch.dtype, tolerance: float
) -> None:
    scale = 255 if dtype == torch.uint8 else 1
    generator = torch.Generator().manual_seed(1)
    images = (torch.rand(40, channels, 11, 11, generator=generator) * scale).to(dtype)
    options = {**EVERYTHING, "brightness_range": None, "fill_mode": mode}
    augmentation = RandomAugmentation(**options)
    torch.manual_seed(0)
    drawn = our_draws(augmentation.make_params([images]))
    del drawn["brightness"]
    torch.manual_seed(0)
    changed = augmentation(images)
    one_by_one = [dict(zip(drawn, row, strict=True)) for row in zip(*drawn.values(), strict=True)]
    theirs = keras_transform(images.double().numpy(), one_by_one, fill_mode=mode) / scale
    np.testing.assert_allclose(changed.numpy(), theirs, rtol=0, atol=tolerance)


HEIGHT, WIDTH = 10, 24


def many_draws(options: dict[str, Any]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return 20,000 draws of ours and 5,000 of Keras's for images of 10 rows and 24 columns.

    They bear the names of what they move in this project: "tx" columns, "ty" rows. In Keras's
    dictionary the draw of `width_shift_range` is "ty", so the two are exchanged here.
    """
    torch.manual_seed(0)
    images = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.float64).expand(20_000, -1, -1, -1)
    ours = our_draws(RandomAugmentation(**options).make_params([images]))
    generator = ImageDataGenerator(data_format="channels_last", **options)
    np.random.seed(0)
    drawn = [generator.get_random_transform((HEIGHT, WIDTH, 1)) for _ in range(5_000)]
    names = {**{name: name for name in ours}, "tx": "ty", "ty": "tx"}
    theirs = {name: np.array([each[names[name]] for each in drawn]) for name in ours}
    if options.get("brightness_range") is None:  # Keras then has None for the factor 1
        theirs["brightness"] = np.ones(len(drawn))
    # Flips that are not asked for are drawn here, but not done.
    for name, option in (
        ("flip_horizontal", "horizontal_flip"),
        ("flip_vertical", "vertical_flip"),
    ):
        if not options.get(option):
            del ours[name], theirs[name]
    # What is one number in Keras may have an error in its last bits after `our_draws`.
    for drawn_by in (ours, theirs):
        for name, values in drawn_by.items():
            drawn_by[name] = np.round(values.astype(float), 6)
    return ours, theirs


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"width_shift_range": 0.1, "height_shift_range": 0.1, "horizontal_flip": True},
        {"width_shift_range": 0.3},
        {"height_shift_range": 0.99},
        {"width_shift_range": 1.0, "height_shift_range": 3.5},
        {"width_shift_range": 4, "height_shift_range": 2, "vertical_flip": True},
        {"width_shift_range": 1},
        {"rotation_range": 25, "zoom_range": 0.2},
        {"shear_range": 15, "zoom_range": [0.5, 0.9], "brightness_range": (0.2, 0.7)},
        EVERYTHING,
    ],
    ids=str,
)
def test_draws_are_distributed_as_keras_s(options: dict[str, Any]) -> None:
    ours, theirs = many_draws(options)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        # 1 in 10,000 equal distributions would fail, but the seeds are given.
        assert ks_2samp(values, theirs[name]).pvalue > 1e-4, name
        # Its extremes, too, of which the test of Kolmogorov and Smirnov sees little.
        reach = np.ptp(theirs[name])
        assert abs(values.min() - theirs[name].min()) <= 0.003 * reach, name
        assert abs(values.max() - theirs[name].max()) <= 0.003 * reach, name


def test_draws_are_independent_as_keras_s() -> None:
    for drawn in many_draws(EVERYTHING):
        values = np.stack(list(drawn.values()))
        # With each other, and with those of the next image; 5 standard errors.
        both = np.corrcoef(values[:, :-1], values[:, 1:])
        correlations = both[~np.eye(len(both), dtype=bool)]
        assert np.abs(correlations).max() < 5 / np.sqrt(values.shape[1])


@pytest.mark.parametrize(
    ("option", "ours_moves", "keras_moves"),
    [("width_shift_range", -1, -2), ("height_shift_range", -2, -1)],
)
def test_the_ranges_of_keras_move_the_other_axis(
    option: str, ours_moves: int, keras_moves: int
) -> None:
    """keras-team/keras#17398: in Keras 3 the width's draw moves rows and the height's columns.

    Here each moves what its name says; the draw itself has the same distribution. With equal
    ranges on squares, as in the course, one cannot tell the two apart.
    """
    stripes = {-1: np.arange(8.0).repeat(8).reshape(8, 8), -2: np.tile(np.arange(8.0), (8, 1))}
    # Stripes along an axis do not change when they are moved along it.
    np.random.seed(0)
    torch.manual_seed(0)
    generator = ImageDataGenerator(**{option: 0.4})
    augmentation = RandomAugmentation(**{option: 0.4})
    for axis, image in stripes.items():
        theirs = generator.random_transform(image[:, :, np.newaxis])[:, :, 0]
        ours = augmentation(torch.from_numpy(image)[None, None])[0, 0].numpy()
        assert np.allclose(theirs, image) == (axis == keras_moves)
        assert np.allclose(ours, image) == (axis == ours_moves)
