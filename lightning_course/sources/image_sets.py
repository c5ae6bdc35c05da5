"""Image sets in torchvision's file layout: MNIST, Fashion-MNIST and CIFAR-10.

torchvision's own dataset classes are not used: they download without a time limit, need a folder
that they can write to, do not verify extracted files, and unpickle. Here the published, compressed
files are read directly; nothing is extracted to the disk.
"""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from lightning_course.checks import check_choice
from lightning_course.errors import UserError
from lightning_course.sources.base import (
    DataSource,
    Mode,
    Provenance,
    are_there,
    obtain,
    obtain_all,
)
from lightning_course.sources.image_set_files import (
    CIFAR10_ARCHIVE,
    CIFAR10_BATCHES,
    FASHION_MNIST,
    MNIST,
)
from lightning_course.sources.standins.digits import enlarged_digits
from lightning_course.sources.standins.images import drawn_garments, drawn_objects

if TYPE_CHECKING:
    # It takes seconds to import, and not all commands that use this package need tensors.
    from torch import Tensor

ImageSetName = Literal["mnist", "fashion_mnist", "cifar10"]
Array = np.ndarray[Any, np.dtype[Any]]
Arrays = tuple[Array, ...]


class ImageSet(NamedTuple):
    """Images and labels as published.

    Attributes:
        train_images: Shape (N, C, H, W), uint8 from 0 to 255.
        train_labels: Shape (N,), int64 from 0 to K − 1.
        test_images: Likewise, the publisher's test set.
        test_labels: Likewise.
        class_names: K names.
        provenance: Its checksum is that of the pixels and labels, whatever file they came from.
    """

    train_images: "Tensor"
    train_labels: "Tensor"
    test_images: "Tensor"
    test_labels: "Tensor"
    class_names: tuple[str, ...]
    provenance: Provenance


class StandIn(NamedTuple):
    """The replacement of an image set on a machine without a network.

    Attributes:
        name: Its name in the provenance.
        generate: A function from a seed to training images and labels, test images and labels.
    """

    name: str
    generate: Callable[[int], Arrays]


# An image set that is not listed has no stand-in, and its loader says so.
STANDINS: dict[ImageSetName, StandIn] = {
    "mnist": StandIn("scikit-learn's digits, enlarged", enlarged_digits),
    "fashion_mnist": StandIn("drawn garments", drawn_garments),
    "cifar10": StandIn("drawn objects", drawn_objects),
}

CLASS_NAMES: dict[ImageSetName, tuple[str, ...]] = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "cifar10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
}


def load_image_set(
    name: ImageSetName, root: str | Path | None = None, mode: Mode = "auto", seed: int = 0
) -> ImageSet:
    """Return one of the image sets.

    Args:
        name: "mnist" (1 × 28 × 28), "fashion_mnist" (1 × 28 × 28) or "cifar10" (3 × 32 × 32).
        root: Data folder in torchvision's layout (``MNIST/raw``, ``FashionMNIST/raw``,
            ``cifar-10-python.tar.gz`` or ``cifar-10-batches-py``), see
            :func:`~lightning_course.sources.obtain`.
        mode: Whether to read local files, download or use the stand-in, see
            :func:`~lightning_course.sources.obtain`. ``STANDINS`` lists the sets that have one.
        seed: Seed of the stand-in; the real images do not depend on it.

    Raises:
        ValueError: There is no such image set.
        UserError: See :func:`~lightning_course.sources.obtain`.
    """
    import torch

    check_choice("name", name, get_args(ImageSetName))
    found = _cifar10(root, mode) if name == "cifar10" else _idx_set(name, root, mode)
    if found is not None:
        title, arrays = found
        provenance = Provenance(kind="real", name=title, sha256=_sha256(arrays))
    else:
        arrays = STANDINS[name].generate(seed)
        provenance = Provenance(kind="stand-in", name=STANDINS[name].name, sha256=_sha256(arrays))
    train_images, train_labels, test_images, test_labels = map(torch.from_numpy, arrays)
    return ImageSet(
        train_images,
        train_labels.long(),
        test_images,
        test_labels.long(),
        CLASS_NAMES[name],
        provenance,
    )


def _idx_set(name: ImageSetName, root: str | Path | None, mode: Mode) -> tuple[str, Arrays] | None:
    sources = _with_standin(MNIST if name == "mnist" else FASHION_MNIST, name)
    found = obtain_all(sources, root, mode)
    if found is None:
        return None
    images, labels, test_images, test_labels = (read_idx(path) for _, path in found)
    # One channel of grey.
    return sources[0].name, (images[:, None], labels, test_images[:, None], test_labels)


def read_idx(path: Path) -> Array:
    """Return the array in a file of MNIST's format, compressed if its name ends in ".gz".

    The format (LeCun): two zeros, the type (8 is uint8, the only one used here), the number of
    dimensions, each dimension as a big-endian int32, the values in C order.
    """
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    assert content[:3] == b"\0\0\x08"  # the checksum was right
    shape = struct.unpack_from(f">{content[3]}i", content, 4)
    # A copy, because torch wants memory that it may write to.
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape).copy()


def _cifar10(root: str | Path | None, mode: Mode) -> tuple[str, Arrays] | None:
    batches, (archive,) = (
        _with_standin(sources, "cifar10") for sources in (CIFAR10_BATCHES, [CIFAR10_ARCHIVE])
    )
    if mode != "standin" and are_there(batches, root):
        files = obtain_all(batches, root, "local")
        assert files is not None  # "local" returns the files or raises
        contents = [path.read_bytes() for _, path in files]
    else:
        found = obtain(archive, root, mode)
        if found is None:
            return None
        with tarfile.open(found[1]) as tar:
            names = [file.path for source in batches for file in source.files]
            contents = [_member(tar, name, found[1]) for name in names]
    *train, (test_images, test_labels) = map(read_cifar10_batch, contents)
    images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return archive.name, (images, labels, test_images, test_labels)


def _member(tar: tarfile.TarFile, name: str, path: Path) -> bytes:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise UserError(f"{path} has no file {name}: it is not the published archive")
    return file.read()


def read_cifar10_batch(content: bytes) -> tuple[Array, Array]:
    """Return images (N, 3, 32, 32) uint8 and labels (N,) uint8 of one of CIFAR-10's batches.

    The batches are pickles of Python 2, and a pickle can run any code. Their checksums are
    verified; but with an unpickler that knows only NumPy's arrays, safety does not depend on that.

    Raises:
        pickle.UnpicklingError: The pickle contains other types than plain ones and arrays.
    """
    batch = _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    return batch["data"].reshape(-1, 3, 32, 32), np.array(batch["labels"], np.uint8)


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return np.ndarray.__reduce__(np.empty(0))[0]  # where numpy 2 keeps it
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}")


def _with_standin(sources: Sequence[DataSource], name: ImageSetName) -> list[DataSource]:
    return [replace(source, has_standin=name in STANDINS) for source in sources]


def _sha256(arrays: Arrays) -> str:
    """Return the SHA-256 of the values of all arrays, labels as uint8."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, np.uint8).data)
    return digest.hexdigest()
