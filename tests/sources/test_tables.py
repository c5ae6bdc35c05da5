import csv
import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.sources import read_any_table, read_own_table
from lightning_course.sources.base import sha256_of
from lightning_course.sources.numbers import as_numbers
from lightning_course.sources.tables import with_type

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
    table = read_any_table(path)
    assert (table.separator, list(table.table), list(table.table.index)) == (
        ";",
        ["text", "label", "a,b,c"],
        [3],
    )
    # A column may be called so.
    path.write_text("sep=a,b\n1,2\n")
    assert list(read_any_table(path).table) == ["sep=a", "b"]


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
        (b"text,label\na,b\nhi, you,b\n", {}, "row 3 has 3 fields, and the first line names 2"),
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


def test_the_format_of_any_table_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n;x;day;word;none\n1;1,5;2020-01-31;ham;\n2;?;2020-02-01;NA;\n")
    table, provenance, separator, has_header, _ = read_any_table(path)
    assert (separator, has_header) == (";", True)
    assert provenance.kind == "own"
    assert table["n"].tolist() == [1, 2]
    assert table["n"].dtype == "int64"
    assert table["x"].iloc[0] == 1.5
    assert table["day"].tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-01")]
    assert table["word"].tolist() == ["ham", ""]
    assert table["none"].isna().all()
    assert table.isna().sum().tolist() == [0, 1, 0, 0, 2]
    assert table.index.tolist() == [2, 3]


def test_columns_without_names_have_numbers_and_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "my.data"
    path.write_text("1  2  3\n4  5  6\n")
    assert read_any_table(path).table.columns.tolist() == ["0", "1", "2"]
    named = read_any_table(path, names=["a", "b"]).table
    assert named.columns.tolist() == ["a", "b", "2"]
    assert named.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    assert read_any_table(path, header=True).table.columns.tolist() == ["1", "2", "3"]
    # In place of the file's own.
    path.write_text("x,y\n1,2\n")
    assert read_any_table(path, names=["a"]).table.columns.tolist() == ["a", "y"]
    assert read_any_table(path, header=False).table.columns.tolist() == ["0", "1"]


def test_the_user_knows_better(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_bytes("1:ä\n2:ö\n".encode("cp1252"))
    table = read_any_table(path, encoding="cp1252", separator=":", header=False).table
    assert table.to_numpy().tolist() == [[1, "ä"], [2, "ö"]]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "int64"),
        (["1", ""], "float64"),
        (["1", "2.5"], "float64"),
        (["9" * 30, "1"], "float64"),
        (["1", "x"], "str"),
        (["?", "NA"], "float64"),
        (["2020-01-01", "2020-01-02T10:00"], "datetime64"),
        (["2020-01-01", "2020-13-45"], "str"),
        (["2020-01-01", "1"], "str"),
        (["1,5", "2"], "float64"),
        (["1,5", "2.5"], "str"),
        (["1.500", "2.500"], "str"),
        (["True", "False"], "float64"),
        (["True", "?"], "float64"),
        (["True", "2"], "str"),
        (["inf", "1"], "float64"),
        (["1_000", "1"], "str"),
    ],
)
def test_types(cells: list[str], kind: str) -> None:
    typed = with_type(pd.Series(cells, dtype=str), marks="commas")
    assert str(typed.dtype).startswith(kind) or (kind == "str" and typed.dtype == object)
    assert len(typed) == len(cells)


