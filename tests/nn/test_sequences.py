import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.nn import (
    ForecastNetwork,
    ImageRows,
    LinearRNN,
    Recurrent,
    SequenceNetwork,
    SimpleRNN,
    keras_parameter_count,
    pool_over_time,
)


@pytest.mark.parametrize(
    ("cell", "hidden", "parameters"),
    [("linear", 10, 11), ("rnn", 5, 41), ("rnn", 10, 131), ("gru", 10, 401), ("lstm", 10, 491)],
)
def test_forecasters_have_keras_s_parameters(cell: str, hidden: int, parameters: int) -> None:
    network = ForecastNetwork((10, 1), cell=cell, hidden_size=hidden)
    assert keras_parameter_count(network) == parameters
    assert network(torch.randn(4, 10, 1)).shape == (4,)


@pytest.mark.parametrize("cell", ["linear", "rnn", "gru", "lstm"])
@pytest.mark.parametrize(("width", "horizon"), [(1, 3), (2, 1), (3, 4)])
def test_several_values_have_a_step_and_a_column(cell: str, width: int, horizon: int) -> None:
    network = ForecastNetwork((6, width), horizon, cell, num_layers=2)
    assert network(torch.randn(5, 6, width)).shape == (5, horizon, width)


def test_a_linear_forecaster_is_an_autoregression() -> None:
    network = ForecastNetwork((3, 1))
    with torch.no_grad():
        network.output.weight[:] = torch.tensor([[1.0, 2.0, 3.0]])
        network.output.bias[:] = 0.5
    windows = torch.tensor([[[1.0], [0.0], [2.0]]])
    assert network(windows).tolist() == [7.5]  # 0.5 + 1·1 + 2·0 + 3·2


@pytest.mark.parametrize(
    ("cell", "hidden", "parameters"),
    [("rnn", 5, 41), ("gru", 5, 126), ("lstm", 5, 146)],
)
@pytest.mark.parametrize("pooling", ["last", "max", "mean"])
def test_classifiers_take_sequences_of_any_length(
    cell: str, hidden: int, parameters: int, pooling: str
) -> None:
    network = SequenceNetwork(1, cell=cell, hidden_size=hidden, pooling=pooling)
    assert keras_parameter_count(network) == parameters
    for length in (1, 10, 37):
        assert network(torch.randn(4, length, 1)).shape == (4,)


def test_pooling_over_time() -> None:
    torch.manual_seed(0)
    networks = {kind: SequenceNetwork(2, 3, pooling=kind) for kind in ("last", "max", "mean")}
    state = networks["last"].state_dict()
    inputs = torch.randn(4, 7, 2)
    states, (last, _) = networks["last"].layer(inputs)
    expected = {"last": last[0], "max": states.max(dim=1).values, "mean": states.mean(dim=1)}
    for kind, network in networks.items():
        network.load_state_dict(state)
        wanted = network.output(expected[kind])
        torch.testing.assert_close(network.eval()(inputs), wanted, rtol=0, atol=0)


def test_the_rows_of_an_image_are_steps() -> None:
    images = torch.arange(2 * 3 * 2 * 4).reshape(2, 3, 2, 4)
    rows = ImageRows()(images)
    assert rows.shape == (2, 2, 12)
    assert rows[1, 1].tolist() == torch.cat([images[1, c, 1] for c in range(3)]).tolist()
    grey = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    network = SequenceNetwork(28, 10, hidden_size=128)
    assert keras_parameter_count(network) == 81_674
    scaled = network(grey[:, 0] / 255)
    torch.testing.assert_close(network(grey), scaled, rtol=0, atol=0)


def test_parameters_of_the_course() -> None:
    network = SequenceNetwork(20, hidden_size=15, vocabulary_size=7_000)
    assert keras_parameter_count(network) == 7_001 * 20 + 2_160 + 16


