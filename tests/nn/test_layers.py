import math

import torch

from lightning_course.nn import Dense, Embedding, keras_parameter_count


def test_dense_starts_glorot_uniform_with_zero_bias() -> None:
    torch.manual_seed(0)
    layer = Dense(300, 200)
    limit = math.sqrt(6 / 500)
    assert layer.weight.abs().max() <= limit
    assert abs(layer.weight.std().item() - limit / math.sqrt(3)) < 0.01 * limit
    assert not layer.bias.any()


def test_dense_without_bias() -> None:
    assert keras_parameter_count(Dense(3, 2, bias=False)) == 6


def test_embedding_starts_uniform_and_padding_row_is_not_zero() -> None:
    torch.manual_seed(0)
    layer = Embedding(1000, 20)
    assert layer.weight.abs().max() <= 0.05
    assert abs(layer.weight.std().item() - 0.05 / math.sqrt(3)) < 0.001
    assert layer.weight[0].any()


def test_batch_norm_statistics_count_as_keras_counts_them() -> None:
    # Keras: gamma, beta, moving_mean, moving_variance; torch's step counter is none of these.
    assert keras_parameter_count(torch.nn.BatchNorm2d(8)) == 4 * 8
