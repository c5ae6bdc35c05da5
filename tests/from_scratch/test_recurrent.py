from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from lightning_course import from_scratch, nn

pytestmark = pytest.mark.filterwarnings("error")

sizes = st.integers(1, 5)
batches = st.none() | st.integers(1, 3)
seeds = st.integers(0, 999)
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def weights(cell: str, inputs: int, units: int, seed: int, biases: int = 1) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(seed)
    columns = GATES[cell] * units
    bias = random.normal(size=(biases, columns))
    kernels = random.normal(size=(inputs, columns)), random.normal(size=(units, columns))
    return *kernels, bias if biases > 1 else bias[0]


def sequence(batch: int | None, length: int, inputs: int, seed: int) -> Any:
    shape = (length, inputs) if batch is None else (batch, length, inputs)
    return np.random.default_rng(seed + 1).normal(size=shape)


def torch_layer(cell: str, kernel: Any, recurrent: Any, biases: Any) -> torch.nn.RNNBase:
    """Torch's layer with Keras's weights, and two biases (2, gates·M)."""
    layer_class = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    layer = layer_class(len(kernel), len(recurrent), batch_first=True, dtype=torch.float64)

    def in_torch_s_order(array: Any) -> torch.Tensor:
        blocks = np.split(array, GATES[cell], axis=-1)
        if cell == "gru":
            blocks[:2] = blocks[1::-1]  # r before z
        return torch.tensor(np.concatenate(blocks, axis=-1).T)

    with torch.no_grad():
        layer.weight_ih_l0.copy_(in_torch_s_order(kernel))
        layer.weight_hh_l0.copy_(in_torch_s_order(recurrent))
        layer.bias_ih_l0.copy_(in_torch_s_order(biases[0]))
        layer.bias_hh_l0.copy_(in_torch_s_order(biases[1]))
    return layer


def compare(ours: Any, wanted: torch.Tensor) -> None:
    np.testing.assert_allclose(ours, wanted.detach().numpy(), rtol=0, atol=1e-12)


@settings(deadline=None)
@given(batches, sizes, sizes, sizes, seeds)
def test_simple_rnn_equals_torch(
    batch: int | None, length: int, inputs: int, units: int, seed: int
) -> None:
    x = sequence(batch, length, inputs, seed)
    kernel, recurrent, bias = weights("rnn", inputs, units, seed)
    start = np.random.default_rng(seed).normal(size=(*x.shape[:-2], units))
    ours = from_scratch.simple_rnn(x, kernel, recurrent, bias, initial_state=start)
    layer = torch_layer("rnn", kernel, recurrent, [bias, 0 * bias])
    compare(ours, layer(torch.tensor(x), torch.tensor(start)[None])[0])
    assert ours.shape == (*x.shape[:-1], units)


@settings(deadline=None)
@given(batches, sizes, sizes, sizes, st.booleans(), seeds)
def test_gru_equals_torch(
    batch: int | None, length: int, inputs: int, units: int, with_bias: bool, seed: int
) -> None:
    x = sequence(batch, length, inputs, seed)
    kernel, recurrent, bias = weights("gru", inputs, units, seed, biases=2)
    start = np.random.default_rng(seed).normal(size=(*x.shape[:-2], units))
    ours = from_scratch.gru(x, kernel, recurrent, bias if with_bias else None, start)
    layer = torch_layer("gru", kernel, recurrent, bias if with_bias else 0 * bias)
    compare(ours.hidden, layer(torch.tensor(x), torch.tensor(start)[None])[0])


@settings(deadline=None)
@given(batches, sizes, sizes, sizes, seeds)
def test_lstm_equals_torch(
    batch: int | None, length: int, inputs: int, units: int, seed: int
) -> None:
    x = sequence(batch, length, inputs, seed)
    kernel, recurrent, bias = weights("lstm", inputs, units, seed)
    h, c = np.random.default_rng(seed).normal(size=(2, *x.shape[:-2], units))
    ours = from_scratch.lstm(x, kernel, recurrent, bias, h, c)
    layer = torch_layer("lstm", kernel, recurrent, [bias, 0 * bias])
    states = torch.tensor(h)[None], torch.tensor(c)[None]
    hidden, (_, last_cell) = layer(torch.tensor(x), states)
    compare(ours.hidden, hidden)
    compare(ours.cell[..., -1, :], last_cell[0])
    np.testing.assert_allclose(ours.hidden, ours.output * np.tanh(ours.cell), atol=1e-12)


