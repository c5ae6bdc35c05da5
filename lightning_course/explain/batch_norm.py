"""Batch normalisation in training and at prediction (course chapter 4.6)."""

import numpy as np

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
    table,
)

MEANS, DEVIATIONS = np.array([-6.0, 2.0, 11.0]), np.array([0.5, 1.0, 3.0])
NAMES = ("feature 0", "feature 1", "feature 2")
BATCH, BATCHES = 32, 500
MOMENTA = {0.99: BLUE, 0.9: ORANGE}


def explain() -> Explanation:
    """Draw features before and after, and the moving mean; put one row into two batches."""
    batches = np.random.default_rng(0).normal(MEANS, DEVIATIONS, (BATCHES, BATCH, 3))
    # Many rows for smooth histograms; the layer itself sees them batch by batch.
    rows = batches.reshape(-1, 3)
    after = np.concatenate([_normalised(batch).outputs for batch in batches])

    figure = new_figure(
        "Batch normalisation: features on one scale, moving statistics for prediction", 3.7
    )
    left, middle, right = figure.subplots(1, 3)
    for axes, values, title in (
        (left, rows, "before"),
        (middle, after, f"after, batches of {BATCH}"),
    ):
        for feature, colour in enumerate((BLUE, ORANGE, GREEN)):
            axes.hist(
                values[:, feature],
                bins=60,
                density=True,
                histtype="step",
                color=colour,
                lw=1.4,
                label=NAMES[feature],
            )
        label(axes, title, "value", "density")
    legend(left)
    for momentum, colour in MOMENTA.items():
        name = f"momentum {momentum:g}" + (", Keras's" if momentum == 0.99 else "")
        right.plot(moving_means(batches, momentum)[:, 2], color=colour, lw=1.2, label=name)
    right.axhline(MEANS[2], color=GREY, ls=":", label="true mean")
    label(right, "moving mean of feature 2", "batches seen", "moving mean", ylim=(0, 14))
    legend(right, loc="lower right")

    ones, zeros = np.ones(3), np.zeros(3)
    row = batches[0, :1]
    with_others = [
        _normalised(np.concatenate([row, others])).outputs[0, 2]
        for others in (batches[0, 1:], batches[1, 1:])
    ]
    mean, variance = MEANS, DEVIATIONS**2
    alone = fs.batch_norm_inference(row, ones, zeros, mean, variance)[0, 2]
    one_batch = _normalised(batches[0])
    scaled = fs.batch_norm(batches[0], 2 * ones, 5 * ones, zeros, ones).outputs
    return Explanation(
        {"features": figure},
        [
            f"the first batch of {BATCH} rows:",
            *table(
                ["", *NAMES],
                [
                    ["mean before", *_numbers(batches[0].mean(axis=0))],
                    ["spread before", *_numbers(batches[0].std(axis=0))],
                    ["mean after", *_numbers(one_batch.outputs.mean(axis=0))],
                    ["spread after", *_numbers(one_batch.outputs.std(axis=0))],
                    ["mean with γ 2, β 5", *_numbers(scaled.mean(axis=0))],
                    ["spread with γ 2, β 5", *_numbers(scaled.std(axis=0))],
                ],
            ),
            "With Keras's momentum of 0.99 the moving mean of feature 2 is "
            f"{moving_means(batches, 0.99)[99, 2]:.2f} after 100 batches; the true mean is "
            f"{MEANS[2]:g}. It needs hundreds of batches (1 − 0.99^100 = {1 - 0.99**100:.2f}).",
            f"In training the result of a row depends on its batch: {with_others[0]:.3f} with some "
            f"rows, {with_others[1]:.3f} with others.",
            f"At prediction it does not: {alone:.3f} with any rows.",
            "The course's notes say that batch normalisation is not used with dense layers. It can "
            "be: a feature is a column there, as it is here.",
        ],
    )


def moving_means(batches: Array, momentum: float) -> Array:
    """Return the moving mean of each feature after each batch: (batches, features)."""
    features = batches.shape[-1]
    ones, zeros = np.ones(features), np.zeros(features)
    mean, variance, means = zeros, ones, []
    for batch in batches:
        _, mean, variance = fs.batch_norm(batch, ones, zeros, mean, variance, momentum)
        means.append(mean)
    return np.stack(means)


def _normalised(batch: Array) -> fs.Normalised:
    """Normalise a batch with a layer that has learned nothing yet."""
    ones, zeros = np.ones(batch.shape[-1]), np.zeros(batch.shape[-1])
    return fs.batch_norm(batch, ones, zeros, zeros, ones)


def _numbers(values: Array) -> list[str]:
    # Adding 0 turns −0.0, which would be "-0.00", into 0.0.
    return [f"{round(value, 2) + 0.0:.2f}" for value in values]
