from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image, ImageEnhance
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from lightning_course.nn import Rescaling
from lightning_course.preprocessing import PerImage, RandomAugmentation
from lightning_course.preprocessing.warping import FillMode, affine_matrices

MODES = get_args(FillMode)
EVERYTHING: dict[str, Any] = {
    "rotation_range": 20,
    "width_shift_range": 0.1,
    "height_shift_range": 2,
    "brightness_range": (0.5, 1.5),
    "shear_range": 10,
    "zoom_range": 0.2,
    "horizontal_flip": True,
    "vertical_flip": True,
}


def matrices(*parameters: float) -> Tensor:
    return affine_matrices(*(torch.tensor([value], dtype=torch.float64) for value in parameters))


KERAS = {
    "nearest": """
         3.7204  3.      3.      2.4209
         7.3974  5.5974  3.2264  1.6496
        11.0744  8.7115  6.132   3.5526
        14.1965 11.6171  9.0377  6.4583""",
    "constant": """
       100.     100.     100.     100.
       100.     100.       3.2264 100.
       100.       8.7115   6.132    3.5526
        14.1965  11.6171   9.0377   6.4583""",
    "reflect": """
         2.9612  3.      3.      3.1005
         7.3974  5.5974  3.2264  1.6496
        11.0744  8.7115  6.132   3.5526
        14.1965 11.6171  9.0377  6.4583""",
    "wrap": """
         2.4795 11.9001  9.3207  9.7413
         5.3852  2.8058  3.2264 12.6469
         8.2909  8.7115  6.132   3.5526
        14.1965 11.6171  9.0377  6.4583""",
}


@pytest.mark.parametrize("mode", MODES)
def test_it_is_keras_s(mode: FillMode) -> None:
    # Keras 3.15.1, ImageDataGenerator(fill_mode=mode, cval=100).apply_transform(x, {"theta": 30,
    # "tx": 0.5, "ty": -1, "shear": 10, "zx": 0.9, "zy": 1.2, "flip_horizontal": True}).
    images = torch.arange(16.0, dtype=torch.float64).reshape(1, 1, 4, 4)
    augmentation = RandomAugmentation(
        rotation_range=30, fill_mode=mode, cval=100, horizontal_flip=True
    )
    params = {
        "matrices": matrices(30, 0.5, -1, 10, 0.9, 1.2),
        "horizontal": torch.tensor([True]),
    }
    expected = np.array(KERAS[mode].split(), float).reshape(4, 4)
    np.testing.assert_allclose(
        augmentation.transform(images, params)[0, 0].numpy(), expected, rtol=0, atol=6e-5
    )


def test_every_image_has_draws_of_its_own() -> None:
    images = torch.rand(1, 3, 8, 8).expand(50, 3, 8, 8)
    for name, value in EVERYTHING.items():
        changed = RandomAugmentation(**{name: value})(images)
        # Flips and shifts by whole pixels have few outcomes.
        few = {"horizontal_flip": 2, "vertical_flip": 2, "height_shift_range": 3}
        assert len(changed.flatten(1).unique(dim=0)) == few.get(name, 50), name


def test_the_seed_decides() -> None:
    images = torch.rand(8, 3, 10, 12)
    augmentation = RandomAugmentation(**EVERYTHING)

    def augmented(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return torch.cat([augmentation(images), augmentation(images)])

    first = augmented(1)
    assert torch.equal(first, augmented(1))
    assert not torch.equal(first, augmented(2))
    assert not torch.equal(*first.chunk(2))


def test_bytes_become_floats_of_the_unit_interval() -> None:
    images = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8)
    assert torch.equal(RandomAugmentation()(images), Rescaling()(images))
    changed = RandomAugmentation(**EVERYTHING)(images)
    assert changed.dtype == torch.float32
    assert 0 <= changed.min() <= changed.max() <= 1
    torch.manual_seed(0)
    changed = RandomAugmentation(**EVERYTHING)(images)
    torch.manual_seed(0)
    assert torch.equal(changed, RandomAugmentation(**EVERYTHING)(images / 255))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_floats_keep_their_dtype(dtype: torch.dtype) -> None:
    images = torch.rand(4, 3, 8, 8, dtype=dtype)
    changed = RandomAugmentation(**EVERYTHING)(images)
    assert changed.dtype == dtype
    assert changed.shape == images.shape
    assert torch.equal(RandomAugmentation()(images), images)