@settings(deadline=None)
@given(sizes, sizes, sizes, seeds)
def test_course_gru_equals_its_equations(length: int, inputs: int, units: int, seed: int) -> None:
    """The lines of the course's notes: a separate matrix for each gate, column vectors."""
    x = torch.tensor(sequence(None, length, inputs, seed))
    fused = weights("gru", inputs, units, seed)
    kernel, recurrent, bias = (torch.tensor(array) for array in fused)
    w_xz, w_xr, w_xh = kernel.split(units, dim=1)
    w_hz, w_hr, w_hh = recurrent.split(units, dim=1)
    b_z, b_r, b_h = bias.split(units)
    h = torch.zeros(units, dtype=torch.float64)
    states = []
    for x_t in x:
        z = torch.sigmoid(w_xz.T @ x_t + w_hz.T @ h + b_z)
        r = torch.sigmoid(w_xr.T @ x_t + w_hr.T @ h + b_r)
        h = (1 - z) * h + z * torch.tanh(w_xh.T @ x_t + w_hh.T @ (r * h) + b_h)
        states.append(h)
    compare(from_scratch.course_gru(x, *fused).hidden, torch.stack(states))


@settings(deadline=None)
@given(batches, sizes, sizes, sizes, seeds)
def test_course_gru_is_keras_s_where_both_differences_are_taken_out(
    batch: int | None, length: int, inputs: int, units: int, seed: int
) -> None:
    x = sequence(batch, length, inputs, seed)
    kernel, recurrent, bias = weights("gru", inputs, units, seed)
    reset = slice(units, 2 * units)
    kernel[:, reset], recurrent[:, reset], bias[reset] = 0, 0, 1000  # r = 1: no matter where
    opposite = np.repeat([-1.0, 1.0, 1.0], units)
    ours = from_scratch.course_gru(x, kernel * opposite, recurrent * opposite, bias * opposite)
    keras = from_scratch.gru(x, kernel, recurrent, [bias, 0 * bias])
    np.testing.assert_allclose(ours.hidden, keras.hidden, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.update, 1 - keras.update, rtol=0, atol=1e-12)


def test_course_gru_is_not_keras_s() -> None:
    x = sequence(None, 6, 3, 0)
    kernel, recurrent, bias = weights("gru", 3, 4, 0)
    course = from_scratch.course_gru(x, kernel, recurrent, bias).hidden
    keras = from_scratch.gru(x, kernel, recurrent, [bias, 0 * bias]).hidden
    assert np.abs(course - keras).max() > 0.1


def zigzag(*shape: int) -> Any:
    size = int(np.prod(shape))
    return (np.linspace(-0.5, 0.5, size) * (-1.0) ** np.arange(size)).reshape(shape)


X = np.arange(24.0).reshape(2, 3, 4) / 10
# Keras 3.15's layers with 2 units (torch backend) on X, weights and biases `zigzag`.
KERAS = {
    "simple_rnn": [
        [[-0.37994895, -0.59522173], [-0.39988737, -0.51220466], [-0.47305215, -0.619893]],
        [[-0.63086829, -0.77333475], [-0.58537304, -0.6969446], [-0.66117564, -0.76419935]],
    ],
    "gru": [
        [[0.14064027, -0.1613948], [0.23465792, -0.28825772], [0.31229345, -0.39529897]],
        [[0.3531344, -0.26762036], [0.47323949, -0.42327507], [0.53934761, -0.53220532]],
    ],
    "gru_reset_before": [
        [[0.26578034, -0.26952596], [0.40237123, -0.4225676], [0.48607004, -0.52966864]],
        [[0.47261141, -0.31243832], [0.62643634, -0.47637139], [0.6878683, -0.58454825]],
    ],
    "lstm": [
        [[0.05108362, -0.06642453], [0.06844527, -0.09883939], [0.07345146, -0.11507702]],
        [[0.0545081, -0.07689193], [0.06777923, -0.10531117], [0.06863005, -0.1117053]],
    ],
}


