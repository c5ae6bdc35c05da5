"""Texts of the user's data and files reach neither a terminal nor a spreadsheet as commands."""

import csv
import json
import re
from pathlib import Path

import pytest

from lightning_course.commands import run

# What a terminal obeys or hides, but for tabs and line ends.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
TITLE, CLEAR, REVERSED = "\x1b]0;owned\x07", "\x9b2J", "\u202elive"


def clean(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed, which has no control characters."""
    captured = capsys.readouterr()
    assert not CONTROL.search(captured.out)
    assert not CONTROL.search(captured.err)
    return captured.out + captured.err


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


TEXTS = ["=HYPERLINK(1) win a prize", "-ring me now today", "+free entry for you", "see you later"]


@pytest.fixture
def texts(in_tmp_path: Path) -> Path:
    classes = [f"good{TITLE}", f"bad{CLEAR}{REVERSED}"]
    rows: list[list[object]] = [
        [f"{TEXTS[n % 4]} word{n}{TITLE}", classes[n % 2]] for n in range(60)
    ]
    write(in_tmp_path / "own.csv", ["text", "label"], rows)
    return in_tmp_path / "own.csv"


def train(csv: Path, *options: str) -> int:
    return run("train", ["--task=spam", f"--data.csv={csv}", "--trainer.max_epochs=1", *options])


def test_texts_and_class_names(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(texts) == 0
    printed = clean(capsys)
    assert r"classes: bad\x9b2J\u202elive, good\x1b]0;owned\x07" in printed
    assert "cells begin with =, +, -, @ or a tab" in printed
    assert "--spreadsheet_safe true puts" in printed
    folder = Path("runs/spam/version_0")
    predictions = (folder / "predictions.csv").read_text(encoding="utf-8")
    assert ",=HYPERLINK(1) win a prize word0" in predictions

    assert run("evaluate", [f"--run={folder}"]) == 0
    clean(capsys)
    question = f"two\nlines{TITLE}"
    assert run("predict", [f"--run={folder}", f"--text={question}", "--text=hi"]) == 0
    printed = clean(capsys)
    assert r"two\nlines\x1b]0;owned\x07" in printed
    assert run("explore", [f"--data={texts}"]) == 0
    assert r"good\x1b]0;owned\x07" in clean(capsys)


def test_predictions_for_a_spreadsheet(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(texts, "--spreadsheet_safe=true") == 0
    assert "spreadsheet" not in clean(capsys)
    folder = Path("runs/spam/version_0")
    cells = [
        cell
        for name in ("predictions.csv", "mistakes.csv")
        for row in csv.reader((folder / name).open(encoding="utf-8"))
        for cell in row
    ]
    assert any(cell.startswith("'=") for cell in cells)
    assert not any(cell.startswith(("=", "+", "@", "-ring")) for cell in cells)

    ask = ["predict", [f"--run={folder}", "--text==1+1", "--text=-5"]]
    assert run(ask[0], [*ask[1], "--output=out.csv"]) == 0  # type: ignore[arg-type, misc]
    assert "note: 1 cell begins with" in clean(capsys)
    assert "\n=1+1," in Path("out.csv").read_text()
    assert run(ask[0], [*ask[1], "--output=out.csv", "--spreadsheet_safe"]) == 0  # type: ignore
    assert "note:" not in clean(capsys)
    assert "\n'=1+1," in Path("out.csv").read_text()
    assert "\n-5," in Path("out.csv").read_text()
    assert run(ask[0], [*ask[1], "--spreadsheet_safe"]) == 2  # type: ignore
    assert "--spreadsheet_safe is for the file that --output names" in clean(capsys)


def test_names_of_columns(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = [f"width{TITLE}", f"height\n{CLEAR}", f"price{REVERSED}"]
    rows: list[list[object]] = [[n % 7, n % 5, n % 7 + 2 * (n % 5)] for n in range(60)]
    write(in_tmp_path / "own.csv", header, rows)
    assert run("explore", ["--data=own.csv"]) == 0
    assert r"width\x1b]0;owned\x07" in clean(capsys)
    words = ["--task=moores_law", "--data.csv=own.csv", "--trainer.max_epochs=1"]
    words += [f"--data.target={header[2]}"]
    assert run("train", words) in (0, 2)
    clean(capsys)


@pytest.mark.parametrize("name", [f"a{TITLE}.csv", "a\nerror: b.csv", f"{CLEAR}.csv", "\r.csv"])
def test_names_of_files(in_tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    # With £ in cp1252, whose reading is said in a line.
    rows = "".join(f"£{n} a day,{'ab'[n % 2]}\n" for n in range(60))
    (in_tmp_path / name).write_bytes(("text,label\n" + rows).encode("cp1252"))
    assert run("explore", [f"--data={name}"]) == 0
    assert "\nerror:" not in clean(capsys)
    assert train(Path(name)) == 0
    assert "\nerror:" not in clean(capsys)
    for options in (["explore", f"--data=no{name}x/y"], ["evaluate", f"--run={name}"]):
        assert run(options[0], options[1:]) == 2
        assert len(clean(capsys).splitlines()) == 1


def test_an_edited_results_file(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(texts) == 0
    folder = Path("runs/spam/version_0")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    results["data"]["name"] = f"x)\nerror: {TITLE}"
    (folder / "results.json").write_text(json.dumps(results))
    capsys.readouterr()
    assert run("predict", [f"--run={folder}", "--text=hi"]) == 0
    assert "\nerror:" not in clean(capsys)
