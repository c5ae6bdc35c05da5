import csv
from pathlib import Path

import pytest

from lightning_course.commands import run
from lightning_course.training.find_lr import unbiased, valley

ARGV = ["--task=spam", "--find_lr", "--data.source=standin", "--data.maxlen=8"]


def test_a_rate_is_suggested_and_nothing_is_trained(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", [*ARGV, "--data.batch_size=256"]) == 0  # 14 steps: several epochs
    output = capsys.readouterr().out
    assert "use it:      python scripts/train.py --task spam --optimizer.lr" in output
    suggestion = float(output.split("--optimizer.lr ")[1].split()[0])
    assert 1e-4 < suggestion < 1
    folder = Path("runs/spam")
    assert {path.name for path in folder.iterdir()} == {"learning_rates.csv", "learning_rates.png"}
    assert [path.name for path in in_tmp_path.iterdir()] == ["runs"]
    with (folder / "learning_rates.csv").open() as file:
        rows = list(csv.DictReader(file))
    rates = [float(row["lr"]) for row in rows]
    assert rates == sorted(rates)
    assert len(rates) > 50
    # Untrained, a binary classifier's loss is that of guessing.
    assert abs(float(rows[0]["smoothed_loss"]) - 0.69) < 0.05


def test_a_constant_loss_stays_what_it_is() -> None:
    smoothed, mean = [], 0.0
    for n in range(1, 50):  # as Lightning computes them
        mean = 0.98 * mean + 0.02 * 3.0
        smoothed.append(mean / (1 - 0.98 ** (n + 1)))
    assert unbiased(smoothed) == pytest.approx([3.0] * 49)


def test_the_middle_of_the_longest_fall() -> None:
    assert valley([5, 5, 5, 5, 4, 3, 2, 1, 6, 7]) == 5
    assert valley([5, 6, 5.5, 4, 3, 2, 1, 0, float("nan"), float("nan")]) == 4
    assert valley([1, 2, 3, 4]) is None
    assert valley([]) is None


def test_rates_that_explode_are_part_of_the_search(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sgd = ["--optimizer=torch.optim.SGD", "--optimizer.lr=0.1", "--model.cell=rnn"]
    sgd += ["--model.pooling=mean", "--optimizer.weight_decay=1000"]
    assert run("train", [*ARGV, "--data.batch_size=256", *sgd]) == 0
    assert "the recipe's is 0.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--resume=runs/spam/latest", "--find_lr"], "--find_lr is for a new run"),
        ([*ARGV, "--trainer.fast_dev_run=true"], "--find_lr needs more steps"),
    ],
)
def test_what_it_cannot_join(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert run("train", argv) == 2
    assert words in capsys.readouterr().err
    assert list(in_tmp_path.iterdir()) == []
