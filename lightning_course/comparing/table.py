"""From several runs of a task to a table: pure functions.

Runs are grouped by task and kind of data: a mean over real data and the stand-in would mean
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lightning_course.catalogue import Task

NAIVE = "naive: "


@dataclass(frozen=True)
class SeedRun:
    """The parts of a finished run that are compared.

    Attributes:
        task: Name of the task.
        seed: The seed.
        results: Content of results.json.
        history: Content of history.csv: "epoch" (from 0), "train/NAME", "val/NAME".
        options: The resolved configuration by dotted name, without what may differ between runs.
        resumed: Whether it was interrupted, so that its seconds are not those of a whole run.
    """

    task: str
    seed: int
    results: Mapping[str, Any]
    history: pd.DataFrame
    options: Mapping[str, Any] = field(default_factory=dict)
    resumed: bool = False

    @property
    def data(self) -> str:
        """The kind of its data, such as "real"."""
        return str(self.results["data"]["kind"])

    @property
    def split(self) -> str:
        """The split on which its metrics and its baselines are compared."""
        return str(self.results["baselines"]["split"])

    @property
    def metrics(self) -> Mapping[str, float]:
        """The metrics on that split."""
        metrics: Mapping[str, float] = self.results["metrics"][self.split]
        return metrics

    @property
    def baselines(self) -> dict[str, Mapping[str, float]]:
        """The metrics of the naive baselines on that split, by name."""
        return {name: row for name, row in self.results["baselines"].items() if name != "split"}


def groups(runs: Iterable[SeedRun]) -> dict[tuple[str, str], list[SeedRun]]:
    """Return the runs by (task, kind of data)."""
    grouped: dict[tuple[str, str], list[SeedRun]] = {}
    for run in runs:
        grouped.setdefault((run.task, run.data), []).append(run)
    return grouped


def comparison_table(runs: Sequence[SeedRun], tasks: Mapping[str, Task]) -> pd.DataFrame:
    """Return a row for each task, kind of data and metric.

    Args:
        runs: Finished runs.
        tasks: The catalogue, for Keras's results and the course's claims. They are given only if
            all runs of the row are comparable with them.

    Returns:
        Columns "task", "data", "split", "weights" ("last" or "best"), "metric", "seeds" (how
        many), "mean", "sd" (of the sample, with n − 1; NaN for one seed), "median", "min", "max",
        "values" (of each seed in order, separated by spaces), "fit_seconds" and "seconds" (of the
        whole process; means over the runs that were never interrupted), a column "naive: NAME" for
        each baseline (mean), "keras_mean", "keras_min", "keras_max" and "course_says". NaN where
        there is no value.
    """
    rows = []
    for (name, data), unordered in groups(runs).items():
        group = sorted(unordered, key=lambda run: run.seed)
        task = tasks.get(name)
        comparable = task if all(run.results.get("comparable") for run in group) else None
        baselines = mean_baselines(group)
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
                    **{NAIVE + key: row.get(metric, np.nan) for key, row in baselines.items()},
                    **_references(comparable, metric),
                }
            )
    table = pd.DataFrame(rows)
    last = ["keras_mean", "keras_min", "keras_max", "course_says"]
    return table[[*(column for column in table if column not in last), *last]]


def _joined(values: Iterable[Any]) -> str:
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
    timed = [run.results["seconds"] for run in group if not run.resumed]
    return {
        "fit_seconds": float(np.mean([row["fit"] for row in timed])) if timed else np.nan,
        "seconds": float(np.mean([row["total"] for row in timed])) if timed else np.nan,
    }


def mean_baselines(group: Sequence[SeedRun]) -> dict[str, dict[str, float]]:
    """Return each baseline's metrics, averaged over the seeds, whose splits may differ."""
    names = dict.fromkeys(name for run in group for name in run.baselines)
    means: dict[str, dict[str, float]] = {}
    for name in names:
        rows = pd.DataFrame([run.baselines[name] for run in group if name in run.baselines])
        means[name] = {str(metric): float(value) for metric, value in rows.mean().items()}
    return means


def _references(task: Task | None, metric: str) -> dict[str, Any]:
    keras = task.keras.get(metric) if task else None
    return {
        "keras_mean": float(np.mean(keras)) if keras else np.nan,
        "keras_min": min(keras) if keras else np.nan,
        "keras_max": max(keras) if keras else np.nan,
        "course_says": task.course_says.get(metric) if task else None,
    }
