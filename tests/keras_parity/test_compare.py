"""Whole trainings: with stand-ins for the processes of both sides, and one real run of Keras."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import compare
import pandas as pd
import pytest

from lightning_course.comparing import runs
from lightning_course.comparing.table import SeedRun
from lightning_course.errors import UserError

# Leaves what a run of either side leaves, as far as the comparison reads it.
RUN = """
import json, sys
from pathlib import Path

options = dict(word.split("=", 1) for word in sys.argv if word.startswith("--") and "=" in word)
words = dict(zip(sys.argv, sys.argv[1:]))
seed, task = int(options["--seed_everything"]), words["--task"]
keras = sys.argv[1] != "train"
if keras and Path(f"fail_{seed}").exists():
    sys.exit("error: no luck")
results = {
    "data": {"kind": "generated", "sha256": "ab"}, "data_seed": seed, "weights": "last",
    "parameters": 11, "metrics": {"validation": {"loss": 1 + seed + keras / 2}},
    "baselines": {"split": "validation", "last value": {"loss": 9.0}},
    "seconds": {"fit": 1, "total": 9}, "device": "cpu", "precision": "32-true", "revision": None,
    "versions": {"torch": "2", "pytorch-lightning": "2", "python": "3", "keras": "3"},
}
if keras:
    Path(sys.argv[1]).write_text(json.dumps(results))
else:
    folder = Path(options["--runs"], task, "version_0")
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("lr: 0")
    (folder / "results.json").write_text(json.dumps(results))
"""

ARGV = ["--tasks=sine_linear", "--trainer.accelerator=cpu", "--name=test"]


@pytest.fixture
def fake(in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in in the place of both sides; return the folder of the comparison."""
    (in_tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, "run.py"]
    monkeypatch.setattr(runs, "train_command", lambda options: [*command, "train", *options])
    monkeypatch.setattr(compare, "keras_command", lambda file, opts: [*command, str(file), *opts])
    return in_tmp_path / "runs/compare/test"


def test_table_of_all_seeds(fake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fail_5").touch()
    with pytest.raises(UserError, match="1 runs of Keras failed: sine_linear seed 5: no luck"):
        compare.main([*ARGV, "--seeds=6"])
    assert "**Without a result on both sides: sine_linear seed 5**" in capsys.readouterr().out
    Path("fail_5").unlink()
    compare.main([*ARGV, "--seeds=6"])
    output = capsys.readouterr().out
    assert "Keras: 5 of 6 runs are finished" in output
    # Only what failed was started a second time.
    logs = {int(path.parent.name[5:]): path for path in fake.glob("keras/*/*.log")}
    assert [logs[seed].read_text().count("$ ") for seed in range(6)] == [1, 1, 1, 1, 1, 2]
    (row,) = pd.read_csv(fake / "keras_comparison.csv").to_dict("records")
    assert (row["seeds"], row["ours_median"], row["keras_median"]) == (6, 3.5, 4)
    assert row["ours_values"] == "1 2 3 4 5 6"
    assert row["shift"] == -0.5
    assert row["wilcoxon_p"] == row["wilcoxon_p_holm"] == pytest.approx(2 / 2**6)
    text = (fake / "keras_comparison.md").read_text()
    assert "| 3.5 (1 to 6) | 4 (1.5 to 6.5) | -0.5 (-0.5 to -0.5) |" in text
    assert "Wilcoxon: 1 comparisons; the smallest p is 0.031 (sine_linear, loss)" in text
    assert text.split("\n\n", 1)[1] in output


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--tasks=spam", "--model.hidden_size=3"], "--model.hidden_size: Keras trains"),
        (["--tasks=cifar10_vgg_augmented"], "the random images would be others"),
    ],
)
def test_what_keras_would_do_otherwise_is_refused(fake: Path, argv: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        compare.main(argv)
    assert not fake.parent.exists()


def seed_run(seed: int, loss: float, **changes: Any) -> SeedRun:
    results = {
        "data": {"kind": "real", "sha256": "ab"},
        "data_seed": seed,
        "weights": "last",
        "parameters": 11,
        "metrics": {"test": {"loss": loss, "accuracy": 0.5}},
        "baselines": {"split": "test", "majority class": {"accuracy": 0.8}},
        **changes,
    }
    return SeedRun("spam", seed, results, pd.DataFrame())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": {"kind": "stand-in", "sha256": "cd"}}, "real data here, other stand-in data"),
        ({"parameters": 12}, "parameters 11 here, 12 there"),
        ({"data_seed": 7}, "data_seed 0 here, 7 there"),
        (
            {"baselines": {"split": "test", "majority class": {"accuracy": 0.7}}},
            "other rows: accuracy of majority class is 0.8 here, 0.7 there",
        ),
        ({"baselines": {"split": "train"}, "metrics": {"train": {}}}, "on the train split there"),
    ],
)
def test_runs_that_differ_are_not_compared(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=f"spam seed 0: not comparable .*{words}"):
        compare.paired([seed_run(0, 1.0)], [seed_run(0, 1.0, **changes)])


def test_what_differs_after_the_correction_is_named() -> None:
    ours = [seed_run(seed, seed + 100) for seed in range(8)]
    keras = [seed_run(seed, seed) for seed in range(8)]
    table = compare.comparison_table(compare.paired(ours, keras))
    # All accuracies are equal, so there is one comparison and nothing to correct.
    assert table.set_index("metric").loc["accuracy", ["ks_p", "wilcoxon_p"]].isna().all()
    smirnov, _ = compare.notes_on_tests(table)
    assert "1 comparisons; the smallest p is 0.00016 (spam, loss), 0.00016 after" in smirnov
    assert "**different at 5 % after the correction: spam loss**" in smirnov
    assert "| +0 (+0 to +0) " not in compare.markdown_table(table).splitlines()[2]
    assert "| 50.00 % (50.00 %) " in compare.markdown_table(table).splitlines()[3]


def test_a_run_of_keras(tmp_path: Path) -> None:
    keras_run = importlib.import_module("keras_run")
    output = tmp_path / "results.json"
    options = ["--task=moores_law", "--data.source=standin", "--trainer.accelerator=cpu"]
    keras_run.main(output, [*options, "--trainer.max_epochs=2", "--seed_everything=1"])
    run = SeedRun("moores_law", 1, json.loads(output.read_text()), pd.DataFrame())
    assert (run.data, run.split, run.results["parameters"]) == ("stand-in", "train", 2)
    assert (run.results["data_seed"], run.results["versions"]["keras"][0]) == (1, "3")
    assert list(run.metrics) == ["loss", "mae", "r2", "doubling_years"]
    assert run.metrics["loss"] > 0
    assert run.baselines["least squares"]["doubling_years"] == pytest.approx(2, abs=0.1)
