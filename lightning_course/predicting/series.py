"""``predict`` for time series: forecasts of series, the direction of share prices."""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from lightning_course.datamodules import (
    SeriesDataModule,
    StockDirectionDataModule,
    StockReturnDataModule,
)
from lightning_course.datamodules.stocks import compounded, shares
from lightning_course.errors import UserError
from lightning_course.models import Forecaster
from lightning_course.predicting.figure import Panel, forecast_figure
from lightning_course.predicting.inputs import Inputs, one_file
from lightning_course.predicting.predictions import free_name
from lightning_course.reports.digits import in_units, rounded
from lightning_course.reports.figures import Figure
from lightning_course.runs.loading import Run, prepare_own_data
from lightning_course.sources import Series, next_times
from lightning_course.terminal import printable

#: The length of a window in the course.
DEFAULT_STEPS = 10

# Steps are sequential; 100,000 take about half a minute.
_MAX_STEPS = 100_000
# Python's dates end here.
_LAST_YEAR = 9999
# Standard deviations from the mean of the training rows: the model has seen nothing like it.
_FAR = 10
# A figure shows the history of at least this many windows, and this many forecasts.
_WINDOWS_SHOWN, _FORECASTS_SHOWN = 5, 3

_FILE_OPTIONS = ("date_column", "allow_gaps", "encoding", "separator")


@dataclass(frozen=True, kw_only=True)
class History(Inputs):
    """A series to forecast: ``tensor`` is its last window (1, T, D), ``rows`` are the steps.

    Attributes:
        where: Its origin, for messages.
        recorded: The series as it was read, such as prices.
        series: The series that is forecast: the same, or computed from it, such as returns.
        known: The times of its L values: dates, or numbers from 0.
        ahead: The times of the forecast.
    """

    where: str
    recorded: Series
    series: Series
    known: pd.Index
    ahead: pd.Index


def read_history(data: SeriesDataModule, options: argparse.Namespace) -> History:
    """Read the history of a series from the CSV file of ``--input``.

    Raises:
        UserError: A file that cannot be read or is too short; steps outside their range.
    """
    return _history(data, *_read(data, options), options.steps)


def own_history(run: Run, data: SeriesDataModule, options: argparse.Namespace) -> History:
    """Return the run's own series as the history.

    Raises:
        UserError: Its data are missing; steps outside their range.
    """
    _prepare(run, data, options)
    recorded = data.course_series() if data.csv is None else data.read(data.csv)
    return _history(data, recorded, _name(recorded), options.steps)


def _history(data: SeriesDataModule, recorded: Series, where: str, steps: int | None) -> History:
    steps = DEFAULT_STEPS if steps is None else steps
    if not 1 <= steps <= _MAX_STEPS:
        raise UserError(f"--steps must be from 1 to {_MAX_STEPS:,}, got {steps:,}")
    series = data.transform(recorded)
    _check_length(recorded, where, data.window, len(recorded.values) - len(series.values))
    inputs = data.encode(series.values[-data.window :])
    if not inputs.isfinite().all():
        raise UserError(
            f"{where}: one of the last {data.window} values is too large for single precision"
        )
    furthest = float(inputs.abs().max())
    if data.scaling == "standard" and furthest > _FAR:
        print(
            f"warning: {printable(where)} ends up to {furthest:,.0f} standard deviations from the "
            "mean of the training rows: the model has seen nothing like it",
            file=sys.stderr,
        )
    known = pd.RangeIndex(len(series.values)) if series.times is None else series.times
    ahead = _ahead(recorded, known, steps)
    print(printable(f"history: {where} ({_extent(recorded)})"), file=sys.stderr)
    numbers = range(1, steps + 1)
    rows = pd.DataFrame({"step": numbers, "time": _labels(ahead)}, numbers)
    return History(
        tensor=inputs[None],
        rows=rows,
        where=where,
        recorded=recorded,
        series=series,
        known=known,
        ahead=ahead,
    )


def forecast(module: Forecaster, data: SeriesDataModule, history: History) -> pd.DataFrame:
    """Return the forecast, a row for each step: a column for each value, in its units.

    Raises:
        UserError: A forecast that is not finite.
    """
    outputs = module.forecast(history.tensor, len(history.rows))[0]
    values = in_units(outputs, data.decode)
    return _table(history, dict(zip(history.series.names, values.T, strict=True)))


def forecast_prices(
    module: Forecaster, data: StockReturnDataModule, history: History
) -> pd.DataFrame:
    """Return the forecast returns and the prices that follow from them, as :func:`forecast`."""
    outputs = module.forecast(history.tensor, len(history.rows))[0]
    values = in_units(outputs, data.decode)
    prices = compounded(history.recorded.values[-1], values)
    above = data.decode(torch.nextafter(outputs, torch.tensor(np.inf)).double()).numpy()
    prices = rounded(prices, prices * (above - values))
    return _table(
        history,
        dict(zip(history.series.names, values.T, strict=True))
        | dict(zip(history.recorded.names, prices.T, strict=True)),
    )


def _table(history: History, columns: dict[str, npt.NDArray[np.float64]]) -> pd.DataFrame:
    finite = np.isfinite(list(columns.values())).all(axis=0)
    if not finite.all():
        step = int(finite.argmin()) + 1
        raise UserError(
            f"step {step}: the forecast is not finite: "
            + (
                f"it is fed back in and diverges; take at most --steps {step - 1}"
                if step > 1
                else "the history is probably far outside the training range"
            )
        )
    return pd.DataFrame(
        {free_name(name, history.rows): column for name, column in columns.items()},
        history.rows.index,
    )


