import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.keras_weights import (
    KerasFile,
    architecture,
    hdf5,
    read_keras,
    take_keras_weights,
)
from lightning_course.models import DenseClassifier

h5py = pytest.importorskip("h5py")

FILES = Path(__file__).with_name("files")

MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 3], "name": "input_layer"},
            },
            {"class_name": "Dense", "config": {"name": "dense", "units": 2}},
        ],
    },
}
METADATA = {"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}


def weights() -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as root:
        root["layers/dense/vars/0"] = np.arange(6, dtype=np.float32).reshape(3, 2)
        root["layers/dense/vars/1"] = np.zeros(2, np.float32)
    return content.getvalue()


def members(**changes: bytes | None) -> dict[str, bytes]:
    """Return what an archive holds; None leaves a member out."""
    parts: dict[str, bytes | None] = {
        "metadata.json": json.dumps(METADATA).encode(),
        "config.json": json.dumps(MODEL).encode(),
        "model.weights.h5": weights(),
        **changes,
    }
    return {name: content for name, content in parts.items() if content is not None}


def archive(parts: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return content.getvalue()


def read(path: Path, content: bytes) -> KerasFile:
    path.write_bytes(content)
    return read_keras(path)


def refused(path: Path, content: bytes | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_keras(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message.replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("name", "form", "written_by", "classes", "with_weights"),
    [
        ("chirp_lstm.model.h5", "legacy HDF5 model", "Keras 2.15.0", "LSTM Dense", "lstm dense_12"),
        ("chirp_gru.weights_only.h5", "legacy HDF5 weights", "Keras 2.12.0", None, "gru dense_11"),
        (
            "strided.keras",
            ".keras archive",
            "Keras 2.13.1",
            "Conv2D Conv2D Flatten Dropout Dense Dropout Dense",
            "conv2d conv2d_2 dense dense_2",
        ),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".bin"])
def test_files_of_tf_keras(
    name: str,
    form: str,
    written_by: str,
    classes: str | None,
    with_weights: str,
    suffix: str,
    tmp_path: Path,
) -> None:
    # The content tells the form, whatever the file is called.
    file = read(tmp_path / (name + suffix), (FILES / name).read_bytes())
    assert (file.form, file.written_by) == (form, written_by)
    assert {layer.name for layer in file.layers if layer.arrays} == set(with_weights.split())
    if classes is None:
        assert file.config is None
    else:
        assert file.config is not None
        assert [layer.class_name for layer in file.config.layers] == classes.split()


def test_weights_of_keras_3(tmp_path: Path) -> None:
    file = read(tmp_path / "model.weights.h5", weights())
    assert (file.form, file.written_by, file.config) == (".weights.h5 file", None, None)
    assert not file.in_order


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive(packing: int, tmp_path: Path) -> None:
    file = read(tmp_path / "model.keras", archive(members(), packing))
    assert (file.form, file.written_by) == (".keras archive", "Keras 3.15.1")
    assert file.config is not None
    assert file.config.input_shape == (3,)
    assert [array.shape for array in file.layers[0].arrays.values()] == [(3, 2), (2,)]


@pytest.mark.parametrize(
    "metadata", [None, b"{", b"[]", b'{"keras_version": 3}', b'{"keras_version": "3\\n\\u001b[1m"}']
)
def test_a_version_that_is_none(metadata: bytes | None, tmp_path: Path) -> None:
    parts = members(**{"metadata.json": metadata})
    assert read(tmp_path / "model.keras", archive(parts)).written_by is None


def test_nothing_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.h5") == "FILE cannot be read: No such file or directory"


def test_a_name_that_is_none() -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_keras("a\0b.h5")


def test_a_folder(tmp_path: Path) -> None:
    message = refused(tmp_path)
    assert "is a folder" in message
    assert "save it as .h5 or .keras in TensorFlow" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.h5")
    assert refused(tmp_path / "pipe.h5") == "FILE cannot be read: it is a pipe, not a file"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.h5"
    with path.open("wb") as file:
        file.truncate(5 << 30)  # a hole, no bytes on the disk
    assert "5,368,709,120 bytes" in refused(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"0.5 0.25\n", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"\x80\x04\x95", b"\x89HDF\r\n\x1a"],
    ids=["empty", "text", "picture", "pickle", "part of a signature"],
)
def test_another_kind_of_file(content: bytes, tmp_path: Path) -> None:
    message = refused(tmp_path / "model.h5", content)
    assert "neither HDF5 nor a .keras archive" in message
    assert "in TensorFlow first" in message


@pytest.mark.parametrize("name", ["chirp_lstm.model.h5", "strided.keras"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_half_a_file(name: str, share: float, tmp_path: Path) -> None:
    content = (FILES / name).read_bytes()
    assert "damaged" in refused(tmp_path / name, content[: int(share * len(content))])


def bomb(name: str, size: int = 50_000_000) -> bytes:
    content = archive(members(**{name: b" " * size}), zipfile.ZIP_DEFLATED)
    assert len(content) < 100_000
    return content


def bomb_that_says_it_is_small() -> bytes:
    return bomb("config.json").replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1000))


def bomb_of_json() -> bytes:
    # The file is large enough for what it unpacks to; parsed it would take thirty times as much.
    config = b"[" + b"[]," * 3_000_000 + b"[]]"
    return archive(members(**{"config.json": config, "padding": bytes(1_000_000)}))


def encrypted() -> bytes:
    content = bytearray(archive(members()))
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = 0
        while (start := content.find(signature, start)) >= 0:
            content[start + flags] |= 1
            start += 1
    return bytes(content)


def of_a_later_version() -> bytes:
    content = bytearray(archive(members()))
    content[content.find(b"PK\x01\x02") + 6] = 90
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: archive(members(**{"config.json": None})), "FILE is a zip archive without config"),
        (lambda: archive(members(**{"model.weights.h5": None})), "zip archive without model.weigh"),
        (lambda: bomb("config.json"), "config.json unpacks to more than"),
        (lambda: bomb("model.weights.h5"), "model.weights.h5 unpacks to more than"),
        (lambda: bomb("metadata.json"), "metadata.json unpacks to more than"),
        # Only as much is unpacked as was said, and the checksum is then another.
        (bomb_that_says_it_is_small, "FILE is a damaged archive"),
        (bomb_of_json, "config.json unpacks to more than 4,000,000 bytes"),
        (encrypted, "FILE is encrypted"),
        (lambda: archive(members(), zipfile.ZIP_BZIP2), "packed in a way"),
        (of_a_later_version, "zip file version 9.0"),
        (
            lambda: archive(members(**{"model.weights.h5": weights()[:-1000]})),
            "model.weights.h5 in FILE is damaged",
        ),
    ],
)
def test_archives_that_are_not_read(
    make: Callable[[], bytes], message: str, tmp_path: Path
) -> None:
    assert message in refused(tmp_path / "model.keras", make())


