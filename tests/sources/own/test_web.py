import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lightning_course.commands import run
from lightning_course.errors import UserError
from lightning_course.sources.own.web import fetch, is_url

Serve = Callable[[Mapping[str, bytes]], str]


def test_addresses() -> None:
    assert is_url("https://example.org/a.csv")
    assert is_url("ftp://example.org/a.csv")
    assert not is_url("a.csv")
    assert not is_url(r"C:\data\a.csv")


def test_a_download_is_kept_and_used_again(
    serve: Serve, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = {"/my%20table.csv?version=1": b"a,b\n1,2\n"}
    url = serve(pages) + "/my%20table.csv?version=1"
    path = fetch(url)
    assert path.name == "my_table.csv"
    assert path.is_relative_to(empty_cache)
    assert path.read_bytes() == b"a,b\n1,2\n"
    pages.clear()
    assert "remove" not in capsys.readouterr().err
    assert fetch(url) == path
    assert f"remove {path}" in capsys.readouterr().err


def test_a_file_address_is_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my table.csv"
    assert fetch(path.as_uri()) == path


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (None, "could not be downloaded: 404"),
        (b"x" * 2000, "is larger than 0 MB"),
        (b"\n<!DOCTYPE html><html>", "is a web page, not a table"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_kept(
    serve: Serve, empty_cache: Path, page: bytes | None, words: str
) -> None:
    url = serve({} if page is None else {"/a.csv": page})
    with pytest.raises(UserError, match=words):
        fetch(f"{url}/a.csv", max_bytes=1000)
    assert [path for path in empty_cache.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/a.csv", "no connection"),
        ("ftp://127.0.0.1/a.csv", "begin with http"),
        ("http:///a.csv", "names no host"),
        ("http://[/a.csv", "is not an address"),
    ],
)
def test_addresses_that_lead_nowhere(url: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        fetch(url)


@pytest.mark.parametrize(
    "target", [b"http://[::1", b"file:///etc/passwd", b"ftp://127.0.0.1/a.csv"]
)
def test_a_redirect_to_what_is_no_address(empty_cache: Path, target: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(
                    b"HTTP/1.1 302 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target
                )

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(UserError, match="could not be downloaded"):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/a.csv")


def test_a_cache_that_cannot_be_written(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="could not be kept"):
        fetch(serve({"/a.csv": b"1"}) + "/a.csv")


SECRETS = ["me:secret@", "me:se/cret@", "me:s@cret@", "secret@", "me:the secret@", ":secret@"]


@pytest.mark.parametrize("user", SECRETS)
@pytest.mark.parametrize(
    "rest",
    ["127.0.0.1:9/a.csv", "127.0.0.1:port/a.csv", "[/a.csv", "/a.csv", "127.0.0.1:9/@/a.csv"],
)
@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_a_password_is_not_printed(
    scheme: str, user: str, rest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explore", ["--data", f"{scheme}://{user}{rest}"]) == 2
    captured = capsys.readouterr()
    assert "cret" not in captured.err + captured.out
    assert f"{scheme}://…@" in captured.err


def test_a_password_is_not_kept(
    serve: Serve, in_tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve({"/a.csv": b"a,b\n1,2\n2,4\n3,5\n"}).replace("//", "//me:secret@") + "/a.csv"
    for _ in range(2):
        assert run("explore", ["--data", url]) == 0
    captured = capsys.readouterr()
    assert "secret" not in captured.out + captured.err
    for folder in (in_tmp_path, empty_cache):
        for path in folder.rglob("*"):
            assert "secret" not in str(path)
            assert path.is_dir() or b"secret" not in path.read_bytes()
