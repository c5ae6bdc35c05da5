"""Reads the weights in an HDF5 file through a separate process that may fail or hang."""

import io
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lightning_course.errors import UserError, require_package
from lightning_course.keras_weights.keras_model import shown

_PROCESS = Path(__file__).with_name("hdf5_process.py")

# Sound files take less: a pipe carries more than 100 MB/s, and starting takes a fifth of a second.
SECONDS = 30.0
_BYTES_PER_SECOND = 100e6


@dataclass(frozen=True)
class StoredLayer:
    """A layer in a file.

    Attributes:
        name: The layer's own, or in Keras 3's files the class's, such as "dense_1".
        arrays: Its weights by their paths in the file, such as
            "model_weights/lstm/lstm/lstm_cell/kernel:0": floating-point numbers; integers where a
            layer counts.
    """

    name: str
    arrays: dict[str, npt.NDArray[Any]]


class StoredWeights(NamedTuple):
    """The content of an HDF5 file."""

    # Whether the layers are in the model's order and each one's arrays in Keras's. In Keras 3's
    # files they are in no order, and named by class and number.
    in_order: bool
    layers: tuple[StoredLayer, ...]  # also those without weights
    config: str | None  # of the model, in JSON
    version: str | None  # Keras's, such as "2.15.0"


def read_hdf5(content: bytes, source: str, max_bytes: int) -> StoredWeights:
    """Return the weights in one of Keras's HDF5 files.

    Args:
        content: The file's bytes.
        source: Its name for messages.
        max_bytes: How much it may hold.

    Raises:
        UserError: h5py is missing, the file is damaged, is not Keras's, or has in it what Keras
            does not write: links, arrays in other files, arrays of something else than numbers.
    """
    require_package("h5py", "keras", "reading Keras's files")
    seconds = SECONDS + len(content) / _BYTES_PER_SECOND
    try:
        process = subprocess.run(
            # -P: modules beside the script must not hide others of the same names.
            [sys.executable, "-P", str(_PROCESS), str(max_bytes)],
            input=content,
            capture_output=True,
            timeout=seconds,
            # Each thread of BLAS, which is not used, would count against the memory limit.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(source, f"reading did not end in {seconds:.0f} s") from error
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
    arrays = io.BytesIO(numbers)
    layers = tuple(
        StoredLayer(name, {path: _next(arrays, *form) for path, *form in tensors})
        for name, tensors in answer["layers"]
    )
    return StoredWeights(answer["in_order"], layers, answer["config"], answer["version"])


def _next(arrays: io.BytesIO, kind: str, shape: list[int]) -> npt.NDArray[Any]:
    count, dtype = math.prod(shape), np.dtype(kind)
    array = np.frombuffer(arrays.read(count * dtype.itemsize), dtype, count)
    return array.reshape(shape).copy()  # torch wants an array that can be written to


def _damaged(source: str, reason: str) -> UserError:
    return UserError(f"{source} is damaged or incomplete ({shown(reason)}): copy or save it again")
