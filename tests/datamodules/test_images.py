from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import lightning_course
from lightning_course.datamodules import (
    CIFAR10DataModule,
    FashionMNISTDataModule,
    ImageDataModule,
    MNISTDataModule,
)
from lightning_course.errors import UserError
from lightning_course.preprocessing.image_decoding import read_images
from lightning_course.sources.image_sets import CLASS_NAMES, STANDINS

MODULES = (MNISTDataModule, FashionMNISTDataModule, CIFAR10DataModule)
Module = type[ImageDataModule]


@pytest.fixture(scope="module", params=MODULES, ids=lambda module: module.image_set)
def data(request: pytest.FixtureRequest) -> ImageDataModule:
    data: ImageDataModule = request.param(source="standin", seed=0)
    data.prepare()
    return data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return 30 pictures, of 12 × 10 pixels: dark cats and light dogs."""
    rng = np.random.default_rng(0)
    for kind, level in (("cat", 50), ("dog", 200)):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for number in range(15):
            pixels = level + rng.integers(-9, 9, (10, 12, 3))
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(tmp_path / "pets" / kind / f"{number}.png")
    return tmp_path / "pets"


def test_shapes_types_and_provenance(data: ImageDataModule) -> None:
    assert list(data.splits) == ["train", "test"]
    for images, labels in data.splits.values():
        assert images.shape == (len(labels), *data.published_shape)
        assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)
        assert set(labels.tolist()) == set(range(10))
    assert data.image_shape == data.published_shape
    assert data.in_features == np.prod(data.published_shape)
    assert data.class_names == list(CLASS_NAMES[data.image_set])
    assert (data.num_classes, data.provenance.kind) == (10, "stand-in")
    assert data.provenance.name == STANDINS[data.image_set].name


def test_rows_depend_on_the_seed() -> None:
    first, again, other = (
        MNISTDataModule(source="standin", seed=seed).splits["train"][0] for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_validation_split_is_carved_from_the_training_rows() -> None:
    whole = MNISTDataModule(source="standin", seed=0)
    carved = MNISTDataModule(source="standin", validation_fraction=0.2, seed=0)
    assert {name: len(labels) for name, (_, labels) in carved.splits.items()} == {
        "train": 1200,
        "validation": 300,
        "test": 297,
    }
    assert torch.equal(carved.splits["test"][0], whole.splits["test"][0])
    parts = torch.cat([carved.splits["train"][0], carved.splits["validation"][0]])
    assert parts.long().sum() == whole.splits["train"][0].long().sum()


def test_the_state_travels(data: ImageDataModule, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.arange(2_700, dtype=np.uint8).reshape(30, 30, 3)).save(path)
    restored = type(data)()
    restored.load_state_dict(data.state_dict())
    assert restored.class_names == data.class_names
    assert (restored.image_shape, restored.num_classes) == (data.image_shape, 10)
    assert not restored._splits  # nothing was read for that
    assert torch.equal(restored.encode([path]), data.encode([path]))
    assert np.array_equal(restored.encode([path]), read_images([path], data.image_shape))
    assert torch.equal(255 - restored.encode([path]), restored.encode([path], invert=True))


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(ValueError, match="class_names must have at least 2"):
        MNISTDataModule().load_state_dict({"class_names": ["a"], "image_shape": [1, 28, 28]})
    with pytest.raises(RuntimeError, match="the shape is not known"):
        MNISTDataModule().encode([])


@pytest.mark.parametrize("module", MODULES)
def test_a_folder_of_one_s_own_has_the_task_s_format(module: Module, folder: Path) -> None:
    data = module(folder=folder, seed=0)
    assert data.image_shape == module.published_shape
    assert data.num_classes == 2
    assert data.class_names == ["cat", "dog"]
    assert (data.provenance.kind, data.provenance.name) == ("own", "pets")
    assert [len(labels) for _, labels in data.splits.values()] == [24, 6]
    for images, labels in data.splits.values():
        light = images.float().mean(dim=(1, 2, 3)) > 128
        assert torch.equal(light.long(), labels)
    pictures = data.encode([folder / "cat/0.png", folder / "dog/0.png"])
    assert pictures.shape == (2, *module.published_shape)


def test_its_size_and_its_parts_are_options(folder: Path) -> None:
    data = CIFAR10DataModule(
        folder=folder, image_size=8, test_fraction=0.5, validation_fraction=0.4, seed=0
    )
    assert data.image_shape == (3, 8, 8)
    assert {name: len(labels) for name, (_, labels) in data.splits.items()} == {
        "train": 9,
        "validation": 6,
        "test": 15,
    }


def test_its_own_test_part_is_the_test_split(folder: Path) -> None:
    (folder / "train").mkdir()
    for kind in ("cat", "dog"):
        (folder / kind).rename(folder / "train" / kind)
    (folder / "test/dog").mkdir(parents=True)
    (folder / "train/dog/0.png").rename(folder / "test/dog/0.png")
    data = CIFAR10DataModule(folder=folder, test_fraction=0.5, seed=0)
    assert [len(labels) for _, labels in data.splits.values()] == [29, 1]
    assert data.splits["test"][1].tolist() == [1]


def test_its_own_validation_part_is_the_validation_split(folder: Path) -> None:
    (folder / "Training").mkdir()
    for kind in ("cat", "dog"):
        (folder / kind).rename(folder / "Training" / kind)
    (folder / "Valid/dog").mkdir(parents=True)
    (folder / "Training/dog/0.png").rename(folder / "Valid/dog/0.png")
    data = CIFAR10DataModule(folder=folder, test_fraction=0.5, seed=0)
    assert {name: len(labels) for name, (_, labels) in data.splits.items()} == {
        "train": 29,
        "validation": 1,
    }
    with pytest.raises(UserError, match="has a validation part: leave out"):
        CIFAR10DataModule(folder=folder, validation_fraction=0.5, seed=0).prepare()
    (folder / "Test/cat").mkdir(parents=True)
    (folder / "Training/cat/0.png").rename(folder / "Test/cat/0.png")
    data = CIFAR10DataModule(folder=folder, seed=0)
    assert {name: labels.tolist() for name, (_, labels) in data.splits.items()} == {
        "train": [0] * 14 + [1] * 14,
        "validation": [1],
        "test": [0],
    }


def test_the_order_of_its_classes_is_an_option(folder: Path) -> None:
    for name in ("2", "10"):
        (folder / {"2": "cat", "10": "dog"}[name]).rename(folder / name)
    assert CIFAR10DataModule(folder=folder).num_classes == 2
    for order, names in ((None, ["2", "10"]), ("size", ["2", "10"]), ("text", ["10", "2"])):
        data = CIFAR10DataModule(folder=folder, class_order=order, seed=0)
        images, labels = data.splits["train"]
        assert data.class_names == names
        is_light = images.float().mean(dim=(1, 2, 3)) > 128
        assert torch.equal(is_light, labels == names.index("10"))
    other = CIFAR10DataModule(folder=folder, class_order="size")
    other.load_state_dict(data.state_dict())
    with pytest.raises(
        UserError, match="has the classes 2, 10, and the model was trained on 10, 2"
    ):
        other.prepare()
    with pytest.raises(ValueError, match="class_order must be one of size, text"):
        CIFAR10DataModule(folder=folder, class_order="keras")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="class_order is for your own folder"):
        CIFAR10DataModule(class_order="text")


def test_a_class_without_a_training_image(folder: Path) -> None:
    (folder / "horse").mkdir()
    (folder / "cat/0.png").rename(folder / "horse/0.png")
    with pytest.raises(UserError, match="label 'horse' has no training row with this split"):
        [CIFAR10DataModule(folder=folder, seed=seed).prepare() for seed in range(20)]


def test_a_model_s_classes_are_not_renumbered(folder: Path) -> None:
    data = CIFAR10DataModule(folder=folder)
    data.load_state_dict({"class_names": ["cat", "bird", "dog"], "image_shape": [3, 32, 32]})
    with pytest.raises(UserError, match="pets has the classes cat, dog, and the model was trained"):
        data.prepare()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "mirror"}, "source must be one of"),
        ({"folder": "a", "source": "standin"}, "give folder or source, not both"),
        ({"image_size": 32}, "image_size is for your own folder"),
        ({"folder": "a", "image_size": 3}, "image_size must be at least 4, got 3"),
        ({"test_fraction": 0.0}, "test_fraction must be above 0"),
        ({"test_fraction": 1.0}, "test_fraction must be above 0 and below 1"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MNISTDataModule(**arguments)


def test_no_such_folder() -> None:
    with pytest.raises(UserError, match=r"--data\.folder nowhere: there is no such folder"):
        MNISTDataModule(folder="nowhere").prepare()


def test_they_are_public() -> None:
    for module in MODULES:
        assert getattr(lightning_course, module.__name__) is module


@pytest.mark.parametrize("module", [MNISTDataModule, FashionMNISTDataModule])
def test_the_real_images(real_data: Path, module: Module) -> None:
    data = module(root=real_data, source="local", seed=0)
    assert [len(labels) for _, labels in data.splits.values()] == [60_000, 10_000]
    assert data.provenance.kind == "real"
