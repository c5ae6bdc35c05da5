"""A Keras model as plain data: its layers, and how their arrays correspond to torch's parameters.

Layouts from keras-team/keras: ``layers/core/dense.py``, ``layers/convolutional/base_conv.py``,
``layers/rnn/{simple_rnn,gru,lstm}.py`` and, for torch's side, ``backend/torch/rnn.py``.
"""

import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

# A row's shape; a size of None is free.
Shape = tuple[int | None, ...]

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
# The repr of a value from a file, for a message: cut if it is long, control characters escaped.
shown = _REPR.repr


class Layout(NamedTuple):
    """How a parameter is stored in Keras: two functions, each the inverse of the other."""

    to_keras: Callable[[Tensor], Tensor]
    from_keras: Callable[[Tensor], Tensor]


def _swap_gates(gates: Tensor) -> Tensor:
    first, second, third = gates.chunk(3)
    return torch.cat([second, first, third])


# Embeddings.
SAME = Layout(lambda parameter: parameter, lambda array: array)
# Kernels (out, in) in torch, (in, out) in Keras; vectors are the same in both.
TRANSPOSED = Layout(torch.t, torch.t)
# Kernels (out, in, height, width) in torch, (height, width, in, out) in Keras.
CONVOLUTION = Layout(
    lambda parameter: parameter.permute(2, 3, 1, 0), lambda array: array.permute(3, 2, 0, 1)
)
# A GRU's gates r, z, n in torch, z, r, h in Keras; kernels are transposed too.
GRU_GATES = Layout(
    lambda parameter: _swap_gates(parameter).t(), lambda array: _swap_gates(array.t())
)


def after_flatten(channels: int, height: int, width: int) -> Layout:
    """Return the layout of a Dense kernel after a Flatten of images.

    The columns of torch's kernel run over C, H, W and the rows of Keras's over H, W, C.
    """
    return Layout(
        lambda parameter: (
            parameter.reshape(-1, channels, height, width).permute(2, 3, 1, 0).flatten(0, 2)
        ),
        lambda array: array.reshape(height, width, channels, -1).permute(3, 2, 0, 1).flatten(1),
    )


@dataclass(frozen=True)
class KerasTensor:
    """One array of a Keras layer.

    Attributes:
        name: Keras's name, such as "kernel".
        parameters: The module's parameters that it holds, by their names in the state dict; several
            are stacked, as a GRU's two biases are.
        shape: In Keras.
        layout: How each parameter is stored in it.
        owners: The layers within the layer down to the one that has the array, each as its group
            in Keras 3's files and its name: ("forward_layer", "forward_lstm"), ("cell",
            "lstm_cell").
    """

    name: str
    parameters: tuple[str, ...]
    shape: tuple[int, ...]
    layout: Layout = TRANSPOSED
    owners: tuple[tuple[str, str], ...] = ()

    def to_keras(self, state: Mapping[str, Tensor]) -> Tensor:
        """Return Keras's array from a module's state dict."""
        parts = [self.layout.to_keras(state[name]) for name in self.parameters]
        return (parts[0] if len(parts) == 1 else torch.stack(parts)).contiguous()

    def from_keras(self, array: Tensor) -> dict[str, Tensor]:
        """Return entries of a module's state dict from Keras's array.

        Raises:
            ValueError: An array of another shape.
        """
        if tuple(array.shape) != self.shape:
            raise ValueError(f"{self.name} must be of shape {self.shape}, got {tuple(array.shape)}")
        parts = [array] if len(self.parameters) == 1 else list(array.unbind())
        return {
            name: self.layout.from_keras(part).contiguous()
            for name, part in zip(self.parameters, parts, strict=True)
        }


@dataclass(frozen=True)
class KerasLayer:
    """One layer of a Keras model, of ours or of a file's.

    Attributes:
        class_name: Such as "Dense". In a file, a class that is not Keras's own has a longer name.
        name: Its name in the model; ours have Keras's defaults: "dense", the second one "dense_1".
        config: Arguments of its constructor; of ours, those that Keras cannot take from defaults.
        tensors: Its arrays in the order of its ``get_weights()``; none in a file's configuration.
    """

    class_name: str
    name: str
    config: dict[str, Any]
    tensors: tuple[KerasTensor, ...] = ()

    @property
    def places(self) -> dict[str, KerasTensor]:
        """The arrays by their paths within the layer in Keras 3's files, such as "cell/vars/0"."""
        found = {}
        counts: Counter[str] = Counter()
        for tensor in self.tensors:
            group = "".join(f"{group}/" for group, _ in tensor.owners)
            found[f"{group}vars/{counts[group]}"] = tensor
            counts[group] += 1
        return found


@dataclass(frozen=True)
class Architecture:
    """A module of ours as Keras sees it: a chain of layers.

    Attributes:
        input_shape: Of one row; None in it is free.
        input_dtype: "float32", or "int32" for tokens.
        layers: After the input layer.
    """

    input_shape: Shape
    input_dtype: str
    layers: tuple[KerasLayer, ...]

    @property
    def tensors(self) -> list[tuple[KerasLayer, KerasTensor]]:
        """All arrays with their layers, in the order of the model's ``get_weights()``.

        Keras 3 lists a BatchNormalization's moving statistics there too, layer by layer.
        """
        return [(layer, tensor) for layer in self.layers for tensor in layer.tensors]

    def from_keras(self, arrays: Iterable[Tensor]) -> dict[str, Tensor]:
        """Return entries of a module's state dict from a Keras model's ``get_weights()``.

        Raises:
            ValueError: Too few or too many arrays, or one of another shape.
        """
        state: dict[str, Tensor] = {}
        for (_, tensor), array in zip(self.tensors, arrays, strict=True):
            state |= tensor.from_keras(array)
        return state


def snake_case(class_name: str) -> str:
    """Return Keras's default name for a layer of a class: "max_pooling2d" for "MaxPooling2D"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower()
