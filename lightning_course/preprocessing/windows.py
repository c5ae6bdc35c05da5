"""Cuts a time series into windows and the values that follow them (chapters 5.1 and 5.2)."""

from torch import Tensor

from lightning_course.checks import check_minimum


def sliding_windows(series: Tensor, window: int, horizon: int = 1) -> tuple[Tensor, Tensor]:
    """Return all windows of a series and the values that follow each window, without a copy.

    A series of L values has L − T + 1 windows of T values, but no value follows the last of them.
    So there are L − T windows with a following value, and L − T − H + 1 with H following values.
    The course's example (chapter 5.2) has L = 10 and T = 3, so 7 windows and not 8: the window 8,
    9, 10 would need an 11.

    Example:
        >>> import torch
        >>> inputs, targets = sliding_windows(torch.arange(1, 11).reshape(10, 1), window=3)
        >>> torch.cat([inputs, targets], dim=1).squeeze(2)
        tensor([[ 1,  2,  3,  4],
                [ 2,  3,  4,  5],
                [ 3,  4,  5,  6],
                [ 4,  5,  6,  7],
                [ 5,  6,  7,  8],
                [ 6,  7,  8,  9],
                [ 7,  8,  9, 10]])

    Args:
        series: (L, D), any dtype and device: L rows in order of time, with D values each.
        window: T, at least 1: the number of rows that a forecast is made from.
        horizon: H, at least 1: the number of rows that are forecast.

    Returns:
        Inputs (N, T, D) and targets (N, H, D) with N = L − T − H + 1. Row n is ``series[n:n + T]``
        and ``series[n + T:n + T + H]``. Both are views of the series, in which a value occurs up to
        T + H times: writing into them would change several rows and the series.

    Raises:
        ValueError: The window or horizon is below 1; or the series is not 2-D or has fewer than
            T + H + 1 rows, which are needed for two windows, one for each half of a split.
    """
    check_minimum("window", window, 1)
    check_minimum("horizon", horizon, 1)
    if series.ndim != 2:
        raise ValueError(
            f"series must have the shape (rows, values), got {tuple(series.shape)}; "
            "series.reshape(-1, 1) makes one value a row"
        )
    length, needed = len(series), window + horizon + 1
    if length < needed:
        raise ValueError(
            f"a series of {length} rows is too short for a window of {window} and a horizon of "
            f"{horizon}: at least {needed}"
        )
    # `unfold` puts the steps of a window in the last dimension.
    inputs = series[: length - horizon].unfold(0, window, 1).transpose(1, 2)
    targets = series[window:].unfold(0, horizon, 1).transpose(1, 2)
    return inputs, targets


def half_split(count: int) -> int:
    """Return the number of rows in the first half of N rows, as the course splits them.

    The course trains on ``X[:-N//2]`` and validates on ``X[-N//2:]``. Python reads ``-N//2`` as
    (−N) // 2 and rounds down, away from zero: −7 // 2 is −4. So the second half has N/2 rows,
    rounded up, and the first half the others: 7 rows are split into 3 and 4, 190 into 95 and 95.

    Args:
        count: N, at least 0.

    Returns:
        N − ⌈N/2⌉: ``X[:half_split(N)]`` is ``X[:-N//2]`` and ``X[half_split(N):]`` is
        ``X[-N//2:]``.

    Raises:
        ValueError: N is below 0.
    """
    check_minimum("count", count, 0)
    return count // 2
