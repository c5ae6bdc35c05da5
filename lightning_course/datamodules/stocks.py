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
    """The price at which a share closes tomorrow, from the last ten (course chapter 5.6).

    Starbucks, 1,259 trading days of 2013 to 2018, standardised by the first half of them. With
    ``csv`` the user's own prices, or any other series. Batches, splits and other arguments: see
    :class:`SeriesDataModule`.

    Args:
        root: Data folder; None means ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        kwargs: See :class:`SeriesDataModule`.

    Raises:
        ValueError: An argument outside its range, or that does not go with another.
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
    """The return of a share tomorrow, from the last ten (course chapter 5.6): little but noise.

    The return of a day is (close − previous close) / previous close; the first day has none. With
    ``csv`` the returns of the user's own prices, which must be above 0. Arguments, batches and
    errors: see :class:`StockPriceDataModule`.
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
    """Does a share rise tomorrow? From five figures of the last ten days (course chapter 5.6).

    Batches are (windows (B, T, 5) float32, standardised; labels (B,) int64: 1 where the day after
    the window has a return above 0). Of L days come N = L − T windows, of which the first ⌊2 L / 3⌋
    train and the others validate: 839 and 410 for the course's share. The scale is that of the days
    that training windows and their targets lie on. With a ``validation_fraction`` the last of the
    training windows validate and the course's validation windows are the test split.

    Args:
        root: Data folder; None means ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin".
        window: T, at least 1.
        csv: The user's own prices in place of the course's, see
            :class:`~lightning_course.datamodules.SeriesDataModule`, like the next four below.
        features: Columns that are looked at.
        price: The one of them whose rise is predicted.
        date_column: See there.
        allow_gaps: See there.
        encoding: See there.
        separator: See there.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: "not up" and "up".
        num_classes: 2.

    Raises:
        ValueError: An argument outside its range, or that does not go with another.
        UserError: Prices that cannot be read or are not above 0; too few days; only one class.
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
        """Read the prices, scale them and lay the windows on them."""
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
        """Return the features from a CSV file, as the arguments say.

        Raises:
            UserError: See ``sources.read_own_series``.
        """
        return read_own_series(
            path, self.features, self.date_column, self.encoding, self.separator, self.allow_gaps
        )

    def encode(self, values: FloatArray) -> Tensor:
        """Return days (L, D) as the model takes them, float32.

        Raises:
            ValueError: Another number of columns.
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
        """Return what was fitted on the training days, in plain types."""
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
    """Raise a ValueError unless a source is known, and goes with having a CSV file or not."""
    check_choice("source", source, get_args(Mode))
    if csv is not None and source != "auto":
        raise ValueError(f"give csv or source, not both (source is {source!r})")


def shares(root: str | Path | None, source: Mode, columns: Sequence[str]) -> Series:
    """Return columns of the course's share.

    Raises:
        UserError: See ``sources.obtain``; or a column that it does not have.
    """
    frame, provenance = load_sbux(root, source)
    figures = frame.select_dtypes("number")
    if missing := [name for name in columns if name not in figures]:
        there = ", ".join(figures.columns)
        raise UserError(f"the share has no column '{missing[0]}': it has {there}")
    return Series(
        values=figures[list(columns)].to_numpy(np.float64),
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
        raise UserError("returns need two prices at least")
    rows, columns = np.nonzero(prices <= 0)
    if len(rows):
        when = f" ({series.times[rows[0]]})" if series.times is not None else ""
        raise UserError(
            f"price {rows[0] + 1}{when} of '{series.names[columns[0]]}' is "
            f"{prices[rows[0], columns[0]]:g}: returns need prices above 0"
        )
    return np.diff(prices, axis=0) / prices[:-1]


def compounded(price: FloatArray, returns: FloatArray) -> FloatArray:
    """Return the prices (N, D) that follow a price (D,) by N returns (N, D), one after the other.

    With returns of 10 % and −10 % a price of 100 goes to 110 and 99. Beyond all bounds it is
    infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        prices: FloatArray = price * np.cumprod(1 + returns, axis=0)
    return prices
