"""Keras's files from a module's weights, written with h5py alone: Keras need not be there.

Where each array lies in them, from keras-team/keras: ``saving/saving_lib.py`` for ``.keras`` and
``.weights.h5``, ``legacy/saving/legacy_h5_format.py`` for ``.h5``.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_course.errors import UserError, require_package
from lightning_course.keras_weights.architecture import snake_case
from lightning_course.keras_weights.configuration import model_config
from lightning_course.keras_weights.layers import Architecture, KerasLayer, KerasTensor

# ".keras": model and weights for Keras 3. ".weights.h5": Keras 3's weights alone.
# ".h5": model and weights as Keras 2 wrote them, which Keras 3 reads too.
Form = Literal[".keras", ".weights.h5", ".h5"]

# Which versions' files these are: what they say of themselves.
_KERAS_3, _KERAS_2 = "3.15.1", "2.15.0"

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

Arrays = dict[str, npt.NDArray[Any]]


def form_of(path: Path) -> Form:
    """Return the form that the end of a file's name stands for.

    Raises:
        UserError: It stands for none.
    """
    for form in get_args(Form):
        if path.name.endswith(form):
            found: Form = form
            return found
    raise UserError(f"the name of {path} must end in .keras, .h5 or .weights.h5")


def write_keras(
    path: Path, architecture: Architecture, state: Mapping[str, Tensor], name: str, form: Form
) -> None:
    """Write weights for Keras, bit for bit as they are; the same weights make the same file.

    No optimizer and no loss are in it: ``load_model`` gives a model that is not compiled.

    Args:
        path: Where to.
        architecture: Of the module, see :func:`~lightning_course.keras_weights.architecture`.
        state: The module's state dict, float32 or float64.
        name: The model's name in Keras, without a slash.
        form: Of the file.

    Raises:
        UserError: h5py is missing, or the weights are of another dtype.
        OSError: The file cannot be written.
    """
    config = model_config(architecture, name, _dtype(architecture, state))
    arrays = _arrays(architecture, state, form)
    if form == ".h5":
        content = _hdf5(arrays, lambda file: _describe_keras_2(file, architecture, config))
    else:
        content = _hdf5(arrays, lambda file: _describe_keras_3(file, architecture, name))
    if form == ".keras":
        content = _archive(
            {
                _METADATA: json.dumps({"keras_version": _KERAS_3}).encode(),
                _CONFIG: json.dumps(config).encode(),
                _WEIGHTS: content,
            }
        )
    path.write_bytes(content)


def check_written(
    path: Path, architecture: Architecture, state: Mapping[str, Tensor], form: Form
) -> None:
    """Read a file back that :func:`write_keras` wrote.

    Raises:
        UserError: An array in it is missing or not bit for bit what it should be.
        OSError: It cannot be read.
    """
    h5py = _h5py()
    content = path.read_bytes()
    try:
        if form == ".keras":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read(_WEIGHTS)
        with h5py.File(io.BytesIO(content), "r") as file:
            for where, array in _arrays(architecture, state, form).items():
                found = file[where][()]
                # By bytes: −0 equals 0, and NaN does not equal itself.
                if (found.dtype, found.shape, found.tobytes()) != (
                    array.dtype,
                    array.shape,
                    array.tobytes(),
                ):
                    raise ValueError(f"{where} differs")
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{path.name}, read back, is not what was written: {error}") from error


def _h5py() -> Any:
    return require_package("h5py", "keras", "a file for Keras")


def _dtype(architecture: Architecture, state: Mapping[str, Tensor]) -> str:
    """Return the dtype of all weights, as Keras names it."""
    dtypes = {state[name].dtype for _, tensor in architecture.tensors for name in tensor.parameters}
    if dtypes not in ({torch.float32}, {torch.float64}):
        found = ", ".join(sorted(str(dtype).removeprefix("torch.") for dtype in dtypes))
        raise UserError(f"weights for Keras must all be float32, or all float64, and are {found}")
    return str(dtypes.pop()).removeprefix("torch.")


def _arrays(architecture: Architecture, state: Mapping[str, Tensor], form: Form) -> Arrays:
    """Return what is written, by its path in the HDF5 file."""
    where = _in_keras_2 if form == ".h5" else _in_keras_3
    return {path: tensor.to_keras(state).cpu().numpy() for path, tensor in where(architecture)}


def _in_keras_3(architecture: Architecture) -> Iterator[tuple[str, KerasTensor]]:
    """Yield paths such as "layers/lstm/cell/vars/0": numbered where the name is another's."""
    counts: Counter[str] = Counter()
    for layer, tensor in architecture.tensors:
        group = "/".join(part for part, _ in _owners(layer, tensor))
        yield f"{group}/vars/{counts[group]}", tensor
        counts[group] += 1


