"""The user's own tables, from the command line to predictions."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lightning_course.commands import run

FLOWERS = ["rose", "tulip", "lily"]
FAST = ["--optimizer.lr=0.05", "--trainer.max_epochs=30"]


def write_flowers(kinds: int) -> pd.DataFrame:
    """Write and return a table of flowers that are told apart by two sizes."""
    rng = np.random.default_rng(0)
    number = np.arange(40 * kinds) % kinds
    table = pd.DataFrame(
        {
            "kind": np.array(FLOWERS)[number],
            "petal, in mm": (10 * number + rng.normal(0, 1, len(number))).round(3),
            "height": (1000 - 100 * number + rng.normal(0, 30, len(number))).round(1),
        }
    )
    table.to_csv("flowers.csv", index=False)
    return table


def write_prices(rows: int = 120) -> pd.DataFrame:
    """Write and return a table in which price = 3,000 · area − 500 · age + 100,000, and noise."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"area": rng.uniform(30, 200, rows).round(1), "age": rng.integers(0, 80, rows)}
    )
    noise = rng.normal(0, 1000, rows)
    table["price"] = (3000 * table["area"] - 500 * table["age"] + 100_000 + noise).round()
    table.to_csv("houses.csv", index=False, sep=";")
    return table


def results(task: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(f"runs/{task}/version_0/results.json").read_text())
    return content


def predicted(task: str, table: pd.DataFrame) -> pd.DataFrame:
    table.to_csv("new.csv", index=False)
    argv = [f"--run=runs/{task}/latest", "--input=new.csv", "--output=out.csv"]
    assert run("predict", argv) == 0
    return pd.read_csv("out.csv")


@pytest.mark.parametrize(("model", "kinds"), [("LinearClassifier", 2), ("DenseClassifier", 3)])
def test_classes(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str, kinds: int
) -> None:
    table = write_flowers(kinds)
    argv = ["--task=breast_cancer", "--data.csv=flowers.csv", "--data.target=kind", *FAST]
    assert run("train", [*argv, f"--model=lightning_course.models.{model}"]) == 0
    trained = capsys.readouterr().out
    assert f"classes: {', '.join(sorted(FLOWERS[:kinds]))}" in trained
    assert "Keras" not in trained
    told = results("breast_cancer")
    assert told["data"]["kind"] == "own"
    assert told["keras_parameters"] is None
    assert told["metrics"]["test"]["accuracy"] > 0.9
    folder = Path("runs/breast_cancer/version_0")
    figures = {path.stem for path in (folder / "figures").glob("*.png")}
    assert figures >= {"curves", "confusion_matrix"}
    assert ("roc_precision_recall" in figures) == (kinds == 2)
    assert set(pd.read_csv(folder / "predictions.csv")["prediction"]) == set(FLOWERS[:kinds])

    assert run("evaluate", [f"--run={folder}"]) == 0
    lines = trained.splitlines()
    for line in capsys.readouterr().out.splitlines():
        assert line in lines or not line.startswith(("loss", "accuracy", "f1"))

    # The answer stands beside what is known.
    done = predicted("breast_cancer", table)
    assert list(done) == ["kind", "petal, in mm", "height", "label", "probability"]
    assert (done["label"] == done["kind"]).mean() > 0.9
    second = sorted(FLOWERS[:kinds])[1]
    if kinds == 2:
        assert ((done["probability"] > 0.5) == (done["label"] == second)).all()
    else:
        assert (done["probability"] > 1 / 3).all()
    # The file of the training is not needed any more; nor is its target.
    Path("flowers.csv").unlink()
    again = predicted("breast_cancer", table.drop(columns="kind"))
    pd.testing.assert_frame_equal(again, done.drop(columns="kind"))


