"""Tables of numbers: breast cancer, Moore's law, your own (course chapter 2.2)."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from lightning_course.checks import check_choice, check_fraction, check_names
from lightning_course.datamodules.base import Split, TensorDataModule
from lightning_course.datamodules.splits import check_every_class, random_splits
from lightning_course.errors import UserError
from lightning_course.preprocessing import ColumnScaler, Scaling
from lightning_course.sources import (
    Provenance,
    load_breast_cancer_table,
    load_moore,
    read_own_table,
)
from lightning_course.sources.base import Mode
from lightning_course.sources.own.labels import number_labels
from lightning_course.sources.own.numbers import as_numbers

TargetScaling = Literal["standard", "log", "none"]
Missing = Literal["refuse", "mean"]
FloatArray = npt.NDArray[np.float64]


class TableDataModule(TensorDataModule):
    """A table: rows of D numbers with a target each; the base of the tables below.

    Batches are (features (B, D) float32, targets (B,): int64 from 0 to K − 1 for classes, float32
    for values).

    Scaling, and the means that replace missing values, are fitted on the training rows.

    A subclass returns the course's table from :meth:`published`, and :attr:`predicts_classes` says
    whether its target is a class or a value.

    Args:
        root: Data folder; None: ``LIGHTNING_COURSE_DATA``, else the user's cache.
        source: "auto" (local file, download, stand-in), "download", "local" or "standin"; has no
            effect on a table that is bundled.
        csv: Your own table in place of the course's: a CSV file whose first line names the columns.
        target: The column of the CSV file to predict.
        features: The columns to predict it from; None: all others that have a name.
        positive_label: Of two labels, the one that gets number 1; None: the second in order.
        missing: What happens to missing values: "refuse" them, or fill in the training "mean".
        encoding: Encoding of the CSV file, such as "utf-8"; None: detected, see
            ``sources.own.encodings.decode``.
        separator: Separator of the CSV file, one character or "tab"; None: detected automatically.
        scaling: Scaling of the features: "standard" (subtract the mean, divide by the standard
            deviation), "center" (subtract the mean) or "none". A constant feature becomes 0.
        test_fraction: The part of the rows that is held out for the test, in [0, 1).
        target_scaling: Scaling of regression targets: "standard" (subtract the mean, divide by the
            standard deviation), "log" (the natural logarithm) or "none"; :meth:`decode` undoes it.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        feature_names: D names.
        target_name: The name of the target.
        class_names: K names, or None for values.

    Raises:
        ValueError: An argument is outside its range.
        UserError: The table cannot be read, see ``sources.read_own_table``,
            ``sources.own.labels.number_labels`` and ``sources.own.numbers.as_numbers``; the target
            has no logarithm; or there are too few rows.
    """

    predicts_classes: bool

    def __init__(
        self,
        root: str | Path | None = None,
        source: Mode = "auto",
        csv: str | Path | None = None,
        target: str | None = None,
        features: Sequence[str] | None = None,
        positive_label: str | None = None,
        missing: Missing = "refuse",
        encoding: str | None = None,
        separator: str | None = None,
        scaling: Scaling = "standard",
        test_fraction: float = 0.33,
        target_scaling: TargetScaling = "none",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not hasattr(self, "predicts_classes"):
            raise NotImplementedError(
                f"{type(self).__name__} does not say whether it predicts classes: choose a subclass"
            )
        if csv is not None and target is None:
            raise ValueError(f"--data.target COLUMN must name the column of {csv} to predict")
        check_choice("source", source, get_args(Mode))
        if csv is not None and source != "auto":
            raise ValueError(f"give csv or source, not both (source is {source!r})")
        check_choice("scaling", scaling, get_args(Scaling))
        check_choice("missing", missing, get_args(Missing))
        check_fraction("test_fraction", test_fraction, zero=True)
        check_choice("target_scaling", target_scaling, get_args(TargetScaling))
        if self.predicts_classes and target_scaling != "none":
            raise ValueError("target_scaling is for values, and this task predicts classes")
        self.root = root
        self.source: Mode = source
        self.csv = csv
        self.target = target
        self.features = features
        self.positive_label = positive_label
        self.missing: Missing = missing
        self.encoding = encoding
        self.separator = separator
        self.scaling: Scaling = scaling
        self.test_fraction = test_fraction
        self.target_scaling: TargetScaling = target_scaling
        self.feature_names: list[str] = []
        self.target_name = target or "target"
        self.class_names: list[str] | None = None
        # Fitted on the training rows, as are the center and scale of the target.
        self._scaler = ColumnScaler()
        self._target_center, self._target_scale = 0.0, 1.0

    def published(self) -> tuple[pd.DataFrame, npt.NDArray[Any], list[str] | None, Provenance]:
        """Return the course's features, targets (N,), class names if any, and provenance."""
        raise NotImplementedError(f"{type(self).__name__} must implement published()")

    @property
    def num_classes(self) -> int:
        """K, the number of classes.

        Raises:
            UserError: The table has values to predict.
        """
        if self.class_names is None:
            self.prepare()
        if self.class_names is None:
            raise UserError(
                "the model predicts classes, and the data have values as targets: choose --model "
                "and --data that fit"
            )
        return len(self.class_names)

    def build(self) -> dict[str, Split]:
        """Read, split and scale the rows."""
        features, targets = self._read_own() if self.csv is not None else self._read_published()
        if self.target_scaling == "log":
            if not (targets > 0).all():
                raise UserError(
                    f"the target has values of 0 or less ({targets.min():g}), which have no "
                    "logarithm: set --data.target_scaling standard"
                )
            targets = np.log(targets)
        splits = random_splits(
            features, targets, self.test_fraction, self.validation_fraction, self.seed
        )
        if not self._scaler.fitted:
            self._fit(*splits["train"])
        if self.class_names is not None:
            check_every_class(splits["train"][1], self.class_names)
        return {
            name: (self._scaler.scale(x), self._scaled_targets(y))
            for name, (x, y) in splits.items()
        }

    def _read_published(self) -> tuple[FloatArray, npt.NDArray[Any]]:
        table, targets, self.class_names, self.provenance = self.published()
        self.feature_names = list(map(str, table.columns))
        return table.to_numpy(dtype=np.float64), targets

    def _read_own(self) -> tuple[FloatArray, npt.NDArray[Any]]:
        path, target = self.csv, self.target
        assert path is not None
        assert target is not None
        table, self.provenance = read_own_table(
            path, [target, *(self.features or [])], self.encoding, self.separator
        )
        names = self._features_of(table) if self.features is None else list(self.features)
        if target in names:
            raise UserError(f"--data.features must not contain the target '{target}'")
        if len(set(names)) < len(names):
            raise UserError("--data.features names a column twice")
        if not names:
            raise UserError(f"{path} has no column beside the target '{target}'")
        self.feature_names = names
        features = as_numbers(table, names, path, missing=self.missing == "mean")
        if not self.predicts_classes:
            return features, as_numbers(table, [target], path, use="target")[:, 0]
        numbers, self.class_names = number_labels(table[target], path, self.positive_label)
        return features, numbers

    def _features_of(self, table: pd.DataFrame) -> list[str]:
        """Return all columns but the target and those without a name, such as pandas's index."""
        names = [name for name in table.columns if name != self.target]
        nameless = [name for name in names if name in table.attrs["nameless"]]
        if nameless:
            print(
                f"{self.csv}: not used as a feature, as it has no name: {', '.join(nameless)}; "
                "--data.features names the columns to use",
                file=sys.stderr,
            )
        return [name for name in names if name not in nameless]

    def _fit(self, features: FloatArray, targets: npt.NDArray[Any]) -> None:
        for name, column in zip(self.feature_names, features.T, strict=True):
            if np.isnan(column).all():
                raise UserError(
                    f"{self.csv}, column '{name}' has no value in the training rows, and so no "
                    "mean: leave the column out"
                )
        self._scaler.fit(self.feature_names, features, self.scaling)
        if self.target_scaling == "standard":
            self._target_center = float(targets.mean())
            self._target_scale = float(targets.std()) or 1.0

    def _scaled_targets(self, targets: npt.NDArray[Any]) -> Tensor:
        if self.predicts_classes:
            return torch.from_numpy(targets.astype(np.int64))
        return torch.from_numpy((targets - self._target_center) / self._target_scale).float()

    def encode(self, table: pd.DataFrame, path: str | Path = "the table") -> Tensor:
        """Return rows of a table of text as inputs of the model, (N, D) float32.

        Args:
            table: As ``sources.read_own_table`` returns it, with the columns ``feature_names``.
            path: The file, for messages.

        Raises:
            UserError: A cell is not a number, or is so far from the training rows that the scaled
                value is beyond float32.
        """
        if not self.feature_names:
            raise RuntimeError("nothing is fitted: call prepare() or load a checkpoint")
        missing = self.missing == "mean"
        scaled = self._scaler.scale(
            as_numbers(table, self.feature_names, path, missing=missing, use="new rows")
        )
        for row, column in torch.nonzero(~scaled.isfinite()).tolist():
            raise UserError(
                f"{path}, row {table.index[row]}, column '{self.feature_names[column]}': the value "
                "is too far from those of the training rows"
            )
        return scaled

    def unscaled(self, features: Tensor) -> FloatArray:
        """Return scaled features (N, D) in the units of the table."""
        values: FloatArray = self._scaler.unscale(features.cpu().double()).numpy()
        return values

    def decode(self, values: Tensor) -> Tensor:
        """Return predicted values in the units of the target."""
        if self.target_scaling == "log":
            return values.exp()
        return values * self._target_scale + self._target_center

    @property
    def restored_sizes(self) -> dict[str, object]:
        """See :class:`TensorDataModule`."""
        if not self.feature_names:
            return {}
        sizes: dict[str, object] = {"in_features": len(self.feature_names)}
        return sizes | ({"num_classes": len(self.class_names)} if self.class_names else {})

    def state_dict(self) -> dict[str, Any]:
        """Return the values fitted on the training rows, in plain types."""
        return {
            "features": self._scaler.state_dict(),
            "class_names": self.class_names,
            "target_center": self._target_center,
            "target_scale": self._target_scale,
            # Not fitted, but options of your own table: without them, a data module built from
            # the checkpoint alone would undo the wrong scaling.
            "target_name": self.target_name,
            "target_scaling": self.target_scaling,
            "missing": self.missing,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the fitted state; nothing is fitted again afterwards.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        self._scaler.load_state_dict(state_dict["features"])
        self.feature_names = self._scaler.names
        names = state_dict["class_names"]
        if self.predicts_classes != (names is not None):
            raise ValueError("class_names are of classes, and this predicts values")
        self.class_names = None if names is None else check_names("class_names", names, 2)
        self._target_center = float(state_dict["target_center"])
        self._target_scale = float(state_dict["target_scale"])
        check_choice("target_scaling", state_dict["target_scaling"], get_args(TargetScaling))
        check_choice("missing", state_dict["missing"], get_args(Missing))
        if not isinstance(state_dict["target_name"], str):
            raise ValueError("target_name must be a name")
        self.target_name = state_dict["target_name"]
        self.target_scaling, self.missing = state_dict["target_scaling"], state_dict["missing"]


class BreastCancerDataModule(TableDataModule):
    """Benign or malignant? 569 tumours with 30 measurements each, bundled with scikit-learn.

    A random third of the rows is the test split; features are standardised. With ``csv``, any table
    of numbers with two or more classes. Arguments, batches and errors: see
    :class:`TableDataModule`.

    Example:
        >>> data = BreastCancerDataModule(test_fraction=0.33, seed=0)
        >>> features, labels = data.splits["train"]
        >>> features.shape, data.class_names
        (torch.Size([381, 30]), ['malignant', 'benign'])
    """

    predicts_classes = True

    def published(self) -> tuple[pd.DataFrame, npt.NDArray[Any], list[str] | None, Provenance]:
        """Return scikit-learn's table; 0 is malignant and 1 benign."""
        table, names, provenance = load_breast_cancer_table()
        return table.drop(columns="target"), table["target"].to_numpy(), list(names), provenance


class MooresLawDataModule(TableDataModule):
    """How many transistors does a processor of a given year have? 162 processors, 1971 to 2018.

    The only feature is the year minus its mean; the target is the logarithm of the count, so that
    Moore's law is a line. All rows are for training: the course looks at the line, not at new rows.
    With ``csv``, any table of numbers with a number to predict: then features and target are
    standardised and a third of the rows is held out, unless set otherwise. Batches and errors: see
    :class:`TableDataModule`.

    Example:
        >>> data = MooresLawDataModule(source="standin")
        >>> years, logarithms = data.splits["train"]
        >>> years.shape, data.decode(logarithms[:1]).round()  # the first processor's transistors
        (torch.Size([100, 1]), tensor([2300.]))

    Args:
        scaling: Scaling of the features, see :class:`TableDataModule`; None: "center", and
            "standard" for your own table.
        test_fraction: The part of the rows that is held out for the test; None: 0, and 0.33 for
            your own table.
        target_scaling: Scaling of the target, see :class:`TableDataModule`; None: "log", and
            "standard" for your own table.
        kwargs: See :class:`TableDataModule`.
    """

    predicts_classes = False

    def __init__(
        self,
        scaling: Scaling | None = None,
        test_fraction: float | None = None,
        target_scaling: TargetScaling | None = None,
        **kwargs: Any,
    ) -> None:
        own = kwargs.get("csv") is not None
        super().__init__(
            scaling=scaling or ("standard" if own else "center"),
            test_fraction=(0.33 if own else 0.0) if test_fraction is None else test_fraction,
            target_scaling=target_scaling or ("standard" if own else "log"),
            **kwargs,
        )

    def published(self) -> tuple[pd.DataFrame, npt.NDArray[Any], list[str] | None, Provenance]:
        """Return year and transistor count."""
        table, provenance = load_moore(self.root, self.source)
        self.target_name = "transistors"
        return table[["year"]], table["transistors"].to_numpy(np.float64), None, provenance
