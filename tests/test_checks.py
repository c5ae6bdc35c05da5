import math

import numpy as np
import pytest

from lightning_course.checks import check_choice, check_fraction, check_minimum


@pytest.mark.parametrize("value", [1, 1.5, np.int64(3), np.float32(1), math.inf])
def test_numbers_that_are_large_enough(value: float) -> None:
    check_minimum("rows", value, 1)


@pytest.mark.parametrize("value", [0, 0.99, np.int64(0), math.nan, None, "3"])
def test_numbers_that_are_not(value: float) -> None:
    with pytest.raises(ValueError, match="rows must be at least 1, got"):
        check_minimum("rows", value, 1)


@pytest.mark.parametrize("value", [0.1, np.float64(0.999)])
def test_fractions(value: float) -> None:
    check_fraction("part", value)
    check_fraction("part", 0, zero=True)


@pytest.mark.parametrize("value", [0, 1, -0.1, math.nan, None, "0.5"])
def test_no_fractions(value: float) -> None:
    with pytest.raises(ValueError, match="part must be above 0 and below 1, got"):
        check_fraction("part", value)


def test_choices() -> None:
    check_choice("cell", "gru", ("gru", "lstm"))
    with pytest.raises(ValueError, match="cell must be one of gru, lstm, got 'rnn'"):
        check_choice("cell", "rnn", ("gru", "lstm"))
