"""Downloads with a time limit: a server may send a byte a minute, or headers for ever."""

import threading
import time
from pathlib import Path

import requests
from tqdm import tqdm

# CIFAR-10 has 170 million bytes. A larger table must be downloaded by hand.
MAX_BYTES = 200_000_000

# Seconds to connect and seconds between bytes: without a network the stand-in must come at once.
TIMEOUT = (4, 30)

# Seconds for all of it: these, and more as the bytes come, up to half an hour.
_GRACE, _BYTES_PER_SECOND, _MAX_SECONDS = 60.0, 10_000, 1800.0


class Download:
    """One file on its way.

    Args:
        url: Address with http or https.
        path: The file to write; an existing one is replaced.
        max_bytes: The most bytes that it may have.
    """

    def __init__(self, url: str, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._url, self._path, self._max_bytes = url, path, max_bytes
        self._received = self._size = 0
        self._error: BaseException | None = None
        self._given_up = False

    def run(self) -> None:
        """Download the file.

        Raises:
            requests.RequestException: It cannot be downloaded, is too large, or comes too slowly.
            OSError: It cannot be written.
        """
        # requests limits only the wait for each byte. A daemon thread can be abandoned wherever it
        # waits, and does not keep the process alive.
        thread = threading.Thread(target=self._receive, daemon=True)
        started = time.monotonic()
        thread.start()
        try:
            # No progress bar if stderr is not a terminal.
            with tqdm(unit="B", unit_scale=True, disable=None) as bar:
                while thread.is_alive():
                    thread.join(0.1)
                    bar.total = self._size or None
                    bar.update(self._received - bar.n)
                    seconds = time.monotonic() - started
                    if seconds > min(_GRACE + self._received / _BYTES_PER_SECOND, _MAX_SECONDS):
                        raise requests.Timeout(
                            f"too slow: {self._received:,} bytes in {seconds:.0f} seconds"
                        )
        finally:
            self._given_up = True
        if self._error is not None:
            raise self._error

    def _receive(self) -> None:
        try:
            with (
                requests.get(self._url, stream=True, timeout=TIMEOUT) as response,
                self._path.open("wb") as file,
            ):
                response.raise_for_status()
                length = response.headers.get("Content-Length", "")
                self._size = int(length) if length.isdecimal() and len(length) < 20 else 0
                self._check(self._size)
                for chunk in response.iter_content(1 << 16):
                    if self._given_up:
                        return
                    file.write(chunk)
                    self._received += len(chunk)
                    # A server may leave out the size, or give that of compressed data.
                    self._check(self._received)
        except BaseException as error:
            self._error = error

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise requests.RequestException(
                f"it is larger than {self._max_bytes / 1e6:,.0f} MB: download it yourself"
            )
