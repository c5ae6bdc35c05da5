"""Finding, downloading and verifying the files of a data set."""

import hashlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

import pandas as pd
import pooch
import requests
from filelock import FileLock, Timeout

from lightning_course.errors import UserError
from lightning_course.files.writing import replacing
from lightning_course.sources.downloads import Download

Mode = Literal["auto", "download", "local", "standin"]

# Seconds to wait for another process: without a message, and in all.
_QUIET_WAIT, _PATIENCE = 1.5, 600.0

# Its lines about known hashes and versions mean nothing to a learner.
pooch.get_logger().setLevel("WARNING")


@dataclass(frozen=True)
class DataFile:
    """One published file of a data set.

    Attributes:
        path: Its path below the data folder, with forward slashes.
        checksum: Of the published file, verified before every use: a SHA-256 in hex, or "md5:" and
            an MD5 where torchvision has nothing better.
        urls: Mirrors, tried in order; empty for a file that is made from a published one.
        member: The name of the file in the zip archive, where the mirrors have an archive.
        max_bytes: The most bytes to extract from an archive (against zip bombs).
    """

    path: str
    checksum: str
    urls: tuple[str, ...] = ()
    member: str | None = None
    max_bytes: int = 100_000_000


@dataclass(frozen=True)
class DataSource:
    """A public data set: any one of ``files`` is enough; the first one found is used.

    Attributes:
        name: Its usual name.
        files: The same data in different files.
        licence: As its publisher states it.
        has_standin: Whether this project has a replacement for machines without a network.
        beside: The other files that are needed, for the message that a file is missing; such as
            " and its siblings".
    """

    name: str
    files: tuple[DataFile, ...]
    licence: str
    has_standin: bool = True
    beside: str = ""

    def wanted(self, folder: Path) -> str:
        """Return the paths of the files that would be enough, for a message."""
        return " or ".join(str(folder / file.path) for file in self.files) + self.beside


@dataclass(frozen=True)
class Provenance:
    """Where data come from; results.json, the hparams and the console show it.

    Attributes:
        kind: "real" (published file), "own" (the user's), "generated" (defined by a formula, as in
            the course) or "stand-in" (written for this project; not the course's data).
        name: Name of the data set or generator.
        file: File name, if there is a file. Never a path: results are copied between machines.
        sha256: Checksum of the file, or of the generated rows.
    """

    kind: Literal["real", "own", "generated", "stand-in"]
    name: str
    sha256: str
    file: str | None = None

    def __str__(self) -> str:
        """Return one line for the console."""
        file = f", {self.file}" if self.file else ""
        return f"{self.kind} ({self.name}{file}, sha256 {self.sha256[:12]}…)"

    def as_dict(self) -> dict[str, str | None]:
        """Return plain types for JSON and checkpoints."""
        return asdict(self)


