"""Figures of an image set before any model: pure functions from arrays to a Figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure


def class_counts(
    counts: Mapping[str, Sequence[int]], class_names: Sequence[str], title: str
) -> Figure:
    """Return how many rows each class has in each split.

    Args:
        counts: By split, K counts.
        class_names: K names.
        title: Which data.
    """
    figure = Figure(figsize=(1.2 + 0.75 * len(class_names), 3.4), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(class_names))
    width = 0.8 / len(counts)
    for number, (split, values) in enumerate(counts.items()):
        shift = (number - (len(counts) - 1) / 2) * width
        bars = axes.bar(
            places + shift, values, width, color=(BLUE, ORANGE, GREY)[number % 3], label=split
        )
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=6, padding=1)
    long = max(map(len, class_names)) > 6
    axes.set_xticks(
        places, class_names, rotation=30 if long else 0, ha="right" if long else "center"
    )
    axes.set(ylabel="images", title=title)
    axes.title.set_fontsize(11)
    axes.margins(y=0.2)
    axes.legend(frameon=False, ncols=len(counts), loc="upper center")
    return figure


def example_images(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    class_names: Sequence[str],
    title: str,
    each: int = 10,
) -> Figure:
    """Return the first images of each class, a row for each.

    Args:
        images: Shape (N, C, H, W), C 1 (grey) or 3 (red, green, blue), from 0 to 255.
        labels: Shape (N,), from 0 to K − 1.
        class_names: K names.
        title: Which data.
        each: Images of a class, at most.
    """
    _, channels, height, width = images.shape
    sheet = np.full((len(class_names) * (height + 1), each * (width + 1), channels), 255, np.uint8)
    for number in range(len(class_names)):
        for place, image in enumerate(images[labels == number][:each]):
            top, left = number * (height + 1), place * (width + 1)
            sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    figure = Figure(
        figsize=(0.55 * each + 1.4, 0.55 * len(class_names) + 0.5), layout="constrained"
    )
    axes = figure.subplots()
    # "nearest" shows the pixels as they are.
    axes.imshow(sheet.squeeze(-1) if channels == 1 else sheet, cmap="gray", interpolation="nearest")
    axes.set_yticks(np.arange(len(class_names)) * (height + 1) + height / 2, class_names)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=11)
    return figure


def pixel_histogram(images: npt.NDArray[np.uint8], title: str) -> Figure:
    """Return how often each pixel value occurs, by channel, on a logarithmic axis.

    Args:
        images: Shape (N, C, H, W), C 1 (grey) or 3 (red, green, blue), from 0 to 255.
        title: Which data.
    """
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.subplots()
    channels = ("red", "green", "blue") if images.shape[1] == 3 else ("grey",)
    colors = ("#C03030", "#208040", BLUE) if images.shape[1] == 3 else (BLUE,)
    for channel, (name, color) in enumerate(zip(channels, colors, strict=True)):
        # In parts: counting turns each byte into an eight-byte integer.
        parts = np.array_split(images[:, channel], 1 + len(images) // 1_000)
        counts = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
        mean = float((np.arange(256) * counts).sum() / images[:, channel].size)
        axes.step(
            range(256), counts, where="mid", color=color, lw=1, label=f"{name}, mean {mean:.1f}"
        )
    axes.set(yscale="log", xlabel="value of a pixel", ylabel="pixels", title=title, xlim=(-2, 257))
    axes.title.set_fontsize(11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure
