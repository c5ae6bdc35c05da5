"""What ``compare`` writes: comparison.csv, comparison.md, comparison.png, an event file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from torch.utils.tensorboard import SummaryWriter

from lightning_course import catalogue
from lightning_course.comparing.curves import comparison_curves
from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Member
from lightning_course.comparing.table import NAIVE, SeedRun, comparison_table, groups
from lightning_course.errors import optional
from lightning_course.files.writing import write_atomically
from lightning_course.reports.figures import render
from lightning_course.training.console import number, span

# The values of more seeds are in comparison.csv only.
_MAX_VALUES = 10

_LARGER_IS_BETTER = {"accuracy", "f1", "r2", "skill", "multi_step_skill"}
_SMALLER_IS_BETTER = {"loss", "mae", "multi_step_loss"}


def write_results(folder: ComparisonFolder, members: Sequence[Member]) -> None:
    """Write table and figure of all finished runs of a comparison, and print the table.

    Args:
        folder: With at least one finished run.
        members: The runs that were asked for; the notes name those without a result.
    """
    runs = folder.read()
    path = folder.path
    table = comparison_table(runs, catalogue.TASKS)
    bullets = "".join(f"- {note}\n" for note in notes(folder, runs, members))
    text = f"{markdown_table(table)}\n\n{bullets}"
    write_atomically(path / "comparison.csv", table.to_csv(index=False))
    write_atomically(path / "comparison.md", f"# Comparison: {path.name}\n\n{text}")
    files = ["comparison.md", "comparison.csv"]
    print(f"\n{text}")
    # They show an earlier table.
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
    """Return the table of ``comparison_table`` in Markdown; the best result of a row is bold."""
    return aligned([_cells(row) for row in table.to_dict("records")])


def aligned(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of cells by column as Markdown with aligned columns; "-" is an empty cell."""
    # Columns that are empty in all rows are left out.
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
    naive = {name.removeprefix(NAIVE): row[name] for name in row if str(name).startswith(NAIVE)}
    naive = {name: value for name, value in naive.items() if not pd.isna(value)}
    best = _best(metric, [row["mean"], *naive.values(), row["keras_mean"]])

    def show(value: float) -> str:
        return "-" if pd.isna(value) else number(metric, value)

    def result(value: float) -> str:
        return f"**{show(value)}**" if show(value) == best else show(value)

    keras = result(row["keras_mean"])
    if keras != "-":
        keras += f" ({span(metric, (row['keras_min'], row['keras_max']))})"
    return {
        "task": row["task"],
        "data": row["data"],
        "split": row["split"],
        "metric": metric,
        "mean": result(row["mean"]),
        "sd": show(row["sd"]),
        "median": show(row["median"]),
        "range": span(metric, (row["min"], row["max"])),
        "seeds": str(row["seeds"]),
        "each seed": " ".join(show(float(value)) for value in row["values"].split())
        if 1 < row["seeds"] <= _MAX_VALUES
        else "-",
        "naive": ", ".join(f"{name} {result(value)}" for name, value in naive.items()) or "-",
        "course says": "-" if pd.isna(row["course_says"]) else row["course_says"],
        "Keras (course's recipe)": keras,
        "weights": row["weights"],
        "seconds": "-" if pd.isna(row["seconds"]) else f"{row['seconds']:.1f}",
    }


def _best(metric: str, values: Sequence[float]) -> str:
    """Return the best of several values as the table shows it; "" if there is no best one."""
    known = [value for value in values if not pd.isna(value)]
    if len(known) < 2 or metric not in _LARGER_IS_BETTER | _SMALLER_IS_BETTER:
        return ""
    return number(metric, max(known) if metric in _LARGER_IS_BETTER else min(known))