@pytest.mark.parametrize(("option", "axis"), [("horizontal_flip", -1), ("vertical_flip", -2)])
def test_every_second_image_is_flipped_exactly(option: str, axis: int) -> None:
    images = torch.rand(1000, 1, 3, 5)
    changed = RandomAugmentation(**{option: True})(images)
    stays = (changed == images).flatten(1).all(dim=1)
    flipped = (changed == images.flip(axis)).flatten(1).all(dim=1)
    assert torch.equal(stays, ~flipped)
    assert 430 < flipped.sum() < 570


def test_flips_come_after_the_shift() -> None:
    images = torch.rand(20, 1, 8, 8)
    results = []
    for flip in (False, True):
        torch.manual_seed(0)
        results.append(RandomAugmentation(width_shift_range=0.4, horizontal_flip=flip)(images))
    plain, flipped = results
    either = (flipped == plain) | (flipped == plain.flip(-1))
    assert either.all()
    assert not torch.equal(*results)


def drawn(**options: Any) -> npt.NDArray[np.float32]:
    """Return the matrices (1000, 2, 3) for images of 10 rows and 20 columns."""
    torch.manual_seed(0)
    params = RandomAugmentation(**options).make_params([torch.zeros(1000, 1, 10, 20)])
    matrices: npt.NDArray[np.float32] = params["matrices"].numpy()
    return matrices


@pytest.mark.parametrize(
    ("option", "value", "entry", "reach"),
    [
        ("width_shift_range", 0.1, (0, 2), 2.0),
        ("height_shift_range", 0.1, (1, 2), 1.0),
        ("width_shift_range", 1.0, (0, 2), 1.0),
        ("height_shift_range", 3.5, (1, 2), 3.5),
    ],
)
def test_shifts_are_fractions_or_pixels(
    option: str, value: float, entry: tuple[int, int], reach: float
) -> None:
    matrices = drawn(**{option: value})
    shifts = matrices[:, entry[0], entry[1]]
    assert -reach <= shifts.min() < -0.98 * reach
    assert 0.98 * reach < shifts.max() <= reach
    assert abs(shifts.mean()) < 0.06 * reach
    other = matrices[:, 1 - entry[0], 2]
    assert not other.any()


def test_an_integer_shifts_by_whole_pixels_as_in_keras() -> None:
    # numpy.random.choice(3) is 0, 1 or 2, and the sign comes after: 0 is as likely as ±1 together.
    shifts, counts = np.unique(drawn(width_shift_range=3)[:, 0, 2], return_counts=True)
    assert shifts.tolist() == [-2, -1, 0, 1, 2]
    np.testing.assert_allclose(counts / 1000, [1 / 6, 1 / 6, 1 / 3, 1 / 6, 1 / 6], atol=0.05)
    assert not drawn(width_shift_range=1)[:, 0, 2].any()


@pytest.mark.parametrize(("value", "low", "high"), [(0.2, 0.8, 1.2), ((0.5, 0.9), 0.5, 0.9)])
def test_zoom_is_drawn_for_width_and_height_apart(value: Any, low: float, high: float) -> None:
    matrices = drawn(zoom_range=value)
    x, y = matrices[:, 0, 0], matrices[:, 1, 1]
    for factors in (x, y):
        assert low <= factors.min() < low + 0.01
        assert high - 0.01 < factors.max() <= high + 1e-6
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.1


def test_angles_are_degrees_with_either_sign() -> None:
    matrices = drawn(rotation_range=30)
    angles = np.rad2deg(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert -30.01 < angles.min() < -29.5
    assert 29.5 < angles.max() < 30.01
    matrices = drawn(shear_range=10)
    angles = np.rad2deg(np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1]))
    assert -10.01 < angles.min() < -9.8
    assert 9.8 < angles.max() < 10.01


