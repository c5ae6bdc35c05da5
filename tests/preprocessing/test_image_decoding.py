import contextlib
import io
import random
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lightning_course.errors import UserError
from lightning_course.preprocessing import image_decoding
from lightning_course.preprocessing.image_decoding import read_image, read_images

# A ramp from black to white, 32 × 32.
RAMP = np.tile(np.linspace(0, 255, 32).round().astype(np.uint8), (32, 1))


def saved(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def test_what_has_the_shape_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    colour = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    paths = [saved(tmp_path / "grey.png", grey)]
    assert np.array_equal(read_images(paths, (1, 28, 28)), grey[None, None])
    assert np.array_equal(read_images(paths, (1, 28, 28), invert=True), 255 - grey[None, None])
    paths = [saved(tmp_path / "colour.png", colour)]
    assert np.array_equal(read_images(paths, (3, 32, 32))[0], colour.transpose(2, 0, 1))


def test_any_size_and_kind_comes_out_in_one_shape(tmp_path: Path) -> None:
    grey = np.full((100, 50), 200, np.uint8)
    paths = [
        saved(tmp_path / "a.png", grey),
        saved(tmp_path / "b.jpg", np.stack([grey] * 3, axis=2)),
        saved(tmp_path / "c.png", np.stack([grey] * 3 + [np.full_like(grey, 255)], axis=2)),
        saved(tmp_path / "d.png", (grey.astype(np.uint16) * 257)),  # 16 bits, as scanners write
    ]
    for shape in ((1, 28, 28), (3, 32, 32)):
        arrays = read_images(paths, shape)
        assert arrays.shape == (4, *shape)
        assert arrays.dtype == np.uint8
        assert np.abs(arrays.astype(int) - 200).max() <= 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.png", "cannot be read: No such file"),
        ("text.png", "is not an image"),
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
        read_images([whole, tmp_path / name], (1, 28, 28))
    assert words in str(error.value)
    assert name in str(error.value)


def refusal(path: Path, channels: int = 1) -> str:
    with pytest.raises(UserError) as error:
        read_image(path, (channels, 32, 32))
    message = str(error.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(f"{path} ")


@pytest.mark.parametrize(
    ("name", "picture", "tolerance"),
    [
        ("16_bits.png", Image.fromarray(RAMP.astype(np.uint16) * 257), 0),
        ("16_bits.tif", Image.fromarray(RAMP.astype(np.uint16) * 257), 0),
        ("16_bits.jp2", Image.fromarray(RAMP.astype(np.uint16) * 257), 0),
        ("16_bits.pgm", Image.fromarray(RAMP.astype(np.int32) * 257), 0),
        ("palette.png", Image.fromarray(np.stack([RAMP] * 3, 2)).quantize(256), 0),
        ("palette.gif", Image.fromarray(np.stack([RAMP] * 3, 2)).quantize(256), 0),
        ("grey_and_alpha.png", Image.fromarray(RAMP).convert("LA"), 0),
        ("cmyk.tif", Image.fromarray(np.stack([RAMP] * 3, 2)).convert("CMYK"), 0),
        ("cmyk.jpg", Image.fromarray(np.stack([RAMP] * 3, 2)).convert("CMYK"), 3),
        ("ycbcr.tif", Image.fromarray(np.stack([RAMP] * 3, 2)).convert("YCbCr"), 2),
    ],
)
def test_every_kind_of_pixels_has_its_brightness(
    tmp_path: Path, name: str, picture: Image.Image, tolerance: int
) -> None:
    picture.save(tmp_path / name)
    for channels in (1, 3):
        array = read_image(tmp_path / name, (channels, 32, 32)).astype(int)
        assert np.abs(array - RAMP).max() <= tolerance


def test_sixteen_bits_go_to_the_nearest_of_eight(tmp_path: Path) -> None:
    values = np.array([0, 128, 129, 385, 386, 65_406, 65_407, 65_535], np.uint16)
    path = saved(tmp_path / "a.png", np.tile(values, (8, 1)))
    assert read_image(path, (1, 8, 8))[0, 0].tolist() == [0, 0, 1, 1, 2, 254, 255, 255]


def test_twelve_bits_of_a_pgm_are_scaled_by_its_own_white(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    twelve = (RAMP / 255 * 4095).round().astype(">u2")
    path.write_bytes(b"P5 32 32 4095\n" + twelve.tobytes())
    assert np.array_equal(read_image(path, (1, 32, 32))[0], RAMP)


@pytest.mark.parametrize("kind", ["1.png", "1.tif", "1.pbm", "1.gif"])
def test_one_bit_is_black_and_white(tmp_path: Path, kind: str) -> None:
    saved(tmp_path / kind, RAMP > 127)
    assert np.array_equal(read_image(tmp_path / kind, (1, 32, 32))[0], 255 * (RAMP > 127))


def test_where_white_is_zero(tmp_path: Path) -> None:
    sixteen = RAMP.astype(np.uint16) * 257
    Image.fromarray(sixteen).save(tmp_path / "a.tif", tiffinfo={262: 0})
    assert np.array_equal(read_image(tmp_path / "a.tif", (1, 32, 32))[0], 255 - RAMP)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        # Bytes in 16 bits, as png16.png of the issue, and 12 bits of a scanner or a camera.
        ("a.png", RAMP.astype(np.uint16), "has 16-bit pixels below 256, nearly black where white"),
        ("b.tif", RAMP.astype(np.uint16) * 16, "has 16-bit pixels below 4,081, nearly black"),
        ("c.tif", RAMP.astype(np.int32), "has 32-bit or signed pixels, and nothing says which"),
        ("float.tif", RAMP.astype(np.float32) / 255, "has floating-point pixels, and nothing says"),
        ("float255.tif", RAMP.astype(np.float32), "has floating-point pixels, and nothing says"),
    ],
)
def test_pixels_without_a_known_white_are_refused(
    tmp_path: Path, name: str, array: np.ndarray, words: str
) -> None:
    saved(tmp_path / name, array)
    for channels in (1, 3):
        assert refusal(tmp_path / name, channels).startswith(words)


def png_of_sixteen_bits(rows: np.ndarray, channels: int) -> bytes:
    """Return a PNG with 16 bits a colour, which Pillow reads and does not write."""
    height, width = rows.shape[:2]
    kind = {2: 4, 3: 2, 4: 6}[channels]
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows))),
        (b"IEND", b""),
    ):
        content += struct.pack(">I", len(body)) + name + body
        content += struct.pack(">I", zlib.crc32(name + body))
    return content


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colours_of_sixteen_bits(tmp_path: Path, channels: int) -> None:
    rows = np.stack([RAMP.astype(np.uint16)] * channels, 2)
    opaque = 65_535 if channels != 3 else None
    for factor, name in ((257, "light.png"), (1, "dark.png")):
        scaled = rows * factor
        if opaque:
            scaled[..., -1] = opaque
        (tmp_path / name).write_bytes(png_of_sixteen_bits(scaled, channels))
    assert np.array_equal(read_image(tmp_path / "light.png", (1, 32, 32))[0], RAMP)
    assert refusal(tmp_path / "dark.png", 3).startswith("has 16-bit pixels below 4,096, nearly bl")


