"""Keras's files as plain data: weights, and the layers that they are of.

Four forms, told apart by their content:

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
from lightning_course.files import read_bytes
from lightning_course.keras_weights.configs import MAX_CONFIG, ModelConfig, parse_config
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredWeights, read_hdf5
from lightning_course.keras_weights.names import quoted

Form = Literal["legacy HDF5 model", "legacy HDF5 weights", ".keras archive", ".weights.h5 file"]

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURE = b"PK"

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

# The course's largest network has 10 MB, Adam's moments included; word vectors can have a gigabyte.
_LARGEST_FILE = 4 << 30

# What may come out of a file, packed or declared, by its own size: trained weights pack by a tenth,
# moments that are still zero by more. A bomb of zeros unpacks to a thousandfold.
_LARGEST_RATIO = 20
_SLACK = 1 << 20

# What the standard library raises about a damaged one.
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
    """A file of Keras's, read.

    Attributes:
        path: As given.
        form: Which of the four it is.
        written_by: Such as "Keras 2.15.0", None if it is not told.
        config: The model's layers, None in files of weights alone.
        in_order: Whether ``layers`` are in the model's order, and each one's tensors in that of
            ``get_weights()``. If not, layers are named by class and number and tensors by place.
        layers: Those that have weights.
        without_weights: Names of the others.
    """

    path: Path
    form: Form
    written_by: str | None
    config: ModelConfig | None
    in_order: bool
    layers: tuple[StoredLayer, ...]
    without_weights: tuple[str, ...]


def read_keras(path: str | Path) -> KerasFile:
    """Read a model or weights that Keras 3 or tf.keras 2 has written.

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
    content = read_bytes(path, _LARGEST_FILE)
    most_bytes = min(_LARGEST_RATIO * len(content) + _SLACK, _LARGEST_FILE)
    if content.startswith(_ZIP_SIGNATURE):
        return _read_archive(path, content, most_bytes)
    if content.startswith(_HDF5_SIGNATURE):
        return _read_hdf5(path, content, most_bytes)
    raise UserError(
        f"{path} is neither HDF5 nor a .keras archive: save the model as .h5 or .keras in "
        'TensorFlow first, model.save("model.h5")'
    )


def _read_hdf5(path: Path, content: bytes, most_bytes: int) -> KerasFile:
    weights = read_hdf5(content, str(path), most_bytes)
    config = None if weights.config is None else parse_config(weights.config, str(path))
    form: Form = ".weights.h5 file"
    if weights.in_order:
        form = "legacy HDF5 weights" if config is None else "legacy HDF5 model"
    return _keras_file(path, form, weights.version, config, weights)


def _read_archive(path: Path, content: bytes, most_bytes: int) -> KerasFile:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            missing = {_CONFIG, _WEIGHTS}.difference(archive.namelist())
            if missing:
                raise UserError(
                    f"{path} is a zip archive without {' and '.join(sorted(missing))}, which "
                    "Keras's have"
                )
            # Read by name into the memory: names of other members lead nowhere.
            # Before it is parsed: in memory JSON takes thirty times as much.
            most_json = min(MAX_CONFIG, most_bytes)
            config = _member(archive, _CONFIG, path, most_json)
            stored = _member(archive, _WEIGHTS, path, most_bytes)
            has_metadata = _METADATA in archive.namelist()
            metadata = _member(archive, _METADATA, path, most_json) if has_metadata else b"{}"
    except _ZIP_DAMAGE as error:
        raise UserError(
            f"{path} is a damaged archive ({quoted(error)}): copy or save it anew"
        ) from error
    parsed = parse_config(config, str(path))
    weights = read_hdf5(stored, f"{_WEIGHTS} in {path}", most_bytes)
    return _keras_file(path, ".keras archive", _version(metadata), parsed, weights)


def _member(archive: zipfile.ZipFile, name: str, path: Path, most_bytes: int) -> bytes:
    member = archive.getinfo(name)
    if member.flag_bits & 0x1:
        raise UserError(f"{path} is encrypted: unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{path}: {name} is packed in a way that Keras does not use")
    with archive.open(member) as file:
        # The archive may say less than comes out.
        content = file.read(most_bytes + 1)
    if max(len(content), member.file_size) > most_bytes:
        raise UserError(
            f"{path}: {name} unpacks to more than {most_bytes:,} bytes, too many for such a file"
        )
    return content


def _version(metadata: bytes) -> str | None:
    try:
        parsed = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    version = parsed.get("keras_version") if isinstance(parsed, dict) else None
    return version if isinstance(version, str) else None


def _keras_file(
    path: Path, form: Form, version: str | None, config: ModelConfig | None, weights: StoredWeights
) -> KerasFile:
    known = version is not None and re.fullmatch(r"[0-9A-Za-z.+-]{1,30}", version)
    written_by = f"Keras {version}" if known else None
    return KerasFile(
        path,
        form,
        written_by,
        config,
        weights.in_order,
        weights.layers,
        weights.without_weights,
    )
