"""Rounding predictions to the digits that single precision can distinguish."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

FloatArray = npt.NDArray[np.float64]


def in_units(outputs: Tensor, decode: Callable[[Tensor], Tensor]) -> FloatArray:
    """Return predictions in the units of the data, rounded to the digits that carry information.

    A model computes scaled outputs in single precision. A meter at 1,000,000,595 with a standard
    deviation of 200 is known to 0.00001, though single precision has only seven digits.

    Args:
        outputs: Scaled values, float32 (N, …).
        decode: The data module's ``decode``, called in double precision.

    Returns:
        float64 of the same shape. Two different outputs stay different.
    """
    values = decode(outputs.double())
    above = decode(torch.nextafter(outputs, torch.tensor(math.inf)).double())
    return rounded(values.numpy(), (above - values).numpy())


def rounded(values: FloatArray, steps: FloatArray) -> FloatArray:
    """Round values (N, …) to the power of ten below their step, the distance to the next value.

    Where the step is 0 or not finite, all digits are kept.
    """
    done = [_rounded(value, abs(step)) for value, step in zip(values.flat, steps.flat, strict=True)]
    return np.array(done, np.float64).reshape(values.shape)


def _rounded(value: float, step: float) -> float:
    if not (math.isfinite(value) and 0 < step < math.inf):
        return float(value)
    return round(float(value), math.ceil(-math.log10(step)))
