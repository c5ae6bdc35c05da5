"""Which Keras layers a module is: one function, from our networks to Keras's names.

It says what parity tests compare, what a Keras file is checked against, and what is written for
Keras.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from torch import nn

from lightning_course import nn as course
from lightning_course.errors import UserError
from lightning_course.keras_weights.keras_model import (
    CONVOLUTION,
    GRU_GATES,
    SAME,
    TRANSPOSED,
    Architecture,
    KerasLayer,
    KerasTensor,
    Layout,
    Shape,
    after_flatten,
    snake_case,
)
from lightning_course.models import CourseModule

# The activation of a classifier's last layer in the course's models; ours return logits.
_LAST_ACTIVATION = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}

_ACTIVATIONS = {type(course.activation_layer(name)): name for name in get_args(course.Activation)}

_POOLING_OVER_TIME = {"max": "GlobalMaxPooling1D", "mean": "GlobalAveragePooling1D"}
_POOLING_OVER_IMAGES = {"max": "GlobalMaxPooling2D", "average": "GlobalAveragePooling2D"}

# Keras's names of a BatchNormalization's arrays, and torch's.
_BATCH_NORM = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}

# The class and the settings of each mode of torch's recurrent layers.
_RECURRENT: dict[str, tuple[str, dict[str, Any]]] = {
    "RNN_TANH": ("SimpleRNN", {"activation": "tanh"}),
    "RNN_RELU": ("SimpleRNN", {"activation": "relu"}),
    "LSTM": ("LSTM", {"activation": "tanh", "recurrent_activation": "sigmoid"}),
    "GRU": (
        "GRU",
        {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
    ),
}


def architecture(module: CourseModule, row: Sequence[int]) -> Architecture:
    """Return the Keras model that a module is.

    Keras's model takes the inputs of the course's model: images as floats in [0, 1], of shape
    (H, W, C), or (H, W) where a dense or recurrent network takes grey ones; windows (T, D), or (T,)
    where a linear model takes single values; tokens (T,). It returns probabilities or values, as
    ``predict_step`` does.

    Args:
        module: Any of ``lightning_course.models``.
        row: Shape of one of its inputs, as the data module has it: a batch's without B.

    Raises:
        UserError: A part of the network has no counterpart in Keras.
    """
    builder = _Builder(module, tuple(row))
    builder.add(module.network)
    last = next(layer for layer in reversed(builder.layers) if layer.class_name == "Dense")
    last.config["activation"] = _LAST_ACTIVATION[module.objective.kind]
    return Architecture(builder.input_shape, builder.input_dtype, tuple(builder.layers))


class _Builder:
    """Collects the layers of a network, part by part in the order in which they run."""

    def __init__(self, module: CourseModule, row: tuple[int, ...]) -> None:
        self.names = {part: name for name, part in module.named_modules()}
        self.state = module.state_dict()
        self.shape = row  # of a row after the layers so far, in torch
        self.input_shape: Shape = row
        self.input_dtype = "float32"
        self.layers: list[KerasLayer] = []
        self.counts: Counter[str] = Counter()
        self.kernel: Layout = TRANSPOSED  # of the next Dense

    def layer(self, class_name: str, tensors: Sequence[KerasTensor] = (), **config: Any) -> None:
        name = snake_case(class_name)
        count = self.counts[name]
        self.counts[name] += 1
        numbered = f"{name}_{count}" if count else name
        self.layers.append(KerasLayer(class_name, numbered, config, tuple(tensors)))

    def tensor(
        self, module: nn.Module, name: str, *own: str, layout: Layout = TRANSPOSED, **more: Any
    ) -> KerasTensor:
        parameters = tuple(f"{self.names[module]}.{parameter}" for parameter in own)
        shape = layout.to_keras(self.state[parameters[0]]).shape
        stacked = (len(own), *shape) if len(own) > 1 else tuple(shape)
        return KerasTensor(name, parameters, stacked, layout, **more)

    def add(self, module: nn.Module) -> None:
        match module:
            case course.Rescaling() | nn.Identity():
                pass
            case course.SequenceNetwork():
                self.sequence_network(module)
            case nn.Sequential() | course.ConvolutionalNetwork() | course.ForecastNetwork():
                # Their parts are registered in the order in which they run.
                for part in module.children():
                    self.add(part)
            case course.ImageRows():
                if len(self.shape) == 3:
                    channels, height, width = self.shape
                    self.shape = self.input_shape = (height, channels * width)
            case course.Recurrent():
                self.recurrent(module.layer, module.return_sequences)
            case nn.Linear():
                kernel = self.tensor(module, "kernel", "weight", layout=self.kernel)
                bias = self.tensor(module, "bias", "bias")
                units = module.out_features
                self.layer("Dense", (kernel, bias), units=units, activation="linear")
                self.kernel = TRANSPOSED
                self.shape = (units,)
            case course.Conv2d() | course.MaxPool2d():
                self.window(module)
            case course.GlobalPool2d():
                self.layer(_POOLING_OVER_IMAGES[module.kind])
                self.shape = self.shape[:1]
            case nn.BatchNorm2d():
                tensors = [self.tensor(module, name, own) for name, own in _BATCH_NORM.items()]
                # 1 − 0.01 is not quite 0.99.
                momentum = round(1 - (module.momentum or 0), 12)
                settings = {"axis": -1, "momentum": momentum, "epsilon": module.eps}
                self.layer("BatchNormalization", tensors, **settings)
            case nn.Flatten():
                # Else it makes (B,) of a single output (B, 1), or rows are flat already.
                if module.start_dim == 1 and len(self.shape) > 1:
                    self.flatten()
            case nn.Unflatten():
                self.shape = tuple(int(size) for size in module.unflattened_size)
                self.layer("Reshape", target_shape=list(self.shape))
            case nn.Dropout():
                if module.p:
                    self.layer("Dropout", rate=module.p)
            case _ if type(module) in _ACTIVATIONS:
                self.layers[-1].config["activation"] = _ACTIVATIONS[type(module)]
            case _:
                raise UserError(f"{type(module).__name__} has no counterpart among Keras's layers")

    def sequence_network(self, network: course.SequenceNetwork) -> None:
        for part in network.children():
            if part is network.recurrent:
                self.recurrent(network.layer, network.pooling != "last")
                if network.pooling != "last":
                    self.layer(_POOLING_OVER_TIME[network.pooling])
                    self.shape = self.shape[1:]
            elif isinstance(part, course.Embedding):
                self.embedding(part, network.mask_padding)
            else:
                self.add(part)
        if network.mask_padding and network.pooling == "max":
            raise UserError(
                "masked padding and the maximum over time: Keras's GlobalMaxPooling1D takes the "
                "maximum over the states of masked steps too, and this network does not"
            )

    def window(self, module: course.Conv2d | course.MaxPool2d) -> None:
        channels, *sides = self.shape
        if not self.layers:
            self.input_shape = (*sides, channels)
        padding = module.keras_padding
        if isinstance(module, course.Conv2d):
            channels, size, stride = module.out_channels, module.kernel_size[0], module.stride[0]
            kernel = self.tensor(module, "kernel", "weight", layout=CONVOLUTION)
            self.layer(
                "Conv2D",
                (kernel, self.tensor(module, "bias", "bias")),
                filters=channels,
                kernel_size=[size, size],
                strides=[stride, stride],
                padding=padding,
                activation="linear",
            )
        else:
            size, stride = module.kernel_size, module.stride
            config = {"pool_size": [size, size], "strides": [stride, stride], "padding": padding}
            self.layer("MaxPooling2D", (), **config)
        self.shape = (channels, *(course.output_size(n, size, stride, padding) for n in sides))

    def flatten(self) -> None:
        if not self.layers and self.shape[1:] == (1,):
            # The course's linear model takes windows of single values without their last axis.
            self.input_shape = self.shape[:1]
        else:
            if len(self.shape) == 3:
                channels, height, width = self.shape
                if not self.layers:
                    # Grey images have no axis of colours in the course's dense networks.
                    self.input_shape = (height, width, *([channels] if channels > 1 else []))
                self.kernel = after_flatten(channels, height, width)
            self.layer("Flatten")
        self.shape = (math.prod(self.shape),)

    def embedding(self, embedding: course.Embedding, mask: bool) -> None:
        rows, length = embedding.num_embeddings, embedding.embedding_dim
        vectors = self.tensor(embedding, "embeddings", "weight", layout=SAME)
        self.input_dtype = "int32"
        self.layer("Embedding", [vectors], input_dim=rows, output_dim=length, mask_zero=mask)
        self.shape = (*self.shape, length)

    def recurrent(self, layer: nn.RNNBase, return_sequences: bool) -> None:
        class_name, settings = _RECURRENT[layer.mode]
        if isinstance(layer, course.LinearRNN):
            settings = {**settings, "activation": "linear"}
        name = snake_case(class_name)
        cell = ("cell", f"{name}_cell")
        # Suffixes of torch's parameters, and Keras's layers that own them.
        directions: dict[str, tuple[tuple[str, str], ...]] = {"": (cell,)}
        if layer.bidirectional:
            directions = {
                "": (("forward_layer", f"forward_{name}"), cell),
                "_reverse": (("backward_layer", f"backward_{name}"), cell),
            }
        for index in range(layer.num_layers):
            config = {
                "units": layer.hidden_size,
                **settings,
                "return_sequences": return_sequences or index + 1 < layer.num_layers,
            }
            tensors = [
                tensor
                for suffix, owners in directions.items()
                for tensor in self.cell(layer, f"_l{index}{suffix}", owners)
            ]
            if layer.bidirectional:
                wrapped = {"class_name": class_name, "config": {"name": name, **config}}
                self.layer("Bidirectional", tensors, merge_mode="concat", layer=wrapped)
            else:
                self.layer(class_name, tensors, **config)
        width = layer.hidden_size * (2 if layer.bidirectional else 1)
        self.shape = (self.shape[0], width) if return_sequences else (width,)

    def cell(
        self, layer: nn.RNNBase, suffix: str, owners: tuple[tuple[str, str], ...]
    ) -> list[KerasTensor]:
        is_gru = isinstance(layer, nn.GRU)
        # The second bias of the others is a constant zero, see nn/recurrent.py.
        biases = ("bias_ih", "bias_hh") if is_gru else ("bias_ih",)
        names = {"kernel": ("weight_ih",), "recurrent_kernel": ("weight_hh",), "bias": biases}
        layout = GRU_GATES if is_gru else TRANSPOSED
        return [
            self.tensor(layer, name, *(x + suffix for x in own), layout=layout, owners=owners)
            for name, own in names.items()
        ]
