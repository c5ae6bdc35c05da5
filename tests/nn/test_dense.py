import pytest
import torch

from lightning_course.nn import (
    ClassLogits,
    Rescaling,
    activation_layer,
    dense_layers,
    keras_parameter_count,
)


def test_bytes_become_floats_and_floats_pass() -> None:
    scaled = Rescaling()(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    torch.testing.assert_close(scaled, torch.tensor([[0.0, 0.2, 1.0]]))
    floats = torch.tensor([[0.5, 200.0]])
    assert torch.equal(Rescaling()(floats), floats)


@pytest.mark.parametrize(("classes", "shape"), [(2, (4,)), (3, (4, 3)), (10, (4, 10))])
def test_logits(classes: int, shape: tuple[int, ...]) -> None:
    assert ClassLogits(5, classes)(torch.ones(4, 5)).shape == shape
    assert ClassLogits(5, classes)(torch.ones(1, 5)).shape == (1, *shape[1:])


def test_a_layer_by_hand() -> None:
    layers = dense_layers(2, [2], "relu")
    layers[0].weight.data = torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    layers[0].bias.data = torch.tensor([0.0, -1.0])
    # 3 - 1 = 2; 1.5 + 2 - 1 = 2.5; and -4 < 0; -0.5 + 6 - 1 = 4.5.
    outputs = layers(torch.tensor([[3.0, 1.0], [-1.0, 3.0]]))
    assert outputs.tolist() == [[2.0, 2.5], [0.0, 4.5]]


def test_parameters_and_dropout() -> None:
    layers = dense_layers(784, [128, 64], dropout=0.5)
    assert keras_parameter_count(layers) == 785 * 128 + 129 * 64
    assert [type(layer).__name__ for layer in layers] == ["Dense", "ReLU", "Dropout"] * 2
    assert len(dense_layers(784, [])) == 0


@pytest.mark.parametrize(
    "name", ["relu", "tanh", "sigmoid", "elu", "selu", "softplus", "gelu", "leaky_relu"]
)
def test_activations_keep_the_shape(name: str) -> None:
    assert activation_layer(name)(torch.randn(3, 2)).shape == (3, 2)


def test_arguments_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="activation must be one of"):
        activation_layer("step")
    with pytest.raises(ValueError, match="hidden_sizes must be at least 1, got 0"):
        dense_layers(3, [5, 0])
    with pytest.raises(ValueError, match="num_classes must be at least 2, got 1"):
        ClassLogits(3, 1)
    with pytest.raises(ValueError, match="in_features must be at least 1"):
        dense_layers(0, [5])
    with pytest.raises(ValueError, match="dropout must be"):
        dense_layers(3, [5], dropout=1.0)
