import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lightning_course.errors import UserError
from lightning_course.sources import load_image_folder
from lightning_course.sources.own import image_folder

RNG = np.random.default_rng(0)


def image(path: Path, pixels: np.ndarray | None = None) -> np.ndarray:
    """Write an image of 8 × 8 pixels, random if none are given, and return it (C, H, W)."""
    if pixels is None:
        pixels = RNG.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels.transpose(2, 0, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of cats and dogs with a test part."""
    for name in ("train/dog/1.png", "train/cat/2.png", "train/cat/10.PNG", "test/dog/1.png"):
        image(tmp_path / "pets" / name)
    return tmp_path / "pets"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the names of the images which are decoded."""
    names = []
    read = image_folder.read_image

    def noted(path: Path, *args: object, **kwargs: object) -> object:
        names.append(path.name)
        return read(path, *args, **kwargs)

    monkeypatch.setattr(image_folder, "read_image", noted)
    return names


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_both_parts_in_order_of_class_and_name(tmp_path: Path) -> None:
    pixels = {
        name: image(tmp_path / "pets" / name)
        for name in ("train/dog/b.png", "train/dog/a.png", "train/cat/c.png", "test/dog/d.png")
    }
    pets = load_image_folder(tmp_path / "pets", 8)
    assert pets.class_names == ("cat", "dog")
    in_order = [pixels[f"train/{name}.png"] for name in ("cat/c", "dog/a", "dog/b")]
    assert np.array_equal(pets.train_images, in_order)
    assert np.array_equal(pets.test_images, [pixels["test/dog/d.png"]])
    assert (pets.train_labels.tolist(), pets.test_labels.tolist()) == ([0, 1, 1], [1])
    assert (pets.train_images.dtype, pets.train_labels.dtype) == (torch.uint8, torch.int64)
    assert (pets.provenance.kind, pets.provenance.name) == ("own", "pets")
    assert str(tmp_path) not in str(pets.provenance.as_dict())


def test_without_a_test_part_and_with_folders_in_folders(tmp_path: Path) -> None:
    # Here "train" is what is in the images.
    for name in ("train/1.png", "plane/2.png", "plane/more/3.png", "plane/more/4.png"):
        image(tmp_path / name)
    with pytest.warns(UserWarning, match="train has no folders of classes and is taken for a cl"):
        things = load_image_folder(tmp_path, 4, channels=1)
    assert things.class_names == ("plane", "train")
    assert things.train_images.shape == (4, 1, 4, 4)
    assert things.train_labels.tolist() == [0, 0, 0, 1]
    assert things.test_images is None
    assert things.test_labels is None


def test_numbers_are_in_order_of_size(tmp_path: Path) -> None:
    for name in ("10", "9", "1"):
        image(tmp_path / name / "a.png")
    assert load_image_folder(tmp_path, 8).class_names == ("1", "9", "10")


def test_an_image_is_resized_as_a_prediction_s_is(folder: Path) -> None:
    from lightning_course.preprocessing.image_decoding import read_images

    pets = load_image_folder(folder, 5)
    wanted = read_images([folder / "train/cat/10.PNG", folder / "train/cat/2.png"], (3, 5, 5))
    assert np.array_equal(pets.train_images[:2], wanted)


def test_a_second_load_decodes_nothing(folder: Path, decoded: list[str], empty_cache: Path) -> None:
    first = load_image_folder(folder, 8)
    assert sorted(decoded) == ["1.png", "1.png", "10.PNG", "2.png"]
    decoded.clear()
    again = load_image_folder(folder, 8)
    assert not decoded
    assert torch.equal(again.train_images, first.train_images)
    assert torch.equal(again.test_images, first.test_images)
    assert again.provenance == first.provenance
    # Another size is kept beside it, and the checksum is that of the files.
    small = load_image_folder(folder, 4, channels=1)
    assert small.provenance == first.provenance
    assert [name.split("-")[-1] for name in kept(empty_cache)] == ["1x4x4.npz", "3x8x8.npz"]


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename"])
def test_a_changed_folder_is_decoded_again(
    folder: Path, decoded: list[str], empty_cache: Path, change: str
) -> None:
    before = load_image_folder(folder, 8)
    decoded.clear()
    path = folder / "train/cat/2.png"
    if change == "edit":
        state = path.stat()
        image(path)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    elif change == "add":
        image(folder / "train/cat/3.png")
    elif change == "remove":
        path.unlink()
    else:
        path.rename(folder / "train/cat/3.png")
    after = load_image_folder(folder, 8)
    assert decoded
    assert after.provenance != before.provenance
    assert len(kept(empty_cache)) == 1  # the old one is gone


@pytest.mark.parametrize("damage", ["empty", "half", "a bit", "another shape"])
def test_a_damaged_cache_is_not_used(
    folder: Path, decoded: list[str], empty_cache: Path, damage: str
) -> None:
    first = load_image_folder(folder, 8)
    decoded.clear()
    (path,) = empty_cache.rglob("*.npz")
    content = bytearray(path.read_bytes())
    if damage == "another shape":
        np.savez(path, images=np.zeros((1, 3, 8, 8), np.uint8), sha256=np.array("0"))
    elif damage == "a bit":
        content[300] ^= 1
        path.write_bytes(content)
    else:
        path.write_bytes(content[: len(content) // 2 if damage == "half" else 0])
    again = load_image_folder(folder, 8)
    assert len(decoded) == 4
    assert torch.equal(again.train_images, first.train_images)
    assert again.provenance == first.provenance


def test_a_cache_that_carries_code_is_not_run(folder: Path, empty_cache: Path) -> None:
    load_image_folder(folder, 8)
    (path,) = empty_cache.rglob("*.npz")

    class Harmful:
        def __reduce__(self) -> tuple[object, ...]:
            return pytest.fail, ("it was unpickled",)

    np.savez(path, images=np.array([Harmful()], dtype=object), sha256=np.array("0"))
    load_image_folder(folder, 8)


def test_a_cache_that_cannot_be_written_is_done_without(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be kept in .*: Not a directory"):
        assert len(load_image_folder(folder, 8).train_images) == 3


def test_a_disk_that_is_full_leaves_nothing_half_written(
    folder: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object, **_: object) -> None:
        file.write(b"half of it")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        load_image_folder(folder, 8)
    assert not kept(empty_cache)


def test_what_is_no_image_by_its_name_is_skipped_and_told(folder: Path) -> None:
    for name in ("Thumbs.db", "train/notes.txt", "train/cat/.DS_Store", "train/cat/a.txt"):
        (folder / name).write_text("no image")
    image(folder / "train/.ipynb_checkpoints/2.png")
    image(folder / "__MACOSX/2.png")
    with pytest.warns(UserWarning, match="not images of a class") as caught:
        assert len(load_image_folder(folder, 8).train_images) == 3
    message = str(caught[0].message)
    assert "train/.ipynb_checkpoints, train/notes.txt, train/cat/.DS_Store and 1 more" in message


def test_a_clean_folder_is_read_in_silence(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_image_folder(folder, 8)


def tree(folder: Path, *names: str) -> Path:
    """Write an image under each name, where "a|b/c" stands for a/c and b/c."""
    for name in names:
        first, _, rest = name.partition("/")
        for part in first.split("|"):
            for kind in rest.split("|"):
                image(folder / part / kind / "1.png")
    return folder


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Training", "Testing"),
        ("TRAIN", "TEST"),
        ("train", "Test"),
        ("training_set", "test_set"),
        ("Train", "testing"),
        ("seg_train", "seg_test"),
        ("train", "eval"),
    ],
)
def test_split_folders_in_other_words(tmp_path: Path, train: str, test: str) -> None:
    pets = load_image_folder(tree(tmp_path, f"{train}|{test}/cat|dog"), 8)
    assert pets.class_names == ("cat", "dog")
    assert (len(pets.train_images), pets.validation_images) == (2, None)
    assert pets.test_labels.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["val", "valid", "Validation", "dev", "VAL", "val2017"])
def test_a_validation_part_is_a_split_of_its_own(tmp_path: Path, name: str) -> None:
    pixels = image(tmp_path / name / "dog" / "1.png")
    tree(tmp_path, "train/cat|dog")
    pets = load_image_folder(tmp_path, 8)
    assert np.array_equal(pets.validation_images, [pixels])
    assert (pets.validation_labels.tolist(), pets.test_images) == ([1], None)
    tree(tmp_path, "test/cat")
    pets = load_image_folder(tmp_path, 8)
    assert np.array_equal(pets.validation_images, [pixels])
    assert (pets.validation_labels.tolist(), pets.test_labels.tolist()) == ([1], [0])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["val|test/cat|dog"], "has test, val, and no folder train: the layout is train/CLASS/"),
        (["test/cat|dog"], "has test, and no folder train"),
        (["train|Training/cat|dog"], "Training and train are both names of a train split"),
        (["train|val|valid/cat|dog"], "val and valid are both names of a validation split"),
        (["train/cat|dog", "horse/a|b"], "has folders of splits (train) beside others with image"),
        (["train|test/cat|dog", "horse/"], "splits (test, train) beside others with images (hor"),
        (["train|test/"], "test, train must have a folder for each class: train/CLASS/FILE"),
        (["Train|val/"], "Train, val must have a folder for each class"),
        (["train/cat|dog", "valid/"], "valid must have folders of images for classes too"),
        (
            ["train/cat|dog", "val/horse"],
            "val has the class horse, which train does not have: cat, dog",
        ),
        (
            ["train/cat|dog", "val/Cat"],
            "val has the class Cat, which train does not have: cat, dog",
        ),
        (["cat|dog/train|test"], "cat has the splits test, train within the class"),
        (["data/train|test"], "data has the splits test, train within the class"),
        (["my_train|my_test/cat|dog"], "all have the folders cat, dog: if these are the classes"),
        (["Trainingsdaten|Testdaten/cat|dog"], "name the others train, validation and test"),
        (["cats_train|cats_test/"], "cats_test, cats_train may be splits of one class: the layout"),
        (["dogs|Train Cats|val-cats/"], "Train Cats, val-cats may be splits of one class: the lay"),
    ],
)
def test_splits_that_leave_questions(tmp_path: Path, names: list[str], words: str) -> None:
    assert_refused(tree(tmp_path, *names), words)


