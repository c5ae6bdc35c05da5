import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.nn import MessageClassifier, keras_parameter_count, pool_over_time


def test_parameters_of_the_course() -> None:
    assert keras_parameter_count(MessageClassifier(7_000)) == 7_001 * 20 + 2_160 + 16


def test_more_than_two_classes_have_a_logit_each() -> None:
    network = MessageClassifier(9, 4, 3, num_classes=5)
    assert network(torch.tensor([[0, 1]])).shape == (1, 5)
    assert keras_parameter_count(network) == keras_parameter_count(MessageClassifier(9, 4, 3)) + 16


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("pooling", ["max", "mean", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("mask_padding", [False, True])
def test_every_combination_gives_a_logit_a_row(
    cell: str, pooling: str, bidirectional: bool, mask_padding: bool
) -> None:
    network = MessageClassifier(
        9, 4, 3, cell, pooling, bidirectional=bidirectional, mask_padding=mask_padding
    )
    tokens = torch.tensor([[0, 0, 3, 9], [1, 2, 3, 4], [0, 0, 0, 0]], dtype=torch.int32)
    logits = network(tokens)
    assert logits.shape == (3,)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("pooling", ["max", "mean", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_with_a_mask_padding_changes_nothing(pooling: str, bidirectional: bool) -> None:
    network = MessageClassifier(
        9, 4, 3, pooling=pooling, bidirectional=bidirectional, mask_padding=True
    )
    words = torch.tensor([[5, 2, 7]])
    before = torch.tensor([[0, 0, 5, 2, 7]])
    behind = torch.tensor([[5, 2, 7, 0]])
    torch.testing.assert_close(network(before), network(words))
    torch.testing.assert_close(network(behind), network(words))


def test_without_a_mask_padding_is_input() -> None:
    network = MessageClassifier(9, 4, 3, pooling="last")
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


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("vocabulary_size", 0),
        ("embedding_dim", 0),
        ("hidden_size", -1),
        ("cell", "transformer"),
        ("pooling", "min"),
        ("dropout", 1.0),
        ("dropout", -0.1),
    ],
)
def test_arguments_out_of_range_are_named(argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be .* got"):
        MessageClassifier(**{"vocabulary_size": 9, argument: value})
