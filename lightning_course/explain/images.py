"""Images as numbers (course chapter 3.2)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREEN,
    PHOTO_CREDIT,
    draw_image,
    label,
    legend,
    new_figure,
    photo,
)
from lightning_course.reports.figures import Figure

CHANNELS = ("red", "green", "blue")
RED = "#C03030"

VGG_EDGES = np.arange(-160, 137, 4)


def explain() -> Explanation:
    """Draw a photo's three channels and three scalings of its pixels; list its size."""
    image = photo()
    height, width, channels = image.shape
    means = fs.channel_means(image)
    code = fs.rgb_to_hex(*(round(mean) for mean in means))
    bits, size = fs.image_bits(height, width), fs.image_bytes(height, width)
    course_bits, course_bytes = fs.image_bits(500, 500), fs.image_bytes(500, 500)
    rows = fs.flatten_images(image[np.newaxis])
    place = (height // 2, width // 2)
    return Explanation(
        {"channels": _channels(), "pixels": _pixels()},
        [
            f"The photo is an array of {height} x {width} x {channels} bytes: {bits:,} bits, "
            f"{size:,} bytes.",
            f"An image of 500 x 500 has {course_bits:,} bits, which the course's notes call bytes; "
            f"it has {course_bytes:,} bytes.",
            f"Three bytes can encode {fs.number_of_colours():,} colours.",
            "The photo's mean red, green and blue are "
            f"{', '.join(f'{mean:.1f}' for mean in means)}: {code}. Back: {fs.hex_to_rgb(code)}.",
            f"The course's #FF00CC is {fs.hex_to_rgb('#FF00CC')}.",
            f"The pixel in the middle, {tuple(map(int, image[place]))}, scaled to 0 to 1: "
            f"{_numbers(fs.scale_to_unit(image[place]))}; minus the photo's means: "
            f"{_numbers(fs.subtract_channel_means(image)[place])}; for VGG, minus ImageNet's "
            f"means and blue first: {_numbers(fs.vgg_preprocess(image)[place])}.",
            f"Flattened for a dense layer the photo is one row of {rows.shape[1]:,} numbers.",
        ],
    )


def _channels() -> Figure:
    figure = new_figure(f"An image is three arrays of numbers from 0 to 255\n{PHOTO_CREDIT}", 6.6)
    panels = figure.subplots(2, 2, sharex=True, sharey=True).flat
    draw_image(panels[0], photo(), "red, green and blue together")
    for channel, name in enumerate(CHANNELS):
        # The other channels are 0: the photo in light of this colour.
        alone = np.zeros_like(photo())
        alone[..., channel] = photo()[..., channel]
        draw_image(panels[channel + 1], alone, f"channel {channel}: {name}")
    for axes in panels:
        axes.label_outer()
    return figure


def _pixels() -> Figure:
    figure = new_figure("The photo's pixels on three scales", 3.4)
    scaled = (
        ("bytes, as in the file", photo().astype(float), np.arange(-0.5, 256, 4)),
        ("divided by 255: the course", fs.scale_to_unit(photo()), np.linspace(0, 1, 65)),
        ("channel means subtracted: VGG", fs.subtract_channel_means(photo()), VGG_EDGES),
    )
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (title, values, edges) in zip(panels, scaled, strict=True):
        for channel, (name, colour) in enumerate(zip(CHANNELS, (RED, GREEN, BLUE), strict=True)):
            counts, _ = np.histogram(values[..., channel], bins=edges)
            share = 100 * counts / counts.sum()
            axes.stairs(share, edges, color=colour, label=name)
        label(axes, title, "value of a pixel", "% of the pixels")
        axes.label_outer()
    legend(panels[0], loc="upper left")
    return figure


def _numbers(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in values) + ")"
