"""Decoded images, kept in the user's cache: a folder is decoded once."""

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

# To be raised when the same files would give other pixels or another checksum.
_VERSION = 2


class ImageCache:
    """The cache of the images of a folder at one size.

    If the contents of the folder change, its older caches are removed, at all sizes.

    Args:
        folder: The folder.
        files: Its images.
        shape: (N, C, H, W) of the decoded images.
    """

    def __init__(self, folder: Path, files: Sequence[ImageFile], shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        # Decoders change: the pixels of the next Pillow may differ a little.
        digest = hashlib.sha256(f"{_VERSION} {PIL.__version__}".encode())
        for name, size, changed in files:
            digest.update(b"\0" + os.fsencode(name) + f"\0{size} {changed}".encode())
        self._folder = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        self._contents = f"{self._folder}-{digest.hexdigest()[:16]}"
        sides = "x".join(map(str, self.shape[1:]))
        where = Path(pooch.os_cache("lightning_course")) / "pictures"
        self._path = where / f"{self._contents}-{sides}.npz"

    def load(self) -> tuple[npt.NDArray[np.uint8], str] | None:
        """Return the pixels and their files' checksum; None if they are missing or damaged.

        Returns:
            Shape (N, C, H, W), and a SHA-256 in hex.
        """
        try:
            # Reading from a zip archive verifies the checksums in it.
            with np.load(self._path, allow_pickle=False) as file:
                images, checksum = file["images"], str(file["sha256"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        return (images, checksum) if images.shape == self.shape else None

    def save(self, images: npt.NDArray[np.uint8], checksum: str) -> None:
        """Save pixels and checksum, and remove old caches; warn if that is impossible."""
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
                f"the decoded images cannot be kept in {folder}: {reason}; they are decoded "
                "again next time",
                stacklevel=2,
            )
