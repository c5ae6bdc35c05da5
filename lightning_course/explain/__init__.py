"""The course's formulas as figures, one module per topic.

Each module has a function ``explain()`` that takes nothing, draws from a fixed seed and returns an
:class:`Explanation`: figures by name, and lines of text whose numbers are computed on the spot::

    from lightning_course.explain import convolution
    convolution.explain().figures["picture"]

The formulas are those of :mod:`lightning_course.from_scratch`; ``TOPICS`` is the only index. The
lines also say where the course's notes, which are its written version, are wrong.
"""

import importlib
from typing import NamedTuple

from lightning_course.checks import check_choice
from lightning_course.explain.base import Explanation


class Topic(NamedTuple):
    """A topic's line in ``--list``.

    Attributes:
        chapter: Chapters of the course.
        summary: What the topic shows, in one line.
    """

    chapter: str
    summary: str


# By module name, in the course's order. No topic is imported here, so that `--list` is fast.
TOPICS = {
    "gradient_descent": Topic("2.3", "learning rates too small, good and too large; batches"),
    "activations": Topic("3.1", "activation functions, their derivatives, dead units"),
    "softmax": Topic("3.1", "logits become probabilities; for two classes it is the sigmoid"),
    "vanishing_gradient": Topic("3.1, 5.4", "gradients fade with depth, and with time"),
    "images": Topic("3.2", "images as numbers: channels, colour codes, memory, scaling"),
    "dropout": Topic("3.2", "dropping units in training keeps the mean and adds spread"),
    "convolution": Topic("4.1", "a sliding filter: worked example, blur, edges, as a matrix"),
    "conv_sizes": Topic("4.1, 4.2", "valid, same and full padding; shared and unshared weights"),
    "pooling": Topic("4.3", "the maximum or mean of each window; shifts that vanish"),
    "batch_norm": Topic("4.6", "training by the batch's statistics, prediction by moving ones"),
    "rnn_cells": Topic("5.3, 5.4", "gates: what an LSTM and a GRU can keep and a SimpleRNN cannot"),
    "embedding": Topic("6.1", "one-hot words are all √2 apart; learned vectors are not"),
    "tokenizer": Topic("6.2", "words become ids; sequences are padded and cut at either end"),
    "losses": Topic("3.2, appendix", "each loss is the negative logarithm of a likelihood"),
    "momentum": Topic("appendix", "descent through a narrow valley with a velocity"),
    "optimizers": Topic("appendix", "five optimisers on one surface; where Adam adds its epsilon"),
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
