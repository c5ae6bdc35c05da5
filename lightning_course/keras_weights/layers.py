"""What Keras calls a layer, and how its arrays lie beside torch's parameters.

Layouts from keras-team/keras: ``layers/core/dense.py``, ``layers/convolutional/base_conv.py``,
``layers/rnn/{simple_rnn,gru,lstm}.py`` and, for torch's side, ``backend/torch/rnn.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor


class Layout(Protocol):
    """How one parameter lies in Keras: two functions, each the inverse of the other."""

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return a torch parameter as Keras keeps it."""
        ...

    def from_keras(self, array: Tensor) -> Tensor:
        """Return Keras's array as torch keeps it."""
        ...


@dataclass(frozen=True)
class Same:
    """Vectors and embeddings: alike in both."""

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return it as it is."""
        return parameter

    def from_keras(self, array: Tensor) -> Tensor:
        """Return it as it is."""
        return array


@dataclass(frozen=True)
class Transposed:
    """Kernels (out, in) in torch, (in, out) in Keras."""

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return (in, out)."""
        return parameter.T

    def from_keras(self, array: Tensor) -> Tensor:
        """Return (out, in)."""
        return array.T


@dataclass(frozen=True)
class Convolution:
    """Kernels (out, in, height, width) in torch, (height, width, in, out) in Keras."""

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return (height, width, in, out)."""
        return parameter.permute(2, 3, 1, 0)

    def from_keras(self, array: Tensor) -> Tensor:
        """Return (out, in, height, width)."""
        return array.permute(3, 2, 0, 1)


@dataclass(frozen=True)
class Flattened:
    """The kernel after a Flatten of images: its rows go C, H, W in torch and H, W, C in Keras.

    Attributes:
        channels: C.
        height: H.
        width: W.
    """

    channels: int
    height: int
    width: int

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return (H·W·C, out)."""
        images = parameter.reshape(-1, self.channels, self.height, self.width)
        return images.permute(2, 3, 1, 0).flatten(0, 2)

    def from_keras(self, array: Tensor) -> Tensor:
        """Return (out, C·H·W)."""
        images = array.reshape(self.height, self.width, self.channels, -1)
        return images.permute(3, 2, 0, 1).flatten(1)


@dataclass(frozen=True)
class GRUGates:
    """A GRU's gates, z, r, h in Keras and r, z, n in torch; kernels are transposed too."""

    def to_keras(self, parameter: Tensor) -> Tensor:
        """Return (in, 3·units), or (3·units,) of a bias."""
        return self._swapped(parameter).T if parameter.ndim == 2 else self._swapped(parameter)

    def from_keras(self, array: Tensor) -> Tensor:
        """Return (3·units, in), or (3·units,) of a bias."""
        return self._swapped(array.T if array.ndim == 2 else array)

    def _swapped(self, gates: Tensor) -> Tensor:
        first, second, third = gates.chunk(3)
        return torch.cat([second, first, third])


@dataclass(frozen=True)
class KerasTensor:
    """One array of a Keras layer.

    Attributes:
        name: Keras's name, such as "kernel".
        parameters: The parameters of the module that it holds, by their names in the state dict;
            several are stacked, as a GRU's two biases are.
        shape: In Keras.
        layout: How each parameter lies in it.
        group: Where in the layer Keras 3's weight files keep it, such as "cell".
    """

    name: str
    parameters: tuple[str, ...]
    shape: tuple[int, ...]
    layout: Layout = Same()
    group: str = ""

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
    """One layer of a Keras model.

    Attributes:
        class_name: Such as "Dense".
        name: Keras's default for it, unique in the model: "dense", the second one "dense_1".
        config: Those arguments of its constructor that set it apart.
        tensors: In the order of the layer's ``get_weights()``.
        wrapped: Of a "Bidirectional", the layer that runs both ways.
    """

    class_name: str
    name: str
    config: dict[str, Any]
    tensors: Sequence[KerasTensor] = field(default_factory=tuple)
    wrapped: "KerasLayer | None" = None


@dataclass(frozen=True)
class Architecture:
    """A model as Keras sees it: a chain of layers.

    Attributes:
        input_shape: Of one row; None in it is free.
        input_dtype: "float32", or "int32" for tokens.
        layers: After the input layer.
    """

    input_shape: tuple[int | None, ...]
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
            ValueError: Not as many arrays as there should be, or one of another shape.
        """
        state: dict[str, Tensor] = {}
        for (_, tensor), array in zip(self.tensors, arrays, strict=True):
            state |= tensor.from_keras(array)
        return state