def test_more_than_two_classes_have_a_logit_each() -> None:
    network = SequenceNetwork(4, 5, hidden_size=3, vocabulary_size=9)
    assert network(torch.tensor([[0, 1]])).shape == (1, 5)
    assert network.output.out_features == 5


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("pooling", ["max", "mean", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("mask_padding", [False, True])
def test_every_combination_gives_a_logit_a_row(
    cell: str, pooling: str, bidirectional: bool, mask_padding: bool
) -> None:
    network = SequenceNetwork(
        4,
        cell=cell,
        num_layers=2,
        pooling=pooling,
        bidirectional=bidirectional,
        vocabulary_size=9,
        mask_padding=mask_padding,
    )
    tokens = torch.tensor([[0, 0, 3, 9], [1, 2, 3, 4], [0, 0, 0, 0]], dtype=torch.int32)
    logits = network(tokens)
    assert logits.shape == (3,)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("pooling", ["max", "mean", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_with_a_mask_padding_changes_nothing(pooling: str, bidirectional: bool) -> None:
    network = SequenceNetwork(
        4, pooling=pooling, bidirectional=bidirectional, vocabulary_size=9, mask_padding=True
    )
    words = torch.tensor([[5, 2, 7]])
    before = torch.tensor([[0, 0, 5, 2, 7]])
    behind = torch.tensor([[5, 2, 7, 0]])
    torch.testing.assert_close(network(before), network(words))
    torch.testing.assert_close(network(behind), network(words))


def test_weights_have_the_names_that_checkpoints_have() -> None:
    assert list(SequenceNetwork(1).state_dict()) == [
        *(f"recurrent.layer.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih")),
        *("output.weight", "output.bias"),
    ]
    assert list(SequenceNetwork(1, vocabulary_size=1).state_dict()) == [
        "embedding.weight",
        *(f"recurrent.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih")),
        *("output.weight", "output.bias"),
    ]


def test_without_a_mask_padding_is_input() -> None:
    network = SequenceNetwork(4, vocabulary_size=9)
    words, padded = torch.tensor([[5, 2, 7]]), torch.tensor([[0, 0, 5, 2, 7]])
    assert not torch.allclose(network(padded), network(words))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_pooling_equals_a_loop(lengths: list[int]) -> None:
    states = torch.randn(len(lengths), 5, 3)
    for pooling in ("max", "mean"):
        pooled = pool_over_time(states, pooling, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            alone = states[row, :length]
            expected = alone.amax(0) if pooling == "max" else alone.mean(0)
            torch.testing.assert_close(pooled[row], expected)
    full = torch.full((len(lengths),), 5)
    torch.testing.assert_close(pool_over_time(states, "mean"), pool_over_time(states, "mean", full))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_keras_s_layers_return(cell: str) -> None:
    torch.manual_seed(0)
    inputs = torch.randn(4, 6, 3)
    layer = Recurrent(cell, 3, 2, num_layers=2)
    last = layer(inputs)
    assert last.shape == (4, 2)
    layer.return_sequences = True
    states = layer(inputs)
    assert states.shape == (4, 6, 2)
    torch.testing.assert_close(states[:, -1], last, rtol=0, atol=0)
    layer.return_state = True
    again, *finals = layer(inputs)
    torch.testing.assert_close(again, states, rtol=0, atol=0)
    assert len(finals) == (2 if cell == "lstm" else 1)
    torch.testing.assert_close(finals[0], last, rtol=0, atol=0)
    assert all(final.shape == (4, 2) for final in finals)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_run_goes_on_from_its_state(cell: str) -> None:
    torch.manual_seed(0)
    inputs = torch.randn(4, 6, 3)
    layer = Recurrent(cell, 3, 2, return_state=True)
    _, *finals = layer(inputs[:, :4])
    rest, *_ = layer(inputs[:, 4:], tuple(final[None] for final in finals))
    torch.testing.assert_close(rest, layer(inputs)[0])


def test_without_activation_the_state_is_linear() -> None:
    torch.manual_seed(0)
    layer = LinearRNN(3, 2)
    x = torch.randn(4, 5, 3)
    states, last = layer(x)
    kernel, recurrent, bias = layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0
    state = torch.zeros(4, 2)
    for step in range(5):
        state = x[:, step] @ kernel.T + state @ recurrent.T + bias
        torch.testing.assert_close(states[:, step], state)
    torch.testing.assert_close(last[0], state)
    # Small enough, tanh is linear too: torch's own kernel gives the same.
    tanh = SimpleRNN(3, 2)
    tanh.load_state_dict(layer.state_dict())
    torch.testing.assert_close(tanh(1e-3 * x)[0], layer(1e-3 * x)[0], rtol=1e-4, atol=1e-7)
    start = torch.randn(1, 4, 2)
    torch.testing.assert_close(layer(x, start)[0][:, 0], states[:, 0] + start[0] @ recurrent.T)
    layer(x)[0].sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


def test_recurrent_layers_are_chosen_by_their_activation() -> None:
    assert type(Recurrent("rnn", 3, 2).layer) is SimpleRNN
    assert Recurrent("rnn", 3, 2).layer.nonlinearity == "tanh"
    assert type(Recurrent("rnn", 3, 2, activation="none").layer) is LinearRNN


def test_relu_is_torch_s() -> None:
    torch.manual_seed(0)
    layer = Recurrent("rnn", 3, 2, activation="relu").layer
    plain = torch.nn.RNN(3, 2, batch_first=True, nonlinearity="relu")
    plain.load_state_dict(layer.state_dict(), strict=False)
    with torch.no_grad():
        plain.bias_hh_l0.zero_()
    x = torch.randn(4, 5, 3)
    torch.testing.assert_close(layer(x)[0], plain(x)[0], rtol=0, atol=0)
    assert (layer(x)[0] >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence_shape": (0, 1)}, "window must be at least 1, got 0"),
        ({"sequence_shape": (3, 0)}, "width of the series must be at least 1, got 0"),
        ({"sequence_shape": (3, 1), "horizon": 0}, "horizon must be at least 1, got 0"),
        ({"sequence_shape": (3, 1), "cell": "cnn"}, "cell must be one of linear, rnn, gru, lstm"),
        ({"sequence_shape": (3, 1), "cell": "lstm", "hidden_size": 0}, "hidden_size must be"),
        ({"sequence_shape": (3, 1), "cell": "lstm", "num_layers": 0}, "num_layers must be"),
        ({"sequence_shape": (3, 1), "activation": "relu"}, 'is for the cell "rnn"'),
        ({"sequence_shape": (3, 1), "cell": "lstm", "activation": "relu"}, 'for the cell "rnn"'),
        ({"sequence_shape": (3, 1), "cell": "rnn", "activation": "elu"}, "activation must be one"),
        (
            {"sequence_shape": (3, 1), "cell": "rnn", "activation": "none", "num_layers": 2},
            "single layer",
        ),
    ],
)
def test_forecasters_refuse(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ForecastNetwork(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "sum"}, "pooling must be one of max, mean, last"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"dropout": -0.1}, "dropout must be"),
        ({"input_size": 0}, "input_size must be at least 1, got 0"),
        ({"hidden_size": -1}, "hidden_size must be at least 1, got -1"),
        ({"vocabulary_size": 0}, "vocabulary_size must be at least 1, got 0"),
        ({"mask_padding": True}, "mask_padding is for tokens"),
        ({"cell": "rnn", "activation": "none", "bidirectional": True}, "in one direction"),
        ({"num_classes": 1}, "num_classes must be at least 2"),
        ({"cell": "linear"}, "cell must be one of rnn, gru, lstm"),
    ],
)
def test_classifiers_refuse(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SequenceNetwork(**{"input_size": 3} | arguments)
