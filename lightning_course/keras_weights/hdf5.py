"""The weights in an HDF5 file, read by a process of its own that may fail or hang."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_course.errors import UserError, require_package
from lightning_course.keras_weights.names import quoted

_PROCESS = Path(__file__).with_name("hdf5_process.py")

# Sound files take less: a pipe carries more than 100 MB/s, and starting takes a fifth of a second.
SECONDS = 30.0
_BYTES_PER_SECOND = 100e6


@dataclass(frozen=True)
class StoredTensor:
    """An array of weights.

    Attributes:
        name: Its path in the file, such as "model_weights/lstm/lstm/lstm_cell/kernel:0".
        array: Floating-point numbers; integers where a layer counts.
    """

    name: str
    array: npt.NDArray[Any]


@dataclass(frozen=True)
class StoredLayer:
    """A layer that has weights.

    Attributes:
        name: The layer's own, or in Keras 3's files the class's, such as "dense_1".
        tensors: Its weights.
    """

    name: str
    tensors: tuple[StoredTensor, ...]


@dataclass(frozen=True)
class StoredWeights:
    """What an HDF5 file holds.

    Attributes:
        in_order: Whether the layers are in the model's order and each one's tensors in Keras's.
            They are in no order, and named by class and number, in Keras 3's files.
        layers: Those with weights.
        without_weights: Names of the others.
        config: The model's configuration in JSON, if there is one.
        version: Keras's, such as "2.15.0", if it is told.
    """

    in_order: bool
    layers: tuple[StoredLayer, ...]
    without_weights: tuple[str, ...]
    config: str | None
    version: str | None


def read_hdf5(content: bytes, source: str, most_bytes: int) -> StoredWeights:
    """Return the weights in an HDF5 file of Keras's.

    Args:
        content: The file's.
        source: What messages call it.
        most_bytes: How much it may hold.

    Raises:
        UserError: h5py is missing, the file is damaged, is not Keras's, or has in it what Keras
            does not write: links, arrays that lie elsewhere or are not of numbers.
    """
    require_package("h5py", "keras", "reading Keras's files")
    seconds = SECONDS + len(content) / _BYTES_PER_SECOND
    try:
        process = subprocess.run(
            # -P: modules beside the script, such as names.py, are not to be found by their names.
            [sys.executable, "-P", str(_PROCESS), str(most_bytes)],
            input=content,
            capture_output=True,
            timeout=seconds,
            # Each thread of BLAS, which is not used, would take from the memory that is allowed.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(source, f"reading came to no end in {seconds:.0f} s") from error
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}") from error
    if process.returncode:
        last = (process.stderr.decode(errors="replace").splitlines() or [""])[-1]
        raise _damaged(source, last or f"reading ended with code {process.returncode}")
    header, _, numbers = process.stdout.partition(b"\n")
    try:
        answer = json.loads(header)
    except ValueError as error:
        raise _damaged(source, "no answer from HDF5") from error
    if "refused" in answer:
        raise UserError(f"{source}: {answer['refused']}")
    if "damaged" in answer:
        raise _damaged(source, answer["damaged"])
    return StoredWeights(
        answer["kind"] == "legacy",
        _layers(answer["layers"], numbers),
        tuple(answer["without_weights"]),
        answer["model_config"],
        answer["keras_version"],
    )


def _layers(described: list[Any], numbers: bytes) -> tuple[StoredLayer, ...]:
    position = 0
    layers = []
    for layer, weights in described:
        tensors = []
        for name, kind, shape in weights:
            count = int(np.prod(shape, dtype=np.int64))
            array = np.frombuffer(numbers, kind, count, position).reshape(shape)
            position += array.nbytes
            tensors.append(StoredTensor(name, array.astype(array.dtype.newbyteorder("="))))
        layers.append(StoredLayer(layer, tuple(tensors)))
    return tuple(layers)


def _damaged(source: str, reason: str) -> UserError:
    return UserError(f"{source} is damaged or incomplete ({quoted(reason)}): copy or save it anew")
