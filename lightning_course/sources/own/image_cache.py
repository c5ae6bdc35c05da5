"""Decoded pictures, kept in the user's cache: a folder is decoded once."""

import hashlib
import os
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
import pooch

from lightning_course.files.writing import replacing
from lightning_course.sources.own.image_files import ImageFile

# Counts up when the same files would give other pixels or another checksum.
_VERSION = 2


class ImageCache:
    """The place for the pictures of a folder at one size.

    Files of the same folder with other contents are out of date; those of another size are not.

    Args:
        folder: The folder.
        files: Its pictures.
        shape: (N, C, H, W) of what is kept.
    """

    def __init__(self, folder: Path, files: Sequence[ImageFile], shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        # Decoders change: the next Pillow's pixels may differ a little.
        digest = hashlib.sha256(f"{_VERSION} {PIL.__version__}".encode())
        for name, size, changed in files:
            digest.update(b"\0" + os.fsencode(name) + f"\0{size} {changed}".encode())
        self._folder = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        self._contents = f"{self._folder}-{digest.hexdigest()[:16]}"
        sides = "x".join(map(str, self.shape[1:]))
        where = Path(pooch.os_cache("lightning_course")) / "pictures"
        self._path = where / f"{self._contents}-{sides}.npz"

    def load(self) -> tuple[npt.NDArray[np.uint8], str] | None:
        """Return the pixels and their files' checksum; None where they are not there, or damaged.

        Returns:
            Shape (N, C, H, W), and a SHA-256 in hex.
        """
        try:
            # A zip archive verifies what is read from it.
            with np.load(self._path, allow_pickle=False) as file:
                images, checksum = file["images"], str(file["sha256"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        return (images, checksum) if images.shape == self.shape else None

    def save(self, images: npt.NDArray[np.uint8], checksum: str) -> None:
        """Keep pixels and checksum, and drop what is out of date; warn where that is impossible."""
        folder = self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                np.savez(file, images=images, sha256=np.array(checksum))
            for path in folder.glob(f"{self._folder}-*"):
                if not path.name.startswith(self._contents):
                    path.unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or error
            warnings.warn(
                f"the decoded pictures cannot be kept in {folder}: {reason}; they are decoded "
                "again next time",
                stacklevel=2,
            )
