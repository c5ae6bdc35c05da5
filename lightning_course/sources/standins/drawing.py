"""What the drawn stand-ins are drawn with: many small images at once, in numpy.

A shape is the distance of each pixel from its outline, negative inside: the pictures of a class,
each with numbers of its own, are drawn together. Nothing but sums, products, quotients and square
roots is computed from the random numbers, which every machine rounds alike: the pixels, and the
checksum of a stand-in, are the same everywhere. (Sines and normal deviates are not.)

Coordinates: the middle of an image is (0, 0), x grows to the right and y downwards, and an image
reaches from −1 to 1. Numbers of a shape are Python floats, or arrays (N, 1, 1) with one an image.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

# float32 throughout; numpy's stubs make float64 of it beside a Python float.
Floats = npt.NDArray[Any]
Number = float | Floats
Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

# Images that are drawn together: few enough for the processor's cache, which halves the time.
_PORTION = 50


class Dice:
    """Random numbers, one an image, of shape (N, 1, 1).

    Args:
        seed: From 0 to 2³² − 1.
        images: N.
    """

    def __init__(self, seed: int, images: int) -> None:
        # numpy promises equal numbers in all versions for this generator alone.
        self._state = np.random.RandomState(seed)
        self.images = images

    def uniform(self, *shape: int) -> Floats:
        """Return numbers from 0 to 1 of the shape (N, …)."""
        return self._state.random_sample((self.images, *shape)).astype(np.float32)

    def between(self, low: Number, high: Number) -> Floats:
        """Return numbers between two limits."""
        return low + (high - low) * self.uniform(1, 1)

    def chance(self, probability: float) -> Floats:
        """Return 1 with a probability, else 0."""
        return (self.uniform(1, 1) < probability).astype(np.float32)

    def colour(self, weights: dict[tuple[float, float, float], float], spread: float) -> Floats:
        """Return colours (N, 3, 1, 1), picked by weight and then varied.

        Args:
            weights: From red, green and blue in [0, 1] to the share of that colour.
            spread: How far each of the three may lie from it.
        """
        colours = np.array(list(weights), np.float32)
        limits = np.array(list(weights.values()), np.float64).cumsum()
        drawn = self._state.random_sample(self.images) * limits[-1]
        rows = np.searchsorted(limits[:-1], drawn, side="right")
        varied = colours[rows] + spread * (2 * self.uniform(3) - 1)
        clipped: Floats = varied.clip(0, 1)
        return clipped[:, :, None, None]

    def seeds(self) -> Labels:
        """Return N seeds for other dice."""
        return (self.uniform() * 2**31).astype(np.int64)

    def order(self) -> Labels:
        """Return 0 … N − 1 in random order."""
        return self._state.random_sample(self.images).argsort(kind="stable")


class Canvas:
    """N images of one class, drawn together.

    Args:
        dice: Randomness of this class.
        channels: C, 1 or 3.
        size: H and W.
        shift: How far an object may lie from the middle.
        scale: Limits of its size, for width and height each.
        tilt: How far it may be turned: the tangent of half the angle.
        flip: Probability that it is mirrored.

    Attributes:
        x: Each pixel's place in the object's own coordinates, (N, H, W).
        y: Likewise.
        image: (N, C, H, W), from 0 to 1.
    """

    def __init__(
        self,
        dice: Dice,
        channels: int,
        size: int,
        shift: float,
        scale: tuple[float, float],
        tilt: float,
        flip: float = 0.0,
    ) -> None:
        line = (np.arange(size, dtype=np.float32) * 2 + 1 - size) / size
        self.across, self.down = line[None, None, :], line[None, :, None]
        u = self.across - dice.between(-shift, shift)
        v = self.down - dice.between(-shift, shift)
        half = dice.between(-tilt, tilt)
        cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
        width, height = dice.between(*scale), dice.between(*scale)
        self.x = (u * cosine + v * sine) / width * (1 - 2 * dice.chance(flip))
        self.y = (v * cosine - u * sine) / height
        # Pixels in a unit of the object.
        self._sharpness = size / 2 * (width + height) / 2
        self.image = np.zeros((dice.images, channels, size, size), np.float32)

    def paint(self, distance: Floats, colour: Number, opacity: Number = 1.0) -> None:
        """Lay a colour over what is inside a shape; the pixels on its outline are mixed.

        Args:
            distance: The shape, (N, H, W).
            colour: From 0 to 1: a grey, or an array that fits to (N, C, H, W).
            opacity: From 0 (nothing happens) to 1, a number or (N, 1, 1).
        """
        covered = (0.5 - distance * self._sharpness).clip(0, 1) * opacity
        self.image += (colour - self.image) * covered[:, None]

    def pixels(self, noise: Floats, dice: Dice) -> Pixels:
        """Return the images with noise, (N, C, H, W) uint8.

        Args:
            noise: The greatest deviation from 0 to 1, (N, 1, 1).
            dice: Randomness.
        """
        shape = self.image.shape[1:]
        grain = dice.uniform(*shape) - dice.uniform(*shape)  # triangular, most are small
        levels: Floats = (self.image + noise[:, None] * grain).clip(0, 1) * 255 + 0.5
        return levels.astype(np.uint8)


def ellipse(x: Floats, y: Floats, cx: Number, cy: Number, rx: Number, ry: Number) -> Floats:
    """Return the shape of an ellipse around (cx, cy)."""
    u, v = (x - cx) / rx, (y - cy) / ry
    return (np.sqrt(u * u + v * v) - 1) * np.minimum(rx, ry)


def ring(
    x: Floats, y: Floats, cx: Number, cy: Number, rx: Number, ry: Number, width: Number
) -> Floats:
    """Return the shape of a line of a width along an ellipse."""
    return np.abs(ellipse(x, y, cx, cy, rx, ry)) - width / 2


def box(x: Floats, y: Floats, left: Number, top: Number, right: Number, bottom: Number) -> Floats:
    """Return the shape of a rectangle."""
    return meet(left - x, x - right, top - y, y - bottom)


def limb(
    x: Floats, y: Floats, x0: Number, y0: Number, x1: Number, y1: Number, radius: Number
) -> Floats:
    """Return the shape of a line with round ends from (x0, y0) to (x1, y1)."""
    along_x, along_y, u, v = x1 - x0, y1 - y0, x - x0, y - y0
    length = along_x * along_x + along_y * along_y + 1e-6
    part = ((u * along_x + v * along_y) / length).clip(0, 1)
    u, v = u - part * along_x, v - part * along_y
    return np.sqrt(u * u + v * v) - radius


def polygon(x: Floats, y: Floats, *corners: tuple[Number, Number]) -> Floats:
    """Return the shape of a convex polygon, whose corners go round clockwise on the screen."""
    sides = []
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        along_x, along_y = x1 - x0, y1 - y0
        length = np.sqrt(along_x * along_x + along_y * along_y)
        sides.append(((x - x0) * along_y - (y - y0) * along_x) / length)
    return meet(*sides)


def silhouette(x: Floats, y: Floats, *rows: tuple[Number, Number]) -> Floats:
    """Return a shape that is its own mirror image.

    Args:
        x: Places.
        y: Places.
        rows: (y, half the width there), from the top down; straight lines between them.
    """
    width: Number = rows[0][1]
    for (y0, width0), (y1, width1) in pairwise(rows):
        part = ((y - y0) / (y1 - y0)).clip(0, 1)
        width = width + part * (width1 - width0)
    return meet(np.abs(x) - width, rows[0][0] - y, y - rows[-1][0])


def meet(*shapes: Floats) -> Floats:
    """Return what lies in all shapes."""
    result = shapes[0]
    for shape in shapes[1:]:
        result = np.maximum(result, shape)
    return result


def join(*shapes: Floats) -> Floats:
    """Return what lies in any of the shapes."""
    result = shapes[0]
    for shape in shapes[1:]:
        result = np.minimum(result, shape)
    return result


def stripes(along: Floats, frequency: Number, phase: Number) -> Floats:
    """Return a wave of straight lines from −1 to 1 along a coordinate."""
    turns = along * frequency + phase
    return np.abs(turns - np.floor(turns) - 0.5) * 4 - 1


def draw_set(
    painters: Sequence[Callable[[Dice], Pixels]], train: int, test: int, seed: int
) -> tuple[Pixels, Labels, Pixels, Labels]:
    """Return an image set with equally many images of each class, in random order.

    Args:
        painters: Of the classes 0 … K − 1: each draws as many images as its dice say.
        train: Training images of a class.
        test: Test images of a class.
        seed: From 0 to 2³² − 1.

    Returns:
        Training images (K · train, C, H, W), their labels int64, test images (K · test, C, H, W)
        and their labels.
    """
    dice = Dice(seed, len(painters))
    drawn = [
        _drawn(painter, train + test, int(own_seed))
        for painter, own_seed in zip(painters, dice.seeds(), strict=True)
    ]
    first, second = dice.seeds()[:2]
    return (
        *_shuffled([images[:train] for images in drawn], int(first)),
        *_shuffled([images[train:] for images in drawn], int(second)),
    )


def _drawn(painter: Callable[[Dice], Pixels], images: int, seed: int) -> Pixels:
    """Return the images of one class."""
    sizes = [min(_PORTION, images - start) for start in range(0, images, _PORTION)]
    seeds = Dice(seed, len(sizes)).seeds()
    return np.concatenate(
        [painter(Dice(int(own), size)) for own, size in zip(seeds, sizes, strict=True)]
    )


def _shuffled(classes: Sequence[Pixels], seed: int) -> tuple[Pixels, Labels]:
    """Return the images of all classes in random order, and their labels."""
    labels = np.repeat(np.arange(len(classes), dtype=np.int64), len(classes[0]))
    order = Dice(seed, len(labels)).order()
    return np.concatenate(classes)[order], labels[order]