def test_names_that_lead_elsewhere_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    parts = {"../../evil": b"x", "/tmp/evil_of_keras_weights": b"x", **members()}
    assert read(folder / "model.keras", archive(parts)).layers
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["model.keras"]
    assert not Path("/tmp/evil_of_keras_weights").exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"\x80\x04\x95", "is not JSON"),
        (b'{"class_name": ', "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 200 + b"]" * 200, "nested too deeply"),
        (b"1" * 10_000, "is not JSON"),  # Python refuses to read so long a number
        (b"[]", "not one that Keras writes"),
    ],
)
def test_a_configuration_that_is_none(config: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    assert message in refused(path, archive(members(**{"config.json": config})))


def test_a_configuration_in_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"

    def write(config: Any) -> None:
        with h5py.File(path, "w") as root:
            root.attrs["model_config"] = config
            root.create_group("model_weights").attrs["layer_names"] = np.array([])

    write(json.dumps(MODEL))
    file = read_keras(path)
    assert (file.form, file.in_order) == ("legacy HDF5 model", True)
    assert file.config is not None
    write(np.bytes_(json.dumps(MODEL).encode()))  # of early versions of h5py
    assert read_keras(path).config == file.config
    write("[" * 100_000)
    assert "nested too deeply" in refused(path)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6),
    left=st.one_of(st.none(), st.integers(0, 1 << 16)),
    directory=st.booleans(),
)
def test_any_damage_of_an_archive_is_one_line(
    changes: list[tuple[int, int]],
    left: int | None,
    directory: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = bytearray(ARCHIVE)
    # Half of the time the damage is in the directory at the end, which is read first.
    start = content.find(b"PK\x01\x02") if directory else 0
    for position, value in changes:
        content[start + position % (len(content) - start)] = value
    if left is not None:
        del content[left % len(content) :]
    path = tmp_path_factory.getbasetemp() / "damaged.keras"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(hdf5, "SECONDS", 5.0)
        try:
            outcome = read_keras(path).form
        except UserError as error:
            outcome = str(error)
    assert "\n" not in outcome


ARCHIVE = archive(members(), zipfile.ZIP_DEFLATED)


def test_a_normalization_layer_is_refused_by_its_name(tmp_path: Path) -> None:
    # As Keras 3 writes model = Sequential([Normalization(), Dense(2)]): it counts its rows.
    model = json.loads(json.dumps(MODEL))
    layer = {"class_name": "Normalization", "config": {"name": "normalization", "axis": [-1]}}
    model["config"]["layers"].insert(1, layer)
    content = io.BytesIO(weights())
    with h5py.File(content, "r+") as root:
        for number, kind in enumerate((np.float32, np.float32, np.int64)):
            root[f"layers/normalization/vars/{number}"] = np.ones(3 if number < 2 else (), kind)
    parts = {"config.json": json.dumps(model).encode(), "model.weights.h5": content.getvalue()}
    file = read(tmp_path / "norm.keras", archive(members(**parts)))
    module = DenseClassifier(3, 2, hidden_sizes=())
    with pytest.raises(UserError, match="'normalization', is a Normalization layer, which scales"):
        take_keras_weights(module, architecture(module, (3,)), file)
