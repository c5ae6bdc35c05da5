import math

import pytest
import torch

from lightning_course.nn import LSTM, SimpleRNN, keras_parameter_count, recurrent_layer


@pytest.mark.parametrize(
    ("cell", "gates", "biases"), [("rnn", 1, 1), ("gru", 3, 2), ("lstm", 4, 1)]
)
def test_parameters_are_keras_s(cell: str, gates: int, biases: int) -> None:
    layer = recurrent_layer(cell, 20, 15)
    assert keras_parameter_count(layer) == gates * (20 * 15 + 15 * 15 + biases * 15)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_initial_weights_are_keras_s(cell: str) -> None:
    torch.manual_seed(0)
    layer = recurrent_layer(cell, 40, 30)
    fused = layer.weight_ih_l0.shape[0]
    limit = math.sqrt(6 / (40 + fused))
    assert limit * 0.95 < layer.weight_ih_l0.abs().max() <= limit
    # Keras's kernel is the transpose: its rows, here the columns, are orthonormal.
    product = layer.weight_hh_l0.T @ layer.weight_hh_l0
    torch.testing.assert_close(product, torch.eye(30), rtol=0, atol=1e-5)


def test_lstm_remembers_at_first() -> None:
    bias = LSTM(4, 3).bias_ih_l0
    assert bias.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("layer_class", [SimpleRNN, LSTM])
def test_second_bias_is_neither_trained_nor_saved(layer_class: type[torch.nn.RNNBase]) -> None:
    layer = layer_class(3, 2)
    assert "bias_hh_l0" not in dict(layer.named_parameters())
    assert "bias_hh_l0" not in layer.state_dict()
    layer(torch.randn(2, 5, 3))[0].sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    assert not layer.bias_hh_l0.any()
    assert layer.bias_ih_l0.any()


@pytest.mark.parametrize("layer_class", [SimpleRNN, LSTM])
def test_equals_torch_with_a_zero_second_bias(layer_class: type[torch.nn.RNNBase]) -> None:
    layer = layer_class(3, 2, bidirectional=True)
    plain_class = torch.nn.LSTM if layer_class is LSTM else torch.nn.RNN
    plain = plain_class(3, 2, batch_first=True, bidirectional=True)
    missing, unexpected = plain.load_state_dict(layer.state_dict(), strict=False)
    assert sorted(missing) == ["bias_hh_l0", "bias_hh_l0_reverse"]
    assert not unexpected
    with torch.no_grad():
        plain.bias_hh_l0.zero_()
        plain.bias_hh_l0_reverse.zero_()
    x = torch.randn(4, 6, 3)
    torch.testing.assert_close(layer(x)[0], plain(x)[0], rtol=0, atol=0)


def test_the_weights_used_follow_a_move_and_a_load() -> None:
    # torch's recurrent layers keep a second list of their tensors.
    layer = LSTM(3, 2).double()
    x = torch.randn(1, 4, 3, dtype=torch.float64)
    other = LSTM(3, 2).double()
    other.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer(x)[0], other(x)[0], rtol=0, atol=0)


# Keras's own golden cases (keras/src/layers/rnn/*_test.py): constant kernels 0.01, recurrent
# kernels 0.02, biases 0.03 (LSTM's forget bias stays 1), all units of a row alike.
@pytest.mark.parametrize(
    ("cell", "units", "shape", "expected"),
    [
        ("lstm", 3, (3, 6, 4), [0.6288687, 0.86899155, 0.9460773]),
        ("gru", 3, (3, 6, 4), [0.5217289, 0.6371659, 0.39384964]),
        ("rnn", 4, (2, 3, 4), [0.405432, 0.73605347]),
    ],
)
def test_golden_numbers_of_keras(
    cell: str, units: int, shape: tuple[int, int, int], expected: list[float]
) -> None:
    layer = recurrent_layer(cell, 4, units)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            constant = {"weight_ih_l0": 0.01, "weight_hh_l0": 0.02}.get(name, 0.03)
            parameter.fill_(constant)
        if cell == "lstm":
            layer.bias_ih_l0[units : 2 * units] = 1.0
    sequence = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)
    last = layer(sequence)[0][:, -1]
    wanted = torch.tensor(expected)[:, None].expand(-1, units)
    torch.testing.assert_close(last, wanted, rtol=0, atol=1e-6)
