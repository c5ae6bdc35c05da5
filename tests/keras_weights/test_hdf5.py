import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.keras_weights import hdf5
from lightning_course.keras_weights.hdf5 import StoredLayer, StoredWeights, read_hdf5

h5py = pytest.importorskip("h5py")

KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.array([0.5, -0.5], np.float32)


def file(fill: Callable[[Any], None]) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as root:
        fill(root)
    return content.getvalue()


def legacy(root: Any) -> Any:
    """Fill in weights alone, as tf.keras 2 writes them, and return the layer's group."""
    root.attrs["layer_names"] = ["flatten", "dense_7"]
    root.attrs["keras_version"] = "2.15.0"
    root.create_group("flatten").attrs["weight_names"] = np.array([])
    layer = root.create_group("dense_7")
    layer.attrs["weight_names"] = ["dense_7/kernel:0", "dense_7/bias:0"]
    layer["dense_7/kernel:0"], layer["dense_7/bias:0"] = KERNEL, BIAS
    return layer


def groups(root: Any, container: str = "layers") -> Any:
    """Fill in weights as Keras 3 writes them, and return the layer's group."""
    root.create_group(f"{container}/flatten/vars")
    layer = root.create_group(f"{container}/dense")
    layer["vars/0"], layer["vars/1"] = KERNEL, BIAS
    root["optimizer/vars/0"] = 7
    return layer


def with_kernel(kind: str, **arguments: Any) -> bytes:
    """Return a file whose kernel is stored in some other way."""

    def fill(root: Any) -> None:
        layer = legacy(root)
        del layer["dense_7/kernel:0"]
        layer.create_dataset("dense_7/kernel:0", dtype=kind, **arguments)

    return file(fill)


def read(content: bytes) -> StoredWeights:
    return read_hdf5(content, "x.h5", 1 << 20)


def kernel(content: bytes) -> Any:
    return read(content).layers[1].arrays["dense_7/dense_7/kernel:0"]


def refused(content: bytes) -> str:
    with pytest.raises(UserError) as error:
        read(content)
    message = str(error.value)
    assert message.startswith("x.h5")
    assert "\n" not in message
    return message


def test_weights_in_the_order_of_the_attributes() -> None:
    weights = read(file(legacy))
    assert weights.in_order
    assert weights.version == "2.15.0"
    assert weights.config is None
    flatten, layer = weights.layers
    assert flatten == StoredLayer("flatten", {})
    assert layer.name == "dense_7"
    # HDF5 itself lists the bias first.
    assert list(layer.arrays) == ["dense_7/dense_7/kernel:0", "dense_7/dense_7/bias:0"]
    np.testing.assert_array_equal(layer.arrays["dense_7/dense_7/kernel:0"], KERNEL)
    np.testing.assert_array_equal(layer.arrays["dense_7/dense_7/bias:0"], BIAS)


@pytest.mark.parametrize("container", ["layers", "_layer_checkpoint_dependencies"])
def test_weights_in_groups(container: str) -> None:
    weights = read(file(lambda root: groups(root, container)))
    assert not weights.in_order
    assert weights.version is None
    layer, flatten = weights.layers
    assert flatten == StoredLayer("flatten", {})
    found = layer.arrays
    assert set(found) == {f"{container}/dense/vars/0", f"{container}/dense/vars/1"}
    np.testing.assert_array_equal(found[f"{container}/dense/vars/0"], KERNEL)
    np.testing.assert_array_equal(found[f"{container}/dense/vars/1"], BIAS)


def test_each_layer_has_its_own_arrays() -> None:
    def fill(root: Any) -> None:
        for number in range(12):
            root[f"layers/dense_{number}/vars/0"] = np.full(2, number, np.float32)

    layers = read(file(fill)).layers
    assert len(layers) == 12
    for layer in layers:
        [array] = layer.arrays.values()
        assert array.tolist() == [float(layer.name.split("_")[1])] * 2


def test_lists_that_are_parted_and_of_bytes() -> None:
    def fill(root: Any) -> None:
        legacy(root)
        del root.attrs["layer_names"]
        root.attrs["layer_names0"] = np.array([b"flatten"])
        root.attrs["layer_names1"] = np.array([b"dense_7"])

    weights = read(file(fill))
    assert [layer.name for layer in weights.layers] == ["flatten", "dense_7"]


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f4", ">f8", "i8"])
@pytest.mark.parametrize("options", [{}, {"compression": "gzip", "shuffle": True}])
def test_kinds_of_numbers(kind: str, options: dict[str, Any]) -> None:
    # Integers are for the layer that counts its rows: it is refused by its name.
    array = kernel(with_kernel(kind, data=KERNEL.astype(kind), fletcher32=bool(options), **options))
    assert array.dtype == np.dtype(kind).newbyteorder("=")
    np.testing.assert_array_equal(array, KERNEL)


