"""Control characters of user data are shown as escapes, never obeyed."""

import io
import sys

import pytest

from lightning_course.terminal import printable, visible_controls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("spam\x1b]0;title\x07", "spam\\x1b]0;title\\x07"),
        ("\x1b[2J\x1b[31m", "\\x1b[2J\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),  # CSI as one character
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("null\x00 del\x7f nel\x85", "null\\x00 del\\x7f nel\\x85"),
        ("\u202eevil", "\\u202eevil"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("name\udcff", "name\\udcff"),  # of a file name that is not UTF-8
    ],
)
def test_a_control_character_becomes_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text", ["£5 a day", "naïve Ä 日本語", "שלום", "👩‍🚀", "a\u00a0b", "C:\\new"]
)
def test_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_streams_escape_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    out, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", errors)
    with visible_controls():
        print("class\t\x1b]0;x\x07\nnext")
        print("\x9b2J", file=sys.stderr)
        sys.stdout.writelines(["\x07", "end\n"])
    print("\x1b")
    assert out.getvalue() == "class\t\\x1b]0;x\\x07\nnext\n\\x07end\n\x1b\n"
    assert errors.getvalue() == "\\x9b2J\n"


def test_a_progress_bar_still_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    tqdm = pytest.importorskip("tqdm")
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with visible_controls():
        for _ in tqdm.tqdm(range(2), file=sys.stdout, desc="\x1b[2J", position=1):
            pass
    assert "\r\\x1b[2J:   0%" in out.getvalue()
    assert "\x1b[A" in out.getvalue()
