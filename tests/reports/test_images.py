import numpy as np
import pytest
import torch

from lightning_course.models import Evaluation
from lightning_course.preprocessing import RandomAugmentation
from lightning_course.reports.images import augmentation_examples, displayable, mistaken_images


def evaluation(targets: list[int]) -> Evaluation:
    probabilities = torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.95, 0.05], [0.2, 0.8]])
    return Evaluation("test", probabilities, torch.tensor(targets), {})


def test_the_most_confident_mistakes_come_first() -> None:
    images = torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8)
    figure = mistaken_images(evaluation([1, 1, 1, 1]), images, ["zero", "one"], "title")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0].splitlines() == ["true one", "predicted zero", "95.0 %"]
    assert "60.0 %" in titles[1]
    assert len([title for title in titles if title]) == 2
    assert "2 mistakes" in figure.get_suptitle()


def test_without_mistakes_there_is_no_figure() -> None:
    images = torch.zeros(4, 1, 28, 28)
    assert mistaken_images(evaluation([0, 1, 0, 1]), images, ["zero", "one"], "title") is None


def test_pictures_are_bytes_with_colours_last() -> None:
    assert displayable(torch.tensor([[[0.0, 0.5], [1.0, 2.0]]])).tolist() == [[0, 128], [255, 255]]
    colour = torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8)
    assert displayable(colour).shape == (4, 5, 3)


def test_augmented_versions_stand_beside_their_originals() -> None:
    images = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    augmentation = RandomAugmentation(rotation_range=30, brightness_range=(0.2, 0.6))
    state = torch.random.get_rng_state()
    figure = augmentation_examples(images, augmentation, "title", rows=4, columns=5)
    assert torch.equal(state, torch.random.get_rng_state())
    shown = np.array([axes.images[0].get_array() for axes in figure.axes]).reshape(4, 5, 8, 8, 3)
    for row, image in zip(shown, images, strict=False):
        np.testing.assert_array_equal(row[0], displayable(image))
        assert len(np.unique(row, axis=0)) == 5
    again = augmentation_examples(images, augmentation, "title", rows=4, columns=5)
    np.testing.assert_array_equal(again.axes[-1].images[0].get_array(), shown[-1, -1])


def test_grey_images_are_not_stretched_to_full_contrast() -> None:
    dark = RandomAugmentation(brightness_range=(0.1, 0.1))
    figure = augmentation_examples(torch.ones(1, 1, 8, 8), dark, "title", columns=2)
    assert {axes.images[0].get_clim() for axes in figure.axes} == {(0, 255)}
    assert figure.axes[1].images[0].get_array().tolist() == np.full((8, 8), 26).tolist()


@pytest.mark.parametrize(
    ("count", "arguments", "words"),
    [
        (0, {}, "the number of images must be at least 1"),
        (2, {"rows": 0}, "rows must be at least 1"),
        (2, {"columns": 1}, "columns must be at least 2"),
    ],
)
def test_a_figure_of_nothing_is_refused(count: int, arguments: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        augmentation_examples(torch.rand(count, 1, 8, 8), RandomAugmentation(), "", **arguments)