def _in_keras_2(architecture: Architecture) -> Iterator[tuple[str, KerasTensor]]:
    """Yield paths such as "model_weights/lstm/lstm/lstm_cell/kernel:0"."""
    for layer, tensor in architecture.tensors:
        yield f"model_weights/{layer.name}/{_weight_name(layer, tensor)}", tensor


def _weight_name(layer: KerasLayer, tensor: KerasTensor) -> str:
    return "/".join([*(name for _, name in _owners(layer, tensor)), f"{tensor.name}:0"])


def _owners(layer: KerasLayer, tensor: KerasTensor) -> list[tuple[str, str]]:
    """Return a tensor's layer and the layers within it, down to the one that holds the tensor.

    Each with its part of the path in a file of Keras 3, and with its name: ("cell", "lstm_cell").
    """
    owners = [(f"layers/{layer.name}", layer.name)]
    inner = layer.wrapped or layer
    for part in tensor.group.split("/") if tensor.group else []:
        if part == "cell":
            owners.append((part, f"{snake_case(inner.class_name)}_cell"))
        else:  # "forward_layer" or "backward_layer"
            owners.append((part, part.replace("layer", inner.name)))
    return owners


def _hdf5(arrays: Arrays, describe: Any) -> bytes:
    """Return an HDF5 file of arrays, on which ``describe`` sets what else Keras reads."""
    content = io.BytesIO()  # a full disk is told by the one write that follows, not by HDF5
    with _h5py().File(content, "w") as file:
        for path, array in arrays.items():
            file[path] = array
        describe(file)
    return content.getvalue()


def _describe_keras_3(file: Any, architecture: Architecture, name: str) -> None:
    """Name the model, its layers and the cells: each has a group "vars", if only an empty one."""
    file.create_group("vars").attrs["name"] = name
    for layer in architecture.layers:
        file.require_group(f"layers/{layer.name}/vars").attrs["name"] = layer.name
        for tensor in layer.tensors:
            group = file
            for part, owner in _owners(layer, tensor):
                group = group[part]
                group.require_group("vars").attrs["name"] = owner


def _describe_keras_2(file: Any, architecture: Architecture, config: dict[str, Any]) -> None:
    """Add the model's configuration, and the order of layers and of weights."""
    weights = file["model_weights"]
    for group in (file, weights):
        group.attrs["keras_version"] = _KERAS_2
        group.attrs["backend"] = "tensorflow"
    file.attrs["model_config"] = json.dumps(_as_keras_2_says(config))
    weights.attrs["layer_names"] = _names(layer.name for layer in architecture.layers)
    for layer in architecture.layers:
        names = _names(_weight_name(layer, tensor) for tensor in layer.tensors)
        weights.require_group(layer.name).attrs["weight_names"] = names
    weights.create_group("top_level_model_weights").attrs["weight_names"] = _names([])


def _names(names: Any) -> npt.NDArray[Any]:
    return np.array(list(names), dtype=_h5py().string_dtype())


def _as_keras_2_says(layer: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's or a model's configuration in Keras 2's words; Keras 3 knows them too.

    A layer within a Bidirectional stays as it is: the later versions of Keras 2 have it so.
    """
    config = dict(layer["config"])
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    if "layers" in config:
        config["layers"] = [_as_keras_2_says(part) for part in config["layers"]]
    return {"class_name": layer["class_name"], "config": config}


def _archive(files: dict[str, bytes]) -> bytes:
    """Return a zip file, uncompressed as Keras's own and without the time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # its date is 1980-01-01
    return content.getvalue()