def test_brightness_is_pillow_s_but_for_whole_bytes() -> None:
    images = torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8)
    picture = Image.fromarray(images[0].permute(1, 2, 0).numpy())
    for factor in (0.0, 0.3, 1.0, 1.7):
        ours = RandomAugmentation(brightness_range=(factor, factor))(images)
        theirs = np.asarray(ImageEnhance.Brightness(picture).enhance(factor))
        difference = 255 * ours[0].permute(1, 2, 0).numpy() - theirs
        assert difference.min() > -1e-3
        assert difference.max() < 1


def test_the_constant_is_in_the_units_of_the_images() -> None:
    images = torch.zeros(50, 1, 4, 4, dtype=torch.uint8)
    options: dict[str, Any] = {"width_shift_range": 2.0, "fill_mode": "constant"}
    assert RandomAugmentation(cval=51, **options)(images).max() == pytest.approx(0.2)
    assert RandomAugmentation(cval=0.2, **options)(images.float()).max() == pytest.approx(0.2)


def test_it_joins_in_compose_and_leaves_labels_alone() -> None:
    images, labels = torch.rand(4, 3, 8, 8), torch.arange(4)
    transform = v2.Compose([RandomAugmentation(**EVERYTHING), v2.Normalize([0.5], [0.5])])
    changed, same = transform(images, labels)
    assert changed.shape == images.shape
    assert same is labels
    assert isinstance(transform(tv_tensors.Image(images)), tv_tensors.Image)


def test_stock_transforms_draw_once_a_batch_unless_wrapped() -> None:
    images = torch.rand(1, 3, 4, 4).expand(40, 3, 4, 4)
    flip = v2.RandomHorizontalFlip()
    jitter = v2.ColorJitter(brightness=0.5)
    for transform, outcomes in ((flip, 2), (jitter, 40)):
        assert len(transform(images).flatten(1).unique(dim=0)) == 1
        changed, labels = PerImage(transform)(images, torch.arange(40))
        assert len(changed.flatten(1).unique(dim=0)) == outcomes
        assert labels.tolist() == list(range(40))
    torch.manual_seed(0)
    one_by_one = torch.stack([jitter(image) for image in images])
    torch.manual_seed(0)
    assert torch.equal(PerImage(jitter)(images), one_by_one)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("rotation_range", -1),
        ("rotation_range", 181),
        ("shear_range", 90),
        ("width_shift_range", -0.1),
        ("height_shift_range", float("nan")),
        ("brightness_range", (1.5, 0.5)),
        ("brightness_range", (-0.5, 0.5)),
        ("brightness_range", (1.0,)),
        ("zoom_range", 1.0),
        ("zoom_range", -0.2),
        ("zoom_range", (0.0, 1.0)),
        ("zoom_range", (1.2, 0.8)),
        ("zoom_range", (0.5, 1, 2)),
        ("fill_mode", "mirror"),
    ],
)
def test_arguments_out_of_range_are_named(argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be .*got"):
        RandomAugmentation(**{argument: value})


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.rand(3, 8, 8), r"shape \(B, C, H, W\), got \(3, 8, 8\)"),
        (torch.rand(0, 3, 8, 8), r"shape \(B, C, H, W\), got \(0, 3, 8, 8\)"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.int64), "uint8 or float, got torch.int64"),
        (Image.new("RGB", (8, 8)), "a tensor .*, got Image"),
    ],
)
def test_only_batches_of_images_are_taken(images: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RandomAugmentation()(images)
    if isinstance(images, Tensor):
        with pytest.raises(ValueError, match=words):
            PerImage(v2.RandomHorizontalFlip())(images)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_nothing_is_waited_for_and_the_result_is_the_same() -> None:
    images = torch.rand(16, 3, 32, 32)
    params = RandomAugmentation(**EVERYTHING).make_params([images])
    for mode in MODES:
        augmentation = RandomAugmentation(**EVERYTHING, fill_mode=mode)
        there, moved = images.cuda(), {name: value.cuda() for name, value in params.items()}
        torch.cuda.set_sync_debug_mode("error")
        try:
            changed = augmentation.transform(there, moved)
            augmentation(there)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert changed.is_cuda
        difference = (changed.cpu() - augmentation.transform(images, params)).abs()
        # At the edges the last bit of a position decides.
        assert (difference < 1e-4).float().mean() > 0.995
