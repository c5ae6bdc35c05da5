"""A table of a network's layers, as Keras's ``model.summary()`` prints it.

torchinfo counts differently from Keras: its totals leave out BatchNorm's moving statistics.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lightning_course.nn.parameters import keras_parameter_count


def summary(module: nn.Module, inputs: Tensor) -> str:
    """Return a table of the layers in the order in which they run, and the totals.

    A row has a layer's name and type, the shape of its output with None for the batch (and for the
    steps of a packed sequence), and the number of parameters as Keras counts them: frozen weights
    and BatchNorm's moving statistics are non-trainable parameters. If a layer returns several
    tensors, as an LSTM does, the shape is that of the first: the sequence.

    Layers are modules without submodules, and modules with parameters outside their submodules.
    Plain functions, such as the maximum over time, have no row. A layer that runs twice has one
    row. A layer that does not run has none, but its parameters are in the totals.

    Example:
        >>> print(summary(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), torch.zeros(1, 3)))
        layer (type)  output shape  parameters
        0 (Linear)    (None, 2)              8
        1 (ReLU)      (None, 2)              0
        <BLANKLINE>
        total parameters  8
        trainable         8
        non-trainable     0

    Args:
        module: The network. It runs once in evaluation mode, without gradients, and is not changed.
        inputs: A batch (B, …) for the network, on its device.
    """
    rows: dict[str, tuple[str, str]] = {}  # by name: shape, parameters

    def note(name: str, layer: nn.Module, output: Any) -> None:
        kind = type(layer).__name__
        label = f"{name} ({kind})" if name else kind
        rows.setdefault(label, (_shape(output), f"{keras_parameter_count(layer, recurse=False):,}"))

    handles = [
        layer.register_forward_hook(
            # A default argument binds the name now, not when the hook runs.
            lambda layer, _, output, name=name: note(name, layer, output)
        )
        for name, layer in module.named_modules()
        if not any(layer.children()) or keras_parameter_count(layer, recurse=False)
    ]
    modes = {layer: layer.training for layer in module.modules()}
    try:
        with torch.no_grad():
            module.eval()(inputs)
    finally:
        for handle in handles:
            handle.remove()
        for layer, training in modes.items():
            layer.training = training
    return _table(rows) + "\n\n" + _totals(module)


def _shape(output: Any) -> str:
    """Return the shape of a layer's output in Keras's notation."""
    if isinstance(output, tuple | list) and not isinstance(output, PackedSequence):
        return _shape(output[0])
    if isinstance(output, PackedSequence):
        sizes = (None, None, *output.data.shape[1:])
    elif isinstance(output, Tensor):
        sizes = (None, *output.shape[1:])
    else:
        return "?"
    return str(sizes)


def _table(rows: dict[str, tuple[str, str]]) -> str:
    lines = [("layer (type)", "output shape", "parameters")]
    lines += [(label, *values) for label, values in rows.items()]
    first, second, third = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        f"{label:{first}}  {shape:{second}}  {count:>{third}}" for label, shape, count in lines
    )


def _totals(module: nn.Module) -> str:
    total = keras_parameter_count(module)
    trainable = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    counts = {
        "total parameters": total,
        "trainable": trainable,
        "non-trainable": total - trainable,
    }
    width = len(f"{total:,}")
    return "\n".join(f"{name:16}  {count:>{width},}" for name, count in counts.items())
