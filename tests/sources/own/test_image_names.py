import os

import pytest

from lightning_course.sources.own.image_names import class_name, encodable, is_of_system, split_of


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", "train Train TRAIN training Training train_set training-set TrainImages"),
        ("train", "trainset seg_train train2017 images_train Train.Data train_dataset"),
        ("validation", "val Val VALID valid validation Validation dev val_set val2017 valset"),
        ("test", "test Test TESTING testing test_images testset evaluation Eval seg_test"),
        (
            None,
            "cats trains trainer invalid valentine contest device set data images 2017 _ tester",
        ),
        (None, "train_test no_train steam-train segtrain attest évaluation"),
    ],
)
def test_names_of_splits(split: str | None, names: str) -> None:
    assert {name: split_of(name) for name in names.split()} == dict.fromkeys(names.split(), split)


def test_folders_of_systems_are_no_classes() -> None:
    names = [
        "@eaDir",
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        "__MACOSX",
        ".ipynb_checkpoints",
        ".Trash-1000",
        "Thumbs.db",
        "desktop.ini",
        "#recycle",
        "@tmp",
    ]
    assert all(map(is_of_system, names))
    assert not any(map(is_of_system, ["cat", "$5", "@", "#", "_", "lost", "recycle bin", "tmp"]))


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (b"cat", "cat"),
        ("café".encode(), "café"),
        ("cafe\u0301".encode(), "café"),  # as macOS keeps it
        ("café".encode("cp1252"), "caf\\xe9"),
        ("猫".encode("shift_jis"), "\\x94L"),
        ("猫".encode(), "猫"),
        (b"a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        (b"$25k-$50k", "$25k-$50k"),
        (b"=1+1", "=1+1"),
    ],
)
def test_a_class_s_name_can_be_written_anywhere(folder: bytes, name: str) -> None:
    assert class_name(os.fsdecode(folder)) == name
    assert class_name(os.fsdecode(folder)).encode("utf-8")


def test_a_path_s_letters_stay_as_they_are() -> None:
    assert encodable(os.fsdecode("e\u0301".encode() + b"/\xe9\n.png")) == "e\u0301/\\xe9\n.png"
