"""The learning curves of several runs: the mean and the range over the seeds."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lightning_course.comparing.table import SeedRun, groups, mean_baselines
from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure, draw_levels


def epoch_statistics(histories: Sequence[pd.DataFrame], column: str) -> pd.DataFrame:
    """Return "count", "mean", "min" and "max" of a column over the runs, by epoch.

    Args:
        histories: Tables with "epoch" (from 0) and the column, if it was measured.
        column: Such as "val/loss"; epochs without it are left out.
    """
    measured = [history[["epoch", column]] for history in histories if column in history]
    together = pd.concat(measured) if measured else pd.DataFrame({"epoch": [], column: []})
    return (
        together.dropna().groupby("epoch")[column].agg(["count", "mean", "min", "max"]).sort_index()
    )


def comparison_curves(runs: Sequence[SeedRun]) -> Figure | None:
    """Return the learning curves: a row of panels for each task, mean and range over its seeds.

    From the epoch on at which some seeds have stopped, the curve is dotted: it is the mean of the
    remaining ones, and may jump where one stops.

    Returns:
        None if no run has an epoch.
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
    # Loss first, the others in alphabetical order.
    return sorted(names, key=lambda name: (name != "loss", name))


def _draw_panel(axes: Axes, group: Sequence[SeedRun], name: str) -> None:
    seeds = len(group)
    mean = " (mean)" if seeds > 1 else ""
    handles: list[Any] = []
    fewer = False
    histories = [run.history for run in group]
    for label, part, colour in (("train", "train", BLUE), ("validation", "val", ORANGE)):
        statistics = epoch_statistics(histories, f"{part}/{name}")
        if len(statistics):
            fewer |= bool((statistics["count"] < seeds).any())
            handles.append(_draw_curve(axes, statistics, seeds, colour, label + mean))
    if seeds > 1:
        handles.append(Patch(color=GREY, alpha=0.3, lw=0, label=f"range of {seeds} seeds"))
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
    # Opaque, because the horizontal lines of the baselines run through it.
    axes.legend(handles=handles, fontsize=8, edgecolor="none", framealpha=0.8)


def _draw_curve(
    axes: Axes, statistics: pd.DataFrame, seeds: int, colour: str, label: str
) -> Line2D:
    """Draw mean and band; return the line of the epochs that all seeds have."""
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
