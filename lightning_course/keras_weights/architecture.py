"""Which Keras layers a module is: one function, from our networks to Keras's names.

It answers what parity tests compare, what a Keras file is checked against, and what is written
for Keras.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from torch import nn

from lightning_course import nn as course
from lightning_course.errors import UserError
from lightning_course.keras_weights.layers import (
    Architecture,
    Convolution,
    Flattened,
    GRUGates,
    KerasLayer,
    KerasTensor,
    Layout,
    Same,
    Transposed,
)
from lightning_course.models import CourseModule

# What a classifier's last layer does in the course's models; ours return logits.
_LAST_ACTIVATION = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}

_NO_LAYER = (course.UnitInterval, course.ImageRows, nn.Identity)

_RECURRENT = {"RNN": "SimpleRNN", "GRU": "GRU", "LSTM": "LSTM"}

_ACTIVATIONS = {type(course.activation_layer(name)): name for name in get_args(course.Activation)}

_POOLING_OVER_TIME = {"max": "GlobalMaxPooling1D", "mean": "GlobalAveragePooling1D"}
_POOLING_OVER_IMAGES = {"max": "GlobalMaxPooling2D", "average": "GlobalAveragePooling2D"}


def architecture(module: CourseModule, row: Sequence[int]) -> Architecture:
    """Return the Keras model that a module is.

    Keras's model takes what the course's takes: images as floats in [0, 1], of shape (H, W, C), or
    (H, W) where a dense or recurrent network sees grey ones; windows (T, D), or (T,) where a
    linear model sees a single value; tokens (T,). It returns probabilities or values, as
    ``predict_step`` does.

    Args:
        module: Any of ``lightning_course.models``.
        row: Shape of one of its inputs, as the data module has it: a batch's without B.

    Raises:
        UserError: A part of the network has no counterpart in Keras.
    """
    names = {layer: name for name, layer in module.named_modules()}
    builder = _Builder(names, tuple(row))
    builder.add(module.network)
    return builder.finished(_LAST_ACTIVATION[module.objective.kind])


class _Builder:
    """Walks through a network in the order in which it runs and notes the layers.

    Args:
        names: Of all modules within the CourseModule.
        row: Shape of one input, as torch has it.
    """

    def __init__(self, names: dict[nn.Module, str], row: tuple[int, ...]) -> None:
        self.names = names
        self.shape = row
        self.input_shape: tuple[int | None, ...] = row
        self.input_dtype = "float32"
        self.layers: list[KerasLayer] = []
        self._counts: Counter[str] = Counter()
        self._flattened: Layout = Transposed()  # of the next Dense's kernel

    def finished(self, activation: str) -> Architecture:
        """Return the layers, the last Dense with its activation."""
        for layer in reversed(self.layers):
            if layer.class_name == "Dense":
                layer.config["activation"] = activation
                break
        return Architecture(self.input_shape, self.input_dtype, tuple(self.layers))

    def add(self, module: nn.Module) -> None:
        """Note the layers of a network or of a part of it."""
        if isinstance(module, _NO_LAYER):
            if isinstance(module, course.ImageRows) and len(self.shape) == 3:
                channels, height, width = self.shape
                self.shape = self.input_shape = (height, channels * width)
        elif isinstance(module, course.SequenceNetwork | course.MessageClassifier):
            self._sequence_network(module)
        elif isinstance(
            module, nn.Sequential | course.ConvolutionalNetwork | course.ForecastNetwork
        ):
            # Their parts are registered in the order in which they run.
            for part in module.children():
                self.add(part)
        elif type(module) in _ACTIVATIONS:
            self.layers[-1].config["activation"] = _ACTIVATIONS[type(module)]
        elif isinstance(module, course.Recurrent):
            self._recurrent(module.layer, module.return_sequences)
        elif isinstance(module, nn.Linear):
            self._dense(module)
        elif isinstance(module, course.Conv2d):
            self._convolution(module)
        elif isinstance(module, course.MaxPool2d):
            self._max_pooling(module)
        elif isinstance(module, nn.BatchNorm2d):
            self._batch_norm(module)
        elif isinstance(module, course.GlobalPool2d):
            self._layer(_POOLING_OVER_IMAGES[module.kind])
            self.shape = self.shape[:1]
        elif isinstance(module, nn.Flatten):
            self._flatten(module)
        elif isinstance(module, nn.Unflatten):
            self.shape = tuple(int(size) for size in module.unflattened_size)
            self._layer("Reshape", target_shape=list(self.shape))
        elif isinstance(module, nn.Dropout):
            if module.p:
                self._layer("Dropout", rate=module.p)
        else:
            raise UserError(f"{type(module).__name__} has no counterpart among Keras's layers")

    def _layer(self, class_name: str, tensors: Sequence[KerasTensor] = (), **config: Any) -> None:
        self.layers.append(KerasLayer(class_name, self._name(class_name), config, tuple(tensors)))

    def _name(self, class_name: str) -> str:
        base = snake_case(class_name)
        count = self._counts[base]
        self._counts[base] += 1
        return f"{base}_{count}" if count else base

    def _sequence_network(self, network: course.SequenceNetwork | course.MessageClassifier) -> None:
        for part in network.children():
            if part is network.dropout:
                self._pool(network)
            if isinstance(part, nn.RNNBase):
                self._recurrent(part, network.pooling != "last")
            elif isinstance(part, course.Embedding):
                assert isinstance(network, course.MessageClassifier)
                self._embedding(part, network.mask_padding)
            else:
                self.add(part)

    def _pool(self, network: course.SequenceNetwork | course.MessageClassifier) -> None:
        if network.pooling == "last":
            return
        if network.pooling == "max" and getattr(network, "mask_padding", False):
            raise UserError(
                "masked padding and the maximum over time: Keras's GlobalMaxPooling1D takes the "
                "states of masked steps into the maximum, and this network does not"
            )
        self._layer(_POOLING_OVER_TIME[network.pooling])
        self.shape = self.shape[1:]

    def _parameter(self, module: nn.Module, name: str) -> str:
        return f"{self.names[module]}.{name}"

    def _dense(self, dense: nn.Linear) -> None:
        kernel = KerasTensor(
            "kernel",
            (self._parameter(dense, "weight"),),
            (dense.in_features, dense.out_features),
            self._flattened,
        )
        bias = KerasTensor("bias", (self._parameter(dense, "bias"),), (dense.out_features,))
        self._layer("Dense", (kernel, bias), units=dense.out_features, activation="linear")
        self._flattened = Transposed()
        self.shape = (dense.out_features,)

    def _convolution(self, convolution: course.Conv2d) -> None:
        self._images_first()
        inputs, outputs = convolution.in_channels, convolution.out_channels
        side, step = convolution.kernel_size[0], convolution.stride[0]
        kernel = KerasTensor(
            "kernel",
            (self._parameter(convolution, "weight"),),
            (side, side, inputs, outputs),
            Convolution(),
        )
        bias = KerasTensor("bias", (self._parameter(convolution, "bias"),), (outputs,))
        self._layer(
            "Conv2D",
            (kernel, bias),
            filters=outputs,
            kernel_size=[side, side],
            strides=[step, step],
            padding=convolution.keras_padding,
            activation="linear",
        )
        self._slide(outputs, side, step, convolution.keras_padding)

    def _max_pooling(self, pooling: course.MaxPool2d) -> None:
        self._images_first()
        side, step = pooling.kernel_size, pooling.stride
        self._layer(
            "MaxPooling2D",
            pool_size=[side, side],
            strides=[step, step],
            padding=pooling.keras_padding,
        )
        self._slide(self.shape[0], side, step, pooling.keras_padding)

    def _images_first(self) -> None:
        """Where images come in, Keras has their channels last."""
        if not self.layers:
            channels, height, width = self.shape
            self.input_shape = (height, width, channels)

    def _slide(self, channels: int, side: int, step: int, padding: course.Padding) -> None:
        sides = (course.output_size(size, side, step, padding) for size in self.shape[1:])
        self.shape = (channels, *sides)

    def _batch_norm(self, norm: nn.BatchNorm2d) -> None:
        names = {
            "gamma": "weight",
            "beta": "bias",
            "moving_mean": "running_mean",
            "moving_variance": "running_var",
        }
        tensors = [
            KerasTensor(name, (self._parameter(norm, own),), (norm.num_features,))
            for name, own in names.items()
        ]
        # 1 − 0.01 is not quite 0.99.
        momentum = round(1 - (norm.momentum or 0), 12)
        self._layer("BatchNormalization", tensors, axis=-1, momentum=momentum, epsilon=norm.eps)

    def _flatten(self, flatten: nn.Flatten) -> None:
        if flatten.start_dim == 0 or len(self.shape) == 1:
            # A single output (B, 1) as (B,), or flat already.
            return
        if not self.layers and self.shape[-1] == 1 and len(self.shape) == 2:
            # The course's linear model takes windows of single values without their last axis.
            self.input_shape = self.shape[:1]
        else:
            if len(self.shape) == 3:
                channels, height, width = self.shape
                if not self.layers:
                    # Grey images have no axis of colours in the course's dense networks.
                    last = () if channels == 1 else (channels,)
                    self.input_shape = (height, width, *last)
                self._flattened = Flattened(channels, height, width)
            self._layer("Flatten")
        self.shape = (math.prod(self.shape),)

    def _embedding(self, embedding: course.Embedding, mask: bool) -> None:
        rows, length = embedding.num_embeddings, embedding.embedding_dim
        tensor = KerasTensor("embeddings", (self._parameter(embedding, "weight"),), (rows, length))
        self.input_dtype = "int32"
        self._layer("Embedding", (tensor,), input_dim=rows, output_dim=length, mask_zero=mask)
        self.shape = (*self.shape, length)

    def _recurrent(self, layer: nn.RNNBase, return_sequences: bool) -> None:
        for index in range(layer.num_layers):
            sequences = return_sequences or index + 1 < layer.num_layers
            if layer.bidirectional:
                wrapped, tensors = self._bidirectional(layer, index, sequences)
                self.layers.append(
                    KerasLayer(
                        "Bidirectional",
                        self._name("Bidirectional"),
                        {"merge_mode": "concat"},
                        tensors,
                        wrapped,
                    )
                )
            else:
                tensors = self._cell(layer, index, "", "cell")
                class_name, config = _recurrent_config(layer, sequences)
                self._layer(class_name, tensors, **config)
        width = layer.hidden_size * (2 if layer.bidirectional else 1)
        self.shape = (self.shape[0], width) if return_sequences else (width,)

    def _bidirectional(
        self, layer: nn.RNNBase, index: int, sequences: bool
    ) -> tuple[KerasLayer, list[KerasTensor]]:
        class_name, config = _recurrent_config(layer, sequences)
        forward = self._cell(layer, index, "", "forward_layer/cell")
        backward = self._cell(layer, index, "_reverse", "backward_layer/cell")
        wrapped = KerasLayer(class_name, snake_case(class_name), config, tuple(forward))
        return wrapped, [*forward, *backward]

    def _cell(self, layer: nn.RNNBase, index: int, suffix: str, group: str) -> list[KerasTensor]:
        units = layer.hidden_size
        directions = 2 if layer.bidirectional else 1
        inputs = layer.input_size if index == 0 else units * directions
        width = getattr(layer, f"weight_ih_l{index}").shape[0]
        is_gru = isinstance(layer, nn.GRU)
        names = {
            name: self._parameter(layer, f"{name}_l{index}{suffix}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        kernel = GRUGates() if is_gru else Transposed()
        return [
            KerasTensor("kernel", (names["weight_ih"],), (inputs, width), kernel, group),
            KerasTensor("recurrent_kernel", (names["weight_hh"],), (units, width), kernel, group),
            KerasTensor("bias", (names["bias_ih"], names["bias_hh"]), (2, width), GRUGates(), group)
            if is_gru
            # The second bias of the others is a constant zero, see nn/recurrent.py.
            else KerasTensor("bias", (names["bias_ih"],), (width,), Same(), group),
        ]


def _recurrent_config(layer: nn.RNNBase, return_sequences: bool) -> tuple[str, dict[str, Any]]:
    class_name = _RECURRENT[next(kind for kind in _RECURRENT if kind in layer.mode)]
    activation = layer.nonlinearity if isinstance(layer, nn.RNN) else "tanh"
    if isinstance(layer, course.LinearRNN):
        activation = "linear"
    config: dict[str, Any] = {
        "units": layer.hidden_size,
        "activation": activation,
        "return_sequences": return_sequences,
    }
    if class_name != "SimpleRNN":
        config["recurrent_activation"] = "sigmoid"
    if class_name == "GRU":
        config["reset_after"] = True
    return class_name, config


def snake_case(class_name: str) -> str:
    """Return Keras's default name for a layer of a class: "max_pooling2d" for "MaxPooling2D"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower()
