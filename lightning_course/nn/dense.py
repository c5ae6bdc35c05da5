"""Dense networks: linear models and multilayer perceptrons (course chapters 2.2 and 3.2)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from lightning_course.checks import check_choice, check_fraction, check_minimum
from lightning_course.nn.layers import Dense

Activation = Literal["relu", "tanh", "sigmoid", "elu", "selu", "softplus", "gelu", "leaky_relu"]

# With the same constants as in Keras.
_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "leaky_relu": partial(nn.LeakyReLU, 0.2),  # Keras's slope under that name; torch's is 0.01
}


def activation_layer(name: Activation) -> nn.Module:
    """Return the activation layer with a Keras name.

    Raises:
        ValueError: The name is unknown.
    """
    check_choice("activation", name, get_args(Activation))
    return _ACTIVATIONS[name]()


class Rescaling(nn.Module):
    """Divides uint8 images by 255, as in the course: float32 in [0, 1].

    Floats are taken as scaled already and returned unchanged. The layer is part of the network so
    that images stay bytes in memory and on their way to the device.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return floats of the same shape."""
        return inputs / 255 if inputs.dtype == torch.uint8 else inputs


class ClassLogits(Dense):
    """The last layer of a classifier: features (B, in_features) to logits.

    Args:
        in_features: Number of features.
        num_classes: K, at least 2. For two classes there is one unit, as in the course, which
            returns the logit of class 1: (B,). For more, there is a unit for each: (B, K).

    Raises:
        ValueError: Fewer than two classes.
    """

    def __init__(self, in_features: int, num_classes: int) -> None:
        check_minimum("num_classes", num_classes, 2)
        super().__init__(in_features, 1 if num_classes == 2 else num_classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits."""
        logits = super().forward(features)
        return logits.squeeze(-1) if self.out_features == 1 else logits


def dense_layers(
    in_features: int,
    hidden_sizes: Sequence[int],
    activation: Activation = "relu",
    dropout: float = 0.0,
) -> nn.Sequential:
    """Return hidden layers: for each size Dense, activation and, with a rate above 0, Dropout.

    Input (B, in_features), output (B, last size). Without any size, the output is the input.

    Args:
        in_features: Number of features.
        hidden_sizes: Number of units in each layer.
        activation: Name of the activation.
        dropout: Dropout rate in [0, 1) after each activation.

    Raises:
        ValueError: An argument outside its range.
    """
    check_minimum("in_features", in_features, 1)
    check_fraction("dropout", dropout, zero=True)
    layers: list[nn.Module] = []
    for size in hidden_sizes:
        check_minimum("hidden_sizes", size, 1)
        layers += [Dense(in_features, size), activation_layer(activation)]
        if dropout:
            layers.append(nn.Dropout(dropout))
        in_features = size
    return nn.Sequential(*layers)
