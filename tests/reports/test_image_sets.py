import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lightning_course.reports.image_sets import class_counts, example_images, pixel_histogram

RNG = np.random.default_rng(0)


def test_classes_are_counted_by_split() -> None:
    figure = class_counts({"train": [50, 40], "test": [5, 4]}, ["cat", "automobile"], "t")
    FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    assert [patch.get_height() for patch in axes.patches] == [50, 40, 5, 4]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "automobile"]


@pytest.mark.parametrize("channels", [1, 3])
def test_examples_stand_in_the_row_of_their_class(channels: int) -> None:
    images = RNG.integers(1, 255, (5, channels, 4, 6), dtype=np.uint8)
    labels = np.array([1, 0, 1, 1, 0])
    figure = example_images(images, labels, ["a", "b", "none"], "t", each=2)
    FigureCanvasAgg(figure).draw()
    sheet = np.asarray(figure.axes[0].images[0].get_array()).reshape(15, 14, channels)
    np.testing.assert_array_equal(sheet[0:4, 0:6], images[1].transpose(1, 2, 0))
    np.testing.assert_array_equal(sheet[5:9, 7:13], images[2].transpose(1, 2, 0))
    assert (sheet[10:] == 255).all()


def test_pixels_are_counted_by_channel() -> None:
    images = RNG.integers(0, 256, (2_500, 3, 2, 2), dtype=np.uint8)
    figure = pixel_histogram(images, "t")
    FigureCanvasAgg(figure).draw()
    lines = figure.axes[0].lines
    assert [line.get_label().split(",")[0] for line in lines] == ["red", "green", "blue"]
    for channel, line in enumerate(lines):
        wanted = np.bincount(images[:, channel].ravel(), minlength=256)
        np.testing.assert_array_equal(line.get_ydata(), wanted)
    assert "mean 127." in lines[0].get_label() or "mean 12" in lines[0].get_label()
