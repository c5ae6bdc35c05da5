"""Files are written whole or not at all, and never where somebody else's link leads."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lightning_course.errors import UserError
from lightning_course.files import writing
from lightning_course.files.writing import (
    break_hard_links,
    is_stream,
    moved_into_place,
    refuse_links,
    replacing,
    safe_name,
    write_atomically,
    write_json,
    write_output,
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="links and devices of POSIX")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"a": 1})
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\udc80")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert json.loads(path.read_text()) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]


def test_the_longest_name_that_a_file_can_have(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".csv")
    write_atomically(path, "x")
    assert path.read_text() == "x"


@posix_only
def test_permissions_of_an_older_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "private.csv"
    path.touch(0o600)
    write_atomically(path, "x")
    assert path.stat().st_mode & 0o777 == 0o600


@posix_only
def test_our_own_files_replace_a_link_and_leave_its_target(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    for make in (os.symlink, os.link):
        path = tmp_path / make.__name__
        make(tmp_path / "precious", path)
        write_atomically(path, "ours")
        assert path.read_text() == "ours"
        assert not path.is_symlink()
    assert (tmp_path / "precious").read_text() == "precious"


@posix_only
def test_a_file_that_is_written_in_place_has_no_second_name(tmp_path: Path) -> None:
    precious, log = tmp_path / "precious", tmp_path / "task.log"
    break_hard_links(log)
    precious.write_text("precious")
    os.link(precious, log)
    break_hard_links(log)
    with log.open("a") as file:
        file.write(" log")
    assert (precious.read_text(), log.read_text()) == ("precious", "precious log")


@posix_only
def test_a_user_s_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in ("folder/there.csv", "folder/not_yet.csv"):
        path = tmp_path / "link.csv"
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        write_output(path, "text")
        assert path.is_symlink()
        assert (tmp_path / target).read_text() == "text"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        write_output(loop, "text")
    assert sorted(entry.name for entry in (tmp_path / "folder").iterdir()) == [
        "not_yet.csv",
        "there.csv",
    ]


@posix_only
def test_a_model_and_its_description_go_through_links_of_the_user(tmp_path: Path) -> None:
    disk, here = tmp_path / "disk", tmp_path / "here"
    disk.mkdir()
    here.mkdir()
    (here / "model.pt").symlink_to(disk / "model.pt")
    with moved_into_place(here / "model.pt") as scratch:
        (scratch / "model.pt").write_text("model")
        (scratch / "model.pt.json").write_text("{}")
    assert (disk / "model.pt").read_text() == "model"
    assert sorted(entry.name for entry in here.iterdir()) == ["model.pt", "model.pt.json"]


@posix_only
def test_a_device_stays_a_device() -> None:
    null = Path(os.devnull)
    assert is_stream(null)
    write_output(null, "text")
    assert null.is_char_device()
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match="No space left"):
            write_output(Path("/dev/full"), "text")


@posix_only
def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    write_output(pipe, "a,b\n1,2\n")
    reader.join()
    assert found == ["a,b\n1,2\n"]
    assert pipe.is_fifo()


@posix_only
def test_a_pipe_that_nobody_reads_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nobody reads the named pipe"):
        write_output(tmp_path / "pipe", "text")


@posix_only
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_the_standard_output_is_appended_to(tmp_path: Path, name: str) -> None:
    if name.startswith("/proc") and not Path(name).exists():
        pytest.skip("no /proc here")
    (tmp_path / "link").symlink_to("/dev/stdout")
    code = (
        "import sys; from pathlib import Path\n"
        "from lightning_course.files.writing import write_output\n"
        "write_output(Path(sys.argv[1]), 'new\\n')"
    )
    with (tmp_path / "out.txt").open("w") as file:
        file.write("old\n")
        file.flush()
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name)],
            stdout=file,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert (tmp_path / "out.txt").read_text() == "old\nnew\n"


@posix_only
def test_on_a_terminal_control_characters_are_escapes() -> None:
    reader, terminal = os.openpty()
    write_output(Path(f"/dev/fd/{terminal}"), "text\n\x1b]0;title\x07,\x9b2J\n")
    os.close(terminal)
    shown = os.read(reader, 1000)
    os.close(reader)
    assert shown == b"text\r\n\\x1b]0;title\\x07,\\x9b2J\r\n"


@posix_only
@pytest.mark.parametrize(
    "name",
    ["predictions.csv", "figures", "checkpoints/last.ckpt", "config.yaml", "deep/er/file", "x"],
)
@pytest.mark.parametrize(
    "target", ["../precious", "/etc/passwd", "/nowhere", "..", "/", "/dev/zero"]
)
def test_links_that_lead_out_of_a_run_are_refused(tmp_path: Path, name: str, target: str) -> None:
    link = tmp_path / "run" / name
    link.parent.mkdir(parents=True)
    (tmp_path / "precious").touch()
    refuse_links(tmp_path / "run")
    depth = len(Path(name).parts) - 1
    link.symlink_to("../" * depth + target if target.startswith(".") else target)
    with pytest.raises(UserError, match=r"is a link to .*, which is not in the run"):
        refuse_links(tmp_path / "run")


@posix_only
def test_links_within_a_run_and_to_it_are_harmless(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints/last.ckpt").touch()
    os.link(run / "checkpoints/last.ckpt", run / "checkpoints/best.ckpt")
    (run / "best.ckpt").symlink_to("checkpoints/best.ckpt")
    (run / "again").symlink_to(run / "checkpoints")
    refuse_links(run)
    (tmp_path / "alias").symlink_to(run)
    refuse_links(tmp_path / "alias")
    (run / "loop").symlink_to("loop")
    with pytest.raises(UserError, match="loop is a link"):
        refuse_links(run)


@posix_only
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_file_is_refused_in_a_run(tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "results.json")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(tmp_path / "results.json"))
    with pytest.raises(UserError, match=r"results\.json is a device or a pipe"):
        refuse_links(tmp_path)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("prices 2024", "prices_2024"),
        ("..", "data"),
        ("...", "data"),
        ("", "data"),
        (".csv", "csv"),
        ("a/b", "a_b"),
        ("..\\..\\x", "_.._x"),
        ("a\x1b]0;b\n", "a_0_b_"),
        ("nul\x00", "nul_"),
        ("größe", "größe"),
        ("gro\u0308ße", "größe"),
        ("名前", "名前"),
        ("name\udcff", "name_"),
        ("CON", "_CON"),
        ("nul.csv", "_nul.csv"),
        ("console", "console"),
        ("lr=0.1,x", "lr=0.1,x"),
    ],
)
def test_a_name_made_of_someone_s_text(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_long_names_are_cut_and_stay_apart(tmp_path: Path) -> None:
    texts = ["x" * 300, "x" * 301, "名" * 300]
    names = [safe_name(text) for text in texts]
    assert len(set(names)) == 3
    assert all(len(name.encode()) <= 100 for name in names)
    for name in names:
        (tmp_path / name).mkdir()
