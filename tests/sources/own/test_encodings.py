import codecs
import encodings
import pkgutil

import pytest

from lightning_course.errors import UserError
from lightning_course.sources.own.encodings import decode

CAFE = "text,label\ncafé 😀,a\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_is_certain_is_read_without_a_remark(encoding: str) -> None:
    assert decode(CAFE.encode(encoding), "my.csv") == (CAFE, None)


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32-be", "utf-16-le"])
def test_byte_order_marks_of_either_order(encoding: str) -> None:
    marked = ("\ufeff" + CAFE).encode(encoding)
    assert decode(marked, "my.csv") == (CAFE, None)
    # A mark is no letter of the first name, whoever names the encoding.
    assert decode(marked, "my.csv", encoding) == (CAFE, None)
    assert decode(("\ufeff" + CAFE).encode(), "my.csv", "utf-8") == (CAFE, None)


@pytest.mark.parametrize(
    "text",
    [
        "text,label\nmum says bring bread please £5,amount\ndid you finish,none\n",
        "text\nonly £5\nok\n",
        "text\nonly €5\n",
        "price,kind\n" + "£5,1\n£6,2\n€7,1\n" * 20,
        "text\n“quoted” — a naïve café…\n",
        # The last two bytes of „Spaß“ are a letter in UTF-8.
        "text\ngroßer „Spaß“\n" + "gäbe für Jörg und Käthe Öl, süße Äpfel, Grüße\n" * 3,
    ],
)
def test_else_cp1252(text: str) -> None:
    read, remark = decode(text.encode("cp1252"), "my.csv")
    assert read == text
    assert remark is not None
    assert remark.startswith("my.csv is not UTF-8 and is read as cp1252, as in '")
    assert decode(text.encode("cp1252"), "my.csv", "cp1252") == (text, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # As in a UTF-8 file into which one row was pasted.
        (
            CAFE.encode() + b"caf\xe9,b\nplain,a\n",
            "row 3: byte 0xe9 is not UTF-8, and 2 other char",
        ),
        (CAFE.encode() + b"\x80,b\n", "row 3: byte 0x80 is not UTF-8, and 2 other characters are:"),
        (CAFE.encode() + b"\x81,b\n", "row 3: byte 0x81 is not UTF-8, and 2 other characters are:"),
        ('a\n"é\né"\n'.encode() + b"\xff\n", "row 3: byte 0xff is not UTF-8"),
        (CAFE.encode()[:-5], "row 2: byte 0xf0 is not UTF-8, and 1 other character is:"),
        (b"a\r\nb\r\nc \x81\r\n", "row 3: byte 0x81 is neither UTF-8 nor cp1252"),
        (
            "a,b\n\u041f\u0440\u0438\u0432\u0435\u0442,x\n".encode("cp1251"),
            "row 2: byte 0xcf is not UTF-8, and most",
        ),
        (
            "a,b\n\u03b3\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5,x\n".encode("iso8859-7"),
            "such as cp1252, cp1251, gb18030 or shift_jis",
        ),
        ("a,b\n今日は世界、元気ですか\n".encode("shift_jis"), "name the encoding with"),
        (
            "a,b\n你好,这是一个测试消息,恭喜您中奖了\n".encode("gb18030"),
            "such as cp1252, cp1251, gb18030",
        ),
        (CAFE.encode("utf-16-le"), "such as --data.encoding utf-16-le"),
        (CAFE.encode("utf-16-be"), "such as --data.encoding utf-16-be"),
        (b"text,label\na,x\nb\0c,y\n", "is not text, or it is damaged: row 3 has a zero byte"),
        (b"\xff\xfea", "is not utf-16 text: row 1, byte 0x61 (truncated data)"),
        (codecs.BOM_UTF8 + "a,b\nx,café\n".encode("cp1252"), "is not utf-8 text: row 2, byte 0xe9"),
        (b"PK\x03\x04rest", "a zip archive or an Excel workbook"),
        (b"\x1f\x8brest", "compressed"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"PAR1rest", "Parquet"),
    ],
)
def test_what_may_be_something_else_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UserError) as error:
        decode(content, "my.csv", None)
    assert str(error.value).startswith("my.csv")
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (b"a\nb\xff\n", "utf-8", "my.csv is not utf-8 text: row 2, byte 0xff"),
        (b"a\n\xed\xa0\x80\n", "utf-8", "is not utf-8 text: row 2, byte 0xed"),
        (b"a\nb\x81\n", "cp1252", "is not cp1252 text: row 2, byte 0x81"),
        (b"a\nb\0\n", "latin-1", "row 2 has a zero character"),
        (b"a\n+2AA-\n", "utf-7", "row 2 has half a character"),
    ],
)
def test_a_named_encoding_that_does_not_fit(content: bytes, encoding: str, words: str) -> None:
    with pytest.raises(UserError) as error:
        decode(content, "my.csv", encoding)
    assert words in str(error.value)


def test_byte_order_marks_within_are_left_out() -> None:
    assert decode(b"a,b\n\xef\xbb\xbfa,b\n1,\xef\xbb\xbf2\n", "x") == ("a,b\na,b\n1,2\n", None)


def test_only_encodings_of_text_files_may_be_named() -> None:
    known = [module.name for module in pkgutil.iter_modules(encodings.__path__)]
    refused = set()
    for name in [
        *known,
        "",
        "utf-9",
        "u\0",
        "ü",
        "x" * 1000,
        "os",
        "../x",
        "unicode-escape",
        "IDNA",
    ]:
        try:
            assert isinstance(decode(b"abc", "my.csv", name)[0], str)
        except UserError as error:
            if "there is no such encoding of text" in str(error):
                refused.add(name)
    assert refused >= {
        "base64_codec",
        "bz2_codec",
        "hex_codec",
        "quopri_codec",
        "rot_13",
        "uu_codec",
    }
    assert refused >= {
        "charmap",
        "idna",
        "punycode",
        "raw_unicode_escape",
        "undefined",
        "zlib_codec",
    }
    assert refused >= {"unicode_escape", "unicode-escape", "IDNA", "", "utf-9", "u\0", "ü", "os"}
    assert not refused & {
        "ascii",
        "cp1252",
        "gb18030",
        "latin_1",
        "mac_roman",
        "shift_jis",
        "utf_8",
    }
