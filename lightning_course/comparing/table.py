"""Several runs of a task side by side: pure functions from their figures to a table and a Figure.

Runs are put together by task and kind of data: a mean over real data and the stand-in would be of
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lightning_course.catalogue import Task
from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure, draw_levels

NAIVE = "naive: "


@dataclass(frozen=True)
class SeedRun:
    """What is compared of one finished run.

    Attributes:
        task: Name of the task.
        seed: The seed.
        results: Content of results.json.
        history: Content of history.csv: "epoch" (from 0), "train/NAME", "val/NAME".
        options: The resolved configuration by dotted name, less what may differ between runs.
        in_one_go: Whether its seconds are those of the whole run, for it was never interrupted.
    """

    task: str
    seed: int
    results: Mapping[str, Any]
    history: pd.DataFrame
    options: Mapping[str, Any] = field(default_factory=dict)
    in_one_go: bool = True

    @property
    def data(self) -> str:
        """The kind of its data, such as "real"."""
        return str(self.results["data"]["kind"])

    @property
    def split(self) -> str:
        """The split that its result and its baselines are of."""
        return str(self.results["baselines"]["split"])

    @property
    def metrics(self) -> Mapping[str, float]:
        """The metrics on that split."""
        shown: Mapping[str, float] = self.results["metrics"][self.split]
        return shown

    @property
    def baselines(self) -> dict[str, Mapping[str, float]]:
        """Metrics of the naive baselines by name."""
        return {name: told for name, told in self.results["baselines"].items() if name != "split"}


def groups(runs: Sequence[SeedRun]) -> dict[tuple[str, str], list[SeedRun]]:
    """Return the runs by (task, kind of data)."""
    grouped: dict[tuple[str, str], list[SeedRun]] = {}
    for run in runs:
        grouped.setdefault((run.task, run.data), []).append(run)
    return grouped


def comparison_table(runs: Sequence[SeedRun], tasks: Mapping[str, Task]) -> pd.DataFrame:
    """Return a row for each task, kind of data and metric.

    Args:
        runs: Finished runs.
        tasks: The catalogue, for what Keras reached and the course says. It stands only beside
            results that are all comparable.

    Returns:
        Columns "task", "data", "split", "weights" ("last" or "best"), "metric", "seeds" (how
        many), "mean", "sd" (of the sample, with n − 1; NaN for one seed), "median", "min", "max",
        "values" (of each seed in order, with blanks between them), "fit_seconds" and "seconds" (of
        the whole process; means over the runs that were never interrupted), a column "naive: NAME"
        for each baseline (mean), "keras_mean", "keras_min", "keras_max" and "course_says". NaN
        where there is no figure.
    """
    rows = []
    for (name, data), unordered in groups(runs).items():
        group = sorted(unordered, key=lambda run: run.seed)
        task = tasks.get(name)
        comparable = task if all(run.results.get("comparable") for run in group) else None
        for metric in group[0].metrics:
            rows.append(
                {
                    "task": name,
                    "data": data,
                    "split": _joined(run.split for run in group),
                    "weights": _joined(run.results["weights"] for run in group),
                    "metric": metric,
                    **_statistics([run.metrics[metric] for run in group if metric in run.metrics]),
                    **_seconds(group),
                    **_naive(group, metric),
                    **_keras(comparable, metric),
                }
            )
    table = pd.DataFrame(rows)
    last = ["keras_mean", "keras_min", "keras_max", "course_says"]
    return table[[*(column for column in table if column not in last), *last]]


def _joined(values: Any) -> str:
    return " or ".join(dict.fromkeys(map(str, values)))


def _statistics(values: Sequence[float]) -> dict[str, Any]:
    return {
        "seeds": len(values),
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else np.nan,
        "median": float(np.median(values)),
        "min": min(values),
        "max": max(values),
        "values": " ".join(f"{value:.6g}" for value in values),
    }


def _seconds(group: Sequence[SeedRun]) -> dict[str, float]:
    timed = [run.results["seconds"] for run in group if run.in_one_go]
    if not timed:
        return {"fit_seconds": np.nan, "seconds": np.nan}
    return {
        "fit_seconds": float(np.mean([seconds["fit"] for seconds in timed])),
        "seconds": float(np.mean([seconds["total"] for seconds in timed])),
    }


def mean_baselines(group: Sequence[SeedRun]) -> dict[str, dict[str, float]]:
    """Return each baseline's metrics, averaged over the seeds: each may have a split of its own."""
    names = dict.fromkeys(name for run in group for name in run.baselines)
    means: dict[str, dict[str, float]] = {}
    for name in names:
        told = pd.DataFrame([run.baselines[name] for run in group if name in run.baselines])
        means[name] = {str(metric): float(value) for metric, value in told.mean().items()}
    return means


