"""Scales columns of numbers by the statistics of the training rows (chapters 2.2 and 5.6)."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from lightning_course.checks import check_choice, check_names

Scaling = Literal["standard", "center", "none"]
FloatArray = npt.NDArray[np.float64]


class ColumnScaler:
    """Scales D named columns by the training rows' statistics; missing values become the mean.

    It is scikit-learn's ``StandardScaler`` with a state of plain types, for checkpoints.

    Example:
        >>> scaler = ColumnScaler()
        >>> scaler.fit(["price"], np.array([[1.0], [3.0]]))
        >>> scaler.scale(np.array([[5.0]]))
        tensor([[3.]])

    Attributes:
        names: The D columns; empty before :meth:`fit` or :meth:`load_state_dict`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        # The means, the values to subtract and the values to divide by.
        self._mean = self._center = self._scale = np.zeros(0)

    @property
    def fitted(self) -> bool:
        """Whether :meth:`fit` or :meth:`load_state_dict` was called."""
        return bool(self.names)

    def fit(self, names: Sequence[str], values: FloatArray, scaling: Scaling = "standard") -> None:
        """Compute the scale from training rows.

        Args:
            names: The names of the D columns.
            values: (N, D); NaN, a missing value, is left out of the statistics.
            scaling: "standard" (subtract the mean, divide by the standard deviation; a constant
                column becomes 0), "center" (subtract the mean) or "none".

        Raises:
            ValueError: An unknown scaling.
        """
        check_choice("scaling", scaling, get_args(Scaling))
        # scikit-learn leaves NaN out of the statistics and divides a constant column by 1.
        scaler = StandardScaler(with_std=scaling == "standard").fit(values)
        self.names = list(names)
        self._mean = scaler.mean_
        self._center = self._mean if scaling != "none" else np.zeros_like(self._mean)
        self._scale = scaler.scale_ if scaling == "standard" else np.ones_like(self._mean)

    def scale(self, values: FloatArray) -> Tensor:
        """Return scaled rows (N, D), float32.

        Raises:
            RuntimeError: Nothing is fitted yet.
            ValueError: The number of columns is another one.
        """
        if not self.fitted:
            raise RuntimeError("nothing is fitted: call prepare() or load a checkpoint")
        if values.ndim != 2 or values.shape[1] != len(self.names):
            raise ValueError(f"values must be of shape (N, {len(self.names)}), got {values.shape}")
        filled = np.where(np.isnan(values), self._mean, values)
        return torch.from_numpy((filled - self._center) / self._scale).float()

    def unscale(self, values: Tensor) -> Tensor:
        """Convert scaled values (…, D), or (N,) for one column, back to the columns' units."""
        scale, center = (
            torch.as_tensor(array, dtype=values.dtype, device=values.device)
            for array in (self._scale, self._center)
        )
        return values * scale + center

    def state_dict(self) -> dict[str, Any]:
        """Return the scale in plain types."""
        return {
            "names": self.names,
            "mean": self._mean.tolist(),
            "center": self._center.tolist(),
            "scale": self._scale.tolist(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a scale.

        Raises:
            ValueError: The state is not one that :meth:`state_dict` returned.
        """
        names = check_names("names", state_dict["names"])
        arrays = [np.array(state_dict[key], np.float64) for key in ("mean", "center", "scale")]
        if not all(array.shape == (len(names),) and np.isfinite(array).all() for array in arrays):
            raise ValueError(f"not the scale of {len(names):,} columns")
        self.names = names
        self._mean, self._center, self._scale = arrays
