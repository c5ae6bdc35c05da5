"""Images with labels (course chapters 3.2 and 4)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor
from torchvision.transforms import v2

from lightning_course.datamodules.base import Split, TensorDataModule
from lightning_course.datamodules.splits import random_splits
from lightning_course.preprocessing.pictures import read_pictures
from lightning_course.sources import load_image_set
from lightning_course.sources.base import Mode
from lightning_course.sources.images import ImageSetName
from lightning_course.validation import check_choice


class ImageDataModule(TensorDataModule):
    """One of the published image sets, with its own test split; the base of those below.

    Batches are (images (B, C, H, W) uint8 from 0 to 255, labels (B,) int64 from 0 to K − 1). The
    networks scale the bytes to [0, 1] on the device. Augmented batches are what the augmentation
    makes of them: floats in [0, 1] from ``RandomAugmentation``.

    Args:
        root: Data folder in torchvision's layout; None means ``LIGHTNING_COURSE_DATA``, else the
            user's cache.
        source: "auto" (local files, download, stand-in), "download", "local" or "standin".
        augmentation: Changes the images of training batches, and no others, after their move to
            the device: ``preprocessing.RandomAugmentation``, or a transform of torchvision's v2.
            Those draw once for the whole batch, unless ``preprocessing.PerImage`` wraps them.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: K names.
        image_shape: (C, H, W).

    Raises:
        ValueError: An argument outside its range.
        UserError: The data files are damaged or missing, see ``sources.obtain``.
    """

    image_set: ClassVar[ImageSetName]

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        augmentation: v2.Transform | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_choice("source", source, get_args(Mode))
        self.root = root
        self.source: Mode = source
        self.augmentation = augmentation
        self.class_names: list[str] = []
        self.image_shape: tuple[int, ...] = ()

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        self.prepare()
        return len(self.class_names)

    def build(self) -> dict[str, Split]:
        """Read the images."""
        loaded = load_image_set(self.image_set, self.root, self.source, self.seed)
        self.provenance = loaded.provenance
        self.class_names = list(loaded.class_names)
        self.image_shape = tuple(loaded.train_images.shape[1:])
        splits = random_splits(
            loaded.train_images, loaded.train_labels, 0.0, self.validation_fraction, self.seed
        )
        return {**splits, "test": (loaded.test_images, loaded.test_labels)}

    def on_after_batch_transfer(self, batch: Split, dataloader_idx: int) -> Split:
        """Augment the images of a training batch (Lightning's hook)."""
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return batch
        images, labels = batch
        return self.augmentation(images), labels

    def encode(self, paths: Sequence[Path], invert: bool = False) -> Tensor:
        """Return picture files as the model takes them, (N, C, H, W) uint8.

        Args:
            paths: Files, see :func:`~lightning_course.preprocessing.pictures.read_pictures`.
            invert: Exchange dark and light: for dark strokes on paper, where the images of
                training have light ones on black.

        Raises:
            UserError: A file that is no picture, or one that cannot be used.
        """
        if not self.image_shape:
            raise RuntimeError("the shape is not known: call prepare() or load a checkpoint")
        return torch.from_numpy(read_pictures(paths, self.image_shape, invert=invert))

    def state_dict(self) -> dict[str, Any]:
        """Return what prediction needs to know, in plain types."""
        return {"class_names": self.class_names, "image_shape": list(self.image_shape)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore it.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        names, shape = state_dict["class_names"], state_dict["image_shape"]
        if len(names) < 2 or len(shape) != 3:
            raise ValueError(f"not the state of images: classes {names}, shape {shape}")
        self.class_names, self.image_shape = list(names), tuple(shape)


class MNISTDataModule(ImageDataModule):
    """Handwritten digits: 60,000 for training and 10,000 for the test, 1 × 28 × 28.

    The stand-in is scikit-learn's digits, enlarged. Arguments, batches and errors: see
    :class:`ImageDataModule`.
    """

    image_set = "mnist"
