"""Fixtures shared by all tests: no network, no data outside the repository."""

import os
import socket
from pathlib import Path

import pytest

# The tests' networks are tiny: a second thread costs more than it does, most of all where several
# test processes share the cores. Set before torch is imported, and for child processes too.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The real files, if the developer has them; the tests themselves must not find them by chance.
REAL_DATA = os.environ.pop("LIGHTNING_COURSE_DATA", None)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but this machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests may not connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a user cache of its own."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of the real files, or skip."""
    if not REAL_DATA:
        pytest.skip("LIGHTNING_COURSE_DATA does not point at the real data files")
    return Path(REAL_DATA)