def test_bfloat16_is_two_bytes_without_a_meaning() -> None:
    upper = (KERNEL.view(np.uint32) >> 16).astype("<u2").view("V2")
    array = kernel(with_kernel("V2", data=upper))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, KERNEL)  # small integers need no more bits


def test_the_state_of_random_numbers_is_no_weight() -> None:
    def fill(root: Any) -> None:
        groups(root)
        root["layers/dropout/seed_generator/vars/0"] = np.array([1, 2], np.uint32)

    assert [x.name for x in read(file(fill)).layers if x.arrays] == ["dense"]


def test_weights_of_the_model_itself_are_not_lost() -> None:
    def whole(root: Any) -> None:
        legacy(root)
        outside = root.create_group("top_level_model_weights")
        outside.attrs["weight_names"] = ["scale:0"]
        outside["scale:0"] = BIAS

    def in_groups(root: Any) -> None:
        groups(root)
        root["vars/0"] = BIAS

    for fill, name in ((whole, "top_level_model_weights"), (in_groups, "vars")):
        outside = read(file(fill)).layers[-1]
        assert (outside.name, len(outside.arrays)) == (name, 1)


ZEROS = np.zeros((2000, 1000), np.float32)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("?", {"shape": (3, 2)}, "'dense_7/dense_7/kernel:0' is of type bool, and weights are"),
        ("S3", {"shape": (3, 2)}, "weights are floating-point numbers"),
        ("c8", {"shape": (3, 2)}, "weights are floating-point numbers"),
        ("g", {"shape": (3, 2)}, "weights are floating-point numbers"),
        (h5py.string_dtype(), {"data": ["a", "b"]}, "is of type object, and weights are"),
        ("f4", {"shape": (3, 2)}, "never written"),
        # Nothing of the four terabytes is written.
        ("f4", {"shape": (1_000_000, 1_000_000)}, "4,000,000,000,000 bytes"),
        ("f4", {"data": ZEROS, "compression": "gzip"}, "8,000,000 bytes"),
        ("f4", {"data": KERNEL, "compression": "lzf"}, "packed"),  # by a plug-in
    ],
)
def test_arrays_that_are_not_read(kind: str, options: dict[str, Any], message: str) -> None:
    content = with_kernel(kind, **options)
    assert len(content) < 100_000
    assert message in refused(content)


