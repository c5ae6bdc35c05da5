"""Train tasks over several seeds here and in Keras, and test whether the results differ.

    python tests/keras_parity/compare.py --tasks sine_linear,chirp_lstm --seeds 10 --jobs 2

takes the command line of ``scripts/compare.py``, which makes our runs, and trains the Keras models
of course_models.py on the same rows, each run in a process of its own. Initial weights, shuffling
and dropout are each side's own. Run the same command again to continue. In RUNS/compare/NAME/
keras_comparison.md and .csv are written and, in keras/, the results of each run of Keras and its
log.
"""

import importlib.util
import math
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from two_samples import holm, kolmogorov_smirnov, shift, signed_rank

from lightning_course.comparing.compare import compare
from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Member, Options, parse
from lightning_course.comparing.processes import Children
from lightning_course.comparing.results import aligned, name_seeds
from lightning_course.comparing.runs import train_options
from lightning_course.comparing.table import SeedRun
from lightning_course.errors import Interrupted, UserError
from lightning_course.files.reading import read_json
from lightning_course.files.writing import write_atomically
from lightning_course.process.warnings import quieten
from lightning_course.training.console import number, span

Pair = tuple[SeedRun, SeedRun]  # ours and Keras's

# Options that change the Keras side in the same way, or neither side.
OPTIONS = {
    "--data.root",
    "--data.source",
    "--threads",
    "--trainer.accelerator",
    "--trainer.max_epochs",
}

# Columns of p-values, and the names of the tests.
TESTS = {"ks_p": "Kolmogorov-Smirnov", "wilcoxon_p": "Wilcoxon"}

# Baselines are fitted on the rows: where they agree this well, the rows are the same.
SAME_ROWS = 1e-3


def main(argv: list[str]) -> None:
    """Run both sides and write the table."""
    options = parse(argv)
    check(options.tasks, options.overrides)
    quieten()
    compare(options)
    with ComparisonFolder(options.folder, options.recorded_overrides) as folder:
        errors = run_keras(folder, options)
        write_results(folder, options.members)
    if errors:
        raise UserError(f"{len(errors)} runs of Keras failed: {'; '.join(errors)}")


def check(tasks: Sequence[str], overrides: Sequence[str]) -> None:
    """Raise a UserError if Keras would not do the same as we do."""
    if importlib.util.find_spec("keras") is None:
        raise UserError("Keras is not installed: pip install 'lightning-course[test]'")
    if "cifar10_vgg_augmented" in tasks:
        raise UserError("cifar10_vgg_augmented: the random images would be others in Keras")
    if others := {word.split("=")[0] for word in overrides} - OPTIONS:
        raise UserError(f"{', '.join(sorted(others))}: Keras trains the course's recipe alone")
    if torch.accelerator.is_available() and "--trainer.accelerator=cpu" not in overrides:
        raise UserError("Keras trains on the CPU: add --trainer.accelerator=cpu")


def results_file(folder: ComparisonFolder, member: Member) -> Path:
    """Return the path of the results of a run of Keras."""
    return folder.path / "keras" / f"seed_{member.seed}" / f"{member.task}.json"


def keras_command(output: Path, options: Sequence[str]) -> list[str]:
    """Return the command that makes a run of Keras."""
    return [sys.executable, str(Path(__file__).with_name("keras_run.py")), str(output), *options]


def run_keras(folder: ComparisonFolder, options: Options) -> list[str]:
    """Make the runs of Keras that are not finished, and return the errors of those that failed."""
    # Not what ~/.keras/keras.json of the user says.
    os.environ |= {"KERAS_BACKEND": "torch", "KERAS_HOME": os.devnull}
    members = options.members
    queue = deque(member for member in members if not results_file(folder, member).is_file())
    print(f"Keras: {len(members) - len(queue)} of {len(members)} runs are finished", flush=True)
    errors = []
    with Children[Member]() as children:
        while queue or children.running:
            while queue and len(children.running) < options.jobs:
                member = queue.popleft()
                output = results_file(folder, member)
                command = keras_command(output, train_options(member, folder, options))
                children.start(member, command, output.with_suffix(".log"))
            for result in children.wait(seconds=1):
                failed = not results_file(folder, result.key).is_file()
                print(f"{result.key}: {result.error if failed else f'{result.seconds:.1f} s'}")
                errors += [f"{result.key}: {result.error}"] if failed else []
    return errors


