from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.preprocessing import half_split, sliding_windows


def test_the_example_of_the_course() -> None:
    inputs, targets = sliding_windows(torch.arange(1, 11).reshape(10, 1), window=3)
    assert inputs.shape == (7, 3, 1)
    assert targets.shape == (7, 1, 1)
    expected = [[1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7], [6, 7, 8], [7, 8, 9]]
    assert inputs.squeeze(2).tolist() == expected
    assert targets.flatten().tolist() == [4, 5, 6, 7, 8, 9, 10]


def test_several_values_and_steps_ahead() -> None:
    series = torch.tensor([[1, 10], [2, 20], [3, 30], [4, 40], [5, 50]])
    inputs, targets = sliding_windows(series, window=2, horizon=2)
    assert inputs.tolist() == [[[1, 10], [2, 20]], [[2, 20], [3, 30]]]
    assert targets.tolist() == [[[3, 30], [4, 40]], [[4, 40], [5, 50]]]


@st.composite
def cases(draw: st.DrawFn) -> tuple[torch.Tensor, int, int]:
    window, horizon = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    length = window + horizon + draw(st.integers(1, 20))
    width = draw(st.integers(1, 4))
    dtype = draw(st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bfloat16]))
    series = torch.arange(length * width).reshape(length, width).to(dtype)
    # A transposed array, as of columns, is not contiguous.
    return series.T.contiguous().T if draw(st.booleans()) else series, window, horizon


@given(cases())
def test_equals_a_loop_and_copies_nothing(case: tuple[torch.Tensor, int, int]) -> None:
    series, window, horizon = case
    inputs, targets = sliding_windows(series, window, horizon)
    rows = range(len(series) - window - horizon + 1)
    torch.testing.assert_close(
        inputs, torch.stack([series[n : n + window] for n in rows]), rtol=0, atol=0
    )
    torch.testing.assert_close(
        targets,
        torch.stack([series[n + window : n + window + horizon] for n in rows]),
        rtol=0,
        atol=0,
    )
    for view in (inputs, targets):
        assert view.untyped_storage().data_ptr() == series.untyped_storage().data_ptr()
    assert inputs.data_ptr() == series.data_ptr()
    assert targets.data_ptr() == series[window:].data_ptr()


def test_gradients_reach_the_series() -> None:
    series = torch.zeros(5, 1, requires_grad=True)
    inputs, _ = sliding_windows(series, window=2)
    inputs.sum().backward()
    assert series.grad is not None
    # The windows are rows 0-1, 1-2 and 2-3.
    assert series.grad.flatten().tolist() == [1, 2, 2, 1, 0]


def test_the_shortest_series_has_two_windows() -> None:
    inputs, targets = sliding_windows(torch.zeros(12, 1), window=10)
    assert (len(inputs), len(targets)) == (2, 2)
    assert half_split(len(inputs)) == 1


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (torch.zeros(9, 1), {"window": 0}, "window must be at least 1, got 0"),
        (torch.zeros(9, 1), {"window": 3, "horizon": 0}, "horizon must be at least 1, got 0"),
        (
            torch.zeros(9),
            {"window": 3},
            r"must have the shape \(rows, values\), got \(9,\); series",
        ),
        (torch.zeros(9, 1, 1), {"window": 3}, r"got \(9, 1, 1\)"),
        (
            torch.zeros(9, 1),
            {"window": 10},
            "a series of 9 rows is too short for a window of 10 and a horizon of 1: at least 12",
        ),
        (torch.zeros(11, 1), {"window": 10}, "at least 12"),
        (torch.zeros(13, 1), {"window": 10, "horizon": 3}, "at least 14"),
        (torch.zeros(0, 1), {"window": 1}, "at least 3"),
    ],
)
def test_what_is_wrong_is_told(series: torch.Tensor, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sliding_windows(series, **options)


@given(st.integers(0, 1_000))
def test_halves_are_those_of_the_course(count: int) -> None:
    N, X = count, np.arange(count)
    np.testing.assert_array_equal(X[: half_split(count)], X[: -N // 2])
    np.testing.assert_array_equal(X[half_split(count) :], X[-N // 2 :])


@pytest.mark.parametrize(("count", "first"), [(0, 0), (1, 0), (2, 1), (7, 3), (8, 4), (190, 95)])
def test_the_last_half_is_the_larger(count: int, first: int) -> None:
    assert half_split(count) == first


def test_a_negative_count_has_no_halves() -> None:
    with pytest.raises(ValueError, match="count must be at least 0, got -1"):
        half_split(-1)
