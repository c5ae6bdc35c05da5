"""Tables of your own on the web."""

import hashlib
import shutil
import sys
import tempfile
import time
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pooch
import requests

from lightning_course.errors import UserError
from lightning_course.files.writing import replacing, safe_name
from lightning_course.sources.base import one_process_at_a_time, reason
from lightning_course.sources.downloads import MAX_BYTES, Download
from lightning_course.terminal import printable

_SCHEMES = ("http", "https", "file")


def is_url(word: str) -> bool:
    """Whether a word is the address of a file: http, https or file, with "://"."""
    return "://" in word


def fetch(url: str, max_bytes: int = MAX_BYTES) -> Path:
    """Return the path of a local copy of a file on the web.

    The copy is kept in the user's cache and used again, as with Keras's ``get_file``: the same
    address gives the same data until the copy is removed. A message says where the copy is.

    Args:
        url: Address with http, https or file; for the latter, the path of the file is returned.
        max_bytes: The most bytes to download.

    Raises:
        UserError: Another scheme, an address that cannot be reached, a file that is too large, a
            web page instead of a file, or a cache that cannot be written.
    """
    shown = printable(url.replace(" ", "%20"))  # without a password
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UserError(f"{shown} is not an address") from error
    if parts.scheme not in _SCHEMES:
        raise UserError(f"{shown}: addresses begin with http://, https:// or file://")
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    if not parts.hostname:
        raise UserError(f"{shown} names no host")
    folder = Path(pooch.os_cache("lightning_course")) / "urls"
    folder /= hashlib.sha256(url.encode()).hexdigest()[:16]
    target = folder / safe_name(unquote(PurePosixPath(parts.path).name), "table")
    try:
        with one_process_at_a_time():
            if target.is_file():
                day = time.strftime("%Y-%m-%d", time.localtime(target.stat().st_mtime))
                line = f"downloaded on {day}; to do so again, remove {target}"
                print(printable(line), file=sys.stderr)
                return target
            _download(url, target, max_bytes)
    except (requests.RequestException, ValueError) as error:  # the latter for a redirect to "["
        why = printable(reason(error).partition(" for url")[0])
        raise UserError(f"{shown} could not be downloaded: {why}") from error
    except OSError as error:
        raise UserError(f"{shown} could not be kept in {folder}: {error.strerror}") from error
    return target


def _download(url: str, target: Path, max_bytes: int) -> None:
    """Download into a scratch folder, then move: a file in its place is complete."""
    shown = printable(url.replace(" ", "%20"))
    with tempfile.TemporaryDirectory() as scratch:
        part = Path(scratch) / "download"
        Download(url, part, max_bytes).run()
        with part.open("rb") as file:
            start = file.read(1000).lstrip().lower()
        if start.startswith((b"<!doctype html", b"<html")):
            raise UserError(
                f"{shown} is a web page, not a table; GitHub has the file's own address under 'Raw'"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        # The scratch folder may be on another disk, where a rename is not atomic.
        with part.open("rb") as source, replacing(target) as file:
            shutil.copyfileobj(source, file)