def test_a_decimal_comma_needs_another_separator(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("x;y\n1,5;2\n2;3\n")
    assert read_any_table(path).table["x"].tolist() == [1.5, 2]
    path.write_text('x,y\n"1,5",2\n2,3\n')
    assert read_any_table(path).table["x"].tolist() == ["1,5", "2"]


def test_columns_without_names(tmp_path: Path) -> None:
    # pandas writes its index so, and spreadsheets leave empty columns.
    path = tmp_path / "my.csv"
    path.write_text(",text, label ,,\n0,a,x, ,\n1,b,y,,\n")
    table, _ = read_own_table(path, COLUMNS)
    assert table.columns.tolist() == ["column 1", "text", "label"]
    assert table.attrs["nameless"] == ["column 1"]
    assert read_any_table(path).table.columns.tolist() == ["column 1", "text", "label"]


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"", {}, "is empty"),
        (b" \n\n", {}, "is empty"),
        (b"a,b\n", {"header": True}, "has a line of column names and no rows"),
        (b"a,b\n1,2\n3\n", {}, "row 3 has 1 fields, and the first line has 2"),
        (b"a,a\n1,2\n", {}, "names the column 'a' twice"),
        (b"1,2\n3,4\n", {"names": ["1"]}, "names the column '1' twice"),
        (b"1,2\n3,4\n", {"names": ["x", "y", "z"]}, "3 names of columns, and"),
    ],
)
def test_what_is_wrong_with_any_table_is_told(
    tmp_path: Path, content: bytes, options: dict[str, Any], words: str
) -> None:
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_any_table(path, **options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_the_real_tables_read_as_own(real_data: Path) -> None:
    cars = read_any_table(real_data / "auto_mpg/auto-mpg.data")
    assert (cars.separator, cars.has_header, cars.table.shape) == (" ", False, (398, 9))
    patients = read_any_table(real_data / "arrhythmia/arrhythmia.data")
    assert (patients.has_header, patients.table.shape) == (False, (452, 280))
    assert patients.table.isna().sum().sum() == 408
    messages = read_any_table(real_data / "spam/SMSSpamCollection")
    assert (messages.has_header, messages.table.shape) == (False, (5_574, 2))
    assert read_any_table(real_data / "sbux/sbux.csv").table["date"].dtype.kind == "M"


CELLS = ["1", "-2.5", "1,5", "1.500", "1,500", "NULL", "na", "", "True", "FALSE", "inf", "x", "1e3"]


@given(st.lists(st.sampled_from(CELLS), min_size=1, max_size=5), st.sampled_from(",;"))
def test_explore_and_train_see_the_same(
    tmp_path_factory: pytest.TempPathFactory, column: list[str], separator: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "my.csv"
    assume(any(column))
    rows = [("x", "y"), *zip(column, column, strict=True)]
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    seen = read_any_table(path, header=True, separator=separator).table["x"]
    table, _ = read_own_table(path, ["x"], separator=separator)
    if seen.dtype.kind in "if" and not np.isinf(seen).any():
        numbers = as_numbers(table, ["x"], path, missing=True, use="new rows")
        np.testing.assert_array_equal(seen, numbers[:, 0])
    else:
        with pytest.raises(UserError, match=r"is not a number|is not finite"):
            as_numbers(table, ["x"], path, missing=True, use="new rows")


def wide(path: Path, columns: int) -> Path:
    names = ",".join(f"column{number}" for number in range(columns))
    path.write_text(f"{names}\n" + f"{','.join(['1'] * columns)}\n" * 2)
    return path


def test_wide_tables(tmp_path: Path) -> None:
    path = wide(tmp_path / "wide.csv", 15_000)  # its first line is longer than csv's own limit
    table, _ = read_own_table(path, ["column14999"])
    assert table.shape == (2, 15_000)
    read = read_any_table(path, most_columns=10)
    assert (read.table.shape, read.columns) == ((2, 10), 15_000)


def test_a_table_that_is_too_wide(tmp_path: Path) -> None:
    path = wide(tmp_path / "wide.csv", 120_001)
    for read in (lambda: read_own_table(path, ["column1"]), lambda: read_any_table(path)):
        with pytest.raises(UserError, match="has 120,001 columns, and at most 120,000 are read"):
            read()


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
    assert read_any_table(path).table.shape[0] == 3
    assert time.monotonic() - started < 5


def test_lines_above_the_names_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trends.csv"
    path.write_text("Category: All categories\n\nWeek,bitcoin: (Worldwide)\n2018-01-07,3\n")
    table, _ = read_own_table(path, ["bitcoin: (Worldwide)"])
    assert table.to_numpy().tolist() == [["2018-01-07", "3"]]
    assert list(table.index) == [4]
    assert "trends.csv: the first 2 lines above the table are left out" in capsys.readouterr().err
    assert list(read_any_table(path).table) == list(table)


@pytest.mark.parametrize("read", [lambda path: read_own_table(path, ["a"]), read_any_table])
def test_names_that_are_repeated_in_a_row(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "my.csv"
    path.write_text("n,a\n1,x\nn,a\n2,y\nn,a\n")
    options = {"header": True} if read is read_any_table else {}
    words = r"my\.csv, row 3 repeats the names of the columns \(one of 2 such rows\): remove it"
    with pytest.raises(UserError, match=words):
        read(path, **options)
