"""The encoding of a user's text file.

A file is read as UTF-8; as UTF-16 or UTF-32 if its first bytes say so; else as cp1252, which a
message says. A file that may have another encoding is refused until the user names its encoding.
"""

import codecs
import re

from lightning_course.errors import UserError

# The first bytes of files that people mistake for text tables.
_BINARIES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"\x1f\x8b": "compressed (gzip): unpack it",
    b"PAR1": "a Parquet file: write it as CSV",
    b"SQLite format 3": "a database: write the table as CSV",
}

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8",
}

# Python's codecs from bytes to text that are not encodings of files.
_NOT_OF_FILES = {"charmap", "idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}

# The ratio of UTF-8 characters beyond ASCII to bytes that are not UTF-8. By chance, a few
# neighbouring letters of a cp1252 text are UTF-8, such as the end of „Spaß“.
_MIN_UTF8_SHARE = 0.1


def decode(content: bytes, name: str, encoding: str | None = None) -> tuple[str, str | None]:
    """Return a file's text, and a remark for the user where the encoding is not certain.

    Args:
        content: The file.
        name: Its name, for messages.
        encoding: The user's. None: UTF-8 with or without a byte-order mark; UTF-16 and UTF-32 with
            one; else cp1252 if all bytes are defined there, and then there is a remark.

    Raises:
        UserError: There is no such encoding, or it does not have some of the bytes; the message
            has the row. Without an encoding: a zero byte; UTF-8 letters beside bytes that are not
            UTF-8; a byte that cp1252 does not have; or more letters beyond ASCII than in it, which
            a longer cp1252 text never has.
    """
    remark = None
    if encoding is not None:
        text = _decode_as(content, name, encoding)
    else:
        for start, what in _BINARIES.items():
            if content.startswith(start):
                raise UserError(f"{name} is not text but {what}")
        mark = next((mark for mark in _MARKS if content.startswith(mark)), None)
        if mark is not None:
            text = _decode_as(content, name, _MARKS[mark])
        elif b"\0" in content:
            raise _zero_byte(content, name)
        else:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                text, remark = _as_cp1252(content, name, error)
    # Concatenated files have a byte-order mark in the middle.
    text = text.replace("\ufeff", "")
    if wrong := re.search("[\0\ud800-\udfff]", text):
        what = "a zero character" if wrong[0] == "\0" else "half a character (a lone surrogate)"
        raise UserError(
            f"{name}, row {_row(text[: wrong.start()])} has {what}: it is damaged, or its encoding "
            "is another (--data.encoding)"
        )
    return text, remark


def _decode_as(content: bytes, name: str, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
        if codec.replace("-", "_") in _NOT_OF_FILES:
            raise LookupError
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "ignore")
        # Errors of UTF-7 may span several bytes, and bytes at the end may be missing.
        byte = f"byte 0x{content[error.start]:02x} " if error.start < len(content) else "the end "
        raise UserError(
            f"{name} is not {encoding} text: row {_row(before)}, {byte}({error.reason}); name "
            "another --data.encoding"
        ) from error
    # A name with a zero character or with letters beyond ASCII raises a ValueError, and so does a
    # codec that is not for text.
    except (LookupError, ValueError) as error:
        raise UserError(
            f"--data.encoding {encoding}: there is no such encoding of text; known are, among "
            "others, utf-8, utf-16, cp1252, cp1251, gb18030 and shift_jis"
        ) from error


def _as_cp1252(content: bytes, name: str, error: UnicodeDecodeError) -> tuple[str, str]:
    """Return the text of a file that is not UTF-8, and the remark."""
    at = error.start
    escaped = content.decode("utf-8", "surrogateescape")
    bad = len(re.findall("[\udc80-\udcff]", escaped))
    good = len(re.findall("[^\0-\x7f\udc80-\udcff]", escaped))
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as undefined:
        text, at = "", undefined.start
    # Letters, not signs: a column of prices may hold nothing but pounds.
    western = len(re.sub(r"[\W\d_a-zA-Z]", "", text)) <= len(re.sub(r"[^a-zA-Z]", "", text))
    likely = "cp1252" if text and western else "cp1252, cp1251, gb18030 or shift_jis"
    advice = f"name the encoding with --data.encoding, such as {likely}"
    if good > _MIN_UTF8_SHARE * bad:
        at = error.start
        problem = f"is not UTF-8, and {good:,} other character{'s are' if good > 1 else ' is'}"
        advice = f"save the file as UTF-8, or {advice}"
    elif not text:
        problem = "is neither UTF-8 nor cp1252"
    elif not western:
        problem = "is not UTF-8, and most letters are not Western European (cp1252)"
    else:
        word = re.search(r'[^\s,;|"]*[^\0-\x7f][^\s,;|"]*', text)
        assert word is not None
        return text, (
            f"{name} is not UTF-8 and is read as cp1252, as in {word[0][:20]!r}; --data.encoding "
            "sets another"
        )
    row = _row(content[:at].decode("latin-1"))
    raise UserError(f"{name}, row {row}: byte 0x{content[at]:02x} {problem}: {advice}")


def _zero_byte(content: bytes, name: str) -> UserError:
    at = content.index(b"\0")
    if content.count(b"\0") < len(content) / 4:
        row = _row(content[:at].decode("latin-1"))
        return UserError(f"{name} is not text, or it is damaged: row {row} has a zero byte")
    # In text of ASCII letters every other byte is zero.
    order = "be" if at % 2 == 0 else "le"
    return UserError(
        f"{name} has zero bytes, as UTF-16 has, and no byte-order mark: save it as UTF-8, or name "
        f"its encoding, such as --data.encoding utf-16-{order}"
    )


def _row(before: str) -> int:
    """Return the row in which a text ends; line ends between quotation marks do not count."""
    return 1 + len(re.findall("\r\n|\r|\n", "".join(before.split('"')[::2])))
