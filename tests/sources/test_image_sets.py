import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets

from lightning_course.errors import UserError
from lightning_course.sources import (
    DataFile,
    DataSource,
    image_set_files,
    image_sets,
    load_image_set,
)

RNG = np.random.default_rng(0)
TINY = {
    "train-images-idx3-ubyte": RNG.integers(0, 256, (6, 28, 28)).astype(np.uint8),
    "train-labels-idx1-ubyte": RNG.integers(0, 10, 6).astype(np.uint8),
    "t10k-images-idx3-ubyte": RNG.integers(0, 256, (4, 28, 28)).astype(np.uint8),
    "t10k-labels-idx1-ubyte": RNG.integers(0, 10, 4).astype(np.uint8),
}


def idx(array: np.ndarray[Any, Any]) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


PAGES = {f"/{name}.gz": gzip.compress(idx(array), mtime=0) for name, array in TINY.items()}


@pytest.fixture
def tiny_mnist(serve: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Make a tiny set MNIST, and return the pages of its mirror."""
    pages = dict(PAGES)
    url = serve(pages)
    sources = image_set_files.idx_sources(
        "MNIST",
        "MNIST",
        [(sha256(PAGES[f"/{name}.gz"]), sha256(idx(array))) for name, array in TINY.items()],
        [f"{url}/"],
        "public domain",
    )
    monkeypatch.setattr(image_sets, "MNIST", sources)
    return pages


def left_over(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def assert_tiny(tiny: image_sets.ImageSet) -> None:
    """Check an image set against ``TINY``."""
    train, labels, test, test_labels = TINY.values()
    assert torch.equal(tiny.train_images, torch.from_numpy(train)[:, None])
    assert torch.equal(tiny.train_labels, torch.from_numpy(labels).long())
    assert torch.equal(tiny.test_images, torch.from_numpy(test)[:, None])
    assert torch.equal(tiny.test_labels, torch.from_numpy(test_labels).long())
    assert tiny.train_labels.dtype == torch.int64
    content = b"".join(array.tobytes() for array in TINY.values())
    assert tiny.provenance.as_dict() == {
        "kind": "real",
        "name": "MNIST",
        "sha256": sha256(content),
        "file": None,
    }


def test_a_download_is_kept_in_torchvisions_layout(tiny_mnist: Any, tmp_path: Path) -> None:
    assert_tiny(load_image_set("mnist", tmp_path, "download"))
    assert left_over(tmp_path) == sorted(f"MNIST/raw/{name}.gz" for name in TINY)
    # The second time nobody is asked.
    tiny_mnist.clear()
    assert_tiny(load_image_set("mnist", tmp_path, "local"))


def test_files_that_torchvision_extracted_are_read_and_verified(
    tiny_mnist: Any, tmp_path: Path
) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    for name, array in TINY.items():
        (raw / name).write_bytes(idx(array))
    assert_tiny(load_image_set("mnist", tmp_path, "local"))
    (raw / "t10k-labels-idx1-ubyte").write_bytes(idx(TINY["t10k-labels-idx1-ubyte"] ^ 1))
    with pytest.raises(UserError, match=r"t10k-labels-idx1-ubyte is not the published file"):
        load_image_set("mnist", tmp_path, "auto")


def test_a_folder_that_cannot_be_written_is_read_and_what_lacks_goes_to_the_cache(
    tiny_mnist: Any, tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(PAGES["/train-images-idx3-ubyte.gz"])
    # The tests may run as root, to whom modes mean nothing.
    monkeypatch.setattr("os.access", lambda *_: False)
    assert_tiny(load_image_set("mnist", tmp_path, "download"))
    assert left_over(tmp_path) == ["MNIST/raw/train-images-idx3-ubyte.gz"]
    assert len(left_over(empty_cache)) == 3
    assert_tiny(load_image_set("mnist", tmp_path, "local"))


def test_a_damaged_download_is_named_and_not_kept(
    tiny_mnist: dict[str, bytes], tmp_path: Path
) -> None:
    tiny_mnist["/t10k-images-idx3-ubyte.gz"] = b"damaged"
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte\.gz: SHA256 hash"):
        load_image_set("mnist", tmp_path, "download")
    assert not (tmp_path / "MNIST/raw/t10k-images-idx3-ubyte.gz").exists()
    with pytest.warns(UserWarning, match="t10k-images.*STAND-IN.*and the other three"):
        assert load_image_set("mnist", tmp_path, "auto").provenance.kind == "stand-in"


def test_a_damaged_file_is_never_replaced_by_the_stand_in(tiny_mnist: Any, tmp_path: Path) -> None:
    path = tmp_path / "MNIST/raw/train-labels-idx1-ubyte.gz"
    load_image_set("mnist", tmp_path, "download")
    path.write_bytes(b"mine")
    with pytest.raises(UserError, match="is not the published file"):
        load_image_set("mnist", tmp_path, "auto")
    assert path.read_bytes() == b"mine"


def test_the_stand_in_of_mnist() -> None:
    standin = load_image_set("mnist", mode="standin", seed=3)
    assert standin.provenance.kind == "stand-in"
    assert standin.train_images.shape == (1500, 1, 28, 28)
    assert standin.train_images.dtype == torch.uint8
    assert standin.train_labels.dtype == torch.int64
    assert standin.class_names == tuple("0123456789")
    assert load_image_set("mnist", mode="standin", seed=3).provenance == standin.provenance
    assert load_image_set("mnist", mode="standin", seed=4).provenance != standin.provenance


def test_a_stand_in_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fashion_mnist", "cifar10"):
        if name not in image_sets.STANDINS:
            with pytest.raises(UserError, match=r"no stand-in for .*put the file"):
                load_image_set(name, mode="standin")
        standin = image_sets.StandIn("tiny", lambda seed: tuple(TINY.values()))
        monkeypatch.setitem(image_sets.STANDINS, name, standin)
        assert load_image_set(name, mode="standin").provenance.name == "tiny"


def test_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="name must be one of mnist, fashion_mnist, cifar10"):
        load_image_set("cifar100")  # type: ignore[arg-type]


def cifar10_batch(rows: int) -> bytes:
    """Return a batch as Python 2 pickled it: protocol 2, byte strings, numpy's old module."""

    def text(content: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(content)) + content

    def whole(number: int) -> bytes:
        return b"J" + struct.pack("<i", number)

    pixels = bytes(range(256)) * 12 * rows
    dtype = b"cnumpy\ndtype\n" + text(b"u1") + whole(0) + whole(1) + b"\x87R"
    dtype += b"(" + whole(3) + text(b"|") + b"NNN" + whole(-1) * 2 + whole(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + whole(0) + b"\x85"
    array += text(b"b") + b"tR(" + whole(1) + whole(rows) + whole(3072) + b"\x86" + dtype
    array += b"\x89" + text(pixels) + b"tb"
    labels = b"](" + b"".join(whole(row % 10) for row in range(rows)) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(b"labels") + labels + b"u."


@pytest.fixture
def tiny_cifar10(serve: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Make a tiny set CIFAR-10, and return the files of the archive."""
    names = [file.path for source in image_set_files.CIFAR10_BATCHES for file in source.files]
    contents = {name: cifar10_batch(3 if "test" in name else 2) for name in names}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    url = serve({"/cifar-10-python.tar.gz": archive.getvalue()})
    whole = image_set_files.CIFAR10_ARCHIVE
    file = replace(
        whole.files[0],
        checksum=sha256(archive.getvalue()),
        urls=(f"{url}/cifar-10-python.tar.gz",),
    )
    monkeypatch.setattr(image_sets, "CIFAR10_ARCHIVE", replace(whole, files=(file,)))
    batches = [
        DataSource("CIFAR-10", (DataFile(name, f"md5:{hashlib.md5(content).hexdigest()}"),), "-")
        for name, content in contents.items()
    ]
    monkeypatch.setattr(image_sets, "CIFAR10_BATCHES", batches)
    return contents


def test_cifar10_from_its_archive_or_its_folder(
    tiny_cifar10: dict[str, bytes], tmp_path: Path
) -> None:
    tiny = load_image_set("cifar10", tmp_path, "download")
    assert tiny.train_images.shape == (10, 3, 32, 32)
    assert tiny.test_images.shape == (3, 3, 32, 32)
    # A row of 3,072 values is the red, the green and the blue plane, each row by row.
    assert tiny.train_images[1, 2, 3, 4] == (2 * 1024 + 3 * 32 + 4) % 256
    assert tiny.test_labels.tolist() == [0, 1, 2]
    assert tiny.train_labels.tolist() == [0, 1] * 5
    assert tiny.class_names[3] == "cat"
    assert left_over(tmp_path) == ["cifar-10-python.tar.gz"]
    (tmp_path / "cifar-10-python.tar.gz").unlink()
    for name, content in tiny_cifar10.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    again = load_image_set("cifar10", tmp_path, "local")
    assert torch.equal(again.train_images, tiny.train_images)
    assert again.provenance == tiny.provenance
    (tmp_path / "cifar-10-batches-py/data_batch_3").write_bytes(b"other")
    with pytest.raises(UserError, match="data_batch_3 is not the published file: its md5"):
        load_image_set("cifar10", tmp_path, "auto")


def test_an_archive_with_other_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("cifar-10-batches-py/readme.html"))
    whole = image_set_files.CIFAR10_ARCHIVE
    file = replace(whole.files[0], checksum=sha256(path.read_bytes()))
    monkeypatch.setattr(image_sets, "CIFAR10_ARCHIVE", replace(whole, files=(file,)))
    with pytest.raises(UserError, match=r"python\.tar\.gz has no file .*data_batch_1: it is not"):
        load_image_set("cifar10", tmp_path, "local")


def test_a_pickle_that_would_run_code_does_not() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"asks for builtins\.print"):
        image_sets.read_cifar10_batch(pickle.dumps(print, 2, fix_imports=False))
    with pytest.raises(pickle.UnpicklingError, match=r"asks for posix\.system"):
        image_sets.read_cifar10_batch(b"cposix\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize(
    ("sources", "torchvision"),
    [
        (image_set_files.MNIST, datasets.MNIST),
        (image_set_files.FASHION_MNIST, datasets.FashionMNIST),
    ],
)
def test_names_and_mirrors_are_torchvisions(sources: Any, torchvision: Any) -> None:
    names = [name for name, _ in torchvision.resources]
    folder = f"{torchvision.__name__}/raw"
    assert [source.files[0].path for source in sources] == [f"{folder}/{name}" for name in names]
    urls = [tuple(mirror + name for mirror in torchvision.mirrors) for name in names]
    assert [source.files[0].urls for source in sources] == urls
    if torchvision is datasets.FashionMNIST:
        assert image_sets.CLASS_NAMES["fashion_mnist"] == tuple(torchvision.classes)


def test_cifar10_is_torchvisions() -> None:
    (archive,) = image_set_files.CIFAR10_ARCHIVE.files
    assert (archive.path, archive.urls) == (datasets.CIFAR10.filename, (datasets.CIFAR10.url,))
    batches = [
        (f"{datasets.CIFAR10.base_folder}/{name}", f"md5:{md5}")
        for name, md5 in datasets.CIFAR10.train_list + datasets.CIFAR10.test_list
    ]
    files = [source.files[0] for source in image_set_files.CIFAR10_BATCHES]
    assert [(file.path, file.checksum) for file in files] == batches


@pytest.mark.parametrize(
    ("name", "torchvision"), [("mnist", datasets.MNIST), ("fashion_mnist", datasets.FashionMNIST)]
)
def test_the_real_files(real_data: Path, name: Any, torchvision: Any) -> None:
    for file, md5 in torchvision.resources:
        path = real_data / torchvision.__name__ / "raw" / file
        assert hashlib.md5(path.read_bytes()).hexdigest() == md5
    real = load_image_set(name, real_data, "local")
    assert real.train_images.shape == (60_000, 1, 28, 28)
    assert real.test_images.shape == (10_000, 1, 28, 28)
    counts = real.train_labels.bincount(minlength=10), real.test_labels.bincount(minlength=10)
    if name == "mnist":
        assert counts[0].tolist()[:3] == [5923, 6742, 5958]
        assert counts[1].tolist()[:3] == [980, 1135, 1032]
    else:
        assert [set(count.tolist()) for count in counts] == [{6000}, {1000}]
    assert real.provenance.kind == "real"
