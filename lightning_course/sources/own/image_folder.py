"""Images of your own: a folder with a folder of image files for each class."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lightning_course.checks import check_choice, check_minimum
from lightning_course.errors import UserError
from lightning_course.files.reading import read_bytes
from lightning_course.preprocessing.image_decoding import (
    MAX_FILE,
    MIN_SIDE,
    read_image,
    without_metadata_warnings,
)
from lightning_course.sources.base import Provenance, one_process_at_a_time
from lightning_course.sources.own.image_cache import ImageCache
from lightning_course.sources.own.image_files import ClassOrder, ImageFile, find_images
from lightning_course.sources.own.image_names import class_name

if TYPE_CHECKING:
    # It takes seconds to import, and not all commands that use this package need tensors.
    from torch import Tensor

# All images are kept in memory, for a moment twice while they are split.
_MAX_BYTES = 8 * 2**30
# Files that a thread decodes at a time: a task for each would cost as much as a small image.
_PORTION = 64

Pixels = npt.NDArray[np.uint8]


class ImageFolder(NamedTuple):
    """Images and labels of a folder.

    Attributes:
        train_images: Shape (N, C, S, S), uint8 from 0 to 255; sorted by class, then by file name.
        train_labels: Shape (N,), int64 from 0 to K − 1.
        validation_images: Like ``train_images``; None if the folder has no such part.
        validation_labels: Like ``train_labels``; None if the folder has no such part.
        test_images: Like ``validation_images``.
        test_labels: Like ``validation_labels``.
        class_names: K names, those of the folders.
        provenance: Its checksum is that of the files' names and contents; it does not depend on
            the size to which they were resized.
    """

    train_images: "Tensor"
    train_labels: "Tensor"
    validation_images: "Tensor | None"
    validation_labels: "Tensor | None"
    test_images: "Tensor | None"
    test_labels: "Tensor | None"
    class_names: tuple[str, ...]
    provenance: Provenance


def load_image_folder(
    folder: str | Path, image_size: int, channels: int = 3, class_order: ClassOrder = "size"
) -> ImageFolder:
    """Return the images of a folder, all at one size.

    The first time they are decoded, in parallel; the result is kept in the user's cache until a
    file is added, removed or changed.

    Args:
        folder: A folder of the layout ``train/CLASS/FILE``, maybe with ``validation`` and ``test``,
            or ``CLASS/FILE``, see :func:`~lightning_course.sources.own.image_files.find_images`.
        image_size: S, height and width of the images, at least 4; images of other proportions are
            stretched, see :func:`~lightning_course.preprocessing.image_decoding.read_images`.
        channels: C: 1 for grey, 3 for colour; images of the other kind are converted.
        class_order: The order of the classes, see ``find_images``.

    Raises:
        ValueError: A size or a number of channels outside its range.
        UserError: See ``find_images`` and ``read_images``; or the images take too much memory.
    """
    import torch

    check_minimum("image_size", image_size, MIN_SIDE)
    check_choice("channels", str(channels), ("1", "3"))
    folder = Path(folder)
    found = find_images(folder, class_order)
    parts = (found.train, found.validation, found.test)
    files = [file for part in parts for images in part or () for file in images]
    pixels, checksum = _pixels(folder, files, (channels, image_size, image_size))
    counts = [torch.tensor(list(map(len, part or ())), dtype=torch.int64) for part in parts]
    ends = np.cumsum([int(count.sum()) for count in counts])
    images = [torch.from_numpy(piece) for piece in np.split(pixels, ends[:-1])]
    labels = [torch.arange(len(count)).repeat_interleave(count) for count in counts]
    has = [part is not None for part in parts]
    return ImageFolder(
        images[0],
        labels[0],
        images[1] if has[1] else None,
        labels[1] if has[1] else None,
        images[2] if has[2] else None,
        labels[2] if has[2] else None,
        found.class_names,
        Provenance("own", class_name(folder.resolve().name) or "images", checksum),
    )


def _pixels(folder: Path, files: Sequence[ImageFile], shape: tuple[int, ...]) -> tuple[Pixels, str]:
    """Return the images (N, C, S, S) and their checksum, from the cache if possible."""
    if (size := len(files) * int(np.prod(shape))) > _MAX_BYTES:
        raise UserError(
            f"{folder}: {len(files):,} images take {size / 1e9:.1f} GB of memory at "
            f"{shape[1]} x {shape[2]} pixels: set a smaller --data.image_size"
        )
    cache = ImageCache(folder, files, (len(files), *shape))
    if kept := cache.load():
        return kept
    # The first of several processes decodes, and the others use its cache.
    with one_process_at_a_time():
        if kept := cache.load():
            return kept
        decoded = _decode(folder, [file.name for file in files], shape)
        cache.save(*decoded)
        return decoded


def _decode(folder: Path, names: Sequence[str], shape: tuple[int, ...]) -> tuple[Pixels, str]:
    """Return the images (N, C, S, S), and a SHA-256 of the files' names and contents.

    In threads: Pillow releases the interpreter's lock while it decodes, and starting processes
    takes longer than reading small images.
    """
    pixels = np.empty((len(names), *shape), np.uint8)
    digests = [b""] * len(names)
    problems: dict[int, str] = {}

    def work(start: int) -> int:
        rows = range(start, min(start + _PORTION, len(names)))
        for row in rows:
            path = folder / names[row]
            try:
                content = read_bytes(path, MAX_FILE)
                digests[row] = hashlib.sha256(content).digest()
                pixels[row] = read_image(path, shape, content=content)
            except UserError as error:
                problems[row] = str(error)
        return len(rows)

    with (
        without_metadata_warnings(),
        ThreadPoolExecutor() as pool,
        # No progress bar if stderr is not a terminal, or in the first second.
        tqdm(total=len(names), desc="decoding", unit=" images", disable=None, delay=1) as bar,
    ):
        tasks = [pool.submit(work, start) for start in range(0, len(names), _PORTION)]
        try:
            for task in as_completed(tasks):
                bar.update(task.result())
        except BaseException:  # Ctrl-C must not wait for all the other tasks
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    _check(problems, len(names))
    checksum = hashlib.sha256()
    for name, digest in zip(names, digests, strict=True):
        checksum.update(os.fsencode(name) + b"\0" + digest)
    return pixels, checksum.hexdigest()


def _check(problems: dict[int, str], images: int) -> None:
    """Raise a UserError with the first three files that cannot be used, if there are any."""
    if not problems:
        return
    named = "; ".join(problems[row] for row in sorted(problems)[:3])
    if len(problems) == 1:
        raise UserError(named)
    raise UserError(f"{len(problems):,} of {images:,} images cannot be used: {named}")
