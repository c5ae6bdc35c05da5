"""Judging forecasts: naive forecasts, errors one and many steps ahead, conclusions in words."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from torch import Tensor

from lightning_course.datamodules import SeriesDataModule
from lightning_course.models import REGRESSION, Forecaster

# (windows (B, T, D), steps) → values (B, steps, D), all scaled.
Forecast = Callable[[Tensor, int], Tensor]

PERSISTENCE, MEAN, DRIFT = "last value", "training mean", "drift"

# A smaller skill counts as none.
_MIN_SKILL = 0.02
# A model whose predictions correlate more with the last value may be copying it.
_MIN_COPY_CORRELATION = 0.9
# A forecast that varies by a smaller part of the series's range is called a horizontal line.
_MAX_FLAT_RANGE = 0.1


def persistence(windows: Tensor, steps: int) -> Tensor:
    """Return the last value of each window (B, T, D) for all steps: (B, steps, D)."""
    return windows[:, -1:].expand(-1, steps, -1)


def level(value: Tensor) -> Forecast:
    """Return the forecast that always predicts ``value`` (D,)."""

    def forecast(windows: Tensor, steps: int) -> Tensor:
        return value.expand(len(windows), steps, -1)

    return forecast


def drift(slope: Tensor) -> Forecast:
    """Return the forecast that adds ``slope`` (D,) to the last value in each step."""

    def forecast(windows: Tensor, steps: int) -> Tensor:
        ahead = torch.arange(1, steps + 1, dtype=windows.dtype)[:, None]
        return windows[:, -1:] + ahead * slope

    return forecast


def autoregression(windows: Tensor, targets: Tensor) -> Forecast:
    """Return the closed-form linear forecast: least squares on training windows.

    This is the course's linear model at its optimum. For more than one step, predictions are fed
    back in.

    Args:
        windows: (N, T, D).
        targets: The values after the windows (N, D).
    """
    length = windows.shape[1]
    model = LinearRegression().fit(windows.flatten(1).double().numpy(), targets.double().numpy())
    weight, bias = torch.from_numpy(model.coef_), torch.from_numpy(model.intercept_)

    def forecast(windows: Tensor, steps: int) -> Tensor:
        values = windows.double()
        for _ in range(steps):
            value = values[:, -length:].flatten(1) @ weight.T + bias
            values = torch.cat([values, value[:, None]], dim=1)
        return values[:, -steps:].to(windows.dtype)

    return forecast


def naive_forecasts(data: SeriesDataModule) -> dict[str, Forecast]:
    """Return the naive forecasts by name, each fitted on the training windows.

    They are "training mean", "last value" (persistence: tomorrow is like today), "drift" (the last
    value plus the mean training step) and "AR(T)", the closed form of the linear model.
    """
    windows, targets = (tensor.cpu() for tensor in data.splits["train"])
    width = windows.shape[2]
    following = targets.reshape(len(windows), -1, width)[:, 0]
    known = torch.cat([windows[0], following])
    slope = (known[-1] - known[0]) / (len(known) - 1)
    return {
        MEAN: level(following.mean(dim=0)),
        PERSISTENCE: persistence,
        DRIFT: drift(slope),
        f"AR({windows.shape[1]})": autoregression(windows, following),
    }


def values_ahead(data: SeriesDataModule, split: str) -> Tensor:
    """Return the true values (steps, D) that follow a split's first window."""
    rows = data.target_rows(split)
    return data.values[rows.start : rows.stop + data.horizon - 1].cpu()


def errors(forecast: Forecast, data: SeriesDataModule, split: str) -> dict[str, float]:
    """Return the errors of a forecast on a split, in scaled units.

    "loss" and "mae" compare each prediction from true values with the horizon after its window.
    "multi_step_loss" is the mean squared error of one forecast from the split's first window to its
    end, whose predictions are fed back in. "skill" and "multi_step_skill" are 1 − error / error of
    the last value: 0 is no better than the last value, 1 is perfect. They are left out where the
    last value makes no error. A forecast that diverges has no multi-step metrics.
    """
    windows, targets = (tensor.cpu() for tensor in data.splits[split])
    ahead = values_ahead(data, split)

    def both(forecast: Forecast) -> tuple[dict[str, Tensor], Tensor]:
        near = forecast(windows, data.horizon).cpu().to(targets.dtype).reshape(targets.shape)
        far = forecast(windows[:1], len(ahead)).cpu().to(targets.dtype)[0]
        return REGRESSION.score(near, targets), (far.double() - ahead).square().mean()

    scores, far = both(forecast)
    naive, naive_far = both(persistence)
    found = {name: float(value) for name, value in scores.items()}
    if naive["loss"] > 0:
        found["skill"] = float(1 - scores["loss"] / naive["loss"])
    if far.isfinite():
        found["multi_step_loss"] = float(far)
        if naive_far > 0:
            found["multi_step_skill"] = float(1 - far / naive_far)
    return found


