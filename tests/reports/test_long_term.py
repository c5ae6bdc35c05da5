from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lightning_course.datamodules import XORDataModule
from lightning_course.datamodules.base import derived_seed
from lightning_course.models import BINARY, MULTICLASS, REGRESSION, Forecaster, SequenceClassifier
from lightning_course.nn import Dense, SequenceNetwork
from lightning_course.reports.long_term import (
    accuracy_by_distance,
    correct_by_length,
    detached_copy,
    gradient_by_step,
    gradient_norms,
    lengths,
    untrained,
)


def linear(weights: Sequence[float]) -> nn.Module:
    dense = Dense(len(weights), 1)
    with torch.no_grad():
        dense.weight[:] = torch.tensor(weights)
    return nn.Sequential(nn.Flatten(), dense, nn.Flatten(0))


def test_norms_of_a_linear_model_by_hand() -> None:
    # Two steps of two values: outputs 3·3 + 4·1 + 2 = 15 and 4·1 = 4; errors 5 and -1.
    inputs = torch.tensor([[[3.0, 1], [0, 2]], [[0, 1], [0, 0]]])
    network = linear([3, 4, 0, 1])
    norms = gradient_norms(network, REGRESSION.loss, inputs, torch.tensor([10.0, 5]))
    # The gradient of (o - y)² is 2 (o - y) w: the norms of w are 5 and 1, the errors 5 and -1.
    torch.testing.assert_close(norms, torch.tensor([5.0 * 6, 1.0 * 6]))
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not inputs.requires_grad


def test_the_number_of_rows_is_of_no_effect() -> None:
    network = SequenceNetwork(3, 2)
    inputs, targets = torch.randn(5, 7, 3), torch.tensor([0, 1, 1, 0, 1])
    once = gradient_norms(network, BINARY.loss, inputs, targets)
    thrice = gradient_norms(network, BINARY.loss, inputs.repeat(3, 1, 1), targets.repeat(3))
    assert once.shape == (7,)
    torch.testing.assert_close(once, thrice)


def test_rows_of_pixels_are_steps_and_bytes_are_scaled() -> None:
    network = SequenceNetwork(8, 3, hidden_size=4, dropout=0.5)
    images = torch.randint(0, 256, (10, 2, 6, 4), dtype=torch.uint8)
    labels = torch.randint(0, 3, (10,))
    norms = gradient_norms(network, MULTICLASS.loss, images, labels)
    assert norms.shape == (6,)
    assert norms.min() > 0
    torch.testing.assert_close(
        norms, gradient_norms(network, MULTICLASS.loss, images / 255, labels)
    )
    assert network.training


def test_a_module_can_be_looked_at_while_lightning_tests() -> None:
    with torch.inference_mode():
        module = Forecaster((5, 1), cell="rnn")
        windows, targets = torch.randn(4, 5, 1), torch.randn(4)
    usual = Forecaster((5, 1), cell="rnn")
    state = torch.random.get_rng_state()
    with torch.inference_mode():
        for network in (detached_copy(usual.network), untrained(module)):
            norms = gradient_norms(network, REGRESSION.loss, windows, targets)
            assert (norms > 0).all()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_an_untrained_twin_is_the_same_every_time() -> None:
    module = SequenceClassifier((9, 1), cell="gru", hidden_size=3, pooling="max")
    first, second = untrained(module), untrained(module)
    assert repr(first) == repr(module.network)
    for one, two, own in zip(
        first.parameters(), second.parameters(), module.network.parameters(), strict=True
    ):
        assert torch.equal(one, two)
        assert own.shape == one.shape
    assert not torch.equal(next(first.parameters()), next(module.network.parameters()))


def test_steps_without_any_gradient_leave_the_logarithm_alone() -> None:
    norms = {"trained": torch.tensor([0.0, 0.0, 1e-9, 0.5]), "untrained": torch.ones(4)}
    (axes,) = gradient_by_step(norms, "title", deciding=(1, 2)).axes
    assert axes.get_yscale() == "log"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["deciding values", "trained (exactly 0 at 2 of 4)", "untrained"]
    assert axes.lines[0].get_xdata() == [2, 2]  # steps count from 1
    trained = axes.lines[2]
    assert trained.get_xdata().tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(
        trained.get_ydata(), np.array([np.nan, np.nan, np.float32(1e-9), 0.5])
    )


