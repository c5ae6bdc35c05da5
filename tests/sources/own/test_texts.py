from pathlib import Path

import numpy as np
import pytest

from lightning_course.errors import UserError
from lightning_course.sources import read_own_texts


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    return path


def test_labels_are_numbered_in_alphabetical_order(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "a,no", "b,yes", "c,maybe ", "d,no", "e, maybe", "f,yes")
    texts, labels, names, provenance = read_own_texts(path, "text", "label")
    assert texts == list("abcdef")
    assert names == ["maybe", "no", "yes"]
    assert labels.dtype == np.int64
    assert labels.tolist() == [1, 2, 0, 1, 0, 2]
    assert provenance.kind == "own"


def test_the_positive_label_is_number_one(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "a,good", "b,bad", "c,bad", "d,good")
    assert read_own_texts(path, "text", "label")[2] == ["bad", "good"]
    _, labels, names, _ = read_own_texts(path, "text", "label", positive_label="bad")
    assert names == ["good", "bad"]
    assert labels.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("rows", "positive", "words"),
    [
        (["a,x", "b,x"], None, "every row has the label 'x', and two are needed"),
        (["a,x", " ,y", "c,"], None, "row 3: column 'text' is empty (as in 1 rows in all)"),
        (["a,x", "b,y", "c, "], None, "row 4, column 'label': the label is missing"),
        ([f"a,{i}" for i in range(9)], None, "9 different labels in 9 rows"),
        (["a,x", "b,y", "a,x", "b,y"], "z", "--data.positive_label z: it must be one of two"),
        (["a,x", "b,y", "c,z"] * 4, "z", "has x, y, z"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, rows: list[str], positive: str | None, words: str
) -> None:
    with pytest.raises(UserError) as error:
        read_own_texts(write(tmp_path / "my.csv", *rows), "text", "label", positive)
    assert words in str(error.value)


def test_texts_that_may_be_missing_are_taken_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "my.csv", "a,x", "NA,y", "?,x", "none,y")
    assert read_own_texts(path, "text", "label")[0] == ["a", "NA", "?", "none"]
    line = "column 'text': 'NA' in row 3 is taken as a text, not as missing (2 such rows)"
    assert line in capsys.readouterr().err


def test_a_line_of_100_megabytes(tmp_path: Path) -> None:
    path = write(tmp_path / "my.csv", "a,x", "b,y", "word " * 20_000_000 + ",x", "d,y")
    with pytest.raises(UserError, match=r"row 4: a text of 100,000,000 characters \(at most 1,000"):
        read_own_texts(path, "text", "label")
