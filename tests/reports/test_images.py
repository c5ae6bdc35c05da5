import torch

from lightning_course.models import Evaluation
from lightning_course.reports.images import as_picture, mistaken_images


def evaluation(targets: list[int]) -> Evaluation:
    probabilities = torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.95, 0.05], [0.2, 0.8]])
    return Evaluation("test", probabilities, torch.tensor(targets), {})


def test_the_surest_mistakes_come_first() -> None:
    images = torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8)
    figure = mistaken_images(evaluation([1, 1, 1, 1]), images, ["zero", "one"], "title")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0].splitlines() == ["true one", "taken for zero", "95.0 %"]
    assert "60.0 %" in titles[1]
    assert len([title for title in titles if title]) == 2
    assert "2 mistakes" in figure.get_suptitle()


def test_without_mistakes_there_is_no_figure() -> None:
    images = torch.zeros(4, 1, 28, 28)
    assert mistaken_images(evaluation([0, 1, 0, 1]), images, ["zero", "one"], "title") is None


def test_pictures_are_bytes_with_colours_last() -> None:
    assert as_picture(torch.tensor([[[0.0, 0.5], [1.0, 2.0]]])).tolist() == [[0, 128], [255, 255]]
    colour = torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8)
    assert as_picture(colour).shape == (4, 5, 3)