def test_golden_numbers_of_keras() -> None:
    # Keras's reset_after=False is the course's GRU with the update's blocks turned round.
    opposite = np.repeat([-1.0, 1.0, 1.0], 2)
    course = [zigzag(4, 6) * opposite, zigzag(2, 6) * opposite, zigzag(6) * opposite]
    ours = {
        "simple_rnn": from_scratch.simple_rnn(X, zigzag(4, 2), zigzag(2, 2), zigzag(2)),
        "gru": from_scratch.gru(X, zigzag(4, 6), zigzag(2, 6), zigzag(2, 6)).hidden,
        "gru_reset_before": from_scratch.course_gru(X, *course).hidden,
        "lstm": from_scratch.lstm(X, zigzag(4, 8), zigzag(2, 8), zigzag(8)).hidden,
    }
    for name, wanted in KERAS.items():
        np.testing.assert_allclose(ours[name], wanted, rtol=0, atol=1e-6, err_msg=name)


def test_manual_rnn_of_the_course() -> None:
    """N = 1, T = 10, D = 3, M = 5, K = 2: an output at each step, of which the last counts."""
    rnn, output = nn.SimpleRNN(3, 5).double(), nn.Dense(5, 2).double()
    torch.nn.init.normal_(rnn.bias_ih_l0)
    x = np.random.default_rng(0).normal(size=(1, 10, 3))
    with torch.no_grad():
        wanted = output(rnn(torch.tensor(x))[0])
        keras = [rnn.weight_ih_l0.T.numpy(), rnn.weight_hh_l0.T.numpy(), rnn.bias_ih_l0.numpy()]
        last = [output.weight.T.numpy(), output.bias.numpy()]
    assert [array.shape for array in keras] == [(3, 5), (5, 5), (5,)]
    ours = from_scratch.dense(from_scratch.simple_rnn(x, *keras), *last)
    assert ours.shape == (1, 10, 2)
    compare(ours, wanted)


def test_without_activation_the_rnn_is_linear() -> None:
    kernel, recurrent, _ = weights("rnn", 2, 3, 0)
    x, y = sequence(None, 5, 2, 0), sequence(None, 5, 2, 7)

    def run(inputs: Any) -> Any:
        return from_scratch.simple_rnn(inputs, kernel, recurrent, activation=None)

    np.testing.assert_allclose(run(2 * x + y), 2 * run(x) + run(y), rtol=0, atol=1e-9)
    relu = from_scratch.simple_rnn(x, kernel, recurrent, activation=from_scratch.relu)
    layer = torch.nn.RNN(2, 3, nonlinearity="relu", bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(kernel.T))
        layer.weight_hh_l0.copy_(torch.tensor(recurrent.T))
    compare(relu, layer(torch.tensor(x))[0])


@settings(deadline=None)
@given(sizes, sizes, sizes, seeds)
def test_gradients_through_time_equal_autograd(
    length: int, inputs: int, units: int, seed: int
) -> None:
    x = sequence(None, length, inputs, seed)
    kernel, recurrent, bias = weights("rnn", inputs, units, seed)
    states = from_scratch.simple_rnn(x, kernel, recurrent, bias)
    ours = from_scratch.simple_rnn_gradients(states, kernel, recurrent)
    layer = torch_layer("rnn", kernel, recurrent, [bias, 0 * bias])
    jacobian = torch.autograd.functional.jacobian(
        lambda a: layer(a)[0][-1], torch.tensor(x)
    )  # (M, T, D)
    compare(ours, jacobian.transpose(0, 1))


def test_gradients_vanish_with_distance() -> None:
    random = np.random.default_rng(0)
    kernel, recurrent = random.normal(size=(1, 10)) * 0.5, random.normal(size=(10, 10)) * 0.2
    states = from_scratch.simple_rnn(random.normal(size=(30, 1)), kernel, recurrent)
    gradients = from_scratch.simple_rnn_gradients(states, kernel, recurrent)
    size = np.linalg.norm(gradients, axis=(1, 2))
    assert size[0] < 1e-4 * size[-1]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_parameter_counts_are_those_of_the_layers(cell: Literal["rnn", "gru", "lstm"]) -> None:
    count = from_scratch.recurrent_parameter_count(cell, 20, 15)
    assert count == nn.keras_parameter_count(nn.recurrent_layer(cell, 20, 15))


