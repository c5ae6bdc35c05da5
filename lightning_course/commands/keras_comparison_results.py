"""What ``compare_keras`` writes: keras_comparison.csv, .md and .png."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from lightning_course import catalogue
from lightning_course.comparing.folder import ComparisonFolder, Member
from lightning_course.comparing.results import aligned, name_seeds, notes_on_options
from lightning_course.comparing.table import NAIVE, SeedRun
from lightning_course.errors import optional
from lightning_course.files.writing import write_atomically
from lightning_course.reports.figures import render
from lightning_course.reports.keras_comparison import (
    Pairs,
    keras_comparison_figure,
    keras_comparison_table,
    notes_on_tests,
    paired,
)
from lightning_course.training import console

NAME = "keras_comparison"


def write_results(
    comparison: ComparisonFolder, keras: Sequence[SeedRun], asked: Sequence[Member]
) -> None:
    """Write table and figure of all runs that both sides have finished, and print the table.

    Args:
        comparison: With our runs.
        keras: Keras's, at least one of which has a partner.
        asked: The runs that should be there on both sides; the table tells which are not.

    Raises:
        UserError: Two partners were not trained on the same rows.
    """
    pairs = paired(comparison.read(), keras)
    path = comparison.path
    table = keras_comparison_table(pairs)
    lines = markdown_table(table)
    footnotes = [*notes_on_tests(table), *notes(comparison, pairs, asked)]
    text = f"{lines}\n\n" + "".join(f"- {note}\n" for note in footnotes)
    write_atomically(path / f"{NAME}.csv", table.to_csv(index=False))
    title = f"# This project and Keras: {path.name}"
    write_atomically(path / f"{NAME}.md", f"{title}\n\n{text}")
    files = [f"{NAME}.md", f"{NAME}.csv"]
    print(f"\n{text}")
    with optional(f"draw the figure {NAME}"):
        render(keras_comparison_figure(pairs, catalogue.TASKS), path / f"{NAME}.png")
        files.append(f"{NAME}.png")
    print(f"results:     {path}: {', '.join(files)}", flush=True)


def markdown_table(table: pd.DataFrame) -> str:
    """Return the table of ``keras_comparison_table`` for people, in Markdown."""
    return aligned([_cells(row) for row in table.to_dict("records")])


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    metric = row["metric"]

    def p(value: float) -> str:
        return "-" if pd.isna(value) else f"{value:.2g}"

    def side(name: str) -> str:
        middle = console.number(metric, row[f"{name}_median"])
        return f"{middle} ({console.span(metric, (row[f'{name}_min'], row[f'{name}_max']))})"

    def seconds(name: str) -> str:
        value = row[f"{name}_fit_seconds"]
        return "-" if pd.isna(value) else f"{value:.1f}"

    naive = {name.removeprefix(NAIVE): row[name] for name in row if str(name).startswith(NAIVE)}
    told = [
        f"{name} {console.number(metric, value)}"
        for name, value in naive.items()
        if not pd.isna(value)
    ]
    return {
        "task": row["task"],
        "data": row["data"],
        "metric": metric,
        "seeds": str(row["seeds"]),
        "ours": side("ours"),
        "Keras": side("keras"),
        "difference": _shift(row),
        "KS p": p(row["ks_p"]),
        "Wilcoxon p": p(row["wilcoxon_p"]),
        "naive": ", ".join(told) or "-",
        "seconds": seconds("ours"),
        "seconds (Keras)": seconds("keras"),
    }


def _shift(row: Mapping[Any, Any]) -> str:
    # Of a rate in percentage points, as the rate beside it.
    scale = 100 if row["metric"] == "accuracy" else 1
    middle, low, high = (scale * row[name] for name in ("shift", "shift_low", "shift_high"))
    if row["seeds"] < 2:
        return "-"
    return f"{middle:+.2g}" + ("" if pd.isna(low) else f" ({low:+.2g} to {high:+.2g})")


def notes(comparison: ComparisonFolder, pairs: Pairs, asked: Iterable[Member]) -> list[str]:
    """Return what a reader must know about the table, a sentence each."""
    both = [pair for group in pairs.values() for pair in group]
    there = {Member(ours.task, ours.seed) for ours, _ in both}
    missing = [m for m in dict.fromkeys([*asked, *comparison.members]) if m not in there]
    return [
        "Overrides: " + (f"`{' '.join(comparison.overrides)}`" if comparison.overrides else "none"),
        "Median (least to most) over the seeds; naive: mean. A seed has the same rows on both "
        "sides; initial weights, shuffling and dropout are each side's own",
        "Both sides' last weights are measured by this project's code, which first gave Keras's "
        "outputs",
        "Difference: ours less Keras's of the same seed, Hodges and Lehmann's median with the 95 % "
        "interval that belongs to Wilcoxon's signed-rank test (of accuracy in percentage points)",
        *([f"**Without a result on both sides: {name_seeds(missing)}**"] if missing else []),
        *_notes_on_data(pairs),
        *notes_on_options([run for pair in both for run in pair]),
        _note_on_seconds(comparison, pairs),
        *_circumstances(pairs),
    ]


def _notes_on_data(pairs: Pairs) -> list[str]:
    if any(kind == "stand-in" for _, kind in pairs):
        return ["**Stand-in data are not the course's: do not compare with the course**"]
    return []


def _note_on_seconds(comparison: ComparisonFolder, pairs: Pairs) -> str:
    both = [pair for group in pairs.values() for pair in group]
    jobs = {comparison.members[Member(ours.task, ours.seed)]["jobs"] for ours, _ in both}
    jobs |= {keras.results["jobs"] for _, keras in both}
    threads = sorted({keras.results["threads"] for _, keras in both})
    note = (
        "Seconds: of the fit, median; ours validate every epoch and write logs and checkpoints, "
        f"Keras's do not. Threads of a run: {' or '.join(map(str, threads))}; "
    )
    if len(jobs) > 1:
        return f"{note}**not all with as many runs at once: not comparable**"
    return f"{note}runs at once: {jobs.pop()}; the same on both sides"


def _circumstances(pairs: Pairs) -> list[str]:
    told = []
    for group in pairs.values():
        for ours, keras in group:
            here, there = ours.results["versions"], keras.results["versions"]
            own = f"torch {here['torch']}, Lightning {here['pytorch-lightning']}"
            theirs = f"{there['keras']} on its {keras.results['backend']} backend"
            told.append(f"{own}; Keras {theirs}, torch {there['torch']}")
    return [f"Versions: {'; or '.join(dict.fromkeys(told))}"]
