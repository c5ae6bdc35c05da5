"""The user's own texts, from the command line to predictions."""

import json
from pathlib import Path

import pandas as pd
import pytest

from lightning_course.commands import run

WORDS = {"praise": "lovely great superb", "complaint": "bad cold awful", "question": "when where"}
OPTIONS = ["--task=spam", "--data.text_column=comment", "--data.label_column=kind"]
OPTIONS += ["--trainer.max_epochs=30", "--optimizer.lr=0.02"]


def write(path: Path, classes: list[str]) -> None:
    rows = [f"{a} {b} the café;{k}" for k in classes for a in WORDS[k].split() for b in "xyzuvwpq"]
    path.write_text("\n".join(["comment;kind", *rows * 2]) + "\n", encoding="cp1252")


def test_three_classes(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("own.csv"), list(WORDS))
    assert run("train", ["--data.csv=own.csv", *OPTIONS]) == 0
    captured = capsys.readouterr()
    assert "classes: complaint, praise, question" in captured.out
    assert "own.csv is read as cp1252" in captured.err
    assert "Keras" not in captured.out
    folder = Path("runs/spam/version_0")
    results = json.loads((folder / "results.json").read_text())
    assert results["data"]["kind"] == "own"
    assert results["keras_parameters"] is None
    assert results["metrics"]["test"]["accuracy"] > 0.9
    assert results["baselines"]["majority class"]["accuracy"] < 0.5
    assert (folder / "figures" / "confusion_matrix.png").is_file()
    assert (folder / "mistakes.csv").is_file()
    assert set(pd.read_csv(folder / "predictions.csv")["prediction"]) == set(WORDS)

    assert run("evaluate", [f"--run={folder}"]) == 0
    assert (
        run("predict", [f"--run={folder}", "--text=superb x the café", "--text=where y the café"])
        == 0
    )
    lines = capsys.readouterr().out.splitlines()[-2:]
    assert [line.split()[1] for line in lines] == ["praise", "question"]

    write(Path("own.csv"), ["praise", "question"])
    assert run("evaluate", [f"--run={folder}"]) == 2
    assert "own.csv has changed since the run was trained on it" in capsys.readouterr().err


def test_word_vectors(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("own.csv"), ["praise", "complaint"])
    Path("glove.txt").write_text(
        "".join(
            f"{word} {sign}1 0.5\n"
            for sign, k in (("", "praise"), ("-", "complaint"))
            for word in WORDS[k].split()
        )
    )
    assert run("train", ["--data.csv=own.csv", *OPTIONS, "--model.vectors=glove.txt"]) == 0
    assert "vectors: 6 of 16 words (37.5 %) have a vector of 2 numbers" in capsys.readouterr().out
    folder = Path("runs/spam/version_0")
    results = json.loads((folder / "results.json").read_text())
    assert results["remarks"]["vectors"].startswith("6 of 16")
    assert results["metrics"]["test"]["f1"] > 0.9
    Path("glove.txt").unlink()  # the checkpoint has them
    assert run("predict", [f"--run={folder}", "--text=superb x the café"]) == 0
    assert "praise" in capsys.readouterr().out


def test_vectors_that_cannot_be_used(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("own.csv"), ["praise", "complaint"])
    for content, words in (("a b 1\n", "could not convert"), ("other 1 2\n", "none of the 16")):
        Path("glove.txt").write_text(content)
        assert run("train", ["--data.csv=own.csv", *OPTIONS, "--model.vectors=glove.txt"]) == 2
        assert words in capsys.readouterr().err
    assert not Path("runs").exists()