def test_parameter_counts_of_the_course() -> None:
    assert from_scratch.simple_rnn_weight_count(10, 15, 1) == 150 + 225 + 15 == 390
    assert from_scratch.unshared_rnn_weight_count(100, 10, 15, 1) == 1_501_500
    assert 1_501_500 / 390 == 3850
    # Tasks: chirp (10 units on 1 feature, then a dense unit), and spam's LSTM.
    counts = [from_scratch.recurrent_parameter_count(c, 1, 10) for c in ("rnn", "gru", "lstm")]
    assert [count + from_scratch.dense_parameter_count(10, 1) for count in counts] == [
        131,
        401,
        491,
    ]
    assert from_scratch.recurrent_parameter_count("lstm", 20, 15) == 2_160
    # The course's GRU has one bias.
    assert from_scratch.recurrent_parameter_count("gru", 1, 10, reset_after=False) == 360


def test_one_hot_pooling_over_time() -> None:
    # Chapter 5.4's last model: all hidden states, T × M, then the largest over time, M.
    kernel, recurrent, bias = weights("lstm", 1, 5, 0)
    hidden = from_scratch.lstm(sequence(4, 30, 1, 0), kernel, recurrent, bias).hidden
    pooled = np.stack([from_scratch.global_max_pool(states) for states in hidden])
    assert pooled.shape == (4, 5)
    np.testing.assert_array_equal(
        pooled, F.adaptive_max_pool1d(torch.tensor(hidden).transpose(1, 2), 1)[..., 0]
    )


ONES = np.ones((4, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_scratch.simple_rnn(ONES, np.ones((2, 5)), np.ones((5, 5))),
            r"kernel must have shape \(3, 5\) .*x has shape \(4, 3\).*, got \(2, 5\)",
        ),
        (
            lambda: from_scratch.simple_rnn(ONES, np.ones((3, 5)), np.ones((5, 4))),
            r"recurrent_kernel must have shape \(5, 5\) .*, got \(5, 4\)",
        ),
        (
            lambda: from_scratch.simple_rnn(ONES, np.ones((3, 5)), np.ones((5, 5)), np.ones(4)),
            r"bias must have shape \(5,\) .*, got \(4,\)",
        ),
        (
            lambda: from_scratch.simple_rnn(
                ONES, np.ones((3, 5)), np.ones((5, 5)), initial_state=np.ones((2, 5))
            ),
            r"initial_state must have shape \(5,\) .*, got \(2, 5\)",
        ),
        (
            lambda: from_scratch.simple_rnn(np.ones((0, 3)), np.ones((3, 5)), np.ones((5, 5))),
            r"empty, got shape \(0, 3\)",
        ),
        (
            lambda: from_scratch.simple_rnn(np.ones(3), np.ones((3, 5)), np.ones((5, 5))),
            r"x must have 2 or 3 axes, got shape \(3,\)",
        ),
        (
            lambda: from_scratch.gru(ONES, np.ones((3, 6)), np.ones((2, 6)), np.ones(6)),
            r"bias must have shape \(2, 6\) .*, got \(6,\)",
        ),
        (
            lambda: from_scratch.course_gru(
                ONES, np.ones((3, 6)), np.ones((2, 6)), np.ones((2, 6))
            ),
            r"bias must have shape \(6,\) .*, got \(2, 6\)",
        ),
        (
            lambda: from_scratch.lstm(ONES, np.ones((3, 6)), np.ones((2, 6))),
            r"recurrent_kernel must have shape \(2, 8\) \(4 times 2 columns\), got \(2, 6\)",
        ),
        (
            lambda: from_scratch.lstm(
                ONES, np.ones((3, 8)), np.ones((2, 8)), initial_cell=np.ones(3)
            ),
            r"initial_cell must have shape \(2,\) .*, got \(3,\)",
        ),
        (
            lambda: from_scratch.simple_rnn_gradients(ONES, np.ones((2, 4)), np.ones((3, 3))),
            r"kernel must have shape \(2, 3\) .*, got \(2, 4\)",
        ),
        (
            lambda: from_scratch.recurrent_parameter_count("elman", 1, 1),
            "cell must be one of rnn, gru, lstm, got 'elman'",
        ),
        (
            lambda: from_scratch.recurrent_parameter_count("rnn", 1, 0),
            "units must be at least 1, got 0",
        ),
        (lambda: from_scratch.simple_rnn_weight_count(1, 1, 0), "at least 1, got 0"),
        (lambda: from_scratch.unshared_rnn_weight_count(0, 1, 1, 1), "length .* got 0"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
