import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lightning_course.errors import UserError
from lightning_course.sources import DataFile, DataSource, base, obtain

CONTENT = b"a,b\n1,2\n" * 100
SHA = hashlib.sha256(CONTENT).hexdigest()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server(serve: Any) -> str:
    """Serve a good file, a damaged one, archives, and 404 for the rest."""
    pages = {
        "/good.csv": CONTENT,
        "/damaged.csv": CONTENT[:-1],
        "/good.zip": zipped("table.csv", CONTENT),
        "/other.zip": zipped("readme.txt", b"nothing here"),
        "/bomb.zip": zipped("table.csv", bytes(5_000_000)),
        "/no.zip": b"this is not an archive",
    }

    url: str = serve(pages)
    return url


def source(*urls: str, member: str | None = None) -> DataSource:
    file = DataFile("set/table.csv", SHA, urls, member=member, max_bytes=100_000)
    return DataSource("a table", (file,), "public domain")


def left_over(root: Path) -> list[str]:
    """Return what is below a folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_a_download_is_verified_and_kept(server: str, tmp_path: Path) -> None:
    wanted = source(f"{server}/good.csv")
    file, path = obtain(wanted, tmp_path, "download")
    assert path == tmp_path / "set/table.csv"
    assert path.read_bytes() == CONTENT
    assert file is wanted.files[0]
    assert left_over(tmp_path) == ["set", "set/table.csv"]
    # The second time it is there: no mirror is asked.
    assert obtain(source("http://127.0.0.1:9/gone"), tmp_path, "local") is not None


def test_the_next_mirror_serves_when_one_fails(server: str, tmp_path: Path) -> None:
    urls = ["http://127.0.0.1:9/down", f"{server}/missing", f"{server}/damaged.csv"]
    _, path = obtain(source(*urls, f"{server}/good.csv"), tmp_path, "download")
    assert path.read_bytes() == CONTENT


def test_a_member_of_an_archive(server: str, tmp_path: Path) -> None:
    _, path = obtain(source(f"{server}/good.zip", member="table.csv"), tmp_path, "download")
    assert path.read_bytes() == CONTENT
    assert left_over(tmp_path) == ["set", "set/table.csv"]


@pytest.mark.parametrize(
    ("page", "member", "words"),
    [
        ("damaged.csv", None, "hash"),
        ("missing", None, "404"),
        ("other.zip", "table.csv", "no member table.csv"),
        ("bomb.zip", "table.csv", "wrong sha256"),
        ("no.zip", "table.csv", "zip"),
    ],
)
def test_what_is_wrong_with_a_download_is_told_and_nothing_kept(
    server: str, tmp_path: Path, page: str, member: str | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        obtain(source(f"{server}/{page}", member=member), tmp_path, "download")
    assert left_over(tmp_path) == []


def test_auto_falls_back_to_the_stand_in_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="STAND-IN"):
        assert obtain(source("http://127.0.0.1:9/down"), tmp_path, "auto") is None


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="STAND-IN"):
        assert obtain(source(f"{server}/good.csv"), None, "auto") is None
    with pytest.raises(UserError, match="could not be downloaded"):
        obtain(source(f"{server}/good.csv"), None, "download")


def test_standin_asks_nobody(tmp_path: Path) -> None:
    assert obtain(source("http://127.0.0.1:9/down"), tmp_path, "standin") is None


@pytest.mark.parametrize("mode", ["auto", "local", "download"])
def test_a_file_that_is_not_the_published_one_is_refused_and_not_touched(
    tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "set/table.csv"
    path.parent.mkdir()
    path.write_bytes(b"my own table")
    with pytest.raises(UserError, match=r"not the published file.*expected"):
        obtain(source("http://127.0.0.1:9/down"), tmp_path, mode)
    assert path.read_bytes() == b"my own table"


def test_the_cache_is_looked_at_too(empty_cache: Path, tmp_path: Path) -> None:
    cached = empty_cache / "lightning_course/set/table.csv"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    _, path = obtain(source(), tmp_path, "local")
    assert path == cached
    _, path = obtain(source(), None, "local")
    assert path == cached


def test_the_environment_names_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTNING_COURSE_DATA", str(tmp_path))
    (tmp_path / "set").mkdir()
    (tmp_path / "set/table.csv").write_bytes(CONTENT)
    assert obtain(source(), None, "local") is not None


def test_a_root_that_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        obtain(source(), tmp_path / "nowhere", "auto")


def test_waiting_for_another_process_is_said_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(base.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(base, "_QUIET_WAIT", 0.05)
    monkeypatch.setattr(base, "_PATIENCE", 0.05)
    with base.one_process_at_a_time():
        assert capsys.readouterr().err == ""
        with (
            pytest.raises(UserError, match=r"another process has been .* it holds .*\.lock"),
            base.one_process_at_a_time(),
        ):
            raise AssertionError("two at a time")
    assert capsys.readouterr().err.startswith("waiting for another process")
    with base.one_process_at_a_time():
        assert capsys.readouterr().err == ""
