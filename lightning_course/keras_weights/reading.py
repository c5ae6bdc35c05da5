"""Reads Keras's files as plain data: the weights, and the model's layers if the file has them.

Four forms, detected from the content:

=====================  ==========================================================================
legacy HDF5 model      ``model.save("x.h5")``
legacy HDF5 weights    ``model.save_weights("x.h5")`` of tf.keras 2
.keras archive         ``model.save("x.keras")``
.weights.h5 file       ``model.save_weights("x.weights.h5")``
=====================  ==========================================================================

No code that a file names or holds is imported or run, and no other file is opened.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lightning_course.errors import UserError
from lightning_course.files.reading import read_bytes
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredWeights, read_hdf5
from lightning_course.keras_weights.keras_model import shown
from lightning_course.keras_weights.model_json import MAX_CONFIG, ModelConfig, parse_config

Form = Literal["legacy HDF5 model", "legacy HDF5 weights", ".keras archive", ".weights.h5 file"]

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURE = b"PK"

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

# The course's largest network has 10 MB, Adam's moments included; word vectors can have a gigabyte.
_MAX_BYTES = 4 << 30

# How much a file may unpack to or declare, relative to its size: trained weights are packed by a
# tenth, moments that are still zero by more. A bomb of zeros unpacks to a thousandfold.
_MAX_RATIO = 20
_SLACK = 1 << 20

# The standard library's exceptions for a damaged archive.
_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # NotImplementedError too, of a version or a flag that it does not know
)


@dataclass(frozen=True)
class KerasFile:
    """The content of a Keras file.

    Attributes:
        path: The file.
        form: What it is, for a reader.
        written_by: Such as "Keras 2.15.0", None if the file does not say.
        config: The model's layers, None in files of weights alone.
        in_order: Whether ``layers`` are in the model's order, and each one's tensors in that of
            ``get_weights()``. If not, layers are named by class and number and tensors by place.
        layers: All that the file lists, with their weights.
    """

    path: Path
    form: Form
    written_by: str | None
    config: ModelConfig | None
    in_order: bool
    layers: tuple[StoredLayer, ...]


def read_keras(path: str | Path) -> KerasFile:
    """Read a model or weights written by Keras 3 or tf.keras 2.

    Raises:
        UserError: No such file, one of another kind, a damaged one, one that would fill the memory,
            a model that is not a chain of layers, or the package h5py is missing.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(
            f"{path} is a folder, as TensorFlow's SavedModel is: load it and save it as .h5 or "
            '.keras in TensorFlow first, model.save("model.h5")'
        )
    content = read_bytes(path, _MAX_BYTES)
    max_bytes = min(_MAX_RATIO * len(content) + _SLACK, _MAX_BYTES)
    if content.startswith(_ZIP_SIGNATURE):
        return _read_archive(path, content, max_bytes)
    if content.startswith(_HDF5_SIGNATURE):
        return _read_hdf5(path, content, max_bytes)
    raise UserError(
        f"{path} is neither HDF5 nor a .keras archive: save the model as .h5 or .keras in "
        'TensorFlow first, model.save("model.h5")'
    )


def _read_hdf5(path: Path, content: bytes, max_bytes: int) -> KerasFile:
    weights = read_hdf5(content, str(path), max_bytes)
    form: Form = ".weights.h5 file"
    if weights.in_order:
        form = "legacy HDF5 weights" if weights.config is None else "legacy HDF5 model"
    return _keras_file(path, form, weights.version, weights.config, weights)


def _read_archive(path: Path, content: bytes, max_bytes: int) -> KerasFile:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            missing = {_CONFIG, _WEIGHTS}.difference(archive.namelist())
            if missing:
                raise UserError(
                    f"{path} is a zip archive without {' and '.join(sorted(missing))}, which "
                    "Keras's have"
                )
            # Read by name into memory: names of other members lead nowhere.
            # Limited before it is parsed: in memory JSON takes thirty times as much.
            max_json = min(MAX_CONFIG, max_bytes)
            config = _member(archive, _CONFIG, path, max_json)
            stored = _member(archive, _WEIGHTS, path, max_bytes)
            has_metadata = _METADATA in archive.namelist()
            metadata = _member(archive, _METADATA, path, max_json) if has_metadata else b"{}"
    except _ZIP_DAMAGE as error:
        raise UserError(
            f"{path} is a damaged archive ({shown(str(error))}): copy or save it again"
        ) from error
    weights = read_hdf5(stored, f"{_WEIGHTS} in {path}", max_bytes)
    return _keras_file(path, ".keras archive", _version(metadata), config, weights)


def _member(archive: zipfile.ZipFile, name: str, path: Path, max_bytes: int) -> bytes:
    member = archive.getinfo(name)
    if member.flag_bits & 0x1:
        raise UserError(f"{path} is encrypted: unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{path}: {name} is packed in a way that Keras does not use")
    with archive.open(member) as file:
        # The archive may say less than comes out.
        content = file.read(max_bytes + 1)
    if max(len(content), member.file_size) > max_bytes:
        raise UserError(
            f"{path}: {name} unpacks to more than {max_bytes:,} bytes, too many for such a file"
        )
    return content


def _version(metadata: bytes) -> object:
    try:
        parsed = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    return parsed.get("keras_version") if isinstance(parsed, dict) else None


def _keras_file(
    path: Path, form: Form, version: object, config: str | bytes | None, weights: StoredWeights
) -> KerasFile:
    try:
        parsed = None if config is None else parse_config(config)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    known = isinstance(version, str) and re.fullmatch(r"[0-9A-Za-z.+-]{1,30}", version)
    written_by = f"Keras {version}" if known else None
    return KerasFile(path, form, written_by, parsed, weights.in_order, weights.layers)
