"""Copies the weights of a Keras file to the parameters of a module: all of them, or none."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.keras_weights.compatibility import check_layers
from lightning_course.keras_weights.hdf5 import StoredLayer
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
from lightning_course.nn import Rescaling

_Pair = tuple[KerasLayer, StoredLayer]


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
                isinstance(part, Rescaling) for part in module.modules()
            )
            check_layers(architecture, file.config, scales, set(module.hparams))
        matches = _matches(architecture, file)
        arrays = {path: array for layer in file.layers for path, array in layer.arrays.items()}
        state = module.state_dict()
        values: dict[str, Tensor] = {}
        for layer, tensor, path in matches:
            values |= _converted(layer, tensor, path, arrays[path], state)
    except UserError as error:
        raise UserError(f"{file.path}: {error}") from error
    with torch.no_grad():
        for name, value in values.items():
            assert state[name].shape == value.shape, name
            state[name].copy_(value)
    return [
        Taken(path, layer.name, tensor.name, tensor.shape, tensor.parameters)
        for layer, tensor, path in matches
    ]


def _converted(
    layer: KerasLayer,
    tensor: KerasTensor,
    path: str,
    array: npt.NDArray[Any],
    state: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Return the parameters that an array becomes."""
    where, found = shown(path), torch.from_numpy(array)
    if array.shape != tensor.shape:
        raise UserError(
            f"{where} is of shape {array.shape}, and the {tensor.name} of {layer.name} here is "
            f"{tensor.shape}"
        )
    if not found.is_floating_point():
        raise UserError(f"{where} is of type {array.dtype}, and weights are floating-point numbers")
    found = found.to(state[tensor.parameters[0]].dtype)
    if not bool(found.isfinite().all()):
        raise UserError(
            f"{where} has a number that is not finite: training failed, or the file is damaged"
        )
    return tensor.from_keras(found)


def _matches(
    architecture: Architecture, file: KerasFile
) -> list[tuple[KerasLayer, KerasTensor, str]]:
    """Return our layers' arrays, each with its path in the file."""
    found = []
    for layer, stored in (_in_order if file.in_order else _by_class)(architecture, file):
        if file.in_order:
            paths = list(stored.arrays)
            # "lstm/lstm_cell/kernel:0" in Keras 2, "lstm/lstm_cell/kernel" in Keras 3.
            names = [path.rsplit("/", 1)[-1].split(":")[0] for path in paths]
            expected = [tensor.name for tensor in layer.tensors]
        else:
            places = {path.split(f"/{stored.name}/", 1)[-1]: path for path in stored.arrays}
            paths = [places[place] for place in layer.places if place in places]
            names, expected = sorted(places), sorted(layer.places)
        if names != expected:
            raise UserError(
                f"the layer {shown(stored.name)} has the weights {_list(names)}, and {layer.name} "
                f"here has {_list(expected)}"
            )
        found += [(layer, *pair) for pair in zip(layer.tensors, paths, strict=True)]
    return found


def _in_order(architecture: Architecture, file: KerasFile) -> list[_Pair]:
    """Match layers in order, as Keras does; their names are the user's."""
    stored = [layer for layer in file.layers if layer.arrays]
    layers = [layer for layer in architecture.layers if layer.tensors]
    if len(layers) != len(stored):
        raise UserError(
            f"the file has weights of {_list(layer.name for layer in stored)}, and here "
            f"{_list(layer.name for layer in layers)} have weights"
        )
    return list(zip(layers, stored, strict=True))


def _by_class(architecture: Architecture, file: KerasFile) -> list[_Pair]:
    """Match the n-th layer of each class with the file's n-th; HDF5 sorts them by their names.

    Keras numbers them from 0; tf.keras 2.12 and 2.13 leave every second number out. Layers without
    weights are groups too: only they show the pooling in a file of weights alone.
    """
    passing = {snake_case(class_name) for class_name in PASSING}
    if file.config:
        passing.add("rescaling")  # its divisor is in the configuration, which has been compared
    layers = [layer for layer in architecture.layers if snake_case(layer.class_name) not in passing]
    theirs: dict[str, list[StoredLayer]] = defaultdict(list)
    for stored in sorted(file.layers, key=lambda stored: _numbered(stored.name)):
        class_name, _ = _numbered(stored.name)
        if class_name not in passing:
            theirs[class_name].append(stored)
        elif stored.arrays:
            raise UserError(f"the file has weights of {shown(stored.name)}, which are not here")
    found = [class_name for class_name, group in theirs.items() for _ in group]
    wanted = sorted(snake_case(layer.class_name) for layer in layers)
    if found != wanted:
        raise UserError(f"the file has the layers {_list(found)}, and here are {_list(wanted)}")
    return [(layer, theirs[snake_case(layer.class_name)].pop(0)) for layer in layers]


def _numbered(name: str) -> tuple[str, int]:
    """Return ("dense", 10) for "dense_10" and ("dense", 0) for "dense": Keras's order of layers.

    The order of the names themselves would put "dense_10" before "dense_2".
    """
    match = re.fullmatch(r"(.*?)_([0-9]{1,9})", name, re.DOTALL)
    return (match[1], int(match[2])) if match else (name, 0)


def _list(names: Iterable[str]) -> str:
    quoted = [
        shown(name) + (f" ({count} times)" if count > 1 else "")
        for name, count in Counter(names).items()
    ]
    if len(quoted) > 6:
        quoted = [*quoted[:3], f"{len(quoted) - 3} more"]
    return ", ".join(quoted) or "nothing"
