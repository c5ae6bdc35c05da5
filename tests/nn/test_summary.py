import doctest
import sys

import pytest
import torch
from torch import nn

from lightning_course.nn import Dense, SequenceNetwork, keras_parameter_count, summary

TOKENS = torch.tensor([[0, 1, 2, 3], [0, 0, 3, 1]])


def test_a_table_as_keras_prints_it() -> None:
    network = SequenceNetwork(20, hidden_size=15, pooling="max", vocabulary_size=99)
    assert summary(network, TOKENS).splitlines() == [
        "layer (type)           output shape   parameters",
        "embedding (Embedding)  (None, 4, 20)       2,000",
        "recurrent (LSTM)       (None, 4, 15)       2,160",
        "dropout (Dropout)      (None, 15)              0",
        "output (ClassLogits)   (None,)                16",
        "",
        "total parameters  4,176",
        "trainable         4,176",
        "non-trainable         0",
    ]


def test_the_example_of_the_docstring() -> None:
    # The function has taken the module's place in the package.
    result = doctest.testmod(sys.modules["lightning_course.nn.summary"])
    assert result.attempted
    assert not result.failed


def test_moving_statistics_and_frozen_weights_are_not_trained() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4))
    network[0].requires_grad_(False)
    lines = summary(network, torch.zeros(2, 1, 5, 5)).splitlines()
    assert lines[1].split() == ["0", "(Conv2d)", "(None,", "4,", "3,", "3)", "36"]
    assert lines[2].split()[-1] == "16"
    assert [line.split()[-1] for line in lines[-3:]] == ["52", "8", "44"]


def test_packed_sequences_have_no_fixed_length() -> None:
    network = SequenceNetwork(20, cell="gru", vocabulary_size=9, mask_padding=True)
    lines = summary(network, TOKENS).splitlines()
    assert "recurrent (GRU)        (None, None, 5)" in lines[2]


class Odd(nn.Module):
    """Shares a layer, has a parameter of its own and a layer that does not run."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.shared = Dense(3, 3)
        self.idle = Dense(3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.shared(self.shared(x)) * self.scale


def test_a_layer_that_runs_twice_is_one_row() -> None:
    lines = summary(Odd(), torch.zeros(2, 3)).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["shared", "Odd"]
    assert [line.split()[-1] for line in lines[1:3]] == ["12", "3"]
    assert lines[-3].split()[-1] == str(12 + 3 + 20) == str(keras_parameter_count(Odd()))


def test_a_single_layer_has_no_name() -> None:
    assert summary(nn.Linear(3, 2), torch.zeros(1, 3)).splitlines()[1].startswith("Linear  ")


def test_the_network_stays_as_it_is() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    network[0].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    generator = torch.get_rng_state()
    summary(network, torch.randn(4, 3, generator=torch.Generator().manual_seed(0)))
    assert [layer.training for layer in network] == [False, True, True]
    assert not any(layer._forward_hooks for layer in network)
    assert torch.equal(torch.get_rng_state(), generator)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_a_network_that_fails_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(RuntimeError):
        summary(network, torch.zeros(1, 4))
    assert network.training
    assert not network[0]._forward_hooks
