"""Images with labels (course chapters 3.2 and 4)."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor
from torchvision.transforms import v2

from lightning_course.checks import check_choice, check_fraction, check_minimum, check_names
from lightning_course.datamodules.base import Split, TensorDataModule
from lightning_course.datamodules.splits import check_every_class, random_splits
from lightning_course.errors import UserError
from lightning_course.preprocessing.image_decoding import MIN_SIDE, read_images
from lightning_course.sources import ImageFolder, ImageSet, load_image_folder, load_image_set
from lightning_course.sources.base import Mode
from lightning_course.sources.image_sets import ImageSetName
from lightning_course.sources.own.image_files import ClassOrder

# Pixels. A checkpoint contains the size to which images are resized.
_MAX_SIDE = 10_000


class ImageDataModule(TensorDataModule):
    """Images with labels: a published image set, or a folder of your own; the base of those below.

    The test split is the publisher's, or the folder's.

    Batches are (images (B, C, H, W) uint8 from 0 to 255, labels (B,) int64 from 0 to K − 1). The
    networks scale the bytes to [0, 1] on the device. An augmentation changes the training batches,
    and may change their dtype: ``RandomAugmentation`` returns floats in [0, 1].

    Args:
        root: Data folder in torchvision's layout; None: ``LIGHTNING_COURSE_DATA``, else the user's
            cache.
        source: "auto" (local files, download, stand-in), "download", "local" or "standin".
        folder: Your own images in place of the published ones: ``train/CLASS/FILE`` and maybe
            ``validation`` and ``test`` likewise, or ``CLASS/FILE``. They become grey or coloured as
            the published images are. See ``sources.load_image_folder``. Without a test part,
            results are measured on the validation part.
        image_size: Height and width of the images of the folder; None: those of the published ones.
        test_fraction: The part of the folder that is held out if it has neither part, in (0, 1).
        class_order: How classes of the folder whose names are numbers are ordered: by "size" (2
            before 10), or as "text" (10 before 2), as Keras does. None: "size".
        augmentation: Changes the images of training batches, and no others, on the device:
            ``preprocessing.RandomAugmentation``, or a transform of torchvision's v2. The latter
            draws once for the whole batch, unless ``preprocessing.PerImage`` wraps it.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: K names.
        test_is_random: Whether the test rows were drawn at random; known once the data are built.

    Raises:
        ValueError: An argument is outside its range or contradicts another.
        UserError: The data files are damaged or missing, see ``sources.obtain`` and
            ``sources.load_image_folder``; a class has no training image; or the classes are not
            those of the state that was loaded.
    """

    image_set: ClassVar[ImageSetName]
    published_shape: ClassVar[tuple[int, int, int]]

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        folder: str | Path | None = None,
        image_size: int | None = None,
        test_fraction: float = 0.2,
        class_order: ClassOrder | None = None,
        augmentation: v2.Transform | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_choice("source", source, get_args(Mode))
        check_fraction("test_fraction", test_fraction)
        if folder is not None and source != "auto":
            raise ValueError(f"give folder or source, not both (source is {source!r})")
        if image_size is not None:
            check_minimum("image_size", image_size, MIN_SIDE)
            if folder is None:
                raise ValueError("image_size is for your own folder: give folder too")
        if class_order is not None:
            check_choice("class_order", class_order, get_args(ClassOrder))
            if folder is None:
                raise ValueError("class_order is for your own folder: give folder too")
        self.root = root
        self.source: Mode = source
        self.folder = folder
        self.image_size = image_size
        self.test_fraction = test_fraction
        self.class_order = class_order
        self.augmentation = augmentation
        self.class_names: list[str] = []
        self.test_is_random = False
        self._image_shape: tuple[int, ...] = ()

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(C, H, W)."""
        return self._image_shape or tuple(self.splits["train"][0].shape[1:])

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """(H, C·W), the shape of an image as a sequence of its rows (course chapter 5.5)."""
        channels, height, width = self.image_shape
        return height, channels * width

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        if not self.class_names:
            self.prepare()
        return len(self.class_names)

    def build(self) -> dict[str, Split]:
        """Read the images."""
        loaded: ImageSet | ImageFolder
        if self.folder is None:
            if not hasattr(self, "image_set"):
                raise NotImplementedError(f"{type(self).__name__} does not name an image set")
            loaded = load_image_set(self.image_set, self.root, self.source, self.seed)
        else:
            channels, side, _ = self.published_shape
            loaded = load_image_folder(
                self.folder, self.image_size or side, channels, self.class_order or "size"
            )
        if self.class_names and self.class_names != list(loaded.class_names):
            raise UserError(
                f"{self.folder} has the classes {', '.join(loaded.class_names)}, and the model was "
                f"trained on {', '.join(self.class_names)}"
            )
        self.provenance = loaded.provenance
        self.class_names = list(loaded.class_names)
        self._image_shape = tuple(loaded.train_images.shape[1:])
        held_out = _held_out(loaded)
        self.test_is_random = not held_out
        if "validation" in held_out and self.validation_fraction:
            raise UserError(
                f"{self.folder} has a validation part: leave out --data.validation_fraction"
            )
        splits: dict[str, Split] = random_splits(
            loaded.train_images,
            loaded.train_labels,
            0.0 if held_out else self.test_fraction,
            self.validation_fraction,
            self.seed,
        )
        splits |= held_out
        check_every_class(splits["train"][1].numpy(), self.class_names)
        return splits

    def on_after_batch_transfer(self, batch: Split, dataloader_idx: int) -> Split:
        """Augment the images of a training batch (Lightning's hook)."""
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return batch
        images, labels = batch
        return self.augmentation(images), labels

    def encode(self, paths: Sequence[Path], invert: bool = False) -> Tensor:
        """Return image files as inputs of the model, (N, C, H, W) uint8.

        Args:
            paths: Files, see :func:`~lightning_course.preprocessing.image_decoding.read_images`.
            invert: Exchange dark and light: for dark strokes on paper, where the training images
                have light strokes on black.

        Raises:
            UserError: A file that is not an image, or that cannot be used.
        """
        if not self._image_shape:
            raise RuntimeError("the shape is not known: call prepare() or load a checkpoint")
        return torch.from_numpy(read_images(paths, self._image_shape, invert=invert))

    def state_dict(self) -> dict[str, Any]:
        """Return the class names and the shape of an image, in plain types."""
        return {"class_names": self.class_names, "image_shape": list(self._image_shape)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the class names and the shape.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        shape = state_dict["image_shape"]
        sides = isinstance(shape, list) and len(shape) == 3 and all(type(n) is int for n in shape)
        if not sides or not all(0 < side <= _MAX_SIDE for side in shape):
            raise ValueError("image_shape must be channels, height and width")
        self.class_names = check_names("class_names", state_dict["class_names"], 2)
        self._image_shape = tuple(shape)

    @property
    def restored_sizes(self) -> dict[str, object]:
        """See :class:`TensorDataModule`."""
        if not self._image_shape:
            return {}
        return {
            "image_shape": self._image_shape,
            "in_features": math.prod(self._image_shape),
            "num_classes": len(self.class_names),
        }


def _held_out(loaded: ImageSet | ImageFolder) -> dict[str, Split]:
    """Return the splits other than "train" that the data contain, in order."""
    parts: dict[str, tuple[Tensor | None, Tensor | None]] = {}
    if isinstance(loaded, ImageFolder):
        parts["validation"] = (loaded.validation_images, loaded.validation_labels)
    parts["test"] = (loaded.test_images, loaded.test_labels)
    return {
        name: (images, labels)
        for name, (images, labels) in parts.items()
        if images is not None and labels is not None
    }


class MNISTDataModule(ImageDataModule):
    """Handwritten digits: 60,000 for training and 10,000 for the test, 1 × 28 × 28.

    The stand-in is scikit-learn's digits, enlarged. Arguments, batches and errors: see
    :class:`ImageDataModule`.

    Example:
        >>> data = MNISTDataModule(source="standin", seed=0)
        >>> images, labels = data.splits["train"]
        >>> images.shape[1:], images.dtype, data.num_classes
        (torch.Size([1, 28, 28]), torch.uint8, 10)
    """

    image_set = "mnist"
    published_shape = (1, 28, 28)


class FashionMNISTDataModule(ImageDataModule):
    """Garments: 60,000 for training and 10,000 for the test, 1 × 28 × 28.

    The stand-in is drawn, 6,000 and 1,000. Arguments, batches and errors: see
    :class:`ImageDataModule`.
    """

    image_set = "fashion_mnist"
    published_shape = (1, 28, 28)


class CIFAR10DataModule(ImageDataModule):
    """Animals and vehicles: 50,000 for training and 10,000 for the test, 3 × 32 × 32.

    The stand-in is drawn, 6,000 and 1,000. Arguments, batches and errors: see
    :class:`ImageDataModule`.
    """

    image_set = "cifar10"
    published_shape = (3, 32, 32)
