"""What a filter computes, and what it finds (course chapter 4.1)."""

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    PHOTO_CREDIT,
    Array,
    draw_image,
    grey_photo,
    label,
    new_figure,
    number_grid,
    rows_of,
    table,
)
from lightning_course.reports.figures import Figure

# The course's worked example.
IMAGE = np.array([[0, 10, 10, 0], [20, 30, 30, 20], [10, 20, 20, 10], [0, 5, 5, 0]])
FILTER = np.array([[1, 0], [0, 2]])

SIGNAL, WEIGHTS = np.array([1, 2, 3, 4]), np.array([10, 1])

BLUR_SIZE, BLUR_SIGMA = 11, 2.5  # pixels


def explain() -> Explanation:
    """Draw the worked example, blur and edges of a photo, and the filter as a matrix."""
    figures = {"worked_example": _worked_example(), "picture": _photo(), "matrix": _matrix()}
    return Explanation(figures, _lines())


def _worked_example() -> Figure:
    figure = new_figure("Convolution: multiply the filter and the window under it, add, slide", 3.2)
    panels = figure.subplots(1, 4, width_ratios=(4, 2.2, 3, 3))
    output = fs.cross_correlate_2d(IMAGE, FILTER)
    number_grid(panels[0], IMAGE, "image", windows=[(0, 0, 2, 2), (2, 2, 2, 2)])
    number_grid(panels[1], FILTER, "filter")
    number_grid(
        panels[2], output, "output\n(cross-correlation)", windows=[(0, 0, 1, 1), (2, 2, 1, 1)]
    )
    number_grid(panels[3], fs.convolve_2d(IMAGE, FILTER), "true convolution:\nthe filter flipped")
    figure.supxlabel(
        f"orange: {_sum_of_products(0, 0)}      green: {_sum_of_products(2, 2)}", size=10
    )
    return figure


def _sum_of_products(row: int, column: int) -> str:
    window = IMAGE[row : row + 2, column : column + 2]
    terms = (f"{w}·{a}" for w, a in zip(FILTER.flat, window.flat, strict=True))
    output = fs.cross_correlate_2d(IMAGE, FILTER)[row, column]
    return f"{' + '.join(terms)} = {output:g}"


def _photo() -> Figure:
    image = grey_photo()
    figure = new_figure(f"Filters on a photo\n{PHOTO_CREDIT}, in grey", 8.9)
    panels = figure.subplots(3, 2, sharex=True, sharey=True)
    blurred = _blurred()
    right, up = (fs.cross_correlate_2d(image, sobel) for sobel in (fs.SOBEL_X, fs.SOBEL_Y))
    strength = fs.edge_strength(image)
    # The strongest hundredth is clipped, or the rest would be faint; 0, no edge, is grey.
    limit = float(np.quantile(strength, 0.99))
    grey, edges = {"vmin": 0.0, "vmax": 255.0}, {"vmin": -limit, "vmax": limit}
    shown: tuple[tuple[str, Array, dict[str, float]], ...] = (
        ("the photo", image, grey),
        (f"Gaussian blur {BLUR_SIZE} × {BLUR_SIZE}; zeros around darken it", blurred, grey),
        ("Sobel $G_x$: white where brighter to the right", right, edges),
        ("Sobel $G_y$: white where brighter upwards", up, edges),
        ("edges: $\\sqrt{G_x^2 + G_y^2}$", strength, {"vmin": 0.0, "vmax": limit}),
        ("edges of the blurred photo", fs.edge_strength(blurred), {"vmin": 0.0, "vmax": limit}),
    )
    for axes, (title, values, options) in zip(panels.flat, shown, strict=True):
        height, width = values.shape
        # "valid" outputs lie inside the photo.
        left, top = (image.shape[1] - width) / 2 - 0.5, (image.shape[0] - height) / 2 - 0.5
        extent = (left, left + width, top + height, top)
        draw_image(axes, values, title, extent=extent, **options)
        axes.label_outer()
    return figure


def _blurred() -> Array:
    return fs.cross_correlate_2d(grey_photo(), fs.gaussian_kernel(BLUR_SIZE, BLUR_SIGMA), "same")


def _matrix() -> Figure:
    matrix = fs.toeplitz_matrix(WEIGHTS, len(SIGNAL))
    output = fs.cross_correlate_1d(SIGNAL, WEIGHTS)
    figure = new_figure(
        "A convolution is a dense layer whose matrix repeats the filter's few weights", 2.9
    )
    panels = figure.subplots(1, 3, width_ratios=(4, 1.6, 1.6))
    shades = np.select([matrix == WEIGHTS[0], matrix == WEIGHTS[1]], [1.0, 0.5], 0.0)
    number_grid(panels[0], matrix, f"matrix of the filter {_row(WEIGHTS)}", shades=shades)
    number_grid(panels[1], SIGNAL[:, None], "× signal")
    number_grid(panels[2], output[:, None], "= output")
    for axes in panels[1:]:
        label(axes, axes.get_title(), "", "position", xticks=[])
        axes.grid(False)
    return figure


def _row(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
    return f"({', '.join(map(str, values))})"


def _lines() -> list[str]:
    window = IMAGE[:2, :2]
    brighter = window + 100
    measures = (
        ("dot product", fs.dot_product),
        ("cosine", fs.cosine_similarity),
        ("Pearson", fs.pearson_correlation),
    )
    rows = [
        [name, f"{measure(FILTER, window):.4g}", f"{measure(FILTER, brighter):.4g}"]
        for name, measure in measures
    ]
    image, blurred = grey_photo(), _blurred()
    inner = (slice(BLUR_SIZE, -BLUR_SIZE),) * 2
    return [
        f"worked example: {rows_of(fs.cross_correlate_2d(IMAGE, FILTER))}",
        f"true convolution flips the filter: {rows_of(fs.convolve_2d(IMAGE, FILTER))}",
        "Deep learning's convolution is cross-correlation, the first line. The course's notes "
        "treat the two as the same.",
        f"as a matrix: {rows_of(fs.toeplitz_matrix(WEIGHTS, len(SIGNAL)))} times "
        f"{_row(SIGNAL)} is {_row(fs.cross_correlate_1d(SIGNAL, WEIGHTS).astype(int))}",
        f"blur: mean brightness {image[inner].mean():.1f} before, {blurred[inner].mean():.1f} "
        f"after; spread {image[inner].std():.1f} and {blurred[inner].std():.1f}",
        "How alike are the filter and the image's first window?",
        *table(["", "as it is", "100 brighter"], rows),
        "The course's notes treat the three as the same. The dot product, which is what a filter "
        "computes, grows with brightness, and the cosine changes with it; only Pearson's "
        "correlation does not.",
    ]
