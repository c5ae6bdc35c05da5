"""The course's formulas as pictures, one module a topic.

Each module has a function ``explain()`` that takes nothing, draws from a fixed seed and returns an
:class:`Explanation`: figures by name, and lines of text whose numbers are computed on the spot::

    from lightning_course.explain import convolution
    convolution.explain().figures["picture"]

The formulas are those of :mod:`lightning_course.from_scratch`; ``TOPICS`` is the only index.
"""

import importlib
from typing import NamedTuple

from lightning_course.checks import check_choice
from lightning_course.explain.base import Explanation


class Topic(NamedTuple):
    """What ``--list`` shows of a topic.

    Attributes:
        chapter: Of the course.
        summary: One line.
    """

    chapter: str
    summary: str


# By the module's name, in the course's order. Nothing is imported for it: the list is quick.
TOPICS = {
    "gradient_descent": Topic("2.3", "learning rates too small, good and too large; batches"),
    "activations": Topic("3.1", "activation functions, their derivatives, dead units"),
    "softmax": Topic("3.1", "logits become probabilities; the sigmoid is two classes of it"),
    "vanishing_gradient": Topic("3.1, 5.4", "gradients fade with depth, and with time"),
    "images": Topic("3.2", "pictures as numbers: channels, colour codes, memory, scaling"),
    "dropout": Topic("3.2", "units dropped in training keep the mean and add spread"),
    "convolution": Topic("4.1", "a sliding filter: worked example, blur, edges, as a matrix"),
    "conv_sizes": Topic("4.1, 4.2", "valid, same and full; weights shared against a dense layer"),
    "pooling": Topic("4.3", "the largest or the mean of each window; shifts that vanish"),
    "batch_norm": Topic("4.6", "a batch by its own statistics, a prediction by moving ones"),
    "rnn_cells": Topic("5.3, 5.4", "gates over time: what an LSTM and a GRU keep, a SimpleRNN not"),
    "embedding": Topic("6.1", "one-hot words are all √2 apart; learned vectors are not"),
    "tokenizer": Topic("6.2", "words become ids; padded and cut before or after"),
    "losses": Topic("3.2, appendix", "each loss is the negative logarithm of a likelihood"),
    "momentum": Topic("appendix", "a velocity through a narrow valley"),
    "optimizers": Topic("appendix", "five optimisers on one surface; Adam's three epsilons"),
    "learning_rates": Topic("appendix", "schedules: constant, step, exponential, 1/t, piecewise"),
}

__all__ = ["TOPICS", "Explanation", "Topic", "explain"]


def explain(topic: str) -> Explanation:
    """Return the explanation of a topic by its name.

    Args:
        topic: One of ``TOPICS``.

    Raises:
        ValueError: An unknown topic.
    """
    check_choice("topic", topic, TOPICS)
    module = importlib.import_module(f"lightning_course.explain.{topic}")
    explanation: Explanation = module.explain()
    return explanation
