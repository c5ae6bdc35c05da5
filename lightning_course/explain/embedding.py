"""Words as rows of a matrix (course chapter 6.1)."""

from typing import Any

import numpy as np
import torch
from torch import nn

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Array,
    label,
    legend,
    new_figure,
    number_grid,
)
from lightning_course.nn import Dense, Embedding
from lightning_course.optim import Adam
from lightning_course.reports.figures import Figure

# The matrix of the course's notes.
MATRIX = np.arange(1, 10).reshape(3, 3)

# What a message of two words is about. "orange" is a fruit and a colour.
SUBJECTS = {
    "fruit": ("apple", "pear", "plum", "orange"),
    "colour": ("red", "green", "blue", "orange"),
    "number": ("one", "two", "six", "ten"),
}
WORDS = tuple(dict.fromkeys(word for words in SUBJECTS.values() for word in words))
COMPARED = ("apple", "pear", "orange", "red", "blue", "six")
STEPS = 150


def explain() -> Explanation:
    """Draw an embedding as one-hot product, and distances of words before and after learning."""
    start, learned = learn()
    lookup = fs.embedding_by_one_hot([1], MATRIX)[0]
    ids = [WORDS.index(word) for word in COMPARED]
    hot = distances(fs.one_hot(ids, len(WORDS)))
    between = hot[np.triu_indices(len(ids), 1)]
    rows = [0, 2]
    return Explanation(
        {"lookup": _lookup(), "distances": _distances(hot, start, learned)},
        [
            f"one_hot(1) · W = {_row(lookup)}, and W[1] = {_row(fs.embedding([1], MATRIX)[0])}. "
            "Rows count from 0; the drawing in the course's notes calls the first row position 1.",
            f"Ids {rows} become {fs.embedding(rows, MATRIX).shape[0]} rows of "
            f"{MATRIX.shape[1]} numbers; with one-hot vectors that "
            f"takes {len(rows) * MATRIX.size} multiplications.",
            f"One-hot words are {between.min():.4f} to {between.max():.4f} apart, always √2: no "
            "word is nearer to one word than to another.",
            f"After {STEPS} steps of learning the subject of two words, the nearest words by "
            "cosine:",
            *(f"{word}: {', '.join(nearest(word, learned))}" for word in ("apple", "red", "six")),
            f"orange, a fruit and a colour, has cosine {_cosine('orange', 'apple', learned):.2f} "
            f"with apple, {_cosine('orange', 'red', learned):.2f} with red, "
            f"{_cosine('orange', 'six', learned):.2f} with six.",
            'The course\'s notes call the cosine "cosine distance". That is 1 minus the cosine: '
            "small for similar words.",
        ],
    )


def learn() -> tuple[Array, Array]:
    """Return the words' vectors before and after learning, each (V, 2).

    The network sees two words of one subject, takes the mean of their vectors and predicts the
    subject with a dense layer.
    """
    messages = [
        (WORDS.index(first), WORDS.index(second), subject)
        for subject, words in enumerate(SUBJECTS.values())
        for first in words
        for second in words
    ]
    rows = torch.tensor(messages)
    ids, subjects = rows[:, :2], rows[:, 2]
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        words, classes = Embedding(len(WORDS), 2), Dense(2, len(SUBJECTS))
    start: Array = words.weight.detach().double().numpy().copy()
    optimizer = Adam([*words.parameters(), *classes.parameters()], lr=0.05, fused=False)
    for _ in range(STEPS):
        loss = nn.functional.cross_entropy(classes(words(ids).mean(dim=1)), subjects)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return start, words.weight.detach().double().numpy()


def distances(vectors: Array) -> Array:
    """Return the Euclidean distance of each row from each: (N, D) to (N, N)."""
    return np.array([[fs.euclidean_distance(a, b) for b in vectors] for a in vectors])


def nearest(word: str, vectors: Array, count: int = 3) -> list[str]:
    """Return the words with the largest cosine, the nearest first."""
    others = [other for other in WORDS if other != word]
    return sorted(others, key=lambda other: -_cosine(word, other, vectors))[:count]


def _cosine(word: str, other: str, vectors: Array) -> float:
    return fs.cosine_similarity(vectors[WORDS.index(word)], vectors[WORDS.index(other)])


def _lookup() -> Figure:
    figure = new_figure("An embedding layer: a one-hot vector times W is a row of W", 2.7)
    panels = figure.subplots(1, 3)
    # A shade per row shows which row the result is.
    shades = np.repeat([[0.15], [0.8], [0.4]], 3, axis=1)
    number_grid(panels[0], fs.one_hot([1], 3), "one_hot(1)", ylabel="")
    number_grid(panels[1], MATRIX, "× W", windows=[(1, 0, 1, 3)], shades=shades)
    number_grid(
        panels[2],
        fs.embedding_by_one_hot([1], MATRIX),
        "= W[1]",
        windows=[(0, 0, 1, 3)],
        shades=shades[1:2],
        ylabel="",
    )
    for axes in (panels[0], panels[2]):
        axes.set_yticks([])
    return figure


def _distances(hot: Array, start: Array, learned: Array) -> Figure:
    figure = new_figure(
        "Distances between words: all equal for one-hot vectors, by use for learned vectors", 7
    )
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1.05))
    ids = [WORDS.index(word) for word in COMPARED]
    for column, (title, values) in enumerate(
        (("one-hot vectors: √2", hot), ("learned vectors of 2 numbers", distances(learned[ids])))
    ):
        axes = figure.add_subplot(grid[0, column])
        number_grid(
            axes,
            values,
            f"distance, {title}",
            shades=values / values.max(),
            texts=np.vectorize("{:.2f}".format)(values),
            fontsize=8.5,
            xlabel="word",
            ylabel="word",
        )
        axes.set_xticks(range(len(ids)), COMPARED)
        axes.set_yticks(range(len(ids)), COMPARED)
    below: Any = figure.add_subplot(grid[1, :])
    below.scatter(*start.T, s=12, color=GREY, label="before: random, ± 0.05")
    for (subject, words), colour in zip(SUBJECTS.items(), (BLUE, ORANGE, GREEN), strict=True):
        shown = np.array([learned[WORDS.index(word)] for word in words if word != "orange"])
        below.scatter(*shown.T, s=30, color=colour, label=f"after: {subject}")
        # Words with the same use end up in one place, where their names would overlap.
        names = ", ".join(word for word in words if word != "orange")
        _name(below, names, shown.mean(axis=0))
    orange = learned[WORDS.index("orange")]
    below.scatter(*orange, s=30, color="black", label="after: fruit and colour")
    _name(below, "orange", orange)
    label(below, f"vectors before and after {STEPS} steps", "first number", "second number")
    below.margins(0.15, 0.18)
    legend(below, loc="best")
    return figure


def _name(axes: Any, text: str, place: Array) -> None:
    axes.annotate(text, place, (0, 7), textcoords="offset points", ha="center", fontsize=9)


def _row(values: Array) -> str:
    return f"({' '.join(f'{value:g}' for value in values)})"