@pytest.mark.parametrize("model", ["LinearRegressor", "DenseRegressor"])
def test_values(in_tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str) -> None:
    table = write_prices()
    argv = ["--task=moores_law", "--data.csv=houses.csv", "--data.target=price", *FAST]
    argv += ["--trainer.max_epochs=60", f"--model=lightning_course.models.{model}"]
    assert run("train", argv) == 0
    trained = capsys.readouterr().out
    assert "Keras" not in trained
    assert "doubl" not in trained
    told = results("moores_law")
    assert list(told["metrics"]) == ["train", "test"]
    assert told["metrics"]["test"]["r2"] > 0.95
    assert told["baselines"]["least squares"]["r2"] > 0.99
    folder = Path("runs/moores_law/version_0")
    assert (folder / "figures/predictions.png").is_file()

    assert run("evaluate", [f"--run={folder}"]) == 0
    lines = trained.splitlines()
    for line in capsys.readouterr().out.splitlines():
        assert line in lines or not line.startswith(("loss", "mae", "r2"))

    done = predicted("moores_law", table)
    assert list(done) == ["area", "age", "price", "prediction"]
    # In money, not in standard deviations.
    assert (done["prediction"] - done["price"]).abs().mean() < 0.15 * table["price"].std()
    if model == "LinearRegressor":
        new = pd.DataFrame({"age": [0, 50], "area": [100, 150]})
        expected = 3000 * new["area"] - 500 * new["age"] + 100_000
        np.testing.assert_allclose(predicted("moores_law", new)["prediction"], expected, rtol=0.02)


def test_one_feature_shows_its_line_in_the_units_of_the_table(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_prices()
    argv = ["--task=moores_law", "--data.csv=houses.csv", "--data.target=price", *FAST]
    argv += ['--data.features=["area"]', "--data.test_fraction=0", "--trainer.max_epochs=60"]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*across ranks is zero.*")  # of no rows that validate
        assert run("train", argv) == 0
    output = capsys.readouterr().out
    (line,) = [line for line in output.splitlines() if line.startswith("trained: price = ")]
    assert float(line.split()[3]) == pytest.approx(3000, rel=0.1)
    assert Path("runs/moores_law/version_0/figures/fitted_line.png").is_file()


def test_a_logarithm_that_is_not_moore_s(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_prices()
    argv = ["--task=moores_law", "--data.csv=houses.csv", "--data.target=price", *FAST]
    argv += ["--data.features=[area]", "--data.target_scaling=log", "--trainer.max_epochs=80"]
    assert run("train", argv) == 0
    output = capsys.readouterr().out
    assert "trained: ln(price) = " in output
    assert "double" not in output  # prices need not
    done = predicted("moores_law", table)
    assert (done["prediction"] / done["price"] - 1).abs().mean() < 0.3


def test_a_feature_that_never_changes(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_prices().assign(town=7).to_csv("houses.csv", index=False)
    argv = ["--task=moores_law", "--data.csv=houses.csv", "--data.target=price"]
    argv += ["--data.features=[town]", "--trainer.max_epochs=1"]
    assert run("train", argv) == 0
    assert "least squares: price = 0 town +" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("task", "model", "words"),
    [
        ("moores_law", "DenseClassifier", "the model predicts classes, and the data have values"),
        (
            "breast_cancer",
            "LinearRegressor",
            "the model predicts values, and the data have classes",
        ),
    ],
)
def test_a_model_of_the_other_kind_is_refused(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str, model: str, words: str
) -> None:
    argv = [f"--task={task}", "--data.source=standin", f"--model=lightning_course.models.{model}"]
    assert run("train", argv) == 2
    assert words in capsys.readouterr().err
    assert not Path("runs").exists()


def test_classes_are_no_values_and_values_no_classes(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_flowers(2)
    argv = ["--data.csv=flowers.csv", "--data.target=kind"]
    assert run("train", ["--task=moores_law", *argv]) == 2
    assert "column 'kind': 'rose' is not a number" in capsys.readouterr().err
    write_prices()
    argv = ["--data.csv=houses.csv", "--data.target=price"]
    assert run("train", ["--task=breast_cancer", *argv]) == 2
    assert "is 'price' the column of labels?" in capsys.readouterr().err
    assert not Path("runs").exists()