def test_without_any_gradient_there_is_no_logarithm() -> None:
    figure = gradient_by_step({"trained": torch.zeros(3), "untrained": torch.zeros(3)}, "title")
    assert figure.axes[0].get_yscale() == "linear"
    figure.canvas.draw()


@pytest.mark.parametrize("positions", ["short", "long"])
def test_a_dozen_lengths_up_to_three_times_that_of_training(positions: str) -> None:
    tried = lengths(XORDataModule(length=10, positions=positions))
    assert (tried[0], tried[-1]) == (3, 30)
    assert 10 in tried
    assert 12 <= len(tried) <= 13
    assert lengths(XORDataModule(length=3, positions=positions)) == [3, 4, 5, 6, 7, 8, 9]


def test_lengths_without_the_deciding_positions_are_left_out() -> None:
    assert lengths(XORDataModule(length=8, positions=[0, 5, 6]))[0] == 7
    # At a length of 6 the last but two is the fourth.
    assert 6 not in lengths(XORDataModule(length=5, positions=[0, 3, -3]))


class Parity(nn.Module):
    """The right answer for the last three values."""

    def forward(self, sequences: Tensor) -> Tensor:
        return ((sequences[:, -3:, 0] < 0).sum(dim=1) % 2) - 0.5


def test_the_right_answer_is_right_at_every_length() -> None:
    data = XORDataModule(length=6, rows=100, seed=3)
    correct = correct_by_length(Parity(), data, rows=50)
    assert list(correct) == lengths(data)
    assert set(correct.values()) == {50}
    # At a distance it can only guess.
    data = XORDataModule(length=12, rows=100, positions="long", seed=3)
    correct = correct_by_length(Parity(), data, rows=400)
    assert correct[3] == 400
    assert all(150 < count < 250 for length, count in correct.items() if length > 5)


def test_the_sequences_are_fresh_for_every_seed() -> None:
    seen = []

    class Watching(Parity):
        def forward(self, sequences: Tensor) -> Tensor:
            seen.append(sequences)
            return super().forward(sequences)

    data = XORDataModule(length=6, rows=100, seed=0)
    state = torch.random.get_rng_state()
    correct_by_length(Watching(), data, rows=50)
    assert torch.equal(torch.random.get_rng_state(), state)
    # Seed plus length was the training seed of another run: seed 6 for rows of length 6.
    for seed in range(40):
        other = XORDataModule(length=6, rows=100, seed=seed)
        rows = other.splits["train"][0]
        for sequences in seen:
            # Of one stream, the first values are the same at every length.
            assert not torch.equal(sequences.flatten()[:8], rows.flatten()[:8])


def test_no_two_seeds_share_their_fresh_sequences() -> None:
    streams = [derived_seed(seed, length) for seed in range(60) for length in range(3, 40)]
    # torch's generator on the CPU takes the lower 32 bits.
    assert len({stream % 2**32 for stream in streams}) == len(streams)


def test_accuracy_over_the_length_with_its_interval() -> None:
    data = XORDataModule(length=10, positions="long")
    (axes,) = accuracy_by_distance({3: 50, 10: 100, 30: 60}, 100, data, "title").axes
    curve, guessing, trained = axes.lines
    assert curve.get_xdata().tolist() == [3, 10, 30]
    assert curve.get_ydata().tolist() == [50, 100, 60]
    assert guessing.get_ydata() == [50, 50]
    assert trained.get_xdata() == [10, 10]
    assert "first three" in axes.get_xlabel()
    band = axes.collections[0].get_paths()[0].vertices
    # Clopper and Pearson's lower end for 100 of 100: 0.025^(1/100).
    assert band[band[:, 0] == 10, 1].min() == pytest.approx(100 * 0.025**0.01)
    for positions, told in (("short", "whatever the length"), ([0, 4, 9], "at 0, 4, 9")):
        other = accuracy_by_distance({10: 9}, 10, XORDataModule(positions=positions), "title")
        assert told in other.axes[0].get_xlabel()
