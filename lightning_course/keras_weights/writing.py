"""Writes a module's weights to Keras's files, with h5py alone: Keras need not be installed.

The place of each array in them is from keras-team/keras: ``saving/saving_lib.py`` for ``.keras``
and ``.weights.h5``, ``legacy/saving/legacy_h5_format.py`` for ``.h5``.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_course.errors import UserError, require_package
from lightning_course.keras_weights.keras_model import Architecture, KerasLayer, KerasTensor
from lightning_course.keras_weights.model_json import model_config

# ".keras": model and weights for Keras 3. ".weights.h5": Keras 3's weights alone.
# ".h5": model and weights in the format of Keras 2, which Keras 3 reads too.
Form = Literal[".keras", ".weights.h5", ".h5"]

# The versions that the files name as their writers.
_KERAS_3, _KERAS_2 = "3.15.1", "2.15.0"

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

Arrays = dict[str, npt.NDArray[Any]]


def form_of(path: Path) -> Form:
    """Return the form of a file from the end of its name.

    Raises:
        UserError: The name has another end.
    """
    form: Form
    for form in get_args(Form):
        if path.name.endswith(form):
            return form
    raise UserError(f"the name of {path} must end in .keras, .h5 or .weights.h5")


def write_keras(
    path: Path, architecture: Architecture, state: Mapping[str, Tensor], name: str, form: Form
) -> None:
    """Write weights for Keras, bit for bit as they are; the same weights make the same file.

    It has no optimizer and no loss: ``load_model`` returns a model that is not compiled.

    Args:
        path: The file to write.
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
        members = {
            _METADATA: json.dumps({"keras_version": _KERAS_3}).encode(),
            _CONFIG: json.dumps(config).encode(),
            _WEIGHTS: content,
        }
        archived = io.BytesIO()
        # Uncompressed as Keras's own.
        with zipfile.ZipFile(archived, "w") as archive:
            for member, data in members.items():
                archive.writestr(zipfile.ZipInfo(member), data)  # its date is always 1980-01-01
        content = archived.getvalue()
    path.write_bytes(content)


def check_written(
    path: Path, architecture: Architecture, state: Mapping[str, Tensor], form: Form
) -> None:
    """Read a file back that :func:`write_keras` wrote, and compare every array.

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
                both = [(each.dtype, each.shape, each.tobytes()) for each in (found, array)]
                if both[0] != both[1]:
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
    """Return the arrays by their paths in the HDF5 file."""
    places: dict[str, KerasTensor] = {}
    for layer in architecture.layers:
        if form == ".h5":  # such as "model_weights/lstm/lstm/lstm_cell/kernel:0"
            root = f"model_weights/{layer.name}"
            places |= {f"{root}/{_weight_name(layer, tensor)}": tensor for tensor in layer.tensors}
        else:  # such as "layers/lstm/cell/vars/0"
            root = f"layers/{layer.name}"
            places |= {f"{root}/{place}": tensor for place, tensor in layer.places.items()}
    return {path: tensor.to_keras(state).cpu().numpy() for path, tensor in places.items()}


def _weight_name(layer: KerasLayer, tensor: KerasTensor) -> str:
    return "/".join([layer.name, *(name for _, name in tensor.owners), f"{tensor.name}:0"])


def _hdf5(arrays: Arrays, describe: Callable[[Any], None]) -> bytes:
    """Return an HDF5 file of arrays, to which ``describe`` adds what else Keras reads."""
    content = io.BytesIO()  # so that a full disk is reported by Python, not by HDF5
    with _h5py().File(content, "w") as file:
        for path, array in arrays.items():
            file[path] = array
        describe(file)
    return content.getvalue()


def _describe_keras_3(file: Any, architecture: Architecture, name: str) -> None:
    """Add the names of the model, its layers and cells: each has a group "vars", even if empty."""
    file.create_group("vars").attrs["name"] = name
    for layer in architecture.layers:
        group = file.require_group(f"layers/{layer.name}")
        group.require_group("vars").attrs["name"] = layer.name
        for tensor in layer.tensors:
            owner = group
            for part, owner_name in tensor.owners:
                owner = owner[part]
                owner.require_group("vars").attrs["name"] = owner_name


def _describe_keras_2(file: Any, architecture: Architecture, config: dict[str, Any]) -> None:
    """Add the model's configuration, and the order of layers and of weights."""
    weights = file["model_weights"]
    for group in (file, weights):
        group.attrs["keras_version"] = _KERAS_2
        group.attrs["backend"] = "tensorflow"
    file.attrs["model_config"] = json.dumps(_as_keras_2(config))
    weights.attrs["layer_names"] = _names(layer.name for layer in architecture.layers)
    for layer in architecture.layers:
        names = _names(_weight_name(layer, tensor) for tensor in layer.tensors)
        weights.require_group(layer.name).attrs["weight_names"] = names
    weights.create_group("top_level_model_weights").attrs["weight_names"] = _names([])


def _names(names: Iterable[str]) -> npt.NDArray[Any]:
    return np.array(list(names), dtype=_h5py().string_dtype())


def _as_keras_2(layer: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's or a model's configuration as Keras 2 writes it; Keras 3 reads it too.

    A layer within a Bidirectional is the same in the later versions of Keras 2.
    """
    config = dict(layer["config"])
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    if "layers" in config:
        config["layers"] = [_as_keras_2(part) for part in config["layers"]]
    return {"class_name": layer["class_name"], "config": config}