@pytest.mark.parametrize(
    ("names", "classes", "word"),
    [
        (["valid|invalid/"], ("invalid", "valid"), "valid has no folders of classes and is taken"),
        (["cat|dog|Test/"], ("Test", "cat", "dog"), "Test has no folders of classes and is taken"),
        (["test1|test2|test10/"], ("test1", "test10", "test2"), "is taken for a class itself"),
    ],
)
def test_a_split_s_name_without_classes_is_a_class_and_said(
    tmp_path: Path, names: list[str], classes: tuple[str, ...], word: str
) -> None:
    with pytest.warns(UserWarning, match=word):
        assert load_image_folder(tree(tmp_path, *names), 8).class_names == classes


def test_classes_with_the_same_folders_are_said(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="te, tr all have the folders cat, dog: if these are the"):
        assert load_image_folder(tree(tmp_path / "a", "tr|te/cat|dog"), 8).class_names == (
            "te",
            "tr",
        )
    with pytest.warns(UserWarning, match="cats_test, cats_val may be splits of one class"):
        load_image_folder(tree(tmp_path / "b", "cats|cats_val|cats_test/"), 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, names in enumerate(
            (["cat|dog/old"], ["cat/old|new", "dog/old"], ["cat|dog"], ["train_station|test_tube/"])
        ):
            load_image_folder(tree(tmp_path / str(number), *names), 8)


def test_runs_in_the_folder_of_classes_are_no_class(tmp_path: Path) -> None:
    tree(tmp_path, "cat|dog", "runs/mnist/version_0/figures")
    assert load_image_folder(tmp_path, 8).class_names == ("cat", "dog", "runs")
    (tmp_path / "runs/mnist/version_0/config.yaml").touch()
    with pytest.warns(UserWarning, match="skipped .*: runs"):
        assert load_image_folder(tmp_path, 8).class_names == ("cat", "dog")


def test_what_lies_beside_the_splits_without_images_is_skipped_and_told(tmp_path: Path) -> None:
    tree(tmp_path, "train|test/cat|dog", "@eaDir|lost+found/x")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/cat.txt").write_text("1")
    with pytest.warns(UserWarning, match="not images of a class.*: lab"):
        assert load_image_folder(tmp_path, 8).class_names == ("cat", "dog")


def test_folders_of_systems_are_no_classes_at_any_level(tmp_path: Path) -> None:
    tree(tmp_path, "cat|dog|@eaDir|$RECYCLE.BIN|System Volume Information|lost+found|__MACOSX/")
    tree(tmp_path, "cat/@eaDir|.ipynb_checkpoints|more")
    with pytest.warns(UserWarning, match="not images of a class"):
        pets = load_image_folder(tmp_path, 8)
    assert pets.class_names == ("cat", "dog")
    assert pets.train_labels.tolist() == [0, 0, 1]  # cat/1.png, cat/more/1.png, dog/1.png


def test_text_is_the_order_of_keras(tmp_path: Path) -> None:
    # keras.utils.image_dataset_from_directory and flow_from_directory: sorted(os.listdir()).
    names = [str(number) for number in range(12)]
    tree(tmp_path, f"train|val|test/{'|'.join(names)}")
    by_size = load_image_folder(tmp_path, 8)
    as_text = load_image_folder(tmp_path, 8, class_order="text")
    assert by_size.class_names == tuple(names)
    assert as_text.class_names == tuple(sorted(os.listdir(tmp_path / "train")))
    assert as_text.class_names[:4] == ("0", "1", "10", "11")
    for part in ("train", "validation", "test"):
        old, new = (getattr(pets, f"{part}_images") for pets in (by_size, as_text))
        for place, name in enumerate(as_text.class_names):
            assert torch.equal(new[place], old[int(name)])


def test_names_in_two_forms_of_unicode(tmp_path: Path) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    tree(tmp_path, f"train/{decomposed}|dog", f"test/{composed}|dog")
    cafes = load_image_folder(tmp_path, 8)
    assert cafes.class_names == (composed, "dog")
    assert cafes.test_labels.tolist() == [0, 1]
    tree(tmp_path, f"train/{composed}")
    assert_refused(tmp_path, f"train has two folders for the class {composed}")


def test_names_that_are_not_utf_8_have_escapes(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"dog\n", b"$a$"):
        path = os.path.join(os.fsencode(tmp_path), b"pets", name)
        os.makedirs(path)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(Path(os.fsdecode(path)) / "\udce9.png")
    pets = load_image_folder(tmp_path / "pets", 8)
    assert pets.class_names == ("$a$", "caf\\xe9", "dog\\n")
    assert torch.equal(load_image_folder(tmp_path / "pets", 8).train_images, pets.train_images)


def test_classes_that_differ_in_case_only_are_told(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="differ only in case or spaces: 'A' and 'a'"):
        assert load_image_folder(tree(tmp_path, "A|a|b/"), 8).class_names == ("A", "a", "b")


def test_links_that_lead_round_in_a_circle(tmp_path: Path) -> None:
    tree(tmp_path, "pets/cat|dog", "elsewhere/")
    pets = tmp_path / "pets"
    (pets / "self").symlink_to("self")
    (pets / "up").symlink_to("..")
    (pets / "here").symlink_to(pets)
    (pets / "cat/round").symlink_to("..")
    (pets / "horse").symlink_to(tmp_path / "elsewhere")
    with pytest.warns(UserWarning, match="not images of a class"):
        found = load_image_folder(pets, 8)
    assert found.class_names == ("cat", "dog", "horse")
    assert found.train_labels.tolist() == [0, 1, 2]


def test_a_tree_without_a_sensible_end(tmp_path: Path) -> None:
    tree(tmp_path, "cat|dog/")
    (tmp_path / "cat" / "/".join(["a"] * 60)).mkdir(parents=True)
    assert_refused(tmp_path, "lies too deep: at most 50 folders are entered")


def test_a_pipe_by_the_name_of_an_image(folder: Path) -> None:
    os.mkfifo(folder / "train/cat/3.png")
    assert_refused(folder, "3.png cannot be read: it is a pipe, not a file")


def test_the_folder_around_the_splits_is_named(tmp_path: Path) -> None:
    tree(tmp_path / "data", "train|test/cat|dog")
    assert_refused(tmp_path, f"CLASS/FILE; is it --data.folder {tmp_path / 'data'}?")


def assert_refused(folder: Path, words: str) -> None:
    with pytest.raises(UserError) as error:
        load_image_folder(folder, 8)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_folders_of_another_layout(tmp_path: Path, folder: Path) -> None:
    assert_refused(tmp_path / "nowhere", "nowhere: there is no such folder")
    assert_refused(folder / "train/cat/2.png", "2.png: it is not a folder")
    assert_refused(folder / "train/cat", "must have folders of images for two classes or more")
    assert_refused(folder / "train/cat", "and has none")
    (folder / "train/bird").mkdir()
    assert_refused(folder, "train/bird has no images (.bmp,")
    (folder / "train/bird/a.txt").touch()
    assert_refused(folder, "train/bird has no images (.bmp,")


def test_one_class(tmp_path: Path) -> None:
    image(tmp_path / "train/cat/1.png")
    assert_refused(tmp_path, "for two classes or more, train/CLASS/FILE or CLASS/FILE, and has cat")


def test_a_test_part_that_does_not_fit(folder: Path) -> None:
    image(folder / "test/horse/1.png")
    assert_refused(folder, "test has the class horse, which train does not have: cat, dog")


def test_a_test_part_without_classes(tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "train/dog/1.png", "test/1.png"):
        image(tmp_path / name)
    assert_refused(tmp_path, "test must have folders of images for classes too")


def test_images_that_cannot_be_used_are_named(folder: Path, empty_cache: Path) -> None:
    (folder / "train/cat/2.png").write_text("no image")
    assert_refused(folder, "train/cat/2.png is not an image that can be read")
    alpha = np.zeros((8, 8, 4), np.uint8)
    Image.fromarray(alpha).save(folder / "train/dog/alpha.png")
    (folder / "train/dog/gone.jpg").symlink_to("nowhere")
    (folder / "test/dog/0.gif").write_text("")
    with pytest.raises(UserError) as error:
        load_image_folder(folder, 8)
    message = str(error.value)
    assert message.startswith("4 of 7 images cannot be used: ")
    assert "2.png is not an image that can be read; " in message
    assert "alpha.png is partly transparent" in message
    assert message.endswith("gone.jpg cannot be read: No such file or directory")
    assert not kept(empty_cache)


def test_more_images_than_memory_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folder, "_MAX_BYTES", 4 * 3 * 8 * 8 - 1)
    assert_refused(folder, "4 images take 0.0 GB of memory at 8 x 8 pixels: set a smaller")


@pytest.mark.parametrize(("argument", "value"), [("image_size", 3), ("channels", 2)])
def test_arguments_out_of_range_are_named(folder: Path, argument: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be"):
        load_image_folder(folder, **{"image_size": 8, argument: value})


def test_many_images_are_decoded_in_parallel_and_stay_in_order(tmp_path: Path) -> None:
    for number in range(200):
        level = np.full((8, 8, 3), number, np.uint8)
        image(tmp_path / f"{number % 2}/{number:03}.png", level)
    many = load_image_folder(tmp_path, 4)
    levels = many.train_images[:, 0, 0, 0].tolist()
    assert levels == [*range(0, 200, 2), *range(1, 200, 2)]
