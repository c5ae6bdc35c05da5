"""Time series in windows: forecasting (course chapters 5.2 to 5.4)."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lightning_course.checks import check_choice, check_maximum, check_minimum
from lightning_course.datamodules.base import MAX_GENERATED, Split, TensorDataModule
from lightning_course.datamodules.splits import ordered_splits
from lightning_course.errors import UserError
from lightning_course.preprocessing import ColumnScaler, half_split, sliding_windows
from lightning_course.sources import Provenance, Series, read_own_series, sha256_of_rows

SeriesScaling = Literal["standard", "none"]
FloatArray = npt.NDArray[np.float64]


class SeriesDataModule(TensorDataModule):
    """A time series in windows of T steps with the values that follow; the base of those below.

    Batches are (windows (B, T, D) float32, targets (B,) float32: the value after each window). With
    a longer horizon or several columns the targets are (B, H, D). L rows make N = L − T − H + 1
    windows: ten rows 1 … 10 with T = 3 make 7, from (1, 2, 3) → 4 to (7, 8, 9) → 10.

    As in the course, the first half of the windows, ``X[:-N//2]``, is for training and the last
    half, ``X[-N//2:]``, for validation; nothing is shuffled across the cut. With a
    ``validation_fraction`` the last of the training windows are for validation, and the course's
    validation half is the test split.

    Args:
        window: T, at least 1.
        horizon: H, the number of values that a window predicts, at least 1.
        csv: Your own series in place of the course's: a CSV file whose first line names the
            columns, with a row for each step in order of time.
        column: The column to forecast, or several, each from all of them.
        date_column: The column of dates; None: detected automatically, if there is one.
        allow_gaps: Treat the rows as equally spaced, whatever their dates are.
        encoding: Encoding of the CSV file, such as "utf-8"; None: detected automatically.
        separator: Separator of the CSV file, one character or "tab"; None: detected automatically.
        scaling: "standard" (subtract the mean of the first half of the rows, divide by its standard
            deviation) or "none"; None: the recipe's, and "standard" for your own series.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        values: The scaled series (L, D) float32.
        times: The L dates of the rows, or None.

    Raises:
        ValueError: An argument is outside its range or contradicts another.
        UserError: The series cannot be read, see ``sources.read_own_series``, or is too short.
    """

    row_text_name = "time"
    #: The scaling of the course's series.
    recipe_scaling: ClassVar[SeriesScaling] = "none"
    #: The unit of :meth:`course_series`; "" where it has none.
    unit: ClassVar[str] = ""

    def __init__(
        self,
        window: int = 10,
        horizon: int = 1,
        csv: str | Path | None = None,
        column: str | Sequence[str] | None = None,
        date_column: str | None = None,
        allow_gaps: bool = False,
        encoding: str | None = None,
        separator: str | None = None,
        scaling: SeriesScaling | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_minimum("window", window, 1)
        check_minimum("horizon", horizon, 1)
        if scaling is not None:
            check_choice("scaling", scaling, get_args(SeriesScaling))
        if csv is not None and column is None:
            raise ValueError(f"--data.column must name the column of {csv} to forecast")
        if csv is None and (column is not None or date_column is not None):
            raise ValueError("column and date_column are for your own series: give csv too")
        self.window = window
        self.horizon = horizon
        self.csv = csv
        self.columns = [column] if isinstance(column, str) else list(column or [])
        self.date_column = date_column
        self.allow_gaps = allow_gaps
        self.encoding = encoding
        self.separator = separator
        self.scaling = scaling or ("standard" if csv is not None else self.recipe_scaling)
        self.values = torch.zeros(0, 0)
        self.times: pd.DatetimeIndex | None = None
        self._scaler = ColumnScaler()

    def course_series(self) -> Series:
        """Return the course's series, unscaled."""
        raise NotImplementedError(f"{type(self).__name__} must implement course_series()")

    def transform(self, series: Series) -> Series:
        """Return the series to forecast, made from the one that was read; here the same one."""
        return series

    @property
    def value_names(self) -> list[str]:
        """Names of the D columns; empty before :meth:`prepare`."""
        return self._scaler.names

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """(T, D), the shape of a window."""
        if not self.value_names:
            self.prepare()
        return self.window, len(self.value_names)

    def build(self) -> dict[str, Split]:
        """Read or generate the series, scale it and cut it into windows."""
        series = self.transform(self.course_series() if self.csv is None else self.read(self.csv))
        self.provenance = series.provenance
        self.times = series.times
        rows = len(series.values)
        if rows < self.window + self.horizon + 1:
            raise UserError(
                f"the series has {rows} rows: a window of {self.window} and a horizon of "
                f"{self.horizon} need at least {self.window + self.horizon + 1}"
            )
        train = half_split(rows - self.window - self.horizon + 1)
        # The scale must not depend on rows that only the held-out windows predict.
        fitted = series.values[: rows // 2 - math.ceil(self.validation_fraction * train)]
        if not self._scaler.fitted:
            fitted = fitted if len(fitted) else series.values[:1]
            self._scaler.fit(series.names, fitted, self.scaling)
        self.values = self._scaler.scale(series.values)
        inputs, targets = sliding_windows(self.values, self.window, self.horizon)
        if targets[0].numel() == 1:
            targets = targets.flatten()
        return ordered_splits(
            inputs, targets, train, self.validation_fraction, between=self.horizon - 1
        )

    def read(self, path: str | Path) -> Series:
        """Return a series from a CSV file, read with this data module's options.

        Raises:
            UserError: See ``sources.read_own_series``.
        """
        columns = self.columns or self.value_names
        return read_own_series(
            path, columns, self.date_column, self.encoding, self.separator, self.allow_gaps
        )

    def encode(self, values: FloatArray) -> Tensor:
        """Return values (L, D) in the units of the series as inputs of the model, float32.

        Raises:
            ValueError: The number of columns is wrong.
            RuntimeError: Nothing is fitted yet.
        """
        return self._scaler.scale(values)

    def decode(self, values: Tensor) -> Tensor:
        """Return scaled values (N,) of one column, or (…, D), in the units of the series."""
        return self._scaler.unscale(values)

    def target_rows(self, split: str) -> range:
        """Return, for each window of a split, the row of the series that it predicts first."""
        splits = self.splits
        starts, start = {}, 0
        train = half_split(len(self.values) - self.window - self.horizon + 1)
        for name, (inputs, _) in splits.items():
            starts[name] = start
            start += len(inputs) + self.horizon - 1
        # The last split begins at the course's cut, wherever the others end.
        starts[list(splits)[-1]] = train
        first = starts[split] + self.window
        return range(first, first + len(splits[split][0]))

    def time_texts(self, rows: Sequence[int]) -> list[str]:
        """Return the date of rows of the series, or their number where it has no dates."""
        if self.times is None:
            return [str(row) for row in rows]
        dates = self.times[list(rows)]
        days_only = bool((self.times == self.times.normalize()).all())
        return [str(date.date() if days_only else date) for date in dates]

    def row_texts(self, split: str) -> list[str]:
        """Return the date, or the number in the series, of each window's first target."""
        return self.time_texts(self.target_rows(split))

    def state_dict(self) -> dict[str, Any]:
        """Return the scaling, fitted on the first half of the rows, in plain types."""
        return {"columns": self._scaler.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the fitted state; nothing is fitted again afterwards.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        self._scaler.load_state_dict(state_dict["columns"])


class SineDataModule(SeriesDataModule):
    """sin(0.1 t) with a little noise (course chapters 5.2 and 5.3): easy for a linear model.

    With ``csv``, your own series. Batches, splits and other arguments: see
    :class:`SeriesDataModule`.

    Example:
        >>> data = SineDataModule(window=10, seed=0)
        >>> windows, targets = data.splits["train"]
        >>> windows.shape, targets.shape
        (torch.Size([95, 10, 1]), torch.Size([95]))

    Args:
        length: L, the number of steps t = 0, 1, ….
        noise: Standard deviation of the normal noise, at least 0.
        kwargs: See :class:`SeriesDataModule`.

    Raises:
        ValueError: An argument outside its range.
        UserError: See :class:`SeriesDataModule`.
    """

    def __init__(self, length: int = 200, noise: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_minimum("length", length, 1)
        check_maximum("length", length, MAX_GENERATED)
        check_minimum("noise", noise, 0)
        self.length = length
        self.noise = noise

    def course_series(self) -> Series:
        """Return the sine; the same seed makes the same noise."""
        noise = np.random.default_rng(self.seed).standard_normal(self.length)
        values = np.sin(0.1 * np.arange(self.length)) + self.noise * noise
        return generated(values, f"sin(0.1 t) + {self.noise:g} noise, {self.length} steps")


class ChirpDataModule(SeriesDataModule):
    """sin((0.1 t)²), a chirp: a wave whose frequency rises (course chapter 5.4).

    It is too hard for a linear model. Nothing in it is random. With ``csv``, your own series.
    Batches, splits and other arguments: see :class:`SeriesDataModule`.

    Example:
        >>> data = ChirpDataModule(length=400, window=10)
        >>> windows, targets = data.splits["validation"]
        >>> windows.shape, targets.shape
        (torch.Size([195, 10, 1]), torch.Size([195]))

    Args:
        length: L, the number of steps t = 0, 1, ….
        kwargs: See :class:`SeriesDataModule`.

    Raises:
        ValueError: An argument outside its range.
        UserError: See :class:`SeriesDataModule`.
    """

    def __init__(self, length: int = 400, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_minimum("length", length, 1)
        check_maximum("length", length, MAX_GENERATED)
        self.length = length

    def course_series(self) -> Series:
        """Return the chirp."""
        values = np.sin((0.1 * np.arange(self.length)) ** 2)
        return generated(values, f"sin((0.1 t)^2), {self.length} steps")


def generated(values: FloatArray, name: str) -> Series:
    """Return the values (L,) of a formula as a series."""
    provenance = Provenance(
        kind="generated", name=name, sha256=sha256_of_rows(pd.DataFrame({"value": values}))
    )
    return Series(values=values[:, None], times=None, names=("value",), provenance=provenance)