def forecast_metrics(module: Forecaster, data: SeriesDataModule, split: str) -> dict[str, float]:
    """Return the metrics of :func:`errors` beyond those of every regression."""
    found = errors(module.forecast, data, split)
    return {name: value for name, value in found.items() if "multi_step" in name or name == "skill"}


@dataclass(frozen=True)
class Copying:
    """Correlations of one-step predictions with two values, over a split.

    Attributes:
        previous: With the last value of each window, which the model has seen.
        target: With the value to predict.
    """

    previous: float
    target: float


def copying(predictions: Tensor, data: SeriesDataModule, split: str) -> Copying | None:
    """Return the correlations of predictions (N, …), None where one of the three is constant.

    With a longer horizon or several columns, the first value of each prediction counts.
    """
    windows, targets = (tensor.cpu() for tensor in data.splits[split])
    columns = torch.stack(
        [
            predictions.reshape(len(windows), -1)[:, 0],
            windows[:, -1, 0],
            targets.reshape(len(windows), -1)[:, 0],
        ]
    ).double()
    if (columns.std(dim=1) < 1e-12).any():
        return None
    correlations = torch.corrcoef(columns)
    return Copying(float(correlations[0, 1]), float(correlations[0, 2]))


def conclusions(
    module: Forecaster, data: SeriesDataModule, split: str, predictions: Tensor
) -> list[str]:
    """Return the conclusions that chapter 5.6 of the course draws, as lines of text.

    Args:
        module: The finished model.
        data: Its data.
        split: The split that is judged.
        predictions: One-step predictions for that split's windows (N, …), scaled.
    """
    own = errors(module.forecast, data, split)
    naive = {
        name: errors(forecast, data, split)
        for name, forecast in naive_forecasts(data).items()
        if name in (MEAN, PERSISTENCE)
    }
    near = min(naive, key=lambda name: naive[name]["loss"])
    skill = 1 - own["loss"] / naive[near]["loss"] if naive[near]["loss"] > 0 else 0.0
    verdict = "no better than that" if skill < _MIN_SKILL else f"{100 * skill:.0f} % less"
    losses = f"MSE {own['loss']:.4g}; the {near} has {naive[near]['loss']:.4g}"
    lines = [f"one step ahead: {losses}: {verdict}"]
    copied = copying(predictions, data, split)
    gains_nothing = own["loss"] > (1 - _MIN_SKILL) * naive[PERSISTENCE]["loss"]
    if gains_nothing and copied and copied.previous > max(_MIN_COPY_CORRELATION, copied.target):
        lines.append(
            "the predictions follow the previous value more closely (correlation "
            f"{copied.previous:.3f}) than the one they predict ({copied.target:.3f}): they copy it"
        )
    ahead = values_ahead(data, split)
    windows = data.splits[split][0].cpu()
    far = module.forecast(windows[:1], len(ahead))[0].cpu()
    if "multi_step_loss" not in own:
        return [*lines, f"{len(ahead)} steps ahead: the forecast diverges"]
    steady = min(naive, key=lambda name: naive[name]["multi_step_loss"])
    line = (
        f"{len(ahead)} steps ahead: MSE {own['multi_step_loss']:.4g}; the {steady} has "
        f"{naive[steady]['multi_step_loss']:.4g}"
    )
    # Only the second half: at first a forecast may still move towards its final level.
    late = far[len(far) // 2 :].numpy()
    if len(late) > 2 and np.ptp(late) < _MAX_FLAT_RANGE * np.ptp(ahead.numpy()):
        line += "; it ends as a horizontal line"
    return [*lines, line]
