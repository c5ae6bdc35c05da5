"""Runs of this project and of Keras side by side: pure functions to a table and a Figure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lightning_course.catalogue import Task
from lightning_course.comparing.table import NAIVE, SeedRun, mean_baselines
from lightning_course.errors import UserError
from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure, common_legend, draw_levels
from lightning_course.reports.two_samples import holm, kolmogorov_smirnov, shift, signed_rank

Pair = tuple[SeedRun, SeedRun]
Pairs = Mapping[tuple[str, str], Sequence[Pair]]

# Columns of p values, and what the tests are called.
TESTS = {"ks_p": "Kolmogorov-Smirnov", "wilcoxon_p": "Wilcoxon"}

SIDES = ("this project", "Keras")

# Baselines are fitted on the rows: where they agree so far, the rows are the same.
_SAME_ROWS = 1e-3

_PANELS_IN_A_ROW = 4


def paired(ours: Sequence[SeedRun], keras: Sequence[SeedRun]) -> dict[tuple[str, str], list[Pair]]:
    """Return the runs of one task, kind of data and seed as (ours, Keras's), by task and kind.

    Args:
        ours: Finished runs, whose tasks' order is kept.
        keras: Keras's.

    Returns:
        The pairs by (task, kind of data), each list by seed. What has no partner is left out.

    Raises:
        UserError: Two partners were not trained on the same rows, or are other models.
    """
    partners = {(run.task, run.seed): run for run in keras}
    pairs: dict[tuple[str, str], list[Pair]] = {}
    for run in ours:
        if partner := partners.get((run.task, run.seed)):
            if difference := unlike(run, partner):
                raise UserError(
                    f"{run.task} seed {run.seed}: not comparable with Keras's run: {difference}; "
                    "remove one of the two, or take another --name"
                )
            pairs.setdefault((run.task, run.data), []).append((run, partner))
    return {key: sorted(group, key=lambda pair: pair[0].seed) for key, group in pairs.items()}


def unlike(ours: SeedRun, keras: SeedRun) -> str:
    """Return in what two runs differ that must be alike in both, else ""."""
    checksums = [str(run.results["data"]["sha256"])[:12] for run in (ours, keras)]
    if ours.results["data"]["sha256"] != keras.results["data"]["sha256"]:
        kinds = (
            f"{ours.data} data ({checksums[0]}…) here, {keras.data} data ({checksums[1]}…) there"
        )
        return f"**other data**: {kinds}"
    if ours.split != keras.split:
        return f"results on the {ours.split} split here, on the {keras.split} split there"
    for name, metrics in ours.baselines.items():
        theirs = keras.baselines.get(name, {})
        for metric, value in metrics.items():
            other = theirs.get(metric, math.nan)
            if not math.isclose(value, other, rel_tol=_SAME_ROWS, abs_tol=_SAME_ROWS / 10):
                return (
                    f"other rows: the {metric} of the {name} is {value:.6g} here, {other:.6g} there"
                )
    for name in ("data_seed", "parameters", "weights"):
        here, there = (run.results[name] for run in (ours, keras))
        if here != there:
            return f"{name} {here} here, {there} there"
    return ""


def keras_comparison_table(pairs: Pairs) -> pd.DataFrame:
    """Return a row for each task, kind of data and metric.

    Args:
        pairs: As :func:`paired` returns them, at least one.

    Returns:
        Columns "task", "data", "split", "metric", "seeds" (how many have it on both sides); for
        SIDE "ours" and "keras" "SIDE_median", "SIDE_min", "SIDE_max", "SIDE_values" (of each seed
        in order, with blanks between them) and "SIDE_fit_seconds" (median of those that were never
        interrupted); "shift", "shift_low", "shift_high" (ours − Keras's with a 95 % interval, see
        :func:`~lightning_course.reports.two_samples.shift`); "ks_p", "wilcoxon_p" and each of them
        with "_holm" behind, corrected over the whole table; a column "naive: NAME" for each
        baseline (mean). NaN where there is no figure.
    """
    rows = []
    for (task, data), group in pairs.items():
        first, _ = group[0]
        for metric in first.metrics:
            both = [
                (ours.metrics[metric], keras.metrics[metric])
                for ours, keras in group
                if metric in ours.metrics and metric in keras.metrics
            ]
            if both:
                head = {"task": task, "data": data, "split": first.split, "metric": metric}
                rows.append({**head, **_row(group, metric, both)})
    table = pd.DataFrame(rows)
    for test in TESTS:
        table[f"{test}_holm"] = holm(table[test].tolist())
    naive = [column for column in table if str(column).startswith(NAIVE)]
    return table[[*(column for column in table if column not in naive), *naive]]


def _row(group: Sequence[Pair], metric: str, both: Sequence[tuple[float, float]]) -> dict[str, Any]:
    row: dict[str, Any] = {"seeds": len(both)}
    columns = list(zip(*both, strict=True))
    for side, values, runs in zip(
        ("ours", "keras"), columns, zip(*group, strict=True), strict=True
    ):
        seconds = [run.results["seconds"]["fit"] for run in runs if run.in_one_go]
        row |= {
            f"{side}_median": float(np.median(values)),
            f"{side}_min": min(values),
            f"{side}_max": max(values),
            f"{side}_values": " ".join(f"{value:.6g}" for value in values),
            f"{side}_fit_seconds": float(np.median(seconds)) if seconds else math.nan,
        }
    differences = [ours - keras for ours, keras in both]
    row |= dict(zip(("shift", "shift_low", "shift_high"), shift(differences), strict=True))
    row |= {"ks_p": kolmogorov_smirnov(*columns), "wilcoxon_p": signed_rank(differences)}
    naive = mean_baselines([ours for ours, _ in group])
    return row | {NAIVE + name: metrics.get(metric, math.nan) for name, metrics in naive.items()}


def notes_on_tests(table: pd.DataFrame) -> list[str]:
    """Return what the p values of the whole table tell together, a sentence for each test.

    Args:
        table: Of :func:`keras_comparison_table`.
    """
    notes = []
    for column, name in TESTS.items():
        known = table[table[column].notna()]
        if known.empty:
            notes.append(f"{name}: no p, there are too few values or all are alike")
            continue
        row = known.sort_values(column).to_dict("records")[0]
        many = f"{len(known)} comparison{'s' * (len(known) > 1)}"
        note = (
            f"{name}: of {many} the smallest p is {row[column]:.2g} ({row['task']}, "
            f"{row['metric']}), {row[f'{column}_holm']:.2g} after Holm's correction"
        )
        if column == "wilcoxon_p":
            least = 2.0 ** (1 - int(known["seeds"].max()))
            note += f" (no p can be below {least:.2g} with so few seeds)"
        differ = known[known[f"{column}_holm"] < 0.05][["task", "metric"]]
        if len(differ):
            told = ", ".join(" ".join(pair) for pair in differ.to_numpy())
            note += f"; **different at 5 % after the correction: {told}**"
        notes.append(note)
    return notes


def keras_comparison_figure(pairs: Pairs, tasks: Mapping[str, Task]) -> Figure:
    """Return a panel a task: each seed's result here and in Keras, with medians and a naive level.

    The metric is the one that the task's best epoch is chosen by.

    Args:
        pairs: As :func:`paired` returns them, at least one.
        tasks: The catalogue.
    """
    columns = min(_PANELS_IN_A_ROW, len(pairs))
    lines = math.ceil(len(pairs) / columns)
    figure = Figure(figsize=(3.1 * columns + 0.3, 3.1 * lines + 0.5), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, ((task, data), group) in zip(panels, pairs.items(), strict=False):
        metric, mode = _shown_metric(group, tasks.get(task))
        _draw_panel(axes, group, metric, mode)
        # On the left: a level too far off is told on the right.
        title = f"{task}, {data} data" if data == "stand-in" else task
        axes.set_title(title, fontsize=10, loc="left")
    for axes in panels[len(pairs) :]:
        axes.remove()
    common_legend(figure)
    return figure


def _shown_metric(group: Sequence[Pair], task: Task | None) -> tuple[str, str]:
    metrics = [
        name for name in group[0][0].metrics if all(name in r.metrics for p in group for r in p)
    ]
    monitored = task.monitor.split("/")[-1] if task else ""
    if task and monitored in metrics:
        return monitored, task.mode
    return metrics[0], "max" if metrics[0] in ("accuracy", "f1", "r2") else "min"


def _draw_panel(axes: Axes, group: Sequence[Pair], metric: str, mode: str) -> None:
    both = [[run.metrics[metric] for run in side] for side in zip(*group, strict=True)]
    # In a seed's own column on both sides, so that equal results do not hide each other.
    offsets = np.linspace(-0.15, 0.15, len(group)) if len(group) > 1 else np.zeros(1)
    for ours, keras, offset in zip(*both, offsets, strict=True):
        axes.plot([offset, 1 + offset], [ours, keras], color=GREY, lw=0.5, alpha=0.4)
    sides = zip(both, (BLUE, ORANGE), SIDES, strict=True)
    for place, (values, colour, name) in enumerate(sides):
        axes.plot(place + offsets, values, color=colour, ls="", marker="o", ms=4, label=name)
    for place, values in enumerate(both):
        ends, label = [place - 0.28, place + 0.28], None if place else "median"
        axes.plot(ends, [float(np.median(values))] * 2, color="black", lw=1.5, label=label)
    naive = [
        metrics[metric]
        for metrics in mean_baselines([ours for ours, _ in group]).values()
        if metric in metrics
    ]
    if naive:
        draw_levels(axes, {"best naive": min(naive) if mode == "min" else max(naive)})
    axes.set(xlim=(-0.5, 1.5), ylabel=metric)
    axes.set_xticks([0, 1], SIDES)
    axes.grid(axis="y", alpha=0.25)
