"""Share prices, their returns and their direction (course chapter 5.6)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lightning_course.checks import check_choice, check_minimum, check_names
from lightning_course.datamodules.base import Split, TensorDataModule
from lightning_course.datamodules.series import SeriesDataModule
from lightning_course.datamodules.splits import check_every_class, ordered_splits
from lightning_course.errors import UserError
from lightning_course.preprocessing import ColumnScaler, sliding_windows
from lightning_course.sources import Series, load_sbux, read_own_series
from lightning_course.sources.base import Mode

FloatArray = npt.NDArray[np.float64]


class StockPriceDataModule(SeriesDataModule):
    """Tomorrow's closing price of a share, from the last ten (course chapter 5.6).

    The share is Starbucks on 1,259 trading days from 2013 to 2018, standardised by the first half
    of them. With ``csv``, your own prices, or any other series. Batches, splits and other
    arguments: see :class:`SeriesDataModule`.

    Example:
        >>> data = StockPriceDataModule(source="standin")
        >>> windows, prices = data.splits["train"]
        >>> windows.shape[1:], data.decode(prices[:3])  # in US dollars
        (torch.Size([10, 1]), tensor([101.5100, 100.0100, 101.5800]))

    Args:
        root: Data folder; None: ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        kwargs: See :class:`SeriesDataModule`.

    Raises:
        ValueError: An argument is outside its range or contradicts another.
        UserError: See ``sources.obtain`` and :class:`SeriesDataModule`.
    """

    recipe_scaling = "standard"
    unit = "US dollars"

    def __init__(
        self, root: str | Path | None = None, source: Mode = "auto", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_source(source, self.csv)
        self.root = root
        self.source: Mode = source

    def course_series(self) -> Series:
        """Return the closing prices in dollars."""
        return shares(self.root, self.source, ["close"])


class StockReturnDataModule(StockPriceDataModule):
    """Tomorrow's return of a share, from the last ten (course chapter 5.6): almost only noise.

    The return of a day is (close − previous close) / previous close; the first day has none. With
    ``csv``, the returns of your own prices, which must be above 0. Arguments, batches and errors:
    see :class:`StockPriceDataModule`.

    Example:
        >>> data = StockReturnDataModule(source="standin")
        >>> windows, returns = data.splits["validation"]
        >>> windows.shape, returns.shape
        (torch.Size([518, 10, 1]), torch.Size([518]))
    """

    def transform(self, series: Series) -> Series:
        """Return the returns of prices."""
        return replace(
            series,
            values=returns(series),
            times=None if series.times is None else series.times[1:],
            names=tuple(f"return of {name}" for name in series.names),
        )

    def read(self, path: str | Path) -> Series:
        """Return the prices of a CSV file; see :class:`SeriesDataModule`."""
        columns = self.columns or [name.removeprefix("return of ") for name in self.value_names]
        return read_own_series(
            path, columns, self.date_column, self.encoding, self.separator, self.allow_gaps
        )


class StockDirectionDataModule(TensorDataModule):
    """Does a share rise tomorrow? From five values of the last ten days (course chapter 5.6).

    Batches are (windows (B, T, 5) float32, standardised; labels (B,) int64: 1 if the return of the
    day after the window is above 0). L days make N = L − T windows. The first ⌊2 L / 3⌋ are for
    training and the others for validation: 839 and 410 for the course's share. The scale is fitted
    on the days of the training windows and their targets. With a ``validation_fraction`` the last
    of the training windows are for validation, and the course's validation windows are the test
    split.

    Example:
        >>> data = StockDirectionDataModule(source="standin")
        >>> windows, labels = data.splits["train"]
        >>> windows.shape, data.class_names[labels[0]]
        (torch.Size([698, 10, 5]), 'up')

    Args:
        root: Data folder; None: ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        window: T, at least 1.
        csv: Your own prices in place of the course's: a CSV file whose first line names the
            columns, with a row for each day in order of time.
        features: The columns that the prediction is made from.
        price: The one of them whose rise is predicted.
        date_column: The column of dates; None: detected automatically, if there is one.
        allow_gaps: Treat the rows as equally spaced, whatever their dates are.
        encoding: Encoding of the CSV file, such as "utf-8"; None: detected automatically.
        separator: Separator of the CSV file, one character or "tab"; None: detected automatically.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: "not up" and "up".
        num_classes: 2.

    Raises:
        ValueError: An argument is outside its range or contradicts another.
        UserError: The prices cannot be read or are not above 0; too few days; only one class.
    """

    num_classes = 2
    row_text_name = "time"

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        window: int = 10,
        csv: str | Path | None = None,
        features: Sequence[str] = ("open", "high", "low", "close", "volume"),
        price: str = "close",
        date_column: str | None = None,
        allow_gaps: bool = False,
        encoding: str | None = None,
        separator: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_minimum("window", window, 1)
        check_source(source, csv)
        if price not in features:
            raise ValueError(f"features must contain the price {price!r}, got {list(features)}")
        self.root = root
        self.source: Mode = source
        self.window = window
        self.csv = csv
        self.features = list(features)
        self.price = price
        self.date_column = date_column
        self.allow_gaps = allow_gaps
        self.encoding = encoding
        self.separator = separator
        self.class_names = ["not up", "up"]
        self.times: pd.DatetimeIndex | None = None
        self.returns: FloatArray = np.zeros(0)
        self._scaler = ColumnScaler()

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """(T, D)."""
        return self.window, len(self.features)

    def build(self) -> dict[str, Split]:
        """Read the prices, scale them and cut them into windows."""
        if self.csv is None:
            series = shares(self.root, self.source, self.features)
        else:
            series = self.read(self.csv)
        self.provenance, self.times = series.provenance, series.times
        days = len(series.values)
        train = days * 2 // 3
        if days - self.window <= train:
            raise UserError(
                f"{days:,} days are too few for a window of {self.window}: at least "
                f"{3 * self.window + 1}"
            )
        at = self.features.index(self.price)
        self.returns = returns(replace(series, values=series.values[:, [at]]))[:, 0]
        held_out = int(np.ceil(self.validation_fraction * train))
        if not self._scaler.fitted:
            fitted = series.values[: train - held_out + self.window]
            self._scaler.fit(self.features, fitted)
        windows, _ = sliding_windows(self.encode(series.values), self.window)
        # `returns` starts with the second day.
        labels = torch.from_numpy((self.returns[self.window - 1 :] > 0).astype(np.int64))
        splits: dict[str, Split] = ordered_splits(windows, labels, train, self.validation_fraction)
        check_every_class(splits["train"][1].numpy(), self.class_names)
        return splits

    def read(self, path: str | Path) -> Series:
        """Return the features from a CSV file, read with this data module's options.

        Raises:
            UserError: See ``sources.read_own_series``.
        """
        return read_own_series(
            path, self.features, self.date_column, self.encoding, self.separator, self.allow_gaps
        )

    def encode(self, values: FloatArray) -> Tensor:
        """Return days (L, D) as inputs of the model, float32.

        Raises:
            ValueError: The number of columns is wrong.
            RuntimeError: Nothing is fitted yet.
        """
        return self._scaler.scale(values)

    def row_texts(self, split: str) -> list[str] | None:
        """Return the day that each window predicts, or None where the days have no dates."""
        splits = self.splits
        if self.times is None:
            return None
        names = list(splits)
        first = self.window + sum(len(splits[name][1]) for name in names[: names.index(split)])
        days = self.times[first : first + len(splits[split][1])]
        return [str(day.date()) for day in days]

    def state_dict(self) -> dict[str, Any]:
        """Return the class names, and the scaling fitted on the training days, in plain types."""
        return {"class_names": self.class_names, "features": self._scaler.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the fitted state; nothing is fitted again afterwards.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        self._scaler.load_state_dict(state_dict["features"])
        self.features, self.class_names = (
            self._scaler.names,
            check_names("class_names", state_dict["class_names"], 2),
        )


def check_source(source: Mode, csv: str | Path | None) -> None:
    """Raise a ValueError if a source is unknown, or is given together with a CSV file."""
    check_choice("source", source, get_args(Mode))
    if csv is not None and source != "auto":
        raise ValueError(f"give csv or source, not both (source is {source!r})")


def shares(root: str | Path | None, source: Mode, columns: Sequence[str]) -> Series:
    """Return columns of the course's share.

    Raises:
        UserError: See ``sources.obtain``; or there is no such column.
    """
    frame, provenance = load_sbux(root, source)
    numeric = frame.select_dtypes("number")
    if missing := [name for name in columns if name not in numeric]:
        there = ", ".join(numeric.columns)
        raise UserError(f"the share has no column '{missing[0]}': it has {there}")
    return Series(
        values=numeric[list(columns)].to_numpy(np.float64),
        times=pd.DatetimeIndex(frame["date"]),
        names=tuple(columns),
        provenance=provenance,
    )


def returns(series: Series) -> FloatArray:
    """Return the returns of prices (L, D): (price − previous) / previous, (L − 1, D).

    Raises:
        UserError: A price that is not above 0, or fewer than two.
    """
    prices = series.values
    if len(prices) < 2:
        raise UserError("returns need at least two prices")
    rows, columns = np.nonzero(prices <= 0)
    if len(rows):
        when = f" ({series.times[rows[0]]})" if series.times is not None else ""
        raise UserError(
            f"price {rows[0] + 1}{when} of '{series.names[columns[0]]}' is "
            f"{prices[rows[0], columns[0]]:g}: returns need prices above 0"
        )
    return np.diff(prices, axis=0) / prices[:-1]


def compounded(price: FloatArray, returns: FloatArray) -> FloatArray:
    """Return the prices (N, D) that follow from a price (D,) and N successive returns (N, D).

    With returns of 10 % and −10 %, a price of 100 becomes 110 and then 99. A price too large for a
    float is infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        prices: FloatArray = price * np.cumprod(1 + returns, axis=0)
    return prices
