import csv
import io
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.sources import read_own_table, with_types
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


def test_a_guessed_encoding_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = "text,label\nonly £5,x\n".encode("cp1252")
    assert cells(tmp_path / "my.csv", content) == [["only £5", "x"]]
    assert "my.csv is not UTF-8 and is read as cp1252, as in '£5'" in capsys.readouterr().err
    assert cells(tmp_path / "my.csv", content, encoding="cp1252") == [["only £5", "x"]]
    assert capsys.readouterr().err == ""


def test_excel_s_line_that_names_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    assert cells(path, b"sep=;\r\ntext;label;a,b,c\r\nhi;x;y\r\n") == [["hi", "x"]]
    # A column may be called so.
    path.write_text("sep=a,b\n1,2\n")
    assert list(read_own_table(path, ())[0]) == ["sep=a", "b"]


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
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
    ).filter(lambda rows: any(map(str.strip, rows[-1])))  # empty rows at the end are left out
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
        (b"text,label\na,b\nhi, you,b\n", {}, "row 3 has 3 fields, and the first line has 2"),
        (b"text,label\na\n", {}, "row 2 has 1 fields"),
        (b"text,label,text\na,b,c\n", {}, "names the column 'text' twice"),
        (b'text,label\n"a,b\nc,d\n', {}, "cannot be read as CSV, line 3"),
        (b"text,label\n\xff,b\n", {"encoding": "utf-8"}, "is not utf-8 text"),
        (b"text,label\na,b\n", {"encoding": "utf-9"}, "there is no such encoding"),
        (b"text, text \na,b\n", {}, "names the column 'text' twice"),
        (b'text,label\n"say \\"yes\\", ok",a\n', {}, 'must be doubled: ""'),
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


def test_columns_have_types_as_for_training(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n;x;day;word;none;5 kg\n1;1,5;2020-01-31;ham;;7\n2;?;2020-02-01;NA;;2 kg\n")
    table, reasons = with_types(read_own_table(path, ())[0], path)
    assert table["n"].tolist() == [1, 2]
    assert table["x"].iloc[0] == 1.5
    assert table["day"].tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-01")]
    assert table.isna().sum().tolist() == [0, 1, 0, 1, 2, 0]
    assert table.index.tolist() == [2, 3]
    assert len(reasons) == 1
    assert "row 3, column '5 kg': '2 kg' is not a number" in reasons[0]


def test_a_first_row_of_numbers_is_data_where_names_are_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "my.data"
    path.write_text("1;2,5;\n4;5;6\n")
    assert read_own_table(path, ())[0].columns.tolist() == ["1", "2,5", "column 3"]
    table = read_own_table(path, (), named=False)[0]
    assert table.columns.tolist() == ["0", "1", "2"]
    assert table.index.tolist() == [1, 2]
    path.write_text("x;2;3\n4;5;6\n")
    assert read_own_table(path, (), named=False)[0].columns.tolist() == ["x", "2", "3"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "float64"),
        (["1", ""], "float64"),
        (["9" * 30, "1"], "float64"),
        (["1", "x"], "str"),
        (["2020-01-01", "2020-01-02"], "datetime64"),
        (["2020-01-01", "?"], "datetime64"),
        (["13/01/2020", "02/01/2020"], "datetime64"),
        (["01/02/2020", "02/01/2020"], "str"),
        (["2020-01-01", "2020-13-45"], "str"),
        (["2020-01-01", "1"], "str"),
        (["True", "?"], "float64"),
        (["True", "2"], "str"),
        (["inf", "1"], "str"),
        (["?", "NA"], "str"),
    ],
)
def test_types(tmp_path: Path, cells: list[str], kind: str) -> None:
    path = tmp_path / "my.csv"
    path.write_text("\n".join(["a,b", *(f"{cell},1" for cell in cells)]))
    typed = with_types(read_own_table(path, ())[0], path)[0]["a"]
    assert str(typed.dtype).startswith(kind) or (kind == "str" and typed.dtype == object)
    assert len(typed) == len(cells)


def test_columns_without_names(tmp_path: Path) -> None:
    # pandas writes its index so, and spreadsheets leave empty columns.
    path = tmp_path / "my.csv"
    path.write_text(",text, label ,,\n0,a,x, ,\n1,b,y,,\n")
    table, _ = read_own_table(path, COLUMNS)
    assert table.columns.tolist() == ["column 1", "text", "label"]
    assert table.attrs["nameless"] == ["column 1"]


def wide(path: Path, columns: int) -> Path:
    names = ",".join(f"column{number}" for number in range(columns))
    path.write_text(f"{names}\n" + f"{','.join(['1'] * columns)}\n" * 2)
    return path


def test_wide_tables(tmp_path: Path) -> None:
    path = wide(tmp_path / "wide.csv", 15_000)  # its first line is longer than csv's own limit
    table, _ = read_own_table(path, ["column14999"])
    assert table.shape == (2, 15_000)


def test_a_table_that_is_too_wide(tmp_path: Path) -> None:
    path = wide(tmp_path / "wide.csv", 120_001)
    with pytest.raises(UserError, match="has 120,001 columns, and at most 120,000 are read"):
        read_own_table(path, ["column1"])


def test_many_columns_without_names(tmp_path: Path) -> None:
    path = tmp_path / "nameless.csv"
    path.write_text("a" + "," * 5000 + "\n" + "1," * 5000 + "1\n")
    with pytest.raises(UserError, match="leaves many columns without names"):
        read_own_table(path, ["a"])


@pytest.mark.parametrize(
    "cell",
    [
        "1" * 300_000 + "x",
        "1" * 300_000 + ",x",
        '"' + "\t" * 300_000 + '"',
        "1 " * 150_000 + "x",
        "-" * 300_000 + "x",
        "2" + " " * 300_000 + "x",
    ],
    ids=("digits", "comma", "tabs", "spaced", "dashes", "spaces"),
)
@pytest.mark.parametrize("separator", ["\t", ";"])
def test_long_cells_take_no_longer_than_they_are_long(
    tmp_path: Path, cell: str, separator: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a{separator}b\n" + f"{cell}{separator}2\n" * 3)
    started = time.monotonic()
    assert with_types(read_own_table(path, ())[0], path)[0].shape[0] == 3
    assert time.monotonic() - started < 5


def test_lines_above_the_names_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trends.csv"
    path.write_text("Category: All categories\n\nWeek,bitcoin: (Worldwide)\n2018-01-07,3\n")
    table, _ = read_own_table(path, ["bitcoin: (Worldwide)"])
    assert table.to_numpy().tolist() == [["2018-01-07", "3"]]
    assert list(table.index) == [4]
    assert "trends.csv: left out, 2 lines above the table" in capsys.readouterr().err
    assert list(read_own_table(path, ())[0]) == list(table)


def test_names_that_are_repeated_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n,a\n1,x\nn,a\n2,y\nn,a\n")
    words = r"my\.csv, row 3 repeats the names of the columns \(one of 2 such rows\): remove it"
    with pytest.raises(UserError, match=words):
        read_own_table(path, ["a"])
