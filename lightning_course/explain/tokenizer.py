"""Words become ids, and sentences become rows of one length (course chapter 6.2)."""

from typing import Any

import numpy as np

from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import label, new_figure, number_grid, rows_of
from lightning_course.preprocessing import Tokenizer, pad_sequences

# The course's sentences.
SENTENCES = ("I like eggs and ham.", "I love chocolate and bunnies.", "I hate onions.")
SETTINGS: dict[str, dict[str, Any]] = {
    "default: zeros before": {},
    'padding="post": zeros after': {"padding": "post"},
    "maxlen=6: longer than all": {"maxlen": 6},
    'maxlen=6, padding="post"': {"maxlen": 6, "padding": "post"},
    "maxlen=4: cut before": {"maxlen": 4},
    'maxlen=4, truncating="post"': {"maxlen": 4, "truncating": "post"},
}


def explain() -> Explanation:
    """Draw the three sentences of the course as ids, padded and cut in six ways."""
    tokenizer = Tokenizer(num_words=20_000)
    tokenizer.fit_on_texts(SENTENCES)
    sequences = tokenizer.texts_to_sequences(SENTENCES)
    arrays = {name: pad_sequences(sequences, **options) for name, options in SETTINGS.items()}

    figure = new_figure("pad_sequences on the course's three sentences: words with their ids", 6.2)
    panels = figure.subplots(3, 2).flat
    for axes, (name, ids) in zip(panels, arrays.items(), strict=True):
        words = np.vectorize(lambda k: f"{tokenizer.index_word.get(k, '–')}\n{k}")(ids)
        number_grid(axes, ids, "", shades=np.where(ids > 0, 0.4, 0.0), texts=words, fontsize=7.5)
        label(axes, name, "time step", "sentence", aspect="auto")
        axes.grid(False, which="major")
    index = ", ".join(f"{word} {k}" for word, k in tokenizer.word_index.items())
    default = arrays["default: zeros before"]
    return Explanation(
        {"padding": figure},
        [
            *(f"{text!r} becomes {ids}" for text, ids in zip(SENTENCES, sequences, strict=True)),
            "word index, the frequent words first:",
            index,
            "Id 0 is no word but the padding. So the embedding needs "
            f"{len(tokenizer.word_index)} + 1 rows.",
            *(f"{name}: {rows_of(ids)}" for name, ids in arrays.items()),
            f"An embedding of D numbers turns N x T = {default.shape[0]} x {default.shape[1]} ids "
            "into N x T x D; the course's notes once say N x D.",
            "A word that is not in the texts of fit_on_texts is left out: 'I like cheese' becomes "
            f"{tokenizer.texts_to_sequences(['I like cheese'])[0]}.",
        ],
    )
