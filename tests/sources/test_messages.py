from pathlib import Path

import pytest

from lightning_course.sources import load_messages, messages
from lightning_course.sources.base import sha256_of


def write(path: Path, content: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256_of(path)


def test_the_kaggle_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # ISO-8859-1, CRLF, three empty columns, a quoted comma, a message pandas takes for NaN.
    rows = b'v1,v2,,,\r\nham,"Hi, you",,,\r\nspam,Win \xa3100,,,\r\nham,NA,,,'
    sha = write(tmp_path / "spam/spam.csv", rows)
    file = messages.DataFile("spam/spam.csv", sha, ())
    monkeypatch.setattr(messages, "KAGGLE_CSV", file)
    monkeypatch.setattr(messages, "SMS_SPAM", messages.DataSource("SMS", (file,), "-"))
    frame, provenance = load_messages(tmp_path, "local")
    assert frame.to_numpy().tolist() == [["ham", "Hi, you"], ["spam", "Win £100"], ["ham", "NA"]]
    assert (provenance.kind, provenance.file, provenance.sha256) == ("real", "spam.csv", sha)


def test_the_uci_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 'ham\tHe said "hi\nspam\tWin £100 "now"\n'.encode()
    sha = write(tmp_path / "spam/SMSSpamCollection", rows)
    file = messages.DataFile("spam/SMSSpamCollection", sha, ())
    monkeypatch.setattr(messages, "SMS_SPAM", messages.DataSource("SMS", (file,), "-"))
    frame, _ = load_messages(tmp_path, "local")
    assert frame.to_numpy().tolist() == [["ham", 'He said "hi'], ["spam", 'Win £100 "now"']]


def test_the_stand_in_says_so_and_has_a_checksum() -> None:
    frame, provenance = load_messages(mode="standin", seed=0)
    assert list(frame.columns) == ["label", "text"]
    assert provenance.kind == "stand-in"
    assert "stand-in" in str(provenance)
    assert load_messages(mode="standin", seed=0)[1] == provenance
    assert load_messages(mode="standin", seed=1)[1].sha256 != provenance.sha256


def test_the_real_files(real_data: Path, tmp_path: Path) -> None:
    kaggle, provenance = load_messages(real_data, "local")
    assert len(kaggle) == 5_572
    assert (kaggle["label"] == "spam").sum() == 747
    assert provenance.file == "spam.csv"
    (tmp_path / "spam").mkdir()
    (tmp_path / "spam/SMSSpamCollection").symlink_to(real_data / "spam/SMSSpamCollection")
    uci, provenance = load_messages(tmp_path, "local")
    assert len(uci) == 5_574
    assert (uci["label"] == "spam").sum() == 747
    assert not uci.isna().any().any()
