from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lightning_course.catalogue import TASKS
from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Member
from lightning_course.comparing.results import markdown_table, name_seeds, notes
from lightning_course.comparing.table import SeedRun, comparison_table

MakeRun = Callable[..., SeedRun]


def table_cells(runs: list[SeedRun]) -> list[dict[str, str]]:
    """Return the rows of the Markdown table by column."""
    lines = markdown_table(comparison_table(runs, TASKS)).splitlines()
    assert len({len(line) for line in lines}) == 1
    header, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_markdown(seed_run: MakeRun) -> None:
    loss, accuracy = table_cells([seed_run(2, 0.7), seed_run(0, 0.75), seed_run(1, 0.8)])
    assert accuracy["mean"] == "75.00 %"
    assert accuracy["range"] == "70.00 % to 80.00 %"
    # In the order of the seeds.
    assert accuracy["each seed"] == "75.00 % 80.00 % 70.00 %"
    assert accuracy["seconds"] == "11.0"
    # The course has no claim about this task.
    assert "course says" not in accuracy
    # Nothing to compare with.
    assert loss["mean"] == "0.1"


def test_the_best_is_bold_and_not_ours(seed_run: MakeRun) -> None:
    _, row = table_cells([seed_run(0, 0.9), seed_run(1, 0.8)])
    assert row["mean"] == "85.00 %"
    assert row["naive"] == "majority class 80.00 %"
    assert row["Keras (course's recipe)"] == "**98.43 %** (98.00 % to 98.90 %)"
    _, row = table_cells([seed_run(0, 0.9, kind="stand-in", naive=0.9)])
    assert (row["mean"], row["naive"]) == ("**90.00 %**", "majority class **90.00 %**")


def test_a_claim_about_one_metric_only(seed_run: MakeRun) -> None:
    # fashion_mnist: the course says something about the loss, and nothing about the accuracy.
    runs = [replace(seed_run(seed, 0.8), task="fashion_mnist") for seed in (0, 1)]
    loss, accuracy = table_cells(runs)
    assert "rises" in loss["course says"]
    assert accuracy["course says"] == "-"


def test_the_notes(seed_run: MakeRun) -> None:
    environment = {
        "device": "cpu",
        "precision": "32-true",
        "versions": {"torch": "2", "pytorch-lightning": "3", "python": "4"},
        "revision": "abc+changes",
    }
    runs = [seed_run(seed, 0.9, kind="real" if seed else "stand-in") for seed in range(3)]
    runs = [replace(run, results={**run.results, **environment}) for run in runs]
    runs[1] = replace(runs[1], options={"lr": 9}, resumed=True)
    folder = ComparisonFolder(Path("x"), ["--a=1"])
    folder.members = {Member("spam", seed): {"jobs": 1 + seed} for seed in range(5)}
    text = "\n".join(notes(folder, runs, [Member("mnist", 0)]))
    assert "Overrides: `--a=1`" in text
    assert "**Without a result: mnist seed 0, spam seeds 3, 4**" in text
    assert "different data (stand-in in seed 0; real in seeds 1, 2)" in text
    assert "**The runs of spam differ in more than the seed: lr**" in text
    assert "mean over the runs that were not interrupted; **with 1 or 3 runs at once" in text
    assert "Versions: torch 2, Lightning 3, Python 4\nRevision: abc with changes" in text


def test_names_of_seeds() -> None:
    members = [Member("spam", seed) for seed in (4, 2, 3)] + [Member("xor", 1), Member("xor", 5)]
    assert name_seeds(members) == "spam seeds 2 to 4, xor seeds 1, 5"