def default_root() -> Path:
    """Return the data folder: ``LIGHTNING_COURSE_DATA``, else the user's cache folder."""
    return Path(os.environ.get("LIGHTNING_COURSE_DATA") or pooch.os_cache("lightning_course"))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_rows(table: pd.DataFrame) -> str:
    """Return the SHA-256 of a table as comma-separated text: UTF-8, names first, no row numbers."""
    return hashlib.sha256(table.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def obtain(source: DataSource, root: str | Path | None, mode: Mode) -> tuple[DataFile, Path] | None:
    """Return one verified file of the source, or None if the stand-in is to be used.

    Args:
        source: The data set.
        root: Data folder; None: :func:`default_root`.
        mode: "auto" looks in ``root``, then downloads, then warns and returns None. "local" and
            "download" raise an error instead; "standin" returns None at once.

    Raises:
        UserError: A file is there but damaged; ``root`` is not a folder; there is no file and the
            mode or the missing network forbids a download; or there is no stand-in.
    """
    if mode == "standin":
        if not source.has_standin:
            wanted = source.wanted(Path(root) if root is not None else default_root())
            raise UserError(f"there is no stand-in for {source.name}; put the file {wanted}")
        return None
    folder, cache = _folders(root)
    found = _local(source, [folder, cache])
    if found:
        return found
    wanted = source.wanted(folder)
    if mode == "local":
        raise UserError(f"{source.name}: no file {wanted} (--data.source local does not download)")
    target = folder if os.access(_nearest(folder), os.W_OK) else cache
    errors = []
    with one_process_at_a_time():
        found = _local(source, [target])
        if found:
            return found
        for file in source.files:
            for url in file.urls:
                print(f"downloading {url} ({source.licence})", file=sys.stderr)
                try:
                    return file, _download(file, url, target)
                except (requests.RequestException, OSError, ValueError, BadZipFile) as error:
                    errors.append(f"{url}: {reason(error)}")
    tried = "; ".join(errors)
    if mode == "download" or not source.has_standin:
        raise UserError(
            f"{source.name} could not be downloaded ({tried}); or put the file {wanted}"
        )
    warnings.warn(
        f"{source.name} could not be downloaded ({tried}): using the STAND-IN, which is not "
        f"the course's data. For the real data, put the file {wanted}",
        stacklevel=2,
    )
    return None


def obtain_all(
    sources: Sequence[DataSource], root: str | Path | None, mode: Mode
) -> list[tuple[DataFile, Path]] | None:
    """Return one verified file of each source, or None if the stand-in is to be used.

    Args:
        sources: The parts of one data set; all are needed.
        root: See :func:`obtain`.
        mode: See :func:`obtain`.

    Raises:
        UserError: See :func:`obtain`.
    """
    found = []
    for source in sources:
        part = obtain(source, root, mode)
        if part is None:
            return None
        found.append(part)
    return found


def are_there(sources: Sequence[DataSource], root: str | Path | None) -> bool:
    """Whether the data folder or the cache has a file of each source, valid or not."""
    folders = _folders(root)
    return all(
        any((folder / file.path).is_file() for folder in folders for file in source.files)
        for source in sources
    )


def _folders(root: str | Path | None) -> tuple[Path, Path]:
    """Return the data folder and the cache."""
    folder = Path(root) if root is not None else default_root()
    if root is not None and not folder.is_dir():
        raise UserError(f"--data.root {root} is not a folder")
    return folder, Path(pooch.os_cache("lightning_course"))


@contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """Let one process at a time run the block: the first one downloads, the others find its file.

    Raises:
        UserError: Another process takes more than ten minutes.
    """
    user = os.getuid() if hasattr(os, "getuid") else ""  # Windows has a folder for each user
    path = Path(tempfile.gettempdir()) / f"lightning_course-{user}.lock"
    lock = FileLock(path)
    try:
        try:
            lock.acquire(timeout=_QUIET_WAIT)
        except Timeout:
            print("waiting for another process that reads or downloads data", file=sys.stderr)
            lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise UserError(
            f"another process has been reading or downloading data for {_PATIENCE / 60:.0f} "
            f"minutes; it holds {path}: end it, or try again later"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _local(source: DataSource, folders: Sequence[Path]) -> tuple[DataFile, Path] | None:
    for folder in folders:
        for file in source.files:
            path = folder / file.path
            if not path.is_file():
                continue
            algorithm, expected = _checksum(file)
            actual = pooch.file_hash(str(path), algorithm)
            if actual != expected:
                # Never overwritten: it may be the user's own file of the same name.
                instead = ", or use --data.source standin" if source.has_standin else ""
                raise UserError(
                    f"{path} is not the published file: its {algorithm} is {actual[:12]}…, "
                    f"expected {expected[:12]}…; move it away{instead}"
                )
            return file, path
    return None


def _checksum(file: DataFile) -> tuple[str, str]:
    """Return algorithm and hex digits."""
    algorithm, _, digits = file.checksum.rpartition(":")
    return algorithm or "sha256", digits


def _download(file: DataFile, url: str, folder: Path) -> Path:
    """Download into a scratch folder, verify, then move: a file in its place is complete."""
    target = folder / file.path
    with tempfile.TemporaryDirectory() as scratch:
        downloaded = pooch.retrieve(
            url,
            # An archive has no published checksum; its member's is checked instead.
            known_hash=None if file.member else ":".join(_checksum(file)),
            fname="download",
            path=scratch,
            downloader=lambda url, path, _: Download(url, Path(path)).run(),
        )
        path = _member(file, Path(downloaded)) if file.member else Path(downloaded)
        target.parent.mkdir(parents=True, exist_ok=True)
        # The scratch folder may be on another disk, where a rename is not atomic.
        with path.open("rb") as source, replacing(target) as copy:
            shutil.copyfileobj(source, copy)
    return target


def _member(file: DataFile, archive: Path) -> Path:
    """Extract the file from its archive, and verify it."""
    assert file.member is not None
    with ZipFile(archive) as contents:
        try:
            member = contents.open(file.member)
        except KeyError:
            raise ValueError(f"the archive has no member {file.member}") from None
        with member:
            path = archive.with_name("member")
            path.write_bytes(member.read(file.max_bytes))
    algorithm, expected = _checksum(file)
    if pooch.file_hash(str(path), algorithm) != expected:
        raise ValueError(f"the archive's member {file.member} has a wrong {algorithm}")
    return path


def reason(error: Exception) -> str:
    """Return the useful words of a download error; requests nests them deeply."""
    if isinstance(error, requests.ConnectTimeout | requests.ReadTimeout):
        return "timed out"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return " ".join(str(error).split())[:200]
