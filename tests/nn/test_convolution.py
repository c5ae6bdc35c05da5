import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lightning_course.nn import (
    BatchNorm2d,
    Conv2d,
    ConvolutionalNetwork,
    GlobalPool2d,
    MaxPool2d,
    keras_parameter_count,
    output_size,
)

VGG = {
    "stride": 1,
    "padding": "same",
    "convolutions": 2,
    "batch_norm": True,
    "pool_size": 2,
    "hidden_sizes": (1024,),
}


@pytest.mark.parametrize(
    ("shape", "options", "count"),
    [
        ((1, 28, 28), {}, 360_458),
        ((3, 32, 32), {"hidden_sizes": (1024,), "head_dropout": 0.5}, 1_284_170),
        ((3, 32, 32), VGG, 2_397_226),
    ],
    ids=["fashion_mnist", "cifar10", "cifar10_vgg"],
)
def test_parameters_are_those_of_the_course(
    shape: tuple[int, ...], options: dict[str, object], count: int
) -> None:
    network = ConvolutionalNetwork(shape, 10, **options)
    assert keras_parameter_count(network) == count
    trained = sum(parameter.numel() for parameter in network.parameters())
    assert count - trained == (896 if "batch_norm" in options else 0)
    assert network(torch.zeros(2, *shape)).shape == (2, 10)


def padded_by_hand(images: torch.Tensor, kernel: int, stride: int, value: float) -> torch.Tensor:
    """Pad as keras_facts.md says: pad = max(0, (out - 1)s + k - n), left = pad // 2."""
    height, width = images.shape[2:]
    down = max(0, (-(-height // stride) - 1) * stride + kernel - height)
    across = max(0, (-(-width // stride) - 1) * stride + kernel - width)
    sides = (across // 2, across - across // 2, down // 2, down - down // 2)
    return F.pad(images, sides, value=value)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(5, 12), st.integers(5, 12))
def test_same_padding_is_keras_s(kernel: int, stride: int, height: int, width: int) -> None:
    images = torch.randn(2, 3, height, width)
    layer = Conv2d(3, 4, kernel, stride, "same")
    padded = padded_by_hand(images, kernel, stride, 0.0)
    expected = F.conv2d(padded, layer.weight, layer.bias, stride)
    torch.testing.assert_close(layer(images), expected)
    assert expected.shape[2:] == tuple(
        output_size(side, kernel, stride, "same") for side in (height, width)
    )
    pooled = MaxPool2d(kernel, stride, "same")(images)
    padded = padded_by_hand(images, kernel, stride, -torch.inf)
    assert torch.equal(pooled, F.max_pool2d(padded, kernel, stride))


def test_an_odd_row_is_added_below_and_on_the_right() -> None:
    layer = Conv2d(1, 1, 3, 2, "same")
    layer.weight.data = torch.ones(1, 1, 3, 3)
    # 4 x 4 with a stride of 2: windows start at rows 0 and 2, and the last row is padding.
    images = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert layer(images).flatten().tolist() == [45.0, 39.0, 66.0, 50.0]


def test_the_course_s_valid_convolution() -> None:
    layer = Conv2d(1, 1, 2)
    layer.weight.data = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]]]])
    images = torch.tensor([[[[0.0, 10.0, 10.0], [20.0, 30.0, 30.0], [10.0, 20.0, 20.0]]]])
    assert layer(images).flatten().tolist() == [60.0, 70.0, 60.0, 70.0]


def test_initial_weights_are_keras_s() -> None:
    layer = Conv2d(16, 32, 3)
    limit = (6 / (9 * 16 + 9 * 32)) ** 0.5
    assert layer.weight.abs().max() <= limit
    assert layer.weight.abs().max() > 0.99 * limit
    assert layer.weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.05)
    assert not layer.bias.any()


def test_batch_norm_moves_as_keras_s() -> None:
    layer = BatchNorm2d(1).train()
    images = torch.tensor([1.0, 3.0, 5.0, 7.0]).reshape(4, 1, 1, 1)
    outputs = layer(images).flatten()
    # Normalised by the batch's biased variance 5 with epsilon 0.001.
    torch.testing.assert_close(outputs, (images.flatten() - 4) / (5.001**0.5))
    assert layer.running_mean.item() == pytest.approx(0.01 * 4)
    assert layer.running_var.item() == pytest.approx(0.99 + 0.01 * 20 / 3)


@pytest.mark.parametrize("head", ["max", "average"])
def test_with_global_pooling_images_of_any_size_fit(head: str) -> None:
    network = ConvolutionalNetwork((3, 32, 32), 4, head=head).eval()
    assert network(torch.rand(2, 3, 50, 41)).shape == (2, 4)
    images = torch.rand(2, 3, 4, 5)
    pooled = GlobalPool2d(head)(images)
    expected = images.flatten(2).max(2)[0] if head == "max" else images.flatten(2).mean(2)
    torch.testing.assert_close(pooled, expected)


def test_the_memory_format_changes_rounding_only() -> None:
    torch.manual_seed(0)
    first = ConvolutionalNetwork((3, 32, 32), 10, **VGG).eval()
    second = ConvolutionalNetwork((3, 32, 32), 10, **VGG, channels_last=False).eval()
    second.load_state_dict(first.state_dict())
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    torch.testing.assert_close(first(images), second(images), rtol=1e-4, atol=1e-5)
    assert first.stages[3].weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((1, 14, 28), {}, "images of 14 x 28 are too small for this network: at least 15 x 15"),
        ((3, 7, 7), VGG, "at least 8 x 8"),
        ((3, 32, 32), {"filters": ()}, "number of filters must be at least 1"),
        ((3, 32, 32), {"filters": (0,)}, "filters must be at least 1"),
        ((3, 32, 32), {"stride": 0}, "stride must be at least 1"),
        ((3, 32, 32), {"padding": "full"}, "padding must be one of"),
        ((3, 32, 32), {"head": "none"}, "head must be one of"),
        ((3, 32, 32), {"head_dropout": 1.0}, "head_dropout must be"),
        ((3, 32, 32), {"pool_size": 0}, "pool_size must be at least 1"),
    ],
)
def test_arguments_out_of_range_are_named(
    shape: tuple[int, ...], options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        ConvolutionalNetwork(shape, 10, **options)
    # The least size that is told does fit.
    if "at least 15" in words or "at least 8" in words:
        least = int(words.rsplit(" ", 1)[1])
        ConvolutionalNetwork((shape[0], least, least), 10, **options)
