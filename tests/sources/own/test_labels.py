import pandas as pd
import pytest

from lightning_course.errors import UserError
from lightning_course.sources.own.labels import number_labels


def labels(*names: str) -> "pd.Series[str]":
    return pd.Series(names, range(2, len(names) + 2), dtype=str, name="kind")


def test_names_stay_as_they_are() -> None:
    numbers, names = number_labels(labels("True", "False", "True", "False"), "x")
    assert names == ["False", "True"]
    assert numbers.tolist() == [1, 0, 1, 0]
    # A word, and no missing value.
    assert number_labels(labels("some", "none", "some", "none"), "x")[1] == ["none", "some"]


def test_numbers_are_in_order_of_size() -> None:
    assert number_labels(labels(*["10", "9", "-1", "1e1x"] * 2), "x")[1] == [
        "-1",
        "10",
        "1e1x",
        "9",
    ]
    assert number_labels(labels(*["10", "9", "-1"] * 2), "x")[1] == ["-1", "9", "10"]


@pytest.mark.parametrize(
    "marker", ["?", "NA", "", "NULL", "n/a", "<NA>", "nan", " ", "None", "\\N"]
)
def test_what_is_missing_is_no_class(marker: str) -> None:
    with pytest.raises(UserError, match=r"^x, row 3, column 'kind': the label is missing") as error:
        number_labels(labels("a", marker, "b", marker, "a", "b"), "x")
    assert "(as in 2 rows in all): remove these rows" in str(error.value)


@pytest.mark.parametrize(
    ("first", "second", "others"),
    [
        ("1", "1.0", ["0"]),
        ("TRUE", "true", ["false"]),
        ("0", "False", ["1"]),
        ("1", "True", ["False"]),
        ("+1", "1", ["-1"]),
    ],
)
def test_one_value_written_in_two_ways(first: str, second: str, others: list[str]) -> None:
    with pytest.raises(UserError, match="are the same value, and would be two classes") as error:
        number_labels(labels(*[first, second, *others] * 2), "x")
    assert f"'{first}'" in str(error.value)
    assert f"'{second}'" in str(error.value)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ("Yes", "yes", "no"),
            "x, column 'kind': 'Yes' and 'yes' are two classes, and differ only",
        ),
        (("none", "some"), "x, column 'kind': 'none' is taken as a class, not as missing\n"),
        (("-", "+", "N.A."), "'-' is taken as a class, not as missing (and 1 more such)\n"),
        (("setosa", "virginica", "1", "True"), ""),
    ],
)
def test_classes_that_may_not_be_meant_are_said(
    names: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert number_labels(labels(*names * 2), "x")[1] == sorted(names)
    error = capsys.readouterr().err
    assert words in error if words else error == ""
