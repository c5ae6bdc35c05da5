"""What a forecast is worth: naive forecasts beside it, errors many steps ahead, conclusions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from torch import Tensor

from lightning_course.datamodules import SeriesDataModule
from lightning_course.models import REGRESSION, Forecaster

# (windows (B, T, D), steps) to (B, steps, D), all scaled.
Forecast = Callable[[Tensor, int], Tensor]

PERSISTENCE, MEAN, DRIFT = "last value", "training mean", "drift"

# Below, a skill is told as none; above, a correlation as a copy; below, a spread as a level line.
_NO_SKILL, _COPIES, _LEVEL = 0.02, 0.9, 0.1


def persistence(windows: Tensor, steps: int) -> Tensor:
    """Return the last value of each window (B, T, D) for all steps: (B, steps, D)."""
    return windows[:, -1:].expand(-1, steps, -1)


def level(value: Tensor) -> Forecast:
    """Return the forecast that is always ``value`` (D,)."""

    def forecast(windows: Tensor, steps: int) -> Tensor:
        return value.expand(len(windows), steps, -1)

    return forecast


def drift(slope: Tensor) -> Forecast:
    """Return the forecast that goes on from the last value by ``slope`` (D,) a step."""

    def forecast(windows: Tensor, steps: int) -> Tensor:
        ahead = torch.arange(1, steps + 1, dtype=windows.dtype)[:, None]
        return windows[:, -1:] + ahead * slope

    return forecast


def autoregression(windows: Tensor, targets: Tensor) -> Forecast:
    """Return the closed-form linear forecast: least squares on training windows.

    What the course's linear model would be if training found its optimum; of more than one step it
    feeds its own predictions back.

    Args:
        windows: (N, T, D).
        targets: The values after them (N, D).
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

    "training mean", "last value" (persistence: tomorrow is as today), "drift" (and the mean
    training step on top) and "AR(T)", the closed form of the linear model.
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
    """Return what a forecast from the first window of a split on should be, (steps, D)."""
    rows = data.target_rows(split)
    return data.values[rows.start : rows.stop + data.horizon - 1].cpu()


def errors(forecast: Forecast, data: SeriesDataModule, split: str) -> dict[str, float]:
    """Return the errors of a forecast on a split, in scaled units.

    "loss" and "mae" are of the horizon after each window, from true values. "multi_step_loss" is
    the mean squared error of one forecast from the split's first window to its end, which feeds its
    own predictions back. "skill" and "multi_step_skill" are 1 − error / error of the last value:
    0 is no better than it, 1 is perfect; left out where that one makes no error. A forecast that
    grows beyond all bounds has no multi-step figures.
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
    """Return what :func:`errors` adds to the metrics that a forecaster has anyway."""
    found = errors(module.forecast, data, split)
    return {name: value for name, value in found.items() if "multi_step" in name or name == "skill"}


@dataclass(frozen=True)
class Copying:
    """How closely one-step predictions follow two values, as correlations over a split.

    Attributes:
        previous: With the last value of each window, which the model has seen.
        target: With the value that it predicts.
    """

    previous: float
    target: float


def copying(predictions: Tensor, data: SeriesDataModule, split: str) -> Copying | None:
    """Return the correlations of predictions (N,), None where one of the three does not vary.

    Of a longer horizon or several columns the first value of each prediction counts.
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
    """Return in words what the numbers show, as the course concludes in chapter 5.6.

    Args:
        module: The finished model.
        data: Its data.
        split: The split that is judged.
        predictions: Of that split's windows (N, …), scaled.
    """
    own = errors(module.forecast, data, split)
    naive = {
        name: errors(forecast, data, split)
        for name, forecast in naive_forecasts(data).items()
        if name in (MEAN, PERSISTENCE)
    }
    near = min(naive, key=lambda name: naive[name]["loss"])
    skill = 1 - own["loss"] / naive[near]["loss"] if naive[near]["loss"] > 0 else 0.0
    verdict = "no better than that" if skill < _NO_SKILL else f"{100 * skill:.0f} % less"
    told = f"one step ahead: MSE {own['loss']:.4g}; the {near} has {naive[near]['loss']:.4g}"
    lines = [f"{told}: {verdict}"]
    copied = copying(predictions, data, split)
    gains_nothing = own["loss"] > (1 - _NO_SKILL) * naive[PERSISTENCE]["loss"]
    if gains_nothing and copied and copied.previous > max(_COPIES, copied.target):
        lines.append(
            "the predictions follow the previous value more closely (correlation "
            f"{copied.previous:.3f}) than the one they predict ({copied.target:.3f}): they copy it"
        )
    ahead = values_ahead(data, split)
    windows = data.splits[split][0].cpu()
    far = module.forecast(windows[:1], len(ahead))[0].cpu()
    if "multi_step_loss" not in own:
        return [*lines, f"{len(ahead)} steps ahead: the forecast grows beyond all bounds"]
    steady = min(naive, key=lambda name: naive[name]["multi_step_loss"])
    told = (
        f"{len(ahead)} steps ahead: MSE {own['multi_step_loss']:.4g}; the {steady} has "
        f"{naive[steady]['multi_step_loss']:.4g}"
    )
    # The second half of it: at first a forecast may still turn towards its level.
    late = far[len(far) // 2 :]
    if len(late) > 2 and float(np.ptp(late.numpy())) < _LEVEL * float(np.ptp(ahead.numpy())):
        told += "; it ends as a level line"
    return [*lines, told]