def test_the_limit_counts_all_arrays() -> None:
    def fill(root: Any) -> None:
        legacy(root)
        # Each array alone is within the limit.
        for name in ("kernel:0", "bias:0"):
            del root[f"dense_7/dense_7/{name}"]
            root[f"dense_7/dense_7/{name}"] = np.zeros((90, 2000), np.float32)

    assert "more than the file can hold" in refused(file(fill))


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as root:
        root["kernel"] = KERNEL
    (tmp_path / "secret.bin").write_bytes(KERNEL.tobytes())

    def put(layer: Any, link: Any) -> None:
        layer["dense_7/kernel:0"] = link

    def external(layer: Any) -> None:
        where = [(str(tmp_path / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
        layer.create_dataset("dense_7/kernel:0", (3, 2), "f4", external=where)

    def virtual(layer: Any) -> None:
        layout = h5py.VirtualLayout((3, 2), "f4")
        layout[:] = h5py.VirtualSource(str(secret), "kernel", (3, 2))
        layer.create_virtual_dataset("dense_7/kernel:0", layout)

    for replace, message in (
        (lambda layer: put(layer, h5py.ExternalLink(str(secret), "/kernel")), "not followed"),
        (lambda layer: put(layer, h5py.SoftLink("/dense_7/dense_7/bias:0")), "not followed"),
        (external, "another file"),
        (virtual, "another file"),
    ):

        def fill(root: Any, replace: Callable[[Any], None] = replace) -> None:
            layer = legacy(root)
            del layer["dense_7/kernel:0"]
            replace(layer)

        assert message in refused(file(fill))


def test_a_layer_that_is_a_link() -> None:
    def fill(root: Any) -> None:
        groups(root)
        root["layers/dense_1"] = h5py.ExternalLink("other.h5", "/")

    assert "'layers/dense_1' is a link" in refused(file(fill))


def test_a_group_that_appears_many_times_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(root: Any) -> None:
        layer = group = groups(root)
        layer["within_itself"] = layer
        # 30 ways from each of five groups to the next: 24 million in all.
        for _ in range(5):
            below = group.create_group("0")
            for number in range(1, 30):
                group[str(number)] = below
            group = below
        root.create_group("layers/dense" + "/deep" * 40)

    monkeypatch.setattr(hdf5, "SECONDS", 10.0)
    assert list(read(file(fill)).layers[0].arrays) == ["layers/dense/vars/0", "layers/dense/vars/1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: root.attrs.__delitem__("layer_names"), "no weights where Keras keeps them"),
        (lambda root: root.attrs.__setitem__("layer_names", 7), "where Keras has text"),
        (lambda root: root.attrs.__setitem__("layer_names", ["gone"]), "'gone' is listed"),
        (lambda root: root.attrs.__setitem__("layer_names", ["dense_7/dense_7/bias:0"]), "missing"),
        (lambda root: root["dense_7"].attrs.clear(), "does not list its weights"),
        (lambda root: root["dense_7"].attrs.__setitem__("weight_names", ["no"]), "and missing"),
        (lambda root: root["dense_7"].attrs.__setitem__("weight_names", ["dense_7"]), "is a group"),
        (
            lambda root: root["dense_7"].attrs.__setitem__("weight_names", ["dense_7/bias:0"] * 2),
            "one of its weights twice",
        ),
        (lambda root: root.attrs.__setitem__("model_config", [1, 2]), "where Keras has text"),
        (lambda root: root.attrs.__setitem__("keras_version", 2.15), "where Keras has text"),
        (lambda root: root.attrs.__setitem__("model_config", np.bytes_(b"\xff\xfe")), "damaged"),
    ],
)
def test_what_keras_does_not_write(change: Callable[[Any], None], message: str) -> None:
    def fill(root: Any) -> None:
        legacy(root)
        change(root)

    assert message in refused(file(fill))


def test_names_cannot_break_the_line() -> None:
    def fill(root: Any) -> None:
        legacy(root)
        root.attrs["layer_names"] = ["a\n\x1b[31m" + "b" * 200]

    message = refused(file(fill))
    assert r"'a\n\x1b[31mbbb" in message
    assert len(message) < 200


def test_half_a_file() -> None:
    content = file(legacy)
    assert "not a whole HDF5 file" in refused(content[: len(content) // 2])


def test_without_h5py(monkeypatch: pytest.MonkeyPatch) -> None:
    content = file(legacy)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=r"pip install 'lightning-course\[keras\]'"):
        read(content)


def test_h5py_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = file(legacy)
    (tmp_path / "h5py.py").write_text("raise ImportError('libhdf5.so: not found')")
    monkeypatch.delitem(sys.modules, "h5py")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="needs the package h5py"):
        read(content)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import time; time.sleep(60)", "did not end in 1 s"),
        ("import os; os.abort()", "ended with code"),
        ("raise MemoryError('too much')", "MemoryError: too much"),
        ("print('HDF5: warning')", "no answer"),
    ],
)
def test_a_library_that_hangs_or_crashes(
    script: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "process.py").write_text(script)
    monkeypatch.setattr(hdf5, "_PROCESS", tmp_path / "process.py")
    monkeypatch.setattr(hdf5, "SECONDS", 1.0)
    assert message in refused(file(legacy))


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no such limit")
def test_memory_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = str(hdf5._PROCESS.parent)
    (tmp_path / "process.py").write_text(
        f"import sys; sys.path.insert(0, {module!r}); import hdf5_process\n"
        "hdf5_process.limit_memory(1 << 20); bytes(8 << 30)"
    )
    monkeypatch.setattr(hdf5, "_PROCESS", tmp_path / "process.py")
    assert "MemoryError" in refused(file(legacy))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    as_groups=st.booleans(),
    changes=st.lists(
        st.tuples(st.integers(0, 1 << 16), st.sampled_from([0, 1, 2, 16, 127, 128, 255])),
        max_size=12,
    ),
    left=st.one_of(st.none(), st.integers(0, 1 << 16)),
)
def test_any_damage_is_one_line(
    as_groups: bool, changes: list[tuple[int, int]], left: int | None
) -> None:
    content = bytearray(GROUPS if as_groups else LEGACY)
    for position, value in changes:
        content[position % len(content)] = value
    if left is not None:
        del content[left % len(content) :]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(hdf5, "SECONDS", 5.0)
        try:
            outcome = f"{len(read(bytes(content)).layers)} layers"
        except UserError as error:
            outcome = str(error)
    assert "\n" not in outcome


LEGACY, GROUPS = file(legacy), file(groups)
