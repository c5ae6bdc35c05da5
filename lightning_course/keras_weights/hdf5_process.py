"""Reads the weights in an HDF5 file, in a separate process that ``hdf5.py`` starts.

HDF5's C library does not survive every damaged file: of 2,600 with a few bytes changed at random,
three made HDF5 2.0 run without an end and one crash, and a changed length can make it ask for
gigabytes. A C function cannot be stopped from within its process, so it runs in one that can be
ended. To start fast, this script imports nothing of the project.

It takes the file's content on the standard input, so that HDF5 has no file at all to reach, and
writes a line of JSON and then the arrays' bytes, one after the other:

    {"in_order": true,  the layers are in the model's order and each one's weights in Keras's, as
                        attributes name them; false: they are groups named after classes, such as
                        "dense_1", which HDF5 lists in the order of their names
     "layers": [["dropout", []],
                ["lstm", [["model_weights/lstm/lstm/kernel:0", "<f4", [20, 60]], …]], …],
     "config": the model's configuration in JSON, "version": "2.15.0"}

or ``{"refused": what is wrong}`` or ``{"damaged": HDF5's words}``.
"""

import contextlib
import json
import math
import reprlib
import sys
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

# The exceptions in which h5py reports its C library's errors.
_DAMAGE = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,  # UnicodeDecodeError too
    TypeError,
    OverflowError,
    MemoryError,
    SystemError,
)

_LOSSLESS_FILTERS = {1, 2, 3}  # deflate, shuffle, Fletcher's checksum; the others are plug-ins

# Keras 3 and tf.keras since 2.15 keep layers in the one, tf.keras 2.12 and 2.13 in the other.
_GROUPS_OF_LAYERS = ("layers", "_layer_checkpoint_dependencies")

# Weights of the model itself; a chain of layers has none.
_OUTSIDE_LAYERS = "top_level_model_weights"

# As keras_model.shown.
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
_shown = _REPR.repr

Tensor = tuple[str, npt.NDArray[Any]]
Layer = tuple[str, list[Tensor]]


class Refused(Exception):
    """Something that such a file may not have; the message follows the file's name."""


class Reader:
    """Reads attributes and arrays of an open file, up to a number of bytes in total.

    HDF5 can name other files (external and soft links, external storage, virtual datasets) and
    declare arrays of any size in a few bytes. Keras writes none of that.
    """

    def __init__(self, file: h5py.File, max_bytes: int) -> None:
        self.root = file
        self._bytes_left = max_bytes
        link = file.visititems_links(
            lambda path, link: None if isinstance(link, h5py.HardLink) else path
        )
        if link is not None:
            raise Refused(
                f"{_shown(link)} is a link to another place or file, which is not followed"
            )

    def text(self, name: str) -> str | None:
        """Return a text among the file's own attributes, None if there is none."""
        return next(iter(self.texts(self.root, name) or ()), None)

    def texts(self, group: Any, name: str) -> list[str] | None:
        """Return an attribute that is a text or a list of texts, None if there is none.

        HDF5 keeps up to 64 kB in an attribute: Keras divides longer lists into name0, name1 …
        """
        parts = [name] if name in group.attrs else []
        while parts != [name] and f"{name}{len(parts)}" in group.attrs:
            parts.append(f"{name}{len(parts)}")
        if not parts:
            return None
        values = [value for part in parts for value in np.ravel(self._attribute(group, part))]
        return [_decoded(value, name) for value in values]

    def _attribute(self, group: Any, name: str) -> Any:
        stored = group.attrs.get_id(name)
        self._spend(math.prod(stored.shape or ()) * stored.dtype.itemsize, f"attribute {name}")
        return group.attrs[name]

    def array(self, group: Any, path: str, name: str) -> Tensor:
        """Return an array of numbers with its name; bfloat16 becomes float32.

        Integers too: a layer that counts its rows is to be refused by its own name.

        Args:
            group: The group that it is in.
            path: Its path there.
            name: Its name for messages.
        """
        where, dataset = _shown(name), _find(group, path)
        if dataset is None:
            raise Refused(f"{where} is listed, and missing")
        if not isinstance(dataset, h5py.Dataset):
            raise Refused(f"{where} is a group where an array is expected")
        # Checked before anything is read: it says where the numbers are.
        properties = dataset.id.get_create_plist()
        if properties.get_layout() == h5py.h5d.VIRTUAL or properties.get_external_count():
            raise Refused(f"{where} is stored in another file, which is not opened")
        filters = {properties.get_filter(index)[0] for index in range(properties.get_nfilters())}
        if filters - _LOSSLESS_FILTERS:
            raise Refused(f"{where} is packed in a way that neither Keras nor this reader uses")
        kind = dataset.dtype
        # Keras stores bfloat16, which HDF5 did not know, as two bytes without a meaning.
        is_bfloat16 = kind == np.dtype("V2")
        if not is_bfloat16 and (kind.kind not in "fiu" or kind.itemsize > 8):
            raise Refused(f"{where} is of type {kind.name}, and weights are floating-point numbers")
        if dataset.shape is None:
            raise Refused(f"{where} is empty")
        size = math.prod(dataset.shape) * kind.itemsize
        self._spend(size, where)
        if size and not dataset.id.get_storage_size():
            raise Refused(f"{where} was declared and never written")
        values = np.ascontiguousarray(dataset[()]).reshape(dataset.shape)
        if is_bfloat16:
            # The upper half of a float32.
            values = (values.view("<u2").astype(np.uint32) << 16).view(np.float32)
        return name, values.astype(values.dtype.newbyteorder("="), copy=False)

    def _spend(self, size: int, what: str) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise Refused(
                f"{what} is declared with {size:,} bytes, more than the file can hold of it"
            )


