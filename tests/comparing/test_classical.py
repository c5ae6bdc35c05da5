"""scikit-learn on a task's rows, beside its latest run."""

import re
from pathlib import Path

import pytest

from lightning_course.commands import run
from lightning_course.commands.classical import USAGE
from lightning_course.comparing import estimators

QUICK = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"]


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    capsys.readouterr()
    assert run("classical", list(argv)) == 0
    return capsys.readouterr().out


def test_beside_the_latest_run(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = "--task=breast_cancer"
    output = printed(capsys, task)
    assert "fitting RandomForestClassifier on 381 rows of 30 features on all" in output
    assert re.search(r"^ +random_forest, train  random_forest, test  majority class$", output, re.M)
    assert "No network to compare with: no finished run in runs/breast_cancer" in output
    assert not Path("runs").exists()

    assert run("train", [task, *QUICK]) == 0
    output = printed(capsys, task, "--estimator=svm")
    assert "fitting LinearSVC on 381 rows of 30 features …" in output
    assert "svm, test  LinearClassifier, train  LinearClassifier, test  majority class" in output
    (accuracy,) = re.findall(r"^accuracy +(.*)$", output, re.M)
    svm, network, naive = (float(accuracy.split()[column]) for column in (2, 6, 8))
    assert svm > naive
    assert network > 0
    assert "LinearClassifier: runs/breast_cancer/version_0, " in output
    assert "(epochs: 1)" in output
    assert "NOT THE SAME DATA" not in output

    output = printed(capsys, task, "--seed_everything=3", "--data.test_fraction", "0.5")
    assert "NOT THE SAME DATA, so compare with care: its --data.seed was 0 and is 3 here" in output
    assert "its --data.test_fraction was 0.33 and is 0.5 here" in output

    rows = [f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)]
    Path("my.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    output = printed(capsys, task, "--data.csv=my.csv", "--data.target=y")
    assert "on 40 rows of 2 features" in output
    assert "that run had real data (Breast Cancer" in output
    (Path("runs") / "breast_cancer/version_0/checkpoints/last.ckpt").write_text("damaged")
    assert "No network to compare with: the checkpoint" in printed(capsys, task)


def test_values(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--task=moores_law", "--data.source=standin", "--estimator=linear_regression"]
    output = printed(capsys, *argv)
    # The line in closed form is a baseline of its own: the same to the last digit.
    for name in ("loss", "mae", "r2"):
        (line,) = re.findall(rf"^{name} +(.*)$", output, re.M)
        columns = line.split()
        assert columns[-1] in (columns[0], "-")
    assert "All rows are training rows" in output
    assert "--data.test_fraction 0.33" in output
    output = printed(capsys, *argv, "--data.test_fraction=0.33")
    assert "linear_regression, train  linear_regression, test" in output
    assert "All rows are training rows" not in output


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--task=breast_cancr"], "did you mean 'breast_cancer'?"),
        (["--estimator=svm"], "--task NAME"),
        (["--task=moores_law", "--estimator"], "option --estimator needs a value"),
        (["--task=moores_law", "--estimator=logistic_regression"], "predicts values (did you mean"),
        (["--task=moores_law", "--trainer.max_epochs=3"], "--trainer.max_epochs is for train"),
        (["--task=moores_law", "--data.test_fractoin=0.5"], "did you mean '--data.test_fraction'?"),
        (["--task=moores_law", "--data.csv=no.csv", "--data.target=y"], "no.csv cannot be read"),
    ],
)
def test_bad_input(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    source = [] if "--data.csv=no.csv" in argv else ["--data.source=standin"]
    assert run("classical", [*source, *argv]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert words in lines[-1]
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
    assert list(in_tmp_path.iterdir()) == []


def test_the_usage_names_every_estimator(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("classical", ["--help"]) == 0
    assert capsys.readouterr().out.strip() == USAGE.format(program="python scripts/classical.py")
    for name in (*estimators.CLASSIFIERS, *estimators.REGRESSORS, *estimators.TEXT_CLASSIFIERS):
        assert name in USAGE
