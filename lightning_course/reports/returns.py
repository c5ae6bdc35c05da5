"""The distribution of the returns of prices, in training and after."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lightning_course.datamodules import StockDirectionDataModule, StockReturnDataModule
from lightning_course.reports.figures import BLUE, ORANGE, Figure
from lightning_course.reports.series import MAX_COLUMNS

FloatArray = npt.NDArray[np.float64]


def forecast_returns(data: StockReturnDataModule, split: str) -> dict[str, FloatArray]:
    """Return the returns of the training rows and of a split's targets, each (rows, D).

    The training windows' own values belong to the training rows.
    """
    rows = {name: _slice(data.target_rows(name), data.horizon) for name in data.splits}
    values = data.decode(data.values.cpu().double()).numpy()
    return {"train": values[: rows["train"].stop], split: values[rows[split]]}


def direction_returns(data: StockDirectionDataModule, split: str) -> dict[str, FloatArray]:
    """Return the returns of the training rows and of the days of a split's labels, (rows, 1)."""
    rows = {}
    # `returns` starts with the second day, and the first label is of day T.
    start = data.window - 1
    for name, (_, labels) in data.splits.items():
        rows[name] = slice(start, start + len(labels))
        start += len(labels)
    values = data.returns[:, None]
    return {"train": values[: rows["train"].stop], split: values[rows[split]]}


def _slice(rows: range, horizon: int) -> slice:
    return slice(rows.start, rows.stop + horizon - 1)


def returns_histogram(parts: Mapping[str, FloatArray], names: Sequence[str], title: str) -> Figure:
    """Return the histograms of returns, each part in percent of its own count.

    Args:
        parts: Returns (rows, D) by name of the split, 0.01 for 1 %.
        names: Names of the D columns; the first few are shown.
        title: What is shown.
    """
    shown = names[:MAX_COLUMNS]
    figure = Figure(figsize=(8, 0.9 + 3.2 * len(shown)), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for column, (axes, name) in enumerate(zip(panels, shown, strict=True)):
        values = {part: 100 * returns[:, column] for part, returns in parts.items()}
        edges = np.histogram_bin_edges(np.concatenate(list(values.values())), bins=60)
        for colour, (part, returns) in zip((BLUE, ORANGE), values.items(), strict=False):
            axes.hist(
                returns,
                bins=edges.tolist(),
                weights=np.full(len(returns), 100 / len(returns)),
                histtype="stepfilled",
                color=colour,
                alpha=0.5,
                label=f"{part}: {returns.mean().round(2) + 0.0:+.2f} ± {returns.std():.2f} % "
                f"(mean ± sd of {len(returns):,})",
            )
        axes.margins(y=0.25)  # room for the legend
        axes.axvline(0, color="black", lw=0.8)
        axes.set(xlabel=f"{name} (%)", ylabel="% of the split's returns")
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    return figure