def test_a_black_image_of_sixteen_bits_is_black(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.zeros((8, 8), np.uint16))
    assert not read_image(path, (1, 8, 8)).any()


def test_transparency_by_a_colour_counts_where_it_is_used(tmp_path: Path) -> None:
    pictures = {
        "grey": (Image.fromarray(RAMP), 0),
        "colour": (Image.fromarray(np.stack([RAMP] * 3, 2)), (0, 0, 0)),
        "palette": (Image.fromarray(np.stack([RAMP] * 3, 2)).quantize(16), 3),
        "sixteen": (Image.fromarray(RAMP.astype(np.uint16) * 257), 0),
    }
    for name, (picture, colour) in pictures.items():
        picture.save(tmp_path / f"{name}.png", transparency=colour)
        assert refusal(tmp_path / f"{name}.png").startswith("is partly transparent")
    unused = Image.fromarray(np.full((8, 8), 9, np.uint8))
    unused.save(tmp_path / "unused.png", transparency=0)
    assert (read_image(tmp_path / "unused.png", (1, 8, 8)) == 9).all()
    Image.fromarray(RAMP).quantize(256).save(
        tmp_path / "opaque.png", transparency=bytes([255] * 256)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(read_image(tmp_path / "opaque.png", (1, 32, 32))[0], RAMP)


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif"])
def test_of_several_frames_the_first_is_read(tmp_path: Path, ending: str) -> None:
    first, second = Image.fromarray(RAMP), Image.fromarray(255 - RAMP)
    path = tmp_path / f"a.{ending}"
    first.save(path, save_all=True, append_images=[second], lossless=True)
    array = read_image(path, (1, 32, 32))[0].astype(int)
    assert np.abs(array - RAMP).max() <= 2
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    assert refusal(path)


def jpeg(orientation: int, resolution: bytes) -> bytes:
    """Return a JPEG, light in its upper half, with an orientation and a resolution in its EXIF."""
    pixels = np.zeros((32, 32), np.uint8)
    pixels[:16] = 255
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=95)
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(">HHII", 0x011A, 10, 1, 38)
    tiff = b"MM\0\x2a\0\0\0\x08" + struct.pack(">H", 2) + entries + b"\0\0\0\0" + resolution
    block = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    return content.getvalue()[:2] + segment + content.getvalue()[2:]


