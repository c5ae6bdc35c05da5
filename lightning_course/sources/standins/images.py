"""Stand-ins for Fashion-MNIST and CIFAR-10: drawn images of their ten classes, for use offline.

An image consists of a few simple shapes with random positions, sizes and colours. Classes overlap:
some shirts have the sleeves of a pullover, some dogs have the ears of a cat.

Test accuracy with seed 0: garments 74 % by logistic regression and 87 % by the course's
convolutional network after 15 epochs; objects 58 %, and 91 % after 12 epochs.

Coordinates: (0, 0) is the centre of an image, x grows to the right and y downwards, and the image
reaches from −1 to 1. N images of one class are drawn at once.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lightning_course.sources.standins.digits import Labels, Pixels

# float32 throughout; numpy's stubs give float64 for a product with a Python float.
Floats = npt.NDArray[Any]
Number = float | tuple[float, float]  # a fixed value, or the limits of a random one

_N = 100  # many more do not fit into the processor's cache
_TRAIN, _TEST = 600, 100  # images of each class


def ellipse(x: Floats, y: Floats, cx: Floats, cy: Floats, rx: Floats, ry: Floats) -> Floats:
    """Return the distance of each pixel (N, H, W) from an ellipse, negative inside it."""
    u, v = (x - cx) / rx, (y - cy) / ry
    distance: Floats = (np.sqrt(u * u + v * v) - 1) * np.minimum(rx, ry)
    return distance


def line(x: Floats, y: Floats, x0: Floats, y0: Floats, x1: Floats, y1: Floats, r: Floats) -> Floats:
    """Return the distance from a thick line with round ends, 2 r wide."""
    dx, dy, u, v = x1 - x0, y1 - y0, x - x0, y - y0
    part = ((u * dx + v * dy) / (dx * dx + dy * dy + 1e-6)).clip(0, 1)
    u, v = u - part * dx, v - part * dy
    distance: Floats = np.sqrt(u * u + v * v) - r
    return distance


def trapezoid(
    x: Floats, y: Floats, cx: Floats, y0: Floats, y1: Floats, w0: Floats, w1: Floats
) -> Floats:
    """Return the distance from a trapezoid, 2 w0 wide at its top y0 and 2 w1 at its bottom y1."""
    half = w0 + (w1 - w0) * (y - y0) / (y1 - y0)
    distance: Floats = np.maximum(np.maximum(y0 - y, y - y1), np.abs(x - cx) - half)
    return distance


class Part(NamedTuple):
    """A shape in the images of a class."""

    shape: Callable[..., Floats]  # one of the functions above
    numbers: tuple[Number, ...]  # its arguments after x and y; each also varies by ±0.04
    tone: Number = 1  # factor on the colour; 0 is black
    colours: str = ""  # names in `_COLOURS`, one is picked for each image; empty: the object's own
    share: float = 1  # fraction of the images that have it


class Drawing(NamedTuple):
    """How a class is drawn; all colours are names in `_COLOURS`, one is picked for each image."""

    parts: tuple[Part, ...]  # from back to front
    mirrored: bool = True  # the parts are the right half (x ≥ 0), and the left half mirrors it
    colours: str = "white light grey"  # of the object
    sky: str = ""  # of the background above the horizon; empty: all is black
    ground: str = ""  # of the background below it


_COLOURS: dict[str, tuple[float, ...]] = {
    "white": (0.9, 0.9, 0.9), "light": (0.7, 0.7, 0.7), "grey": (0.5, 0.5, 0.5),
    "dark": (0.2, 0.2, 0.22), "brown": (0.42, 0.27, 0.16), "fawn": (0.72, 0.52, 0.32),
    "red": (0.75, 0.15, 0.15), "blue": (0.2, 0.3, 0.65), "green": (0.3, 0.55, 0.2),
    "yellow": (0.85, 0.75, 0.2), "sky": (0.5, 0.68, 0.9), "cloud": (0.78, 0.82, 0.87),
    "forest": (0.2, 0.35, 0.2), "sea": (0.18, 0.36, 0.5),
}  # fmt: skip

_TONES = (0.3, 1.6)  # of trims: darker or lighter than the cloth
_TORSO = Part(trapezoid, (0, -0.65, (0.55, 0.85), 0.4, (0.34, 0.46)))
_LONG_SLEEVE = Part(line, (0.36, -0.5, (0.6, 0.75), (0.1, 0.6), (0.1, 0.15)))
_SHORT_SLEEVE = Part(line, (0.36, -0.5, (0.55, 0.8), (-0.4, -0.05), (0.1, 0.15)))
_NECK = Part(ellipse, (0, -0.7, 0.17, (0.07, 0.25)), 0)
_COLLAR = Part(line, (0.06, -0.4, 0.2, -0.7, 0.06), _TONES)
_BUTTONS = Part(line, (0, -0.6, 0, 0.6, 0.03), _TONES)
_PRINT = Part(ellipse, (0, -0.1, 0.2, 0.2), _TONES, share=0.4)
_SHOE = (
    Part(ellipse, (-0.4, 0.3, 0.42, (0.2, 0.3))),
    Part(line, (-0.3, 0.25, 0.4, (0, 0.2), 0.2)),
    Part(trapezoid, (-0.05, (0.34, 0.42), (0.5, 0.6), 0.85, 0.85), _TONES),
)
_GARMENTS = {
    "T-shirt/top": Drawing((_TORSO, _SHORT_SLEEVE, _NECK, _PRINT)),
    "Trouser": Drawing((
        Part(trapezoid, ((0.18, 0.27), -0.8, (0.4, 0.9), 0.2, (0.1, 0.2))),
        Part(trapezoid, (0, -0.85, -0.5, 0.36, 0.4)),
    )),
    "Pullover": Drawing((_TORSO, _LONG_SLEEVE, _NECK, _PRINT)),
    "Dress": Drawing((
        Part(trapezoid, (0, -0.75, 0, (0.26, 0.4), 0.22)), _SHORT_SLEEVE._replace(share=0.4),
        Part(trapezoid, (0, -0.1, (0.6, 0.95), 0.22, (0.28, 0.6))), _NECK,
    )),
    "Coat": Drawing((
        Part(trapezoid, (0, -0.65, (0.7, 0.95), 0.4, (0.36, 0.5))), _LONG_SLEEVE,
        Part(line, (0, -0.7, 0, 0.8, 0.05), (0.2, 0.7)), _COLLAR._replace(share=0.6),
    )),
    "Sandal": Drawing((
        Part(line, (-0.75, 0.45, 0.75, (0.1, 0.45), (0.05, 0.1))),
        Part(line, (-0.6, 0.4, (-0.4, -0.1), (-0.1, 0.2), 0.06)),
        Part(line, (0.6, 0.3, (0.2, 0.7), (-0.4, 0), 0.06), share=0.7),
    ), False),
    "Shirt": Drawing((_TORSO, _LONG_SLEEVE._replace(share=0.7), _SHORT_SLEEVE, _COLLAR, _BUTTONS)),
    "Sneaker": Drawing((*_SHOE, Part(trapezoid, (0.4, (-0.4, 0), 0.4, 0.35, 0.4))), False),
    "Bag": Drawing((
        Part(ellipse, (0, (-0.3, 0), (0.25, 0.5), (0.35, 0.65)), share=0.8),
        Part(ellipse, (0, (-0.3, 0), (0.15, 0.4), (0.25, 0.55)), 0, share=0.8),
        Part(trapezoid, (0, (-0.4, 0.1), (0.5, 0.85), (0.4, 0.8), (0.5, 0.85))),
    )),
    "Ankle boot": Drawing((*_SHOE, Part(trapezoid, (0.4, (-0.85, -0.25), 0.4, 0.35, 0.4))), False),
}  # fmt: skip

# Sky and ground.
_STREET, _ROOM = ("sky cloud forest light", "grey grey fawn"), ("light fawn dark", "brown green")
_MEADOW = ("sky cloud forest", "green green fawn white")
_CARS, _COATS = "red blue white dark grey yellow", "brown fawn dark white grey"
_FRONT, _BACK, _AXLE = (Part(ellipse, (x, 0.4, 0.17, 0.17), 0) for x in (-0.55, 0.55, 0.25))
_HOOFED = (
    Part(line, (-0.3, 0.05, 0.45, 0.02, (0.15, 0.24))),
    *(Part(line, (x, 0.1, x, 0.8, (0.03, 0.07))) for x in (-0.35, 0.5)),
    Part(line, (-0.35, 0, -0.52, -0.45, 0.12)),
    Part(line, (-0.5, -0.5, -0.75, -0.35, 0.08)),
)
_ANTLERS = Part(line, (-0.5, -0.5, (-0.7, -0.2), -0.9, 0.05), 0.6, share=0.8)
_TAIL = Part(line, (0.62, -0.05, 0.78, 0.5, 0.06), 0.5)
_PET = Part(ellipse, (0, 0.6, 0.42, 0.5), 0.85), Part(ellipse, (0, -0.15, 0.4, (0.3, 0.45)))
_UPRIGHT_EARS = Part(trapezoid, (0.27, (-0.8, -0.6), -0.25, 0.01, 0.16))
_HANGING_EARS = Part(ellipse, (0.42, -0.05, 0.1, 0.28), 0.7)
_EYES = Part(ellipse, (0.18, -0.22, 0.08, 0.08))
_OBJECTS = {
    "airplane": Drawing((
        Part(line, (0, 0, (0.5, 0.9), (0, 0.5), 0.1), 0.8), Part(line, (0, -0.7, 0, 0.7, 0.12)),
        Part(line, (0, 0.6, 0.3, (0.6, 0.8), 0.07), 0.8),
    ), True, "white white grey dark blue", "sky sky cloud", "sky cloud grey green"),
    "automobile": Drawing((
        Part(trapezoid, ((-0.1, 0.25), (-0.55, -0.3), 0.1, (0.25, 0.45), 0.6)),
        Part(trapezoid, (0.05, -0.28, 0, 0.15, 0.25), colours="dark sky"),
        Part(trapezoid, (0, (-0.1, 0.1), 0.4, 0.8, 0.88)), _FRONT, _BACK,
    ), False, _CARS, *_STREET),
    "bird": Drawing((
        Part(line, (0.1, 0, (0, 0.5), (-0.9, -0.5), 0.13), 0.7, share=0.4),
        Part(line, (0.4, 0, 0.85, (-0.3, 0.2), 0.09)), Part(line, (0, 0.2, 0.05, 0.7, 0.04), 0.2),
        Part(line, (-0.5, -0.2, -0.8, -0.18, 0.06), 0.2), Part(ellipse, (-0.42, -0.22, 0.2, 0.2)),
        Part(ellipse, (0.05, 0.05, (0.4, 0.5), (0.22, 0.34))),
    ), False, "brown grey dark red blue white yellow", *_MEADOW),
    "cat": Drawing((
        *_PET, _UPRIGHT_EARS._replace(share=0.9), _HANGING_EARS._replace(share=0.1),
        Part(ellipse, (0, 0.05, (0.08, 0.16), 0.1), 1.4), _EYES._replace(colours="yellow green"),
    ), True, _COATS, *_ROOM),
    "deer": Drawing((*_HOOFED, _ANTLERS), False, "fawn brown", *_MEADOW),
    "dog": Drawing((
        *_PET, _UPRIGHT_EARS._replace(share=0.2), _HANGING_EARS._replace(share=0.8),
        Part(ellipse, (0, 0.1, (0.12, 0.28), 0.2), 1.4), _EYES._replace(colours="brown dark"),
    ), True, _COATS, *_ROOM),
    "frog": Drawing((
        Part(ellipse, (0.55, 0.3, (0.2, 0.32), 0.22), 0.8),
        Part(ellipse, ((0.4, 0.7), 0.55, 0.24, 0.09), 0.8),
        Part(ellipse, (0, 0.15, (0.5, 0.65), (0.3, 0.45))), Part(ellipse, (0.3, -0.22, 0.16, 0.16)),
        Part(ellipse, (0.3, -0.22, 0.07, 0.07), 0),
    ), True, "green green brown yellow", "forest dark", "green fawn brown"),
    "horse": Drawing((*_HOOFED, _TAIL), False, "brown dark white fawn", *_MEADOW),
    "ship": Drawing((
        Part(trapezoid, ((-0.2, 0.2), (-0.95, -0.5), 0.1, 0.02, 0.4), 1.5, share=0.4),
        Part(trapezoid, ((-0.4, 0.3), (-0.4, -0.1), 0.2, 0.3, 0.35), 1.5, share=0.7),
        Part(trapezoid, (0, (0.05, 0.25), (0.4, 0.55), 0.88, 0.65)),
    ), False, "grey red blue white", "sky cloud", "sea sea sea grey"),
    "truck": Drawing((
        Part(trapezoid, (0.27, (-0.75, -0.1), 0.4, 0.6, 0.6), colours=_CARS),
        Part(trapezoid, (-0.6, (-0.5, -0.2), 0.4, 0.18, 0.26)),
        Part(trapezoid, (-0.6, -0.25, 0, 0.12, 0.16), colours="dark sky"), _FRONT, _AXLE, _BACK,
    ), False, _CARS, *_STREET),
}  # fmt: skip


def drawn_garments(seed: int = 0) -> tuple[Pixels, Labels, Pixels, Labels]:
    """Return the images that stand in for Fashion-MNIST, in random order.

    Args:
        seed: Fixes every pixel, on every platform; from 0 to 2³² − 1.

    Returns:
        Training images (6000, 1, 28, 28) uint8 from 0 to 255, their labels (6000,) int64 from 0 to
        9 in Fashion-MNIST's order, test images (1000, 1, 28, 28) and their labels (1000,).
    """
    return _draw_set(_GARMENTS, (1, 28, 28), seed)


def drawn_objects(seed: int = 0) -> tuple[Pixels, Labels, Pixels, Labels]:
    """Return the images that stand in for CIFAR-10, in random order.

    As :func:`drawn_garments`, with images (6000, 3, 32, 32) and (1000, 3, 32, 32).
    """
    return _draw_set(_OBJECTS, (3, 32, 32), seed)


def _draw_set(
    classes: Mapping[str, Drawing], shape: tuple[int, int, int], seed: int
) -> tuple[Pixels, Labels, Pixels, Labels]:
    # numpy promises the same numbers in all versions for this generator only.
    rng = np.random.RandomState(seed)
    batches = (_TRAIN + _TEST) // _N
    drawn = [[_draw(each, shape, rng) for _ in range(batches)] for each in classes.values()]
    images = np.array(drawn).reshape(len(classes), -1, *shape)
    return *_shuffled(images[:, :_TRAIN], rng), *_shuffled(images[:, _TRAIN:], rng)


def _shuffled(images: Pixels, rng: np.random.RandomState) -> tuple[Pixels, Labels]:
    """Return images (K, M, C, H, W) of K classes in random order, (K · M, C, H, W), and labels."""
    labels = np.repeat(np.arange(len(images), dtype=np.int64), images.shape[1])
    order = rng.random_sample(len(labels)).argsort(kind="stable")
    return images.reshape(-1, *images.shape[2:])[order], labels[order]


def _draw(drawing: Drawing, shape: tuple[int, int, int], rng: np.random.RandomState) -> Pixels:
    """Return N images of a class, (N, C, H, W).

    Only sums, products, quotients and square roots are computed from the random numbers. Every
    machine rounds these alike, so the pixels are the same everywhere.
    """
    channels, size, _ = shape
    image = np.zeros((_N, *shape), np.float32)

    def between(low: float, high: float, *own: int) -> Floats:
        numbers: Floats = rng.random_sample((_N, *(own or (1, 1)))).astype(np.float32)
        return low + (high - low) * numbers

    def chance(probability: float) -> Floats:
        return between(0, 1) < probability

    def colour(names: str) -> Floats:
        palette = np.array([_COLOURS[name][:channels] for name in names.split()], np.float32)
        picked = palette[(rng.random_sample(_N) * len(palette)).astype(np.int64)]
        varied = (picked + between(-0.15, 0.15, channels)).clip(0, 1)
        # A quarter gets any colour, so that the colour alone does not give the class away.
        chosen = np.where(between(0, 1, 1) < 0.25, between(0.2, 1, channels), varied)
        return chosen[:, :, None, None]

    def paint(distance: Floats, shade: Floats, opacity: Floats) -> None:
        nonlocal image
        covered = (0.5 - distance * size / 2).clip(0, 1) * opacity  # partly, on the outline
        image += (shade - image) * covered[:, None]

    steps = (np.arange(size, dtype=np.float32) * 2 + 1 - size) / size
    across, down = steps[None, None, :], steps[None, :, None]
    if drawing.sky:
        image += colour(drawing.sky)
        paint(between(-0.2, 0.8) - down, colour(drawing.ground), between(1, 1))
    # The object's own coordinates: it is shifted, tilted and scaled.
    tilt, u, v = between(-0.2, 0.2), across - between(-0.15, 0.15), down - between(-0.15, 0.15)
    x, y = (u + tilt * v) / between(0.7, 1.05), (v - tilt * u) / between(0.7, 1.05)
    if drawing.sky:
        x = np.where(chance(0.5), x, -x)  # half of them look to the right
    if drawing.mirrored:
        x = np.abs(x)
    along = np.where(chance(0.5), x, y) * between(1.5, 5)
    stripes = chance(0.3) * between(0.2, 0.5) * (np.abs(along - np.floor(along) - 0.5) * 4 - 1)
    light = (1 + stripes + between(-0.25, 0.25) * y)[:, None]
    own = colour(drawing.colours)
    for part in drawing.parts:
        limits = [n if isinstance(n, tuple) else (n, n) for n in (part.tone, *part.numbers)]
        tone = between(*limits[0])[:, None]
        distance = part.shape(x, y, *(between(low - 0.04, high + 0.04) for low, high in limits[1:]))
        shade = (colour(part.colours) if part.colours else own) * tone
        paint(distance, (shade * light).clip(0, 1), chance(part.share))
    grain = between(-1, 1, *shape) * between(0.02, 0.12)[:, None]
    levels: Floats = (image + grain).clip(0, 1) * 255 + 0.5
    return levels.astype(np.uint8)