def read_weights(reader: Reader) -> dict[str, Any]:
    """Return what the module's docstring lists, with arrays in place of their types and shapes."""
    root = reader.root
    # A file of weights alone has at the root what a whole model's has in a group.
    prefix = "model_weights/" if isinstance(_find(root, "model_weights"), h5py.Group) else ""
    legacy = root[prefix or "/"]
    names = reader.texts(legacy, "layer_names")
    if names is None:
        layers = _groups(reader)
    else:
        names += [_OUTSIDE_LAYERS] if _OUTSIDE_LAYERS in legacy else []
        layers = [_legacy_layer(reader, legacy, name, prefix) for name in names]
    return {
        "in_order": names is not None,
        "layers": layers,
        "config": reader.text("model_config"),
        "version": reader.text("keras_version"),
    }


def _legacy_layer(reader: Reader, parent: Any, name: str, prefix: str) -> Layer:
    layer = _find(parent, name)
    if not isinstance(layer, h5py.Group):
        raise Refused(f"the layer {_shown(name)} is listed, and its weights are missing")
    weights = reader.texts(layer, "weight_names")
    if weights is None:
        raise Refused(f"the layer {_shown(name)} does not list its weights")
    if len(set(weights)) < len(weights):
        raise Refused(f"the layer {_shown(name)} lists one of its weights twice")
    return name, [
        reader.array(layer, weight, f"{prefix}{name}/{weight}")
        for weight in weights
        if not weight.rsplit("/", 1)[-1].startswith("seed_generator")
    ]


def _groups(reader: Reader) -> list[Layer]:
    root = reader.root
    found = [name for name in _GROUPS_OF_LAYERS if isinstance(_find(root, name), h5py.Group)]
    if len(found) != 1:
        raise Refused(
            "no weights where Keras keeps them, neither an attribute layer_names nor a group layers"
        )
    paths = [f"{found[0]}/{layer}" for layer in root[found[0]]]
    layers = [_group(reader, path) for path in paths]
    # Weights of the model itself.
    outside = [_group(reader, "vars")] if "vars" in root else []
    return layers + [(name, tensors) for name, tensors in outside if tensors]


def _group(reader: Reader, path: str) -> Layer:
    """Return a group's last name and all the arrays in it; each group is visited once."""
    names: list[str] = []
    group = reader.root[path]
    if isinstance(group, h5py.Group):
        group.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
    return path.rsplit("/", 1)[-1], [
        reader.array(group, name, f"{path}/{name}")
        for name in names
        # Early versions of Keras 3 keep the state of a Dropout's random numbers.
        if "seed_generator" not in name.split("/")
    ]


def _find(group: Any, path: str) -> Any | None:
    """Return the group or array at a path, None if there is none."""
    if path not in group:
        return None
    return group[path]  # unlike get(), an error if it is damaged


def _decoded(value: object, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise Refused(f"the attribute {name} holds {type(value).__name__} where Keras has text")
    # h5py passes bytes that are not UTF-8 on as half characters, which cannot be written.
    return value.encode(errors="replace").decode()


def limit_memory(max_bytes: int) -> None:
    """Limit this process to that many bytes on top of Python and the libraries."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = max_bytes + (2 << 30)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or limit < hard:
        with contextlib.suppress(ValueError, OSError):  # macOS has the function and no such limit
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def main() -> None:
    """Read the content on the standard input, and write the answer."""
    max_bytes = int(sys.argv[1])
    limit_memory(4 * max_bytes)
    content = sys.stdin.buffer.read()
    arrays: list[npt.NDArray[Any]] = []
    answer: dict[str, Any]
    try:
        try:
            image = h5py.h5f.open_file_image(content)
        except ValueError:  # its message says nothing
            raise ValueError("it is not a whole HDF5 file") from None
        with h5py.File(image, "r") as file:
            answer = read_weights(Reader(file, max_bytes))
        for _, tensors in answer["layers"]:
            arrays += [array for _, array in tensors]
            tensors[:] = [(name, array.dtype.str, array.shape) for name, array in tensors]
    except Refused as error:
        answer = {"refused": str(error)}
    except _DAMAGE as error:
        cause = error.__cause__ or error  # of an error within one of h5py's callbacks
        # A KeyError's str() has quotes around it.
        message = cause.args[0] if isinstance(cause, KeyError) and cause.args else cause
        answer = {"damaged": " ".join(str(message).split())}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    for array in arrays:
        sys.stdout.buffer.write(array.tobytes())


if __name__ == "__main__":
    main()