SIDES = {1: "top", 2: "top", 3: "bottom", 4: "bottom", 5: "left", 6: "right", 7: "right", 8: "left"}


@pytest.mark.parametrize(
    ("orientation", "light"), [*SIDES.items(), (0, "top"), (9, "top"), (60_000, "top")]
)
@pytest.mark.parametrize("denominator", [1, 0])
def test_images_are_turned_upright_whatever_else_their_exif_holds(
    tmp_path: Path, orientation: int, light: str, denominator: int
) -> None:
    path = tmp_path / "a.jpg"
    # A resolution of -1/0, as in rational_minus1_0.jpg of the issue, cannot be written again.
    path.write_bytes(jpeg(orientation, struct.pack(">ii", -1, denominator)))
    array = read_image(path, (1, 32, 32))[0]
    halves = {
        "top": array[:14],
        "bottom": array[18:],
        "left": array[:, :14],
        "right": array[:, 18:],
    }
    assert {name for name, half in halves.items() if half.min() > 200} == {light}


def test_a_damaged_file_is_read_or_refused_in_silence(tmp_path: Path) -> None:
    dice = random.Random(0)
    wholes = [jpeg(6, struct.pack(">ii", 72, 1))]
    for form in ("PNG", "TIFF", "GIF", "BMP", "WEBP"):
        content = io.BytesIO()
        Image.fromarray(RAMP).save(content, form)
        wholes.append(content.getvalue())
    path = tmp_path / "a.jpg"
    for number in range(300):
        damaged = bytearray(wholes[number % len(wholes)])
        for _ in range(dice.choice((1, 3, 20))):
            damaged[dice.randrange(min(len(damaged), 300))] = dice.choice((0, 255, 7))
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            with contextlib.suppress(UserError):
                assert read_images([path], (1, 8, 8)).shape == (1, 1, 8, 8)


@pytest.mark.parametrize(
    ("size", "words"),
    [((13_000, 13_000), "13,000 x 13,000 pixels"), ((6_000, 6_000), "6,000 x 6,000 pixels")],
)
def test_more_pixels_than_a_file_is_good_for(
    tmp_path: Path, size: tuple[int, int], words: str
) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", size).save(path)
    with pytest.raises(UserError, match=f"{words} in a file of .* bytes: save it smaller first"):
        read_images([path], (3, 8, 8))


def test_a_large_photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_decoding, "_LARGE", 99)
    path = tmp_path / "large.bmp"
    Image.new("RGB", (10, 10), (1, 2, 3)).save(path)
    assert read_images([path], (3, 4, 4))[0, :, 0, 0].tolist() == [1, 2, 3]
    assert not image_decoding._one_large_image.locked()
