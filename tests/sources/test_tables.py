import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.sources import read_own_table
from lightning_course.sources.base import sha256_of

COLUMNS = ("text", "label")


def cells(path: Path, content: bytes, **options: str) -> list[list[str]]:
    path.write_bytes(content)
    table, _ = read_own_table(path, COLUMNS, **options)
    return table[list(COLUMNS)].to_numpy().tolist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_names_the_columns(tmp_path: Path, separator: str) -> None:
    rows = f"text{separator}label\na, b; c{separator}x\n"
    if separator in ",;":
        rows = f'text{separator}label\n"a, b; c"{separator}x\n'
    assert cells(tmp_path / "my.csv", rows.encode()) == [["a, b; c", "x"]]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "naïve 👍"),
        ("utf-8-sig", "naïve"),
        ("utf-16", "naïve"),
        ("cp1252", "only £5, a café for the naïve"),
        ("cp1251", "Привет, как дела? Увидимся завтра после работы, я позвоню вечером"),
        ("gb18030", "你好,这是一个测试消息,恭喜您中奖了"),
    ],
)
def test_encodings_are_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str, text: str
) -> None:
    content = f'text,label\n"{text}",x\n'.encode(encoding)
    assert cells(tmp_path / "my.csv", content) == [[text, "x"]]
    # What is not UTF-8 is a guess, and the user must know.
    assert ("is read as" in capsys.readouterr().err) == (not encoding.startswith("utf-8"))
    assert cells(tmp_path / "my.csv", content, encoding=encoding) == [[text, "x"]]
    assert capsys.readouterr().err == ""


def test_quotation_marks_in_tab_separated_files_are_characters(tmp_path: Path) -> None:
    content = b'label\ttext\nham\t"hi\nspam\tsay "win"\nham\tbye"\n'
    assert cells(tmp_path / "my.tsv", content) == [
        ['"hi', "ham"],
        ['say "win"', "spam"],
        ['bye"', "ham"],
    ]
    # Unless they are in pairs around the cells.
    content = b'label\ttext\n"ham"\t"hi\nthere"\n'
    assert cells(tmp_path / "my.tsv", content) == [["hi\nthere", "ham"]]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
    )
)
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "my.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    assert cells(path, text.getvalue().encode()) == rows


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text('text,label,,\n"a\nb",x,,\n\nc,y,,\n')
    table, provenance = read_own_table(path, COLUMNS)
    assert table.index.tolist() == [2, 4]
    assert table.columns.tolist() == ["text", "label"]
    assert provenance.as_dict() == {
        "kind": "own",
        "name": "my",
        "file": "my.csv",
        "sha256": sha256_of(path),
    }


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"", {}, "is empty"),
        (b"\n\n", {}, "is empty"),
        (b"text,label\n", {}, "has a line of column names and no rows"),
        (b"txet,label\na,b\n", {}, "has no column 'text' (did you mean 'txet'?)"),
        (b"a,b\nc,d\n", {}, "its first line names: 'a', 'b'"),
        (b"text,label\na,b\n", {"separator": "tab"}, "has no column 'text'"),
        (b"text,label\na,b\n", {"separator": ";;"}, "must be one character or tab"),
        (b"text,label\na,b\nhi, you,b\n", {}, "row 3 has 3 fields, and the first line names 2"),
        (b"text,label\na\n", {}, "row 2 has 1 fields"),
        (b"text,label,text\na,b,c\n", {}, "names the column 'text' twice"),
        (b'text,label\n"a,b\nc,d\n', {}, "cannot be read as CSV, line 3"),
        (b"text,label\n\xff,b\n", {"encoding": "utf-8"}, "is not utf-8 text"),
        (b"text,label\na,b\n", {"encoding": "utf-9"}, "there is no such encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\0\0\x81\x8d" * 99, {}, "no other encoding fits"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, content: bytes, options: dict[str, str], words: str
) -> None:
    with pytest.raises(UserError) as error:
        cells(tmp_path / "my.csv", content, **options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_own_table(tmp_path / "my.csv", COLUMNS)
    with pytest.raises(UserError, match="cannot be read"):
        read_own_table(tmp_path, COLUMNS)
