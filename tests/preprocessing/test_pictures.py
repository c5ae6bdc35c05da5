from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lightning_course.errors import UserError
from lightning_course.preprocessing.pictures import read_pictures


def saved(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def test_what_has_the_shape_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    colour = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    paths = [saved(tmp_path / "grey.png", grey)]
    assert np.array_equal(read_pictures(paths, (1, 28, 28)), grey[None, None])
    assert np.array_equal(read_pictures(paths, (1, 28, 28), invert=True), 255 - grey[None, None])
    paths = [saved(tmp_path / "colour.png", colour)]
    assert np.array_equal(read_pictures(paths, (3, 32, 32))[0], colour.transpose(2, 0, 1))


def test_any_size_and_kind_comes_out_in_one_shape(tmp_path: Path) -> None:
    grey = np.full((100, 50), 200, np.uint8)
    paths = [
        saved(tmp_path / "a.png", grey),
        saved(tmp_path / "b.jpg", np.stack([grey] * 3, axis=2)),
        saved(tmp_path / "c.png", np.stack([grey] * 3 + [np.full_like(grey, 255)], axis=2)),
        saved(tmp_path / "d.png", (grey.astype(np.uint16) * 257)),  # 16 bits, as scanners write
    ]
    for shape in ((1, 28, 28), (3, 32, 32)):
        arrays = read_pictures(paths, shape)
        assert arrays.shape == (4, *shape)
        assert arrays.dtype == np.uint8
        assert np.abs(arrays.astype(int) - 200).max() <= 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.png", "cannot be read: No such file"),
        ("text.png", "is not a picture"),
        ("cut.png", "cannot be read"),
        ("tiny.png", "has 1 x 1 pixels: at least 4 x 4 are needed"),
        ("alpha.png", "partly transparent: save it on a background, without an alpha channel"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "text.png").write_text("no picture")
    whole = saved(tmp_path / "whole.png", np.arange(10_000, dtype=np.uint8).reshape(100, 100))
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:120])
    saved(tmp_path / "tiny.png", np.zeros((1, 1), np.uint8))
    alpha = np.full((9, 9, 4), 255, np.uint8)
    alpha[0, 0, 3] = 0
    saved(tmp_path / "alpha.png", alpha)
    with pytest.raises(UserError) as error:
        read_pictures([whole, tmp_path / name], (1, 28, 28))
    assert words in str(error.value)
    assert name in str(error.value)