def _naive(group: Sequence[SeedRun], metric: str) -> dict[str, float]:
    return {
        NAIVE + name: metrics.get(metric, np.nan) for name, metrics in mean_baselines(group).items()
    }


def _keras(task: Task | None, metric: str) -> dict[str, Any]:
    figures = task.keras.get(metric) if task else None
    return {
        "keras_mean": float(np.mean(figures)) if figures else np.nan,
        "keras_min": min(figures) if figures else np.nan,
        "keras_max": max(figures) if figures else np.nan,
        "course_says": task.course_says.get(metric) if task else None,
    }


def epoch_statistics(histories: Sequence[pd.DataFrame], column: str) -> pd.DataFrame:
    """Return a figure's "count", "mean", "min" and "max" over the runs that have it, by epoch.

    Args:
        histories: Tables with "epoch" (from 0) and, where anything was measured, the column.
        column: Such as "val/loss"; epochs without it are left out.
    """
    measured = [history[["epoch", column]] for history in histories if column in history]
    together = pd.concat(measured) if measured else pd.DataFrame({"epoch": [], column: []})
    return (
        together.dropna().groupby("epoch")[column].agg(["count", "mean", "min", "max"]).sort_index()
    )


def comparison_curves(runs: Sequence[SeedRun]) -> Figure | None:
    """Return the learning curves: a row of panels a task, mean and range over its seeds.

    Where some seeds stopped earlier than others, the curve goes on dotted: it is then the mean of
    those that are left, which may jump where one drops out.

    Returns:
        None where no run has an epoch.
    """
    rows = {key: group for key, group in groups(runs).items() if _metrics(group)}
    if not rows:
        return None
    columns = max(len(_metrics(group)) for group in rows.values())
    figure = Figure(
        figsize=(4.7 * columns, 3.9 * len(rows)),
        layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06),
    )
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, ((task, data), group) in zip(parts, rows.items(), strict=True):
        part.suptitle(f"{task}, {data} data, {_extent(group)}", fontsize=11)
        names = _metrics(group)
        panels = part.subplots(1, columns, squeeze=False)[0]
        for axes, name in zip(panels, names, strict=False):
            _draw_panel(axes, group, name)
        for axes in panels[len(names) :]:
            axes.set_axis_off()
    return figure


def _metrics(group: Sequence[SeedRun]) -> list[str]:
    columns = {str(column) for run in group for column in run.history.columns}
    names = (column.removeprefix("train/") for column in columns if column.startswith("train/"))
    # Loss first, whatever the alphabet says.
    return sorted(names, key=lambda name: (name != "loss", name))


def _draw_panel(axes: Axes, group: Sequence[SeedRun], name: str) -> None:
    seeds = len(group)
    mean = " (mean)" if seeds > 1 else ""
    handles: list[Any] = []
    fewer = False
    histories = [run.history for run in group]
    for label, colour in (("train", BLUE), ("validation", ORANGE)):
        column = f"{'val' if label == 'validation' else label}/{name}"
        statistics = epoch_statistics(histories, column)
        if not len(statistics):
            continue
        fewer |= bool((statistics["count"] < seeds).any())
        handles.append(_draw_curve(axes, statistics, seeds, colour, label + mean))
    if seeds > 1:
        handles.append(Patch(color=GREY, alpha=0.3, lw=0, label=f"least to most of {seeds}"))
    if fewer:
        handles.append(Line2D([], [], color=GREY, ls=":", label="fewer seeds"))
    split = group[0].split
    levels = {
        f"{baseline} ({split})": metrics[name]
        for baseline, metrics in mean_baselines(group).items()
        if name in metrics
    }
    handles += draw_levels(axes, levels)
    axes.set(xlabel="epoch", ylabel=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    # Opaque: the level lines of the baselines run through it.
    axes.legend(handles=handles, fontsize=8, edgecolor="none", framealpha=0.8)


def _draw_curve(
    axes: Axes, statistics: pd.DataFrame, seeds: int, colour: str, label: str
) -> Line2D:
    """Draw mean and band, and return the line of the epochs that all seeds have."""
    epochs = statistics.index + 1
    marker = "o" if len(statistics) <= 20 else None
    axes.fill_between(epochs, statistics["min"], statistics["max"], color=colour, alpha=0.2, lw=0)
    (dotted,) = axes.plot(epochs, statistics["mean"], color=colour, ls=":", label="fewer seeds")
    complete = statistics["mean"].where(statistics["count"] == seeds)
    (line,) = axes.plot(epochs, complete, color=colour, marker=marker, ms=3, label=label)
    if complete.notna().all():
        dotted.remove()
    return line


def _extent(group: Sequence[SeedRun]) -> str:
    seeds = f"{len(group)} seed{'s' if len(group) > 1 else ''}"
    epochs = sorted({len(run.history) for run in group})
    return f"{seeds}, {epochs[0]} to {epochs[-1]} epochs" if len(epochs) > 1 else seeds
