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
    assert "own.csv is not UTF-8 and is read as cp1252" in captured.err
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
    for content, words in (
        ("a b 1\n", "most lines do not"),
        ("other 1 2\n", "none of the 16"),
    ):
        Path("glove.txt").write_text(content)
        assert run("train", ["--data.csv=own.csv", *OPTIONS, "--model.vectors=glove.txt"]) == 2
        assert words in capsys.readouterr().err
    assert not Path("runs").exists()


def test_predict_takes_the_column_of_the_training_and_keeps_the_others(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"0{i},{'dear' if i % 2 else 'cheap'} thing,{'ba'[i % 2]}\n" for i in range(12))
    Path("ids.csv").write_text(f"id,message,kind\n{rows}")
    argv = ["--task=spam", "--data.csv=ids.csv", "--data.text_column=message"]
    argv += ["--data.label_column=kind", "--trainer.max_epochs=20", "--optimizer.lr=0.05"]
    assert run("train", argv) == 0
    folder = "--run=runs/spam/latest"
    assert run("predict", [folder, "--input=ids.csv", "--output=out.csv"]) == 0
    done = pd.read_csv("out.csv", dtype=str)
    assert list(done) == ["id", "message", "kind", "label", "probability"]
    asked = pd.read_csv("ids.csv", dtype=str)
    pd.testing.assert_frame_equal(done[["id", "message", "kind"]], asked)
    assert done["label"].tolist() == asked["kind"].tolist()
    # The console shows the text, wherever it stands.
    capsys.readouterr()
    assert run("predict", [folder, "--input=ids.csv"]) == 0
    assert [line.split()[2:] for line in capsys.readouterr().out.splitlines()[:2]] == [
        ["cheap", "thing"],
        ["dear", "thing"],
    ]
    # Another column by name.
    assert run("predict", [folder, "--input=ids.csv", "--column=id", "--output=out.csv"]) == 0
    # A column without a file is a mistake.
    assert run("predict", [folder, "--text=dear", "--column=message"]) == 2
    assert "--column message is about the file of --input" in capsys.readouterr().err
    Path("new.csv").write_text("text\ndear thing\n")
    assert run("predict", [folder, "--input=new.csv"]) == 2
    assert "new.csv has no column 'message'" in capsys.readouterr().err

    # The file has moved: an option says where to.
    Path("elsewhere").mkdir()
    moved = Path("ids.csv").rename("elsewhere/renamed.csv")
    for command, options in (
        ("evaluate", []),
        ("export", ["--format=state_dict"]),
        ("to_keras", ["--output=model.weights.h5"]),
    ):
        assert run(command, [folder, *options]) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert "ids.csv is not there: give its new place with --data.csv" in line
        assert run(command, [folder, *options, f"--data.csv={moved}"]) == 0
    capsys.readouterr()
    assert run("evaluate", [folder, "--data.csv=new.csv"]) == 2
    assert run("evaluate", [folder, "--data.folder=elsewhere"]) == 2
    assert "was not trained on your own folder of images" in capsys.readouterr().err
    moved.write_text(moved.read_text().replace("dear", "cheap"))
    assert run("evaluate", [folder, f"--data.csv={moved}"]) == 2
    assert "has changed since the run was trained on it" in capsys.readouterr().err


def test_pounds_in_western_files(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Read as Eastern European or Japanese once, so that the same texts in UTF-8 were others.
    rows = ["mum says bring bread please £5,amount", "did you finish the report yet,none"]
    Path("own.csv").write_text("\n".join(["text,label", *rows * 6]), encoding="cp1252")
    assert run("train", ["--task=spam", "--data.csv=own.csv", "--trainer.max_epochs=2"]) == 0
    assert "own.csv is not UTF-8 and is read as cp1252, as in '£5'" in capsys.readouterr().err
    answers = []
    for encoding in ("cp1252", "utf-8", "utf-16"):
        Path("new.csv").write_text("text\nonly £5\nok €6\n", encoding=encoding)
        argv = ["--run=runs/spam/latest", "--input=new.csv", "--output=out.csv"]
        assert run("predict", argv) == 0
        answers.append(Path("out.csv").read_text(encoding="utf-8"))
        assert ("is read as cp1252" in capsys.readouterr().err) == (encoding == "cp1252")
    assert "only £5" in answers[0]
    assert answers == answers[:1] * 3


def test_a_file_that_is_refused_is_read_once(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.csv").write_text("text\nonly £5\n", encoding="cp1252")
    assert run("train", ["--task=spam", "--data.csv=own.csv"]) == 2
    assert capsys.readouterr().err.count("is read as cp1252") == 1


def test_a_file_of_two_encodings_trains_nothing(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "text,label\ncafé 😀,a\n".encode() + b"caf\xe9,b\n" + b"plain words,a\nmore,b\n" * 9
    Path("own.csv").write_bytes(content)
    assert run("train", ["--task=spam", "--data.csv=own.csv"]) == 2
    assert (
        "own.csv, row 3: byte 0xe9 is not UTF-8, and 2 other characters" in capsys.readouterr().err
    )
    assert run("explore", ["--data=own.csv"]) == 2
    assert "row 3: byte 0xe9" in capsys.readouterr().err
    assert not Path("runs").exists()
