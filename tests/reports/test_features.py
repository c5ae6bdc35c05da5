import torch

from lightning_course.nn import ConvolutionalNetwork
from lightning_course.reports.features import convolutions, feature_maps, first_layer_filters


def test_first_filters_in_colour_and_in_grey() -> None:
    for channels in (1, 3, 5):
        network = ConvolutionalNetwork((channels, 32, 32), 10, filters=(10, 4, 4))
        figure = first_layer_filters(network, "title")
        drawn = [axes for axes in figure.axes if axes.images]
        assert len(drawn) == 10
        shape = drawn[0].images[0].get_array().shape
        assert shape == ((3, 3, 3) if channels == 3 else (3, 3))


def test_an_image_through_the_layers_shows_the_maps_before_the_activation() -> None:
    network = ConvolutionalNetwork((1, 28, 28), 10, filters=(4, 20, 8)).train()
    image = torch.randint(0, 256, (1, 28, 28), dtype=torch.uint8)
    figure = feature_maps(network, image, "title")
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    # The image; then 4, 12 of 20, and 8 maps.
    assert len(images) == 1 + 4 + 12 + 8
    expected = network.stages[0](image[None] / 255)[0, 0].detach()
    torch.testing.assert_close(torch.tensor(images[1].filled()), expected)
    assert network.training


def test_without_convolutions_there_is_no_figure() -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
    assert convolutions(network) == []
    assert first_layer_filters(network, "title") is None
    assert feature_maps(network, torch.zeros(1, 2, 2), "title") is None
