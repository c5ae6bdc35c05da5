"""The numbers that are printed are those of the formulas, the course's digit for digit."""

import math

import numpy as np
import pytest
import torch

from lightning_course import from_scratch as fs
from lightning_course import optim
from lightning_course.explain import (
    activations,
    batch_norm,
    conv_sizes,
    convolution,
    dropout,
    embedding,
    explain,
    gradient_descent,
    learning_rates,
    losses,
    momentum,
    optimizers,
    pooling,
    rnn_cells,
    softmax,
    tokenizer,
    vanishing_gradient,
)


def said(topic: str) -> str:
    return "\n".join(explain(topic).lines)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("convolution", ["60 70 50 / 60 70 50 / 20 30 20", "100 brighter"]),
        ("conv_sizes", ["4,800", "154,140,672", "valid  N − K + 1             4"]),
        ("pooling", ["6 8 / 16 14", "3.5 5.5 / 13.5 11.5"]),
        ("rnn_cells", ["390", "1,501,500", "SimpleRNN 120, GRU 390, LSTM 480"]),
        ("images", ["6,000,000 bits", "750,000 bytes", "16,777,216", "(255, 0, 204)"]),
        ("images", ["427 x 640 x 3 bytes: 6,558,720 bits, 819,840 bytes"]),
        ("embedding", ["1.4142", "one_hot(1) · W = (4 5 6), and W[1] = (4 5 6)"]),
        ("tokenizer", ["[1, 3, 4, 2, 5]", "0 0 1 9 10", "3 4 2 5 / 6 7 2 8 / 0 1 9 10"]),
        ("activations", ["0.25^20 = 9.1e-13", "0.50 for sigmoid, 0.00 for tanh"]),
        ("losses", ["log 10 = 2.303", "16.118", "costs inf"]),
        ("gradient_descent", ["256 rows", "N / 32 = 8"]),
    ],
)
def test_the_course_s_examples(topic: str, words: list[str]) -> None:
    text = said(topic)
    for word in words:
        assert word in text


def test_numbers_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "FILTER", np.array([[0, 1], [1, 0]]))
    assert "worked example: 30 40 30 / 40 50 40 / 20 25 15" in said("convolution")
    monkeypatch.setattr(pooling, "IMAGE", pooling.IMAGE * 10)
    assert "average pooling: 35 55 / 135 115" in said("pooling")
    monkeypatch.setattr(conv_sizes, "LAYER_KERNEL", 3)
    assert "1,728 weights in a convolution" in said("conv_sizes")
    monkeypatch.setattr(losses, "TARGETS", losses.PREDICTIONS)
    assert "MSE: Gaussian             0.0000" in said("losses")
    monkeypatch.setattr(tokenizer, "SENTENCES", ("one two", "two", "three two one"))
    assert "'one two' becomes [2, 1]" in said("tokenizer")
    monkeypatch.setattr(softmax, "LOGITS", np.zeros(4))
    assert "= 0.2500, 0.2500, 0.2500, 0.2500; their sum is 1.0000" in said("softmax")
    monkeypatch.setattr(gradient_descent, "START", 1.0)
    assert f"{0.6**20:.3g}" in said("gradient_descent")


def test_the_losses_are_their_likelihoods() -> None:
    rows = [line.split() for line in losses.explain().lines[1:4]]
    for row in rows:
        assert row[-1] == row[-2]
    n = len(losses.CLASSES)
    nll = fs.categorical_nll(losses.CLASSES, losses.CLASS_PROBABILITIES)
    assert rows[2][2] == f"{nll / n:.4f}"


def test_activations_come_with_their_own_derivatives() -> None:
    for name, function, derivative, _ in activations.FUNCTIONS:
        point = np.array([-1.3, 0.7])
        numeric = (function(point + 1e-6) - function(point - 1e-6)) / 2e-6
        np.testing.assert_allclose(derivative(point), numeric, rtol=1e-6, err_msg=name)


def test_gradients_through_depth() -> None:
    sigmoid = vanishing_gradient.layer_sizes(fs.sigmoid, fs.sigmoid_derivative)
    relu = vanishing_gradient.layer_sizes(fs.relu, fs.relu_derivative)
    assert sigmoid[0] / sigmoid[-1] < 1e-10
    assert 0.1 < relu[0] / relu[-1] < 10


def test_gradients_through_time_are_the_chain_rule_s() -> None:
    layer = vanishing_gradient.recurrent_layers()["SimpleRNN"]
    kernel = layer.get_parameter("weight_ih_l0").detach().numpy().T
    recurrent = layer.get_parameter("weight_hh_l0").detach().numpy().T
    norms = []
    for x in vanishing_gradient.inputs().numpy():
        states = fs.simple_rnn(x, kernel, recurrent)
        gradients = fs.simple_rnn_gradients(states, kernel, recurrent)
        norms.append(np.sqrt((gradients**2).sum(axis=(1, 2))))
    sizes = vanishing_gradient.step_sizes(layer)
    np.testing.assert_allclose(sizes, np.mean(norms, axis=0), rtol=1e-9)


