"""What ``compare`` writes: comparison.csv, comparison.md, comparison.png, an event file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from torch.utils.tensorboard import SummaryWriter

from lightning_course import catalogue
from lightning_course.comparing.folder import ComparisonFolder, Member
from lightning_course.comparing.table import (
    NAIVE,
    SeedRun,
    comparison_curves,
    comparison_table,
    groups,
)
from lightning_course.errors import optional
from lightning_course.files.writing import write_atomically
from lightning_course.reports.figures import render
from lightning_course.training import console

# Results of more seeds are in comparison.csv.
_MOST_LISTED = 10


def write_results(comparison: ComparisonFolder, asked: Sequence[Member]) -> None:
    """Write table and figure of all finished runs of a comparison, and print the table.

    Args:
        comparison: With one finished run at least.
        asked: The runs that should be there; the table tells which are not.
    """
    runs = comparison.read()
    path = comparison.path
    table = comparison_table(runs, catalogue.TASKS)
    lines = markdown_table(table)
    footnotes = notes(comparison, runs, asked)
    text = f"{lines}\n\n" + "".join(f"- {note}\n" for note in footnotes)
    write_atomically(path / "comparison.csv", table.to_csv(index=False))
    write_atomically(path / "comparison.md", f"# Comparison: {path.name}\n\n{text}")
    files = ["comparison.md", "comparison.csv"]
    print(f"\n{text}")
    # The table of before is not the result any more.
    for old in path.glob("events.out.tfevents.*"):
        old.unlink()
    with SummaryWriter(str(path)) as writer:
        writer.add_text("comparison", text)
        with optional("draw the figure comparison"):
            if figure := comparison_curves(runs):
                pixels = render(figure, path / "comparison.png")
                writer.add_image("comparison", pixels, dataformats="HWC")
                files.append("comparison.png")
    print(f"results:     {path}: {', '.join(files)}")


def markdown_table(table: pd.DataFrame) -> str:
    """Return the table of ``comparison_table`` for people, in Markdown with aligned columns."""
    return aligned([_cells(row) for row in table.to_dict("records")])


def aligned(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of cells by column as Markdown with aligned columns; "-" is an empty cell."""
    # What is empty throughout tells nothing.
    columns = [name for name in rows[0] if any(row[name] != "-" for row in rows)]
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in columns]
    lines = [
        columns,
        ["-" * width for width in widths],
        *([row[c] for c in columns] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    metric = row["metric"]

    def figure(value: float) -> str:
        return "-" if pd.isna(value) else console.number(metric, value)

    naive = {name.removeprefix(NAIVE): row[name] for name in row if str(name).startswith(NAIVE)}
    told = [f"{name} {figure(value)}" for name, value in naive.items() if not pd.isna(value)]
    keras = figure(row["keras_mean"])
    if keras != "-":
        keras += f" ({console.span(metric, (row['keras_min'], row['keras_max']))})"
    return {
        "task": row["task"],
        "data": row["data"],
        "split": row["split"],
        "metric": metric,
        "mean": figure(row["mean"]),
        "sd": figure(row["sd"]),
        "median": figure(row["median"]),
        "range": console.span(metric, (row["min"], row["max"])),
        "seeds": str(row["seeds"]),
        "each seed": " ".join(figure(float(value)) for value in row["values"].split())
        if 1 < row["seeds"] <= _MOST_LISTED
        else "-",
        "naive": ", ".join(told) or "-",
        "course says": "-" if pd.isna(row["course_says"]) else row["course_says"],
        "Keras (course's recipe)": keras,
        "weights": row["weights"],
        "seconds": "-" if pd.isna(row["seconds"]) else f"{row['seconds']:.1f}",
    }


def notes(
    comparison: ComparisonFolder, runs: Sequence[SeedRun], asked: Iterable[Member]
) -> list[str]:
    """Return what a reader must know about the table, a sentence each."""
    there = {Member(run.task, run.seed) for run in runs}
    missing = [
        member for member in {**dict.fromkeys(asked), **comparison.members} if member not in there
    ]
    found = [
        "Overrides: " + (f"`{' '.join(comparison.overrides)}`" if comparison.overrides else "none"),
        "Mean, sample standard deviation and range over the seeds; naive: mean over the seeds",
        *([f"**Without a result: {name_seeds(missing)}**"] if missing else []),
        *_notes_on_data(runs),
        *notes_on_options(runs),
        _note_on_seconds(comparison, runs),
    ]
    for label, values in _circumstances(runs).items():
        found.append(f"{label}: {', '.join(dict.fromkeys(values))}")
    return found


def _notes_on_data(runs: Sequence[SeedRun]) -> list[str]:
    found = []
    kinds: dict[str, list[str]] = {}
    for (task, kind), group in groups(runs).items():
        kinds.setdefault(task, []).append(f"{kind} in {_seeds(run.seed for run in group)}")
    found += [
        f"**{task} has different data in different runs ({'; '.join(told)}): rows of their own**"
        for task, told in kinds.items()
        if len(told) > 1
    ]
    if any(run.data == "stand-in" for run in runs):
        found.append("**Stand-in data are not the course's: do not compare with the course**")
    return found


def notes_on_options(runs: Sequence[SeedRun]) -> list[str]:
    """Tell of runs made with another recipe: a YAML file was edited between them."""
    found = []
    for task in dict.fromkeys(run.task for run in runs):
        options = [run.options for run in runs if run.task == task]
        names = sorted(set().union(*options))
        differ = [name for name in names if len({str(told.get(name)) for told in options}) > 1]
        if differ:
            found.append(
                f"**The runs of {task} differ in more than the seed: {', '.join(differ)}**"
            )
    return found


def _note_on_seconds(comparison: ComparisonFolder, runs: Sequence[SeedRun]) -> str:
    timed = [comparison.members[Member(run.task, run.seed)] for run in runs if run.in_one_go]
    if not timed:
        return "No seconds: all runs were interrupted"
    note = "Seconds: all of train.py, as it tells them; mean"
    if len(timed) < len(runs):
        note += " over the runs that were not interrupted"
    jobs = sorted({entry["jobs"] for entry in timed})
    if jobs != [1]:
        told = " or ".join(map(str, jobs))
        note += f"; **taken with {told} runs at once: not comparable with those of a run alone**"
    return note


def _circumstances(runs: Sequence[SeedRun]) -> dict[str, list[str]]:
    results = [run.results for run in runs]
    versions = [told["versions"] for told in results]
    return {
        "Device": [f"{told['device']} ({told['precision']})" for told in results],
        "Versions": [
            f"torch {told['torch']}, Lightning {told['pytorch-lightning']}, Python {told['python']}"
            for told in versions
        ],
        "Revision": [_short(told.get("revision")) for told in results],
    }


def _short(revision: str | None) -> str:
    if not revision:
        return "unknown"
    commit, changed, _ = revision.partition("+")
    return commit[:12] + (" with changes" if changed else "")


def name_seeds(members: Iterable[Member]) -> str:
    """Return runs by task: "spam seeds 0, 1; moons seed 3"."""
    seeds: dict[str, list[int]] = {}
    for member in members:
        seeds.setdefault(member.task, []).append(member.seed)
    return ", ".join(f"{task} {_seeds(numbers)}" for task, numbers in seeds.items())


def _seeds(numbers: Iterable[int]) -> str:
    """Return "seed 3", "seeds 3, 7" or, where none is left out, "seeds 0 to 4"."""
    ordered = sorted(numbers)
    if len(ordered) == 1:
        return f"seed {ordered[0]}"
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"seeds {ordered[0]} to {ordered[-1]}"
    return f"seeds {', '.join(map(str, ordered))}"