def notes(
    folder: ComparisonFolder, runs: Sequence[SeedRun], members: Iterable[Member]
) -> list[str]:
    """Return the notes below the table, a sentence each."""
    finished = {Member(run.task, run.seed) for run in runs}
    missing = [m for m in dict.fromkeys([*members, *folder.members]) if m not in finished]
    return [
        "Overrides: " + (f"`{' '.join(folder.overrides)}`" if folder.overrides else "none"),
        "Mean, sample standard deviation and range over the seeds; naive: mean over the seeds; "
        "bold: the best of ours, naive and Keras's",
        *([f"**Without a result: {name_seeds(missing)}**"] if missing else []),
        *_notes_on_data(runs),
        *_notes_on_options(runs),
        _note_on_seconds(folder, runs),
        *_notes_on_environment(runs),
    ]


def _notes_on_data(runs: Sequence[SeedRun]) -> list[str]:
    found = []
    kinds: dict[str, list[str]] = {}
    for (task, kind), group in groups(runs).items():
        kinds.setdefault(task, []).append(f"{kind} in {_seeds(run.seed for run in group)}")
    for task, parts in kinds.items():
        if len(parts) > 1:
            found.append(
                f"**The runs of {task} have different data ({'; '.join(parts)}): a row for each**"
            )
    if any(run.data == "stand-in" for run in runs):
        found.append("**Stand-in data are not the course's: do not compare with the course**")
    return found


def _notes_on_options(runs: Sequence[SeedRun]) -> list[str]:
    """Name the options that differ between runs of a task: a YAML file was edited between them."""
    found = []
    for task in dict.fromkeys(run.task for run in runs):
        options = [run.options for run in runs if run.task == task]
        names = sorted(set().union(*options))
        differ = [name for name in names if len({str(values.get(name)) for values in options}) > 1]
        if differ:
            found.append(
                f"**The runs of {task} differ in more than the seed: {', '.join(differ)}**"
            )
    return found


def _note_on_seconds(folder: ComparisonFolder, runs: Sequence[SeedRun]) -> str:
    timed = [folder.members[Member(run.task, run.seed)] for run in runs if not run.resumed]
    if not timed:
        return "No seconds: all runs were interrupted"
    note = "Seconds: the whole of train.py, mean"
    if len(timed) < len(runs):
        note += " over the runs that were not interrupted"
    jobs = sorted({entry["jobs"] for entry in timed})
    if jobs != [1]:
        counts = " or ".join(map(str, jobs))
        note += f"; **with {counts} runs at once: not comparable with the seconds of a single run**"
    return note


def _notes_on_environment(runs: Sequence[SeedRun]) -> list[str]:
    devices, versions, revisions = [], [], []
    for results in (run.results for run in runs):
        packages = results["versions"]
        devices.append(f"{results['device']} ({results['precision']})")
        versions.append(
            f"torch {packages['torch']}, Lightning {packages['pytorch-lightning']}, "
            f"Python {packages['python']}"
        )
        revisions.append(_short(results.get("revision")))
    found = {"Device": devices, "Versions": versions, "Revision": revisions}
    return [f"{label}: {', '.join(dict.fromkeys(values))}" for label, values in found.items()]


def _short(revision: str | None) -> str:
    if not revision:
        return "unknown"
    commit, changed, _ = revision.partition("+")
    return commit[:12] + (" with changes" if changed else "")


def name_seeds(members: Iterable[Member]) -> str:
    """Return runs by task: "spam seeds 0, 1, xor seed 3"."""
    seeds: dict[str, list[int]] = {}
    for member in members:
        seeds.setdefault(member.task, []).append(member.seed)
    return ", ".join(f"{task} {_seeds(numbers)}" for task, numbers in seeds.items())


def _seeds(numbers: Iterable[int]) -> str:
    """Return "seed 3", "seeds 3, 7" or, for consecutive ones, "seeds 0 to 4"."""
    ordered = sorted(numbers)
    if len(ordered) == 1:
        return f"seed {ordered[0]}"
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"seeds {ordered[0]} to {ordered[-1]}"
    return f"seeds {', '.join(map(str, ordered))}"
