"""Scaling columns of numbers by what the training rows have (course chapters 2.2 and 5.6)."""

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
    """Scales D named columns as training rows say, and fills gaps with their means.

    scikit-learn's ``StandardScaler``, whose state is plain types that travel in a checkpoint.

    Attributes:
        names: The D columns; empty before :meth:`fit` or :meth:`load_state_dict`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        # Means, what is subtracted and what divides.
        self._mean = self._center = self._scale = np.zeros(0)

    @property
    def fitted(self) -> bool:
        """Whether there is a scale."""
        return bool(self.names)

    def fit(self, names: Sequence[str], values: FloatArray, scaling: Scaling = "standard") -> None:
        """Take the scale from training rows.

        Args:
            names: Of the D columns.
            values: (N, D); NaN, where a value is missing, counts for nothing.
            scaling: "standard" (subtract the mean, divide by the standard deviation; a constant
                column becomes 0), "center" (subtract the mean) or "none".

        Raises:
            ValueError: An unknown scaling.
        """
        check_choice("scaling", scaling, get_args(Scaling))
        # scikit-learn leaves NaN out of the mean and divides a constant column by 1.
        scaler = StandardScaler(with_std=scaling == "standard").fit(values)
        self.names = list(names)
        self._mean = scaler.mean_
        self._center = self._mean if scaling != "none" else np.zeros_like(self._mean)
        self._scale = scaler.scale_ if scaling == "standard" else np.ones_like(self._mean)

    def scale(self, values: FloatArray) -> Tensor:
        """Return rows (N, D) scaled, float32.

        Raises:
            RuntimeError: Nothing is fitted yet.
            ValueError: Another number of columns.
        """
        if not self.fitted:
            raise RuntimeError("nothing is fitted: call prepare() or load a checkpoint")
        if values.ndim != 2 or values.shape[1] != len(self.names):
            raise ValueError(f"values must be of shape (N, {len(self.names)}), got {values.shape}")
        filled = np.where(np.isnan(values), self._mean, values)
        return torch.from_numpy((filled - self._center) / self._scale).float()

    def unscale(self, values: Tensor) -> Tensor:
        """Return scaled values (…, D), or (N,) of one column, in the units of the columns."""
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
