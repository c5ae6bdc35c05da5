"""Predictions for tables and pictures; those for texts are in test_predict.py."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_breast_cancer

from lightning_course.commands import run
from lightning_course.predicting.predictions import as_table
from lightning_course.runs.loading import load_run

QUICK = ["--data.source=standin", "--trainer.max_epochs=1", "--trainer.limit_train_batches=4"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with a finished run of each task."""
    folder = tmp_path_factory.mktemp("runs")
    for task in ("breast_cancer", "moores_law", "mnist"):
        assert run("train", [f"--task={task}", f"--runs={folder}", *QUICK]) == 0
    return folder


def predicted(folder: Path, *argv: str) -> pd.DataFrame:
    """Return the table of the command's --output."""
    assert run("predict", [f"--run={folder}/latest", "--output=out.csv", *argv]) == 0
    return pd.read_csv("out.csv")


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *argv: str) -> str:
    """Return the one line with which the command refuses."""
    capsys.readouterr()
    assert run("predict", [f"--run={folder}/latest", *argv]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert captured.err.splitlines()[-1:] == lines
    assert captured.out == ""
    return lines[0]


def tumours(rows: int = 7) -> pd.DataFrame:
    return load_breast_cancer(as_frame=True).data.head(rows)


def test_rows_of_classes(runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Columns in another order, and with one that was not trained on.
    table = tumours().iloc[:, ::-1]
    table.insert(3, "patient", "Ann")
    table.to_csv("rows.csv", index=False, sep=";")
    done = predicted(runs / "breast_cancer", "--input=rows.csv")
    assert list(done) == [*table, "label", "probability"]
    assert done["patient"].tolist() == ["Ann"] * 7
    loaded = load_run(runs / "breast_cancer/latest")
    scale = loaded.datamodule.state_dict()["features"]
    center, spread = (np.array(scale[name]) for name in ("center", "scale"))
    scaled = torch.from_numpy((tumours().to_numpy() - center) / spread).float()
    expected = loaded.module.predict_step(scaled).detach().numpy()
    np.testing.assert_allclose(done["probability"], expected, atol=1e-5)
    assert (done["label"] == np.where(expected > 0.5, "benign", "malignant")).all()

    capsys.readouterr()
    assert run("predict", [f"--run={runs}/breast_cancer/latest", "--input=rows.csv"]) == 0
    printed = capsys.readouterr()
    assert "that of 'benign'" in printed.err
    header, *lines = printed.out.splitlines()
    assert header.split()[:2] == ["label", "probability"]
    assert header.endswith("…")
    assert max(map(len, [header, *lines])) <= 100
    assert [line.split()[0] for line in lines] == done["label"].tolist()


def test_a_column_with_the_name_of_an_answer_stays(runs: Path, in_tmp_path: Path) -> None:
    tumours().assign(label="true one").to_csv("rows.csv", index=False)
    done = predicted(runs / "breast_cancer", "--input=rows.csv")
    assert set(done["label"]) == {"true one"}
    assert set(done["predicted_label"]) <= {"benign", "malignant"}


def test_values_come_in_the_units_of_the_target(runs: Path, in_tmp_path: Path) -> None:
    Path("years.csv").write_text("year,name\n1971,old\n2018,new\n")
    done = predicted(runs / "moores_law", "--input=years.csv")
    assert list(done) == ["year", "name", "prediction"]
    loaded = load_run(runs / "moores_law/latest")
    mean = loaded.datamodule.state_dict()["features"]["mean"]
    centred = torch.tensor([[1971.0], [2018.0]]) - torch.tensor(mean)
    logarithms = loaded.module(centred.float()).detach()
    np.testing.assert_allclose(done["prediction"], logarithms.exp(), rtol=1e-4)


def digits(folder: Path) -> None:
    """Write three drawn digits, one in a folder of its own, and other files."""
    (folder / "more/.hidden").mkdir(parents=True)
    for number, name in enumerate(("b.png", "a.jpg", "more/c.bmp")):
        pixels = np.zeros((56, 56), np.uint8)
        pixels[8:48, 10 * (number + 1) :][:, :8] = 255
        Image.fromarray(pixels).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    (folder / "more/.hidden/d.png").write_text("no picture either")


def test_pictures(runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits(Path("pictures"))
    done = predicted(runs / "mnist", "--input=pictures")
    assert "1 of 4 files left out, not images (" in capsys.readouterr().err
    assert list(done) == ["file", "label", "probability"]
    files = [str(Path("pictures", name)) for name in ("a.jpg", "b.png", "more/c.bmp")]
    assert done["file"].tolist() == files
    assert done["label"].between(0, 9).all()
    assert done["probability"].between(0.1, 1).all()
    # The same one by one; dark on light is the same again, inverted.
    assert (
        run("predict", [f"--run={runs}/mnist/latest", *(f"--input={name}" for name in files)]) == 0
    )
    printed = capsys.readouterr()
    assert "--invert" not in printed.err
    for name in (files[1], files[2]):
        Image.fromarray(255 - np.asarray(Image.open(name))).save(name)
    inverted = [f"--run={runs}/mnist/latest", f"--input={files[1]}", f"--input={files[2]}"]
    assert run("predict", [*inverted, "--invert"]) == 0
    assert capsys.readouterr().out.splitlines() == printed.out.splitlines()[1:]
    assert run("predict", inverted) == 0
    assert "2 of 2 images are light" in capsys.readouterr().err


def test_tables_that_cannot_be_used(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = runs / "breast_cancer"
    assert "--input FILE.csv with the columns 'mean radius'" in refused(capsys, folder)
    tumours().rename(columns={"mean area": "mean_area"}).to_csv("rows.csv", index=False)
    line = refused(capsys, folder, "--input=rows.csv")
    assert "rows.csv has no column 'mean area' (did you mean 'mean_area'?)" in line
    for cell, words in (
        ("large", "row 4, column 'mean area': 'large' is not a number"),
        ("", "row 4, column 'mean area': the value is missing: fill it in or remove the row"),
        ("inf", "row 4, column 'mean area': 'inf' is not finite"),
        # Finite in the file, and not in the single precision of the model.
        ("1e300", "row 4, column 'mean area': '1e300' is not finite, or beyond 3.4e+38"),
    ):
        table = tumours().astype(object)
        table.loc[2, "mean area"] = cell
        table.to_csv("rows.csv", index=False)
        assert words in refused(capsys, folder, "--input=rows.csv")
    Path("rows.csv").write_text("")
    assert "is empty" in refused(capsys, folder, "--input=rows.csv")
    tumours(0).to_csv("rows.csv", index=False)
    assert "no rows" in refused(capsys, folder, "--input=rows.csv")
    assert "one CSV file at a time" in refused(capsys, folder, "--input=a.csv", "--input=b.csv")
    Path("years.csv").write_text("year\n99999\n")
    line = refused(capsys, runs / "moores_law", "--input=years.csv")
    assert "row 2: the prediction is not finite" in line


def test_pictures_that_cannot_be_used(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = runs / "mnist"
    assert "give --input with an image" in refused(capsys, folder)
    assert "nothing.png cannot be read: No such" in refused(capsys, folder, "--input=nothing.png")
    digits(Path("pictures"))
    pictures = "--input=pictures"
    Path("pictures/z.png").write_text("no picture")
    assert "z.png is not an image" in refused(capsys, folder, pictures)
    good = Path("pictures/b.png").read_bytes()
    Path("pictures/z.png").write_bytes(good[: len(good) // 2])
    assert "z.png cannot be read" in refused(capsys, folder, pictures)
    Image.new("L", (1, 1)).save("pictures/z.png")
    assert "z.png has 1 x 1 pixels" in refused(capsys, folder, pictures)
    Image.new("RGBA", (30, 30)).save("pictures/z.png")
    assert "z.png is partly transparent" in refused(capsys, folder, pictures)
    Path("texts").mkdir()
    Path("texts/a.txt").write_text("a text")
    assert "--input texts: no image is in this folder" in refused(capsys, folder, "--input=texts")


@pytest.mark.parametrize(
    ("task", "option", "words"),
    [
        ("mnist", "--text=hello", "--text: task 'mnist' predicts images; it takes --input"),
        ("mnist", "--data.separator=tab", "--data.separator: task 'mnist'"),
        ("moores_law", "--invert", "--invert: task 'moores_law' predicts rows of tables"),
        ("moores_law", "--column=year", "--column: task 'moores_law'"),
    ],
)
def test_options_of_another_kind(
    runs: Path, capsys: pytest.CaptureFixture[str], task: str, option: str, words: str
) -> None:
    assert words in refused(capsys, runs / task, option)


def test_weights_that_are_not_finite(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    copy = Path(shutil.copytree(runs / "moores_law", in_tmp_path / "moores_law"))
    checkpoint = copy / "version_0/checkpoints/last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    content["state_dict"] = {key: value * np.nan for key, value in content["state_dict"].items()}
    torch.save(content, checkpoint)
    Path("years.csv").write_text("year\n2000\n")
    assert "its training diverged" in refused(capsys, copy, "--input=years.csv")


def test_a_table_is_as_wide_as_there_is_room() -> None:
    rows = pd.DataFrame({"a": ["1"], "b": ["a long text that\nhas two lines"], "c": ["2"]})
    predicted = pd.DataFrame({"prediction": [1234567.0]})
    assert as_table(predicted, rows, 80).splitlines() == [
        "prediction  a                         b  c",
        "   1234567  1  a long text that has tw…  2",
    ]
    assert as_table(predicted, rows, 40).splitlines() == ["prediction  a  …", "   1234567  1"]
    assert as_table(predicted, rows, 5).splitlines() == ["prediction  …", "   1234567"]