def write_results(folder: ComparisonFolder, members: Sequence[Member]) -> None:
    """Write and print the table of the runs that both sides have finished."""
    keras = []
    for member in dict.fromkeys([*members, *folder.members]):
        if (path := results_file(folder, member)).is_file():
            results = read_json(path)
            keras.append(SeedRun(member.task, member.seed, results, pd.DataFrame()))
    groups = paired(folder.read(), keras)
    if not groups:
        return
    table = comparison_table(groups)
    notes = [
        "Median (minimum to maximum) over the seeds. Each seed has the same rows on both sides, "
        "its own initial weights, shuffling and dropout on each",
        "Difference: ours less Keras's of the same seed, the Hodges-Lehmann estimate with the 95 % "
        "interval that belongs to Wilcoxon's test (of accuracy in percentage points)",
        *notes_on_tests(table),
        *notes_on_runs(groups, members),
    ]
    text = f"{markdown_table(table)}\n\n" + "".join(f"- {note}\n" for note in notes)
    write_atomically(folder.path / "keras_comparison.csv", table.to_csv(index=False))
    title = f"# This project and Keras: {folder.path.name}"
    write_atomically(folder.path / "keras_comparison.md", f"{title}\n\n{text}")
    print(f"\n{text}\nresults:     {folder.path}: keras_comparison.md, keras_comparison.csv")


def paired(ours: Sequence[SeedRun], keras: Sequence[SeedRun]) -> dict[tuple[str, str], list[Pair]]:
    """Return pairs of runs of the same seed, by task and kind of data, in our order.

    Raises:
        UserError: Two partners were not trained on the same rows, or are not the same model.
    """
    partners = {(run.task, run.seed): run for run in keras}
    groups: dict[tuple[str, str], list[Pair]] = {}
    for run in ours:
        if partner := partners.get((run.task, run.seed)):
            if difference := mismatch(run, partner):
                raise UserError(
                    f"{run.task} seed {run.seed}: not comparable with Keras's run: {difference}; "
                    "remove one of the two, or take another --name"
                )
            groups.setdefault((run.task, run.data), []).append((run, partner))
    return groups


def mismatch(ours: SeedRun, keras: SeedRun) -> str:
    """Describe the first mismatch between two runs that should match, else return ""."""
    here, there = ours.results, keras.results
    if here["data"]["sha256"] != there["data"]["sha256"]:
        return f"{ours.data} data here, other {keras.data} data there"
    for name in ("data_seed", "parameters", "weights"):
        if here[name] != there[name]:
            return f"{name} {here[name]} here, {there[name]} there"
    if ours.split != keras.split:
        return f"results on the {ours.split} split here, on the {keras.split} split there"
    for name, metrics in ours.baselines.items():
        for metric, value in metrics.items():
            other = keras.baselines.get(name, {}).get(metric, math.nan)
            if not math.isclose(value, other, rel_tol=SAME_ROWS, abs_tol=SAME_ROWS / 10):
                return f"other rows: {metric} of {name} is {value:.6g} here, {other:.6g} there"
    return ""