def draw_forecast(
    run: Run, data: SeriesDataModule, history: History, predicted: pd.DataFrame
) -> Figure:
    """Return a figure of the end of the history and the forecast, a panel for each value."""
    series, recorded = history.series, history.recorded
    shown = max(_WINDOWS_SHOWN * data.window, _FORECASTS_SHOWN * len(predicted))
    shown = min(shown, len(history.known))
    values = dict(zip(series.names, series.values.T, strict=True))
    # Returns are shown with their prices.
    values |= zip(recorded.names, recorded.values.T, strict=True)
    # The user's own series have no unit.
    unit = f" ({data.unit})" if data.unit and recorded.provenance.kind != "own" else ""
    panels = [
        Panel(
            name + (unit if name in recorded.names else ""),
            column[-shown:],
            predicted[forecast].to_numpy(),
        )
        for (name, column), forecast in zip(values.items(), predicted, strict=True)
    ]
    steps = "1 step" if len(predicted) == 1 else f"{len(predicted):,} steps"
    return forecast_figure(
        history.known[-shown:].to_numpy(),
        history.ahead.to_numpy(),
        panels,
        f"{run.task.name}, {run.path.name}, trained on {run.results['data']['kind']} data\n"
        f"{steps} after {history.where} ({_extent(recorded)})",
    )


def read_days(data: StockDirectionDataModule, options: argparse.Namespace) -> Inputs:
    """Read the days of ``--input`` that have a window before them, and the day after the last.

    Raises:
        UserError: A file that cannot be read or is too short.
    """
    return _days(data, *_read(data, options))


def own_days(run: Run, data: StockDirectionDataModule, options: argparse.Namespace) -> Inputs:
    """Return the day after the run's own data.

    Raises:
        UserError: The data are missing.
    """
    _prepare(run, data, options)
    if data.csv is None:
        recorded = shares(data.root, data.source, data.features)
    else:
        recorded = data.read(data.csv)
    days = _days(data, recorded, _name(recorded))
    return Inputs(days.tensor[-1:], days.rows[-1:])


def _days(data: StockDirectionDataModule, recorded: Series, where: str) -> Inputs:
    _check_length(recorded, where, data.window)
    print(printable(f"history: {where} ({_extent(recorded)})"), file=sys.stderr)
    days = data.encode(recorded.values)
    known = pd.RangeIndex(len(days)) if recorded.times is None else recorded.times
    times = _labels(known.append(_ahead(recorded, known, 1))[data.window :])
    windows = days.unfold(0, data.window, 1).transpose(1, 2)
    return Inputs(windows, pd.DataFrame({"time": times}, times))


def _read(
    data: SeriesDataModule | StockDirectionDataModule, options: argparse.Namespace
) -> tuple[Series, str]:
    """Return the series in the file of ``--input``, and the name of the file."""
    path = one_file(options)
    given = vars(options)
    if given["data.root"] is not None:
        raise UserError("--data.root is the folder of the run's own data: give it without --input")
    # Encoding and separator of a new file are detected; its date column is that of training.
    data.encoding, data.separator = given["data.encoding"], given["data.separator"]
    data.date_column = given["data.date_column"] or data.date_column
    if given["data.allow_gaps"] is not None:
        data.allow_gaps = given["data.allow_gaps"] == "true"
    return data.read(path), path.name


def _prepare(
    run: Run, data: SeriesDataModule | StockDirectionDataModule, options: argparse.Namespace
) -> None:
    """Build the run's own data again."""
    given = vars(options)
    for name in _FILE_OPTIONS:
        if given[f"data.{name}"] is not None:
            raise UserError(f"--data.{name} is about the file of --input, which is not given")
    if given["data.root"] is not None:
        if not hasattr(data, "root") or data.csv:
            raise UserError(f"--data.root: the series of {run.path} is not from a data folder")
        data.root = given["data.root"]
    try:
        prepare_own_data(run)
    except UserError as error:
        raise UserError(f"{error}; or give --input FILE.csv") from error


def _check_length(recorded: Series, where: str, window: int, lost: int = 0) -> None:
    rows = len(recorded.values)
    if rows < window + lost:
        raise UserError(
            f"{where}: {rows} rows are too few: a window of {window} needs at least {window + lost}"
        )


def _ahead(recorded: Series, known: pd.Index, steps: int) -> pd.Index:
    """Return the times of the steps after a series: dates if it has dates, else numbers."""
    if recorded.times is None:
        return pd.RangeIndex(len(known), len(known) + steps)
    times = next_times(recorded.times, steps)
    if not times.is_monotonic_increasing or times[-1].year > _LAST_YEAR:
        raise UserError(f"--steps {steps} goes beyond the year {_LAST_YEAR}: take fewer")
    return times


def _name(recorded: Series) -> str:
    provenance = recorded.provenance
    return provenance.file if provenance.kind == "own" and provenance.file else provenance.name


def _extent(recorded: Series) -> str:
    rows = f"{len(recorded.values):,} rows"
    return rows if recorded.times is None else f"{rows} to {_labels(recorded.times[-1:])[0]}"


def _labels(times: pd.Index) -> list[str]:
    """Return dates, without the time of day where all have none, or numbers as text."""
    if isinstance(times, pd.DatetimeIndex) and (times == times.normalize()).all():
        return [str(time.date()) for time in times]
    return [str(time) for time in times]
