import os
import socket
import threading
from pathlib import Path

import pytest

from lightning_course.errors import UserError
from lightning_course.files.reading import open_file, read_bytes, read_json, read_text, read_yaml


def test_bytes_and_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("é\r\nb\r".encode())
    assert read_bytes(path) == "é\r\nb\r".encode()
    assert read_text(str(path)) == "é\nb\n"
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_bytes(link) == path.read_bytes()


def test_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bytes(path, limit=5) == b"12345"
    with pytest.raises(
        UserError, match=r"the table cannot be read: it has 5 bytes, and at most 4 are read"
    ):
        read_bytes(path, limit=4, what="the table")


def test_a_file_of_holes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(UserError, match="at most"):
        read_bytes(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        # The path of a socket may have a hundred characters.
        old = os.getcwd()
        os.chdir(tmp_path)
        server.bind("socket")
        os.chdir(old)
        for path, kind in (
            (tmp_path, "a folder"),
            (pipe, "a pipe"),
            (tmp_path / "socket", "a socket"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(UserError, match=f"{path} cannot be read: it is {kind}, not a file"):
                read_bytes(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_name_that_becomes_a_pipe_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    state = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_, **__: state)
    refused = []

    def read() -> None:
        try:
            open_file(path)
        except UserError as error:
            refused.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert refused == [f"{path} cannot be read: it is a pipe, not a file"]


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_bytes(tmp_path / "none")
    with pytest.raises(UserError, match="null"):
        read_bytes("a\0b")


def test_text_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xff")
    with pytest.raises(UserError, match="it is not UTF-8 text"):
        read_text(path)


BILLION_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BILLION_LAUGHS, "more than 20,000 entries, repeated ones included"),
        ("a: &a {b: *a}", "the part &a contains itself"),
        ("&a [*a]", "the part &a contains itself"),
        ("a: &a\n  b: 1\n  <<: *a\n", "contains itself"),
        ("a: " + "[" * 900 + "]" * 900, "more than 50 deep"),
        ("".join(" " * level + "a:\n" for level in range(900)), "more than 50 deep"),
        ("[" * 100_000, "nesting depth|more than 50 deep"),
        (f"[{'0,' * 30_000}]", "more than 20,000 entries"),
        ("a: '&a [*a]'", "contains itself"),
        ("a: '" + "[" * 60 + "]" * 60 + "'", "more than 50 deep"),
        (
            "".join(" " * level + "a: |\n" for level in range(100)) + " " * 100 + "b" * 100,
            "more than 50 deep",
        ),
        ("a: [", "it is not valid YAML"),
        ("a: 2000-13-01", "it is not valid YAML"),
        ("a: *b", "it is not valid YAML"),
        ("!!python/object/apply:os.getcwd []", "it is not valid YAML"),
    ],
    ids=lambda value: value[:20],
)
def test_yaml_without_bounds(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=reason) as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_yaml_that_repeats_a_little(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: &a {x: 1}\nb: {<<: *a, y: '2 * [3]'}\nc: [*a, *a]\n")
    assert read_yaml(path) == {
        "a": {"x": 1},
        "b": {"x": 1, "y": "2 * [3]"},
        "c": [{"x": 1}, {"x": 1}],
    }


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "", "1" * 5000])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.json cannot be read: it is not JSON"):
        read_json(path)
    path.write_text('{"a": [1]}')
    assert read_json(path) == {"a": [1]}