def comparison_table(groups: Mapping[tuple[str, str], Sequence[Pair]]) -> pd.DataFrame:
    """Return a row for each task, kind of data and metric that all its runs have.

    Returns:
        Columns "task", "data", "split", "metric", "seeds" (how many); for SIDE "ours" and "keras"
        "SIDE_median", "SIDE_min", "SIDE_max", "SIDE_values"; "shift", "shift_low", "shift_high"
        (ours − Keras's, see :func:`two_samples.shift`); "ks_p", "wilcoxon_p", and "ks_p_holm",
        "wilcoxon_p_holm", corrected over the whole table.
    """
    rows = []
    for (task, data), pairs in groups.items():
        runs = [run for pair in pairs for run in pair]
        for metric in runs[0].metrics:
            if not all(metric in run.metrics for run in runs):
                continue
            row = {"task": task, "data": data, "split": runs[0].split, "metric": metric}
            row["seeds"] = len(pairs)
            both = [[run.metrics[metric] for run in side] for side in zip(*pairs, strict=True)]
            for side, values in zip(("ours", "keras"), both, strict=True):
                row[f"{side}_median"] = float(np.median(values))
                row |= {f"{side}_min": min(values), f"{side}_max": max(values)}
                row[f"{side}_values"] = " ".join(f"{value:.6g}" for value in values)
            differences = [ours - keras for ours, keras in zip(*both, strict=True)]
            row["shift"], row["shift_low"], row["shift_high"] = shift(differences)
            row |= {"ks_p": kolmogorov_smirnov(*both), "wilcoxon_p": signed_rank(differences)}
            rows.append(row)
    table = pd.DataFrame(rows)
    for test in TESTS:
        table[f"{test}_holm"] = holm(table[test].tolist())
    return table


def markdown_table(table: pd.DataFrame) -> str:
    """Return the table for people, in Markdown."""
    return aligned([cells(row) for row in table.to_dict("records")])


def cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return a row of the Markdown table by column."""
    metric = row["metric"]

    def side(name: str) -> str:
        extremes = (row[f"{name}_min"], row[f"{name}_max"])
        return f"{number(metric, row[f'{name}_median'])} ({span(metric, extremes)})"

    # Of a rate in percentage points, like the rate beside it.
    scale = 100 if metric == "accuracy" else 1
    middle, low, high = (scale * row[name] for name in ("shift", "shift_low", "shift_high"))
    interval = "" if pd.isna(low) else f" ({low:+.2g} to {high:+.2g})"
    return {
        "task": row["task"],
        "data": row["data"],
        "metric": metric,
        "seeds": str(row["seeds"]),
        "ours": side("ours"),
        "Keras": side("keras"),
        "difference": f"{middle:+.2g}{interval}",
        **{name: "-" if pd.isna(row[p]) else f"{row[p]:.2g}" for p, name in TESTS.items()},
    }


def notes_on_tests(table: pd.DataFrame) -> list[str]:
    """Return what the p-values of the whole table say together, a sentence for each test."""
    notes = []
    for column, name in TESTS.items():
        known = table[table[column].notna()].sort_values(column)
        if known.empty:
            notes.append(f"{name}: no p, there are too few values or all are equal")
            continue
        first = known.iloc[0]
        note = (
            f"{name}: {len(known)} comparisons; the smallest p is {first[column]:.2g} "
            f"({first['task']}, {first['metric']}), {first[f'{column}_holm']:.2g} after Holm's "
            "correction"
        )
        different = known[known[f"{column}_holm"] < 0.05][["task", "metric"]]
        if len(different):
            names = ", ".join(" ".join(pair) for pair in different.to_numpy())
            note += f"; **different at 5 % after the correction: {names}**"
        notes.append(note)
    return notes


def notes_on_runs(
    groups: Mapping[tuple[str, str], Sequence[Pair]], members: Sequence[Member]
) -> list[str]:
    """Return which runs are missing, and the versions of the others."""
    pairs = [pair for group in groups.values() for pair in group]
    finished = {Member(ours.task, ours.seed) for ours, _ in pairs}
    missing = [member for member in members if member not in finished]
    versions = []
    for ours, keras in pairs:
        here, there = ours.results["versions"], keras.results["versions"]
        versions.append(
            f"torch {here['torch']}, Lightning {here['pytorch-lightning']}; Keras {there['keras']} "
            f"on torch {there['torch']}"
        )
    return [
        *([f"**Without a result on both sides: {name_seeds(missing)}**"] if missing else []),
        f"Versions: {' or '.join(dict.fromkeys(versions))}",
    ]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (UserError, Interrupted) as error:
        sys.exit(f"error: {error}")
