"""Pooling: one number for each window (course chapter 4.3)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    AMBER,
    GREEN,
    ORANGE,
    PHOTO_CREDIT,
    PINK,
    draw_image,
    frame,
    grey_photo,
    new_figure,
    number_grid,
    rows_of,
)
from lightning_course.reports.figures import Figure

# The course's worked example.
IMAGE = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [16, 15, 14, 13], [12, 11, 10, 9]])
WINDOWS = [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)]

# Where a filter found its pattern, and the same one pixel to the right.
FOUND = np.zeros((4, 4))
FOUND[1, 0] = 9.0
FOUND[2, 1] = 5.0

SIDE = 8


def explain() -> Explanation:
    """Draw the worked example, the effect of a shift, and a photo pooled."""
    shifted = np.roll(FOUND, 1, axis=1)
    short, long = np.ones((2, 3, 5)), np.ones((40, 60, 5))
    return Explanation(
        {"worked_example": _worked_example(), "shift": _shift(shifted), "picture": _photo()},
        [
            f"max pooling: {rows_of(fs.max_pool(IMAGE))}",
            f"average pooling: {rows_of(fs.average_pool(IMAGE))}",
            f"overlapping windows (2 x 2, stride 1): {rows_of(fs.max_pool(IMAGE, 2, 1))}",
            f"windows of 1 x 2: {rows_of(fs.max_pool(IMAGE, (1, 2)))}",
            'The course\'s notes call the overlap "stride"; it is the step from window to window.',
            f"Two patterns found: {rows_of(fs.max_pool(FOUND))}; both one pixel to the right: "
            f"{rows_of(fs.max_pool(shifted))}. Only the pattern that stays in its window "
            "gives the same output.",
            f"Global pooling of {short.shape[:2]} and of {long.shape[:2]} pixels with "
            f"{short.shape[2]} feature maps: {fs.global_max_pool(short).shape[0]} numbers and "
            f"{fs.global_max_pool(long).shape[0]}, so images of any size fit one dense layer.",
        ],
    )


def _worked_example() -> Figure:
    figure = new_figure("Pooling by 2 × 2: each window becomes one number", 3.3)
    panels = figure.subplots(1, 4, width_ratios=(4, 2.4, 2.4, 3.2))
    cells = [(row, column, 1, 1) for row in (0, 1) for column in (0, 1)]
    number_grid(panels[0], IMAGE, "image", windows=WINDOWS)
    number_grid(panels[1], fs.max_pool(IMAGE), "maximum: max pooling", windows=cells)
    number_grid(panels[2], fs.average_pool(IMAGE), "mean: average pooling", windows=cells)
    number_grid(panels[3], fs.max_pool(IMAGE, 2, 1), "max, stride 1:\nwindows overlap")
    return figure


def _shift(shifted: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Figure:
    figure = new_figure("A shift within the window vanishes, one across its border does not", 3.1)
    panels = figure.subplots(1, 4, width_ratios=(4, 2.4, 4, 2.4))
    for number, (name, found) in enumerate(
        (("patterns found", FOUND), ("one to the right", shifted))
    ):
        left, right = panels[2 * number : 2 * number + 2]
        number_grid(left, found, name)
        # Frames in the colours of the worked example.
        for window, colour in zip(WINDOWS, (ORANGE, GREEN, PINK, AMBER), strict=True):
            frame(left, window, colour)
        number_grid(right, fs.max_pool(found), "max pooling")
    return figure


def _photo() -> Figure:
    # Whole windows only.
    image = grey_photo()[: 26 * SIDE, : 40 * SIDE]
    figure = new_figure(
        f"{SIDE} × {SIDE} pixels become one, in three ways\n{PHOTO_CREDIT}, in grey", 6.6
    )
    shown = (
        ("the photo", image),
        ("maximum: bright details grow", fs.max_pool(image, SIDE)),
        ("mean: everything is smoothed", fs.average_pool(image, SIDE)),
        # A convolution with this stride starts its windows here; a 1 × 1 filter skips the rest.
        (f"every {SIDE}th pixel: a stride alone", image[::SIDE, ::SIDE]),
    )
    for axes, (title, values) in zip(figure.subplots(2, 2).flat, shown, strict=True):
        draw_image(axes, values, title, vmin=0, vmax=255)
    return figure
