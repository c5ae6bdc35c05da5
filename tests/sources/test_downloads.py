import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from lightning_course.sources import downloads
from lightning_course.sources.downloads import Download

Talk = Callable[[socket.socket], None]


@pytest.fixture
def answer() -> Iterator[Callable[[Talk], str]]:
    """Return a function that has a function answer one request, and returns the address."""
    servers = []

    def start(talk: Talk) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(10_000)
                    talk(connection)
            except OSError:
                pass  # the other side has gone

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/a.csv"

    yield start
    for server in servers:
        server.close()


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def slow_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nA: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def endless_continue(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.001)


@pytest.mark.parametrize("talk", [drip, slow_headers, endless_continue])
def test_a_server_that_never_ends(
    answer: Callable[[Talk], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, talk: Talk
) -> None:
    monkeypatch.setattr(downloads, "_GRACE", 0.3)
    started = time.monotonic()
    with pytest.raises(requests.Timeout, match=r"too slow: [\d,]+ bytes in 0 seconds"):
        Download(answer(talk), tmp_path / "a").run()
    assert time.monotonic() - started < 5


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"A: b\r\n" * 1000)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 100_000)


def says_much(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")


@pytest.mark.parametrize("talk", [endless_headers, endless, says_much])
def test_a_server_that_sends_too_much(
    answer: Callable[[Talk], str], tmp_path: Path, talk: Talk
) -> None:
    with pytest.raises(requests.RequestException):
        Download(answer(talk), tmp_path / "a", max_bytes=1_000_000).run()
    path = tmp_path / "a"
    assert not path.exists() or path.stat().st_size <= 1_100_000


def test_a_file(answer: Callable[[Talk], str], tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n1,2"
    Download(answer(lambda connection: connection.sendall(page)), tmp_path / "a").run()
    assert (tmp_path / "a").read_bytes() == b"1,2"
