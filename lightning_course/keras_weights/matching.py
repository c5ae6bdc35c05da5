"""The weights of a Keras file into a module of ours: all of them, or none."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.keras_weights.architecture import snake_case
from lightning_course.keras_weights.comparison import check_layers
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredTensor
from lightning_course.keras_weights.layers import Architecture, KerasLayer, KerasTensor
from lightning_course.keras_weights.names import numbered, quoted
from lightning_course.keras_weights.reading import KerasFile
from lightning_course.keras_weights.steps import PASSING
from lightning_course.models import CourseModule
from lightning_course.nn import UnitInterval

_Pair = tuple[KerasLayer, KerasTensor, StoredTensor]


@dataclass(frozen=True)
class Taken:
    """Where the numbers of one of Keras's arrays went.

    Attributes:
        source: The array's name in the file.
        layer: Keras's default name of the layer, such as "lstm".
        tensor: Keras's name of the array, such as "kernel".
        keras_shape: In the file.
        parameters: Ours, by their names in the state dict.
        torch_shapes: Of each of them.
    """

    source: str
    layer: str
    tensor: str
    keras_shape: tuple[int, ...]
    parameters: tuple[str, ...]
    torch_shapes: tuple[tuple[int, ...], ...]


def take_keras_weights(
    module: CourseModule, architecture: Architecture, file: KerasFile
) -> list[Taken]:
    """Put a file's weights into a module.

    Args:
        module: Ours; unchanged if an error is raised.
        architecture: The Keras layers that it is.
        file: From :func:`~lightning_course.keras_weights.read_keras`.

    Returns:
        What went where, in the order of the layers.

    Raises:
        UserError: The file's layers are others than ours, or one of its arrays is missing, of
            another shape, one too many, or has a number that is not finite.
    """
    source = str(file.path)
    options = set(module.hparams)
    if file.config is not None:
        # Bytes are images: what else has rows of two axes or more are floats, which pass unscaled.
        scales = len(architecture.input_shape) > 1 and any(
            isinstance(part, UnitInterval) for part in module.modules()
        )
        check_layers(architecture, file.config, source, scales, options)
    pairs = (_in_order if file.in_order else _by_name)(architecture, file)
    state = module.state_dict()
    taken: list[Taken] = []
    values: dict[str, Tensor] = {}
    for layer, tensor, stored in pairs:
        array = torch.from_numpy(stored.array)
        if tuple(array.shape) != tensor.shape:
            raise UserError(
                f"{source}: {quoted(stored.name)} is of shape {tuple(array.shape)}, and the "
                f"{tensor.name} of {layer.name} here is {tensor.shape}"
            )
        if not array.is_floating_point():
            raise UserError(
                f"{source}: {quoted(stored.name)} is of type {stored.array.dtype}, and weights are "
                "floating-point numbers"
            )
        parts = {
            name: part.to(state[name].dtype) for name, part in tensor.from_keras(array).items()
        }
        if not all(bool(part.isfinite().all()) for part in parts.values()):
            raise UserError(
                f"{source}: {quoted(stored.name)} has a number that is not finite: training went "
                "wrong, or the file is damaged"
            )
        values |= parts
        taken.append(
            Taken(
                stored.name,
                layer.name,
                tensor.name,
                tensor.shape,
                tensor.parameters,
                tuple(tuple(parts[name].shape) for name in tensor.parameters),
            )
        )
    with torch.no_grad():
        for name, value in values.items():
            assert state[name].shape == value.shape, name
            state[name].copy_(value)
    return taken


def _in_order(architecture: Architecture, file: KerasFile) -> Iterator[_Pair]:
    """Pair layers and their arrays as they come: names are the user's, and Keras goes by order."""
    source, stored = file.path, file.layers
    layers = [layer for layer in architecture.layers if layer.tensors]
    if len(layers) != len(stored):
        raise UserError(
            f"{source} has weights of {_list(layer.name for layer in stored)}, and here "
            f"{_list(layer.name for layer in layers)} have weights"
        )
    for layer, found in zip(layers, stored, strict=True):
        # "lstm/lstm_cell/kernel:0" in Keras 2, "lstm/lstm_cell/kernel" in Keras 3.
        names = [tensor.name.rsplit("/", 1)[-1].split(":")[0] for tensor in found.tensors]
        expected = [tensor.name for tensor in layer.tensors]
        if names != expected:
            raise UserError(
                f"{source}: the layer {quoted(found.name)} has the weights {_list(names)}, and "
                f"{layer.name} here has {_list(expected)}"
            )
        for tensor, array in zip(layer.tensors, found.tensors, strict=True):
            yield layer, tensor, array


def _by_name(architecture: Architecture, file: KerasFile) -> Iterator[_Pair]:
    """Pair the n-th layer of each class with the file's n-th; HDF5 lists them by their names.

    Keras numbers them from 0; tf.keras 2.12 and 2.13 leave every second number out.
    """
    # Layers without weights are groups too: a file of weights alone tells its pooling by them.
    names = [*(layer.name for layer in file.layers), *file.without_weights]
    theirs = Counter(numbered(name)[0] for name in names)
    ours = Counter(snake_case(layer.class_name) for layer in architecture.layers)
    # By which number it divides is in the configuration, which has been compared.
    for class_name in (*PASSING, *(["Rescaling"] if file.config else [])):
        theirs.pop(snake_case(class_name), None)
        ours.pop(snake_case(class_name), None)
    if ours != theirs:
        raise UserError(
            f"{file.path} has the layers {_counted(theirs)}, and here are {_counted(ours)}"
        )
    groups: dict[str, list[StoredLayer]] = defaultdict(list)
    for group in sorted(file.layers, key=lambda layer: numbered(layer.name)):
        groups[numbered(group.name)[0]].append(group)
    for layer in (layer for layer in architecture.layers if layer.tensors):
        found = next(iter(groups[snake_case(layer.class_name)]), None)
        if found is None:
            raise UserError(f"{file.path}: the weights of {layer.name} are missing")
        groups[snake_case(layer.class_name)].remove(found)
        arrays = {tensor.name: tensor for tensor in found.tensors}
        root = next(iter(arrays)).split(f"/{found.name}/", 1)[0] + f"/{found.name}"
        places: Counter[str] = Counter()
        for tensor in layer.tensors:
            folder = "/".join(part for part in (root, tensor.group, "vars") if part)
            name = f"{folder}/{places[folder]}"
            places[folder] += 1
            if name not in arrays:
                raise UserError(
                    f"{file.path}: {quoted(name)}, the {tensor.name} of {layer.name}, is missing"
                )
            yield layer, tensor, arrays.pop(name)
        if arrays:
            raise UserError(
                f"{file.path}: {quoted(found.name)} has weights that {layer.name} has not here: "
                f"{_list(arrays)}"
            )
    left = [layer.name for group in groups.values() for layer in group]
    if left:
        raise UserError(f"{file.path} has weights of {_list(left)}, which are not here")


def _list(names: Iterator[str] | Sequence[str] | dict[str, StoredTensor]) -> str:
    shown = [quoted(name) for name in names]
    if len(shown) > 6:
        shown = [*shown[:3], f"{len(shown) - 3} more"]
    return ", ".join(shown) or "nothing"


def _counted(names: Counter[str]) -> str:
    counted = [
        quoted(name) + (f" ({names[name]} times)" if names[name] > 1 else "")
        for name in sorted(names)
    ]
    return ", ".join(counted) or "nothing"
