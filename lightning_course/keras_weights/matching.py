"""Copies the weights of a Keras file to the parameters of a module: all of them, or none."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.keras_weights.compatibility import check_layers
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredTensor
from lightning_course.keras_weights.keras_model import (
    Architecture,
    KerasLayer,
    KerasTensor,
    shown,
    snake_case,
)
from lightning_course.keras_weights.layers import PASSING
from lightning_course.keras_weights.reading import KerasFile
from lightning_course.models import CourseModule
from lightning_course.nn import UnitInterval

_Pair = tuple[KerasLayer, KerasTensor, StoredTensor]


@dataclass(frozen=True)
class Taken:
    """Which of our parameters one of Keras's arrays became.

    Attributes:
        source: The array's name in the file.
        layer: Keras's default name of the layer, such as "lstm".
        tensor: Keras's name of the array, such as "kernel".
        keras_shape: In the file.
        parameters: Ours, by their names in the state dict.
    """

    source: str
    layer: str
    tensor: str
    keras_shape: tuple[int, ...]
    parameters: tuple[str, ...]


def take_keras_weights(
    module: CourseModule, architecture: Architecture, file: KerasFile
) -> list[Taken]:
    """Copy a file's weights to a module.

    Args:
        module: Ours; unchanged if an error is raised.
        architecture: The Keras layers that it is.
        file: From :func:`~lightning_course.keras_weights.read_keras`.

    Returns:
        Each array and its parameters, in the order of the layers.

    Raises:
        UserError: The file's layers differ from ours, or one of its arrays is missing, of another
            shape, one too many, or has a number that is not finite.
    """
    try:
        if file.config is not None:
            # Bytes are images: other rows of two axes or more are floats, which pass unscaled.
            scales = len(architecture.input_shape) > 1 and any(
                isinstance(part, UnitInterval) for part in module.modules()
            )
            check_layers(architecture, file.config, scales, set(module.hparams))
        pairs = list((_in_order if file.in_order else _by_name)(architecture, file))
        state = module.state_dict()
        values: dict[str, Tensor] = {}
        for layer, tensor, stored in pairs:
            values |= _converted(layer, tensor, stored, state[tensor.parameters[0]].dtype)
    except UserError as error:
        raise UserError(f"{file.path}: {error}") from error
    with torch.no_grad():
        for name, value in values.items():
            assert state[name].shape == value.shape, name
            state[name].copy_(value)
    return [
        Taken(stored.name, layer.name, tensor.name, tensor.shape, tensor.parameters)
        for layer, tensor, stored in pairs
    ]


def _converted(
    layer: KerasLayer, tensor: KerasTensor, stored: StoredTensor, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Return the parameters that an array becomes."""
    name, array = shown(stored.name), torch.from_numpy(stored.array)
    if tuple(array.shape) != tensor.shape:
        raise UserError(
            f"{name} is of shape {tuple(array.shape)}, and the {tensor.name} of {layer.name} here "
            f"is {tensor.shape}"
        )
    if not array.is_floating_point():
        raise UserError(
            f"{name} is of type {stored.array.dtype}, and weights are floating-point numbers"
        )
    array = array.to(dtype)
    if not bool(array.isfinite().all()):
        raise UserError(
            f"{name} has a number that is not finite: training failed, or the file is damaged"
        )
    return tensor.from_keras(array)


def _in_order(architecture: Architecture, file: KerasFile) -> Iterator[_Pair]:
    """Pair layers and their arrays in order, as Keras does; their names are the user's."""
    stored = [layer for layer in file.layers if layer.tensors]
    layers = [layer for layer in architecture.layers if layer.tensors]
    if len(layers) != len(stored):
        raise UserError(
            f"the file has weights of {_list(layer.name for layer in stored)}, and here "
            f"{_list(layer.name for layer in layers)} have weights"
        )
    for layer, found in zip(layers, stored, strict=True):
        # "lstm/lstm_cell/kernel:0" in Keras 2, "lstm/lstm_cell/kernel" in Keras 3.
        names = [tensor.name.rsplit("/", 1)[-1].split(":")[0] for tensor in found.tensors]
        expected = [tensor.name for tensor in layer.tensors]
        if names != expected:
            raise UserError(
                f"the layer {shown(found.name)} has the weights {_list(names)}, and {layer.name} "
                f"here has {_list(expected)}"
            )
        for tensor, array in zip(layer.tensors, found.tensors, strict=True):
            yield layer, tensor, array


def _by_name(architecture: Architecture, file: KerasFile) -> Iterator[_Pair]:
    """Pair the n-th layer of each class with the file's n-th; HDF5 sorts them by their names.

    Keras numbers them from 0; tf.keras 2.12 and 2.13 leave every second number out.
    """
    # Layers without weights are groups too: only they show the pooling in a file without layers.
    theirs = Counter(_numbered(layer.name)[0] for layer in file.layers)
    ours = Counter(snake_case(layer.class_name) for layer in architecture.layers)
    # The divisor of a Rescaling is in the configuration, which has been compared.
    for class_name in (*PASSING, *(["Rescaling"] if file.config else [])):
        theirs.pop(snake_case(class_name), None)
        ours.pop(snake_case(class_name), None)
    if ours != theirs:
        raise UserError(
            f"the file has the layers {_counted(theirs)}, and here are {_counted(ours)}"
        )
    groups: dict[str, list[StoredLayer]] = defaultdict(list)
    for group in sorted(file.layers, key=lambda layer: _numbered(layer.name)):
        if group.tensors:
            groups[_numbered(group.name)[0]].append(group)
    for layer in architecture.layers:
        if not layer.tensors:
            continue
        same_class = groups[snake_case(layer.class_name)]
        if not same_class:
            raise UserError(f"the weights of {layer.name} are missing")
        found = same_class.pop(0)
        arrays = {tensor.name: tensor for tensor in found.tensors}
        # "layers/dense_1/": what all names of its arrays start with.
        root = found.tensors[0].name.split(f"/{found.name}/", 1)[0] + f"/{found.name}/"
        for place, tensor in layer.places.items():
            if root + place not in arrays:
                raise UserError(
                    f"{shown(root + place)}, the {tensor.name} of {layer.name}, is missing"
                )
            yield layer, tensor, arrays.pop(root + place)
        if arrays:
            raise UserError(
                f"{shown(found.name)} has weights that {layer.name} does not have here: "
                f"{_list(arrays)}"
            )
    left = [layer.name for group in groups.values() for layer in group]
    if left:
        raise UserError(f"the file has weights of {_list(left)}, which are not here")


def _numbered(name: str) -> tuple[str, int]:
    """Return ("dense", 10) for "dense_10" and ("dense", 0) for "dense": Keras's order of layers.

    The order of the names themselves would put "dense_10" before "dense_2".
    """
    match = re.fullmatch(r"(.*?)_([0-9]{1,9})", name, re.DOTALL)
    return (match[1], int(match[2])) if match else (name, 0)


def _list(names: Iterable[str]) -> str:
    quoted = [shown(name) for name in names]
    if len(quoted) > 6:
        quoted = [*quoted[:3], f"{len(quoted) - 3} more"]
    return ", ".join(quoted) or "nothing"


def _counted(names: Counter[str]) -> str:
    counted = [
        shown(name) + (f" ({count} times)" if count > 1 else "")
        for name, count in sorted(names.items())
    ]
    return ", ".join(counted) or "nothing"
