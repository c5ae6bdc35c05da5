import pytest

from lightning_course.errors import UserError
from lightning_course.sources.own import formats


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb c\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("name\tfull name\nx\tAnn Lee\ny\tBo Li\n", "\t"),
        ('a,b\n"x; y, z",2\n"u",3\n', ","),
        ('a,b\n"two\nlines",2\n', ","),
        ("1\n2\n", ","),
        ("a b\nc\n", ","),
        # Nothing splits all rows alike: what splits the first one most, which the message names.
        ("a;b\n1;2;3\n", ";"),
    ],
)
def test_the_separator_splits_rows_alike(text: str, separator: str) -> None:
    assert formats.find_separator(text, []) == separator


def test_only_the_beginning_of_a_large_file_is_looked_at() -> None:
    text = "a;b\n" + '"long, long; text";2\n' * 20_000
    assert formats.find_separator(text + "x\n", []) == ";"
    # The sample ends within a quoted cell.
    assert formats.find_separator('a;b\n"' + "word, " * 30_000 + '";2\n', []) == ";"


def test_the_wanted_columns_decide() -> None:
    assert formats.find_separator("x;y,z\n1;2,3\n", ["z"]) == ","
    assert formats.find_separator("x;y,z\n1;2,3\n", ["x"]) == ";"


def test_blanks_in_any_number() -> None:
    rows = formats.parse('  1   2\t"a b"  \n\n3 4 c\n', " ", "x")
    assert rows == [(1, ["1", "2", "a b"]), (3, ["3", "4", "c"])]


@pytest.mark.parametrize("word", [";;", "", "\n", '"', "comma"])
def test_separators_that_separate_nothing(word: str) -> None:
    with pytest.raises(UserError, match=r"--data\.separator must be one character or tab or blank"):
        formats.named_separator(word)


@pytest.mark.parametrize(
    ("text", "columns", "rest", "count"),
    [
        ("# mine\n# 2020\na,b\n1,2\n", ["b"], "\n\na,b\n1,2\n", 2),
        ("Category: All\n\nWeek,bit: (World)\n2018-01-07,3\n", [], None, 2),
        ("Sales, 2020\r\na;b\r\n1,5;2\r\n", [], "\na;b\r\n1,5;2\r\n", 1),
        ("Title\n a , b \nx,y\n", ["a", "b"], "\n a , b \nx,y\n", 1),
        # Not what was wanted, words alone, or no names: the user must say.
        ("Title\na,b\n1,2\n", ["c"], None, 0),
        ("text\nhello, you\nbye, you\n", [], None, 0),
        ('"x"\n"1",5\n"2",6\n', [], None, 0),
        # R's table whose index has no name; a comment with a separator; a single column.
        ("a,b\n1,2,3\n1,2,3\n", [], None, 0),
        ("# a, b\nc,d\n1,2\n", [], None, 0),
        ('text\n"hello, you"\n', [], None, 0),
        ("v\n1\n2\n", ["v"], None, 0),
    ],
)
def test_lines_above_a_table(text: str, columns: list[str], rest: str | None, count: int) -> None:
    shorter, skipped = formats.without_preamble(text, columns)
    assert skipped == count
    if rest is not None:
        assert shorter == rest
    if not count:
        assert shorter == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Lines of spaces, and empty rows of spreadsheets at the end.
        ("a,b\n1,2\n  \n3,4\n \t\n", [(1, ["a", "b"]), (2, ["1", "2"]), (4, ["3", "4"])]),
        ("a,b\n1,2\n,\n , \n", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("a,b\n,\n1,2\n", [(1, ["a", "b"]), (2, ["", ""]), (3, ["1", "2"])]),
        ('a\n1\n""\n', [(1, ["a"]), (2, ["1"]), (3, [""])]),
        # Spaces before quotation marks.
        ('"a", "b"\n1, "x, y"\n', [(1, ["a", "b"]), (2, ["1", "x, y"])]),
        ('a,b\n1,  "x, y"\n', [(1, ["a", "b"]), (2, ["1", "x, y"])]),
        ("a,b\n1, x\n", [(1, ["a", "b"]), (2, ["1", " x"])]),
    ],
)
def test_rows_as_programs_write_them(text: str, expected: list[formats.Row]) -> None:
    assert formats.parse(text, ",", "x") == expected