def test_a_gate_held_open_keeps_the_gradient() -> None:
    for name, layer in vanishing_gradient.recurrent_layers().items():
        sizes = vanishing_gradient.step_sizes(layer)
        kept = sizes[0] / sizes[-1]
        assert kept > 0.1 if "open" in name else kept < 1e-3


def test_the_gru_s_two_conventions() -> None:
    cells = rnn_cells.run_cells()
    np.testing.assert_allclose(cells.gru.hidden, cells.course_gru.hidden, atol=1e-14)
    np.testing.assert_allclose(cells.gru.update, 1 - cells.course_gru.update, atol=1e-14)


def test_gated_cells_remember() -> None:
    cells = rnn_cells.run_cells()
    after = slice(rnn_cells.STORED[0], None)
    for state in (cells.gru.hidden[:, 0], cells.lstm.cell[:, 0]):
        np.testing.assert_allclose(state[after], cells.target[after], atol=0.03)
    assert np.abs(cells.rnn - cells.target)[after].mean() > 0.5


def test_momentum_helps_until_it_is_too_much() -> None:
    losses_at_end = [momentum.loss(momentum.descend(mu))[-1] for mu in momentum.MOMENTA]
    none, half, nine_tenths, ninety_nine = losses_at_end
    assert nine_tenths < half / 1_000 < none / 1_000
    assert ninety_nine > none


def test_the_step_after_the_rate_has_fallen() -> None:
    keras, torchs = momentum.slowed_steps()
    velocity = sum(0.9**k for k in range(10))  # of gradient 1, for a rate of 1
    assert keras == pytest.approx(-0.9 * 0.1 * velocity - 0.01)
    assert torchs == pytest.approx(-0.01 * (0.9 * velocity + 1))


@pytest.mark.parametrize(
    ("form", "make"),
    [("course", optim.CourseAdam), ("keras", optim.Adam), ("torch", torch.optim.Adam)],
)
@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-2])
def test_adam_s_first_step_is_the_optimiser_s(form: str, make: type, size: float) -> None:
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    theta.grad = torch.full_like(theta, size)
    make([theta], lr=1.0, eps=optimizers.EPSILON).step()
    assert -theta.item() == pytest.approx(optimizers.first_step(size, form), rel=1e-6)


def test_rates_of_the_schedules() -> None:
    rates = [learning_rates.rates_of(make) for make in learning_rates.SCHEDULES.values()]
    epochs = np.arange(learning_rates.EPOCHS)
    start, k = learning_rates.START, learning_rates.K
    expected = [
        np.full(len(epochs), start),
        start * 0.5 ** (epochs // 50),
        start * np.exp(-k * epochs),
        start / (k * epochs + 1),
        np.where(epochs < 50, start, 0.0001),
    ]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


def test_a_rate_that_falls_ends_nearer_by_noisy_gradients() -> None:
    constant, step, *_ = (
        learning_rates.noisy_descent(learning_rates.rates_of(make))
        for make in learning_rates.SCHEDULES.values()
    )
    assert step[-1] < constant[-1] / 2


def test_moving_means_follow_their_formula() -> None:
    means = batch_norm.moving_means(np.full((100, 4, 1), 10.0), 0.99)
    np.testing.assert_allclose(means[:, 0], 10 * (1 - 0.99 ** np.arange(1, 101)))


def test_dropout_keeps_the_mean() -> None:
    means, deviations = dropout.moments(dropout.RATES)
    np.testing.assert_allclose(means, 1, atol=0.05)
    np.testing.assert_allclose(deviations, dropout.spread(np.array(dropout.RATES)), rtol=0.05)
    ones = np.ones((3, 3))
    np.testing.assert_array_equal(dropout.dropped(ones, 0.5, training=False), ones)


def test_words_of_one_use_end_up_together() -> None:
    start, learned = embedding.learn()
    assert np.abs(start).max() <= 0.05
    assert set(embedding.nearest("apple", learned, 2)) == {"pear", "plum"}
    assert set(embedding.nearest("six", learned)) == {"one", "two", "ten"}
    rows = [embedding.WORDS.index(word) for word in ("apple", "orange", "red")]
    apart = embedding.distances(learned[rows])
    assert max(apart[0, 1], apart[1, 2]) < apart[0, 2], "orange lies between"


def test_one_hot_words_are_all_equally_far_apart() -> None:
    apart = embedding.distances(fs.one_hot(range(3), 3))
    np.testing.assert_allclose(apart, math.sqrt(2) * (1 - np.eye(3)))


def test_halvings() -> None:
    assert conv_sizes.halvings("same") == [32, 16, 8, 4, 2, 1, 1]
    assert conv_sizes.halvings("valid") == [32, 15, 7, 3, 1]
