import pytest
import torch

from lightning_course.models import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    DenseClassifier,
    DenseRegressor,
    LinearClassifier,
    LinearRegressor,
)
from lightning_course.nn import keras_parameter_count


def test_parameters_are_those_of_the_course() -> None:
    assert keras_parameter_count(LinearClassifier(30)) == 31
    assert keras_parameter_count(LinearRegressor(1)) == 2
    assert keras_parameter_count(DenseClassifier(784, 10)) == 101_770


def test_a_line_by_hand() -> None:
    module = LinearRegressor(2)
    module.network[1].weight.data = torch.tensor([[2.0, -1.0]])
    module.network[1].bias.data = torch.tensor([0.5])
    assert module.weight.tolist() == [2.0, -1.0]
    assert module.bias.item() == 0.5
    values = module.predict_step(torch.tensor([[1.0, 1.0], [0.0, 3.0]]))
    assert values.tolist() == [1.5, -2.5]
    # Errors 0.5 and -2.5 against 1 and 0.
    loss = REGRESSION.loss(values, torch.tensor([1.0, 0.0]))
    assert loss.item() == pytest.approx((0.25 + 6.25) / 2)


@pytest.mark.parametrize("model", [LinearClassifier, DenseClassifier])
def test_two_classes_and_more(model: type[LinearClassifier]) -> None:
    rows = torch.randn(4, 1, 6, 5)  # flattened
    assert model(30).objective is BINARY
    assert model(30)(rows).shape == (4,)
    assert model(30, num_classes=3).objective is MULTICLASS
    assert model(30, num_classes=3)(rows).shape == (4, 3)


@pytest.mark.parametrize("model", [LinearClassifier, DenseClassifier])
def test_images_are_scaled_and_values_come_one_a_row(model: type[LinearClassifier]) -> None:
    module = model(4, 10).eval()
    images = torch.randint(0, 256, (3, 1, 2, 2), dtype=torch.uint8)
    torch.testing.assert_close(module(images), module(images / 255))
    assert DenseRegressor(4, [8, 8], "tanh")(torch.randn(3, 4)).shape == (3,)


def test_any_depth_down_to_none() -> None:
    assert keras_parameter_count(DenseClassifier(5, 3, [])) == 18
    assert keras_parameter_count(DenseRegressor(5, [])) == 6
    assert keras_parameter_count(DenseClassifier(5, 3, [4, 2])) == 24 + 10 + 9


@pytest.mark.parametrize(
    "module", [LinearClassifier(3, 4), LinearRegressor(3), DenseClassifier(3), DenseRegressor(3)]
)
def test_hyperparameters_build_the_same_model(module: torch.nn.Module) -> None:
    again = type(module)(**module.hparams).eval()
    again.load_state_dict(module.state_dict())
    rows = torch.randn(2, 3)
    assert torch.equal(again(rows), module.eval()(rows))
