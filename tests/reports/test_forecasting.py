import numpy as np
import pytest
import torch

from lightning_course.datamodules import ChirpDataModule, SineDataModule
from lightning_course.models import REGRESSION, Forecaster
from lightning_course.reports import derived_metrics, naive_baselines
from lightning_course.reports.forecasting import (
    autoregression,
    conclusions,
    copying,
    drift,
    errors,
    naive_forecasts,
    persistence,
    values_ahead,
)

WINDOWS = torch.tensor([[[1.0], [2.0], [4.0]], [[0.0], [0.0], [-1.0]]])


def test_persistence_and_drift() -> None:
    assert persistence(WINDOWS, 2)[..., 0].tolist() == [[4, 4], [-1, -1]]
    assert drift(torch.tensor([0.5]))(WINDOWS, 3)[..., 0].tolist() == [
        [4.5, 5, 5.5],
        [-0.5, 0, 0.5],
    ]


def test_the_drift_is_the_mean_training_step() -> None:
    data = ChirpDataModule(length=40, window=3)
    windows, targets = data.splits["train"]
    known = [*windows[0, :, 0].tolist(), *targets.tolist()]
    forecast = naive_forecasts(data)["drift"](windows[:1], 2)[0, :, 0]
    step = np.diff(known).mean()
    np.testing.assert_allclose(forecast, [known[2] + step, known[2] + 2 * step], atol=1e-6)
    mean = naive_forecasts(data)["training mean"](windows, 2)
    np.testing.assert_allclose(mean, np.mean(known[3:]), atol=1e-6)


def test_autoregression_finds_a_recurrence() -> None:
    # x_t = 1.5 x_{t-1} - 0.8 x_{t-2} + 1, exactly.
    values = [0.3, -0.2]
    for _ in range(60):
        values.append(1.5 * values[-1] - 0.8 * values[-2] + 1)
    series = torch.tensor(values, dtype=torch.float64)[:, None]
    windows = series[:40].unfold(0, 2, 1).transpose(1, 2)
    forecast = autoregression(windows, series[2:41])
    np.testing.assert_allclose(forecast(series[None, 39:41], 20)[0], series[41:61], atol=1e-9)


def test_a_sine_without_noise_is_forecast_by_its_recurrence() -> None:
    # sin(t + d) = 2 cos(d) sin(t) - sin(t - d): an AR(2) without error.
    data = SineDataModule(noise=0, window=2)
    found = errors(naive_forecasts(data)["AR(2)"], data, "validation")
    assert found["loss"] < 1e-10
    assert found["multi_step_loss"] < 1e-6
    assert found["skill"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("horizon", [1, 3])
def test_errors_are_those_of_the_rows(horizon: int) -> None:
    data = SineDataModule(seed=0, horizon=horizon, window=4)
    windows, targets = data.splits["validation"]
    found = errors(persistence, data, "validation")
    last = windows[:, -1].expand(-1, horizon).reshape(targets.shape)
    assert found["loss"] == pytest.approx(float((last - targets).square().mean()), rel=1e-5)
    ahead = data.values[data.target_rows("validation").start :, 0]
    assert len(ahead) == len(windows) + horizon - 1
    far = float((windows[0, -1, 0] - ahead).square().mean())
    assert found["multi_step_loss"] == pytest.approx(far, rel=1e-5)
    assert found["skill"] == found["multi_step_skill"] == 0


def test_a_model_is_judged_like_the_naive_forecasts() -> None:
    data = SineDataModule(seed=0, window=4)
    model = Forecaster((4, 1))
    with torch.no_grad():  # persistence, as a model
        model.network.output.weight[:] = torch.tensor([[0.0, 0, 0, 1]])
    wanted = errors(persistence, data, "validation")
    found = derived_metrics(model, data, "validation")
    assert found.keys() == {"skill", "multi_step_loss", "multi_step_skill"}
    assert found == pytest.approx({name: wanted[name] for name in found}, abs=1e-6)
    baselines = naive_baselines(data, REGRESSION, "validation")
    assert list(baselines) == ["training mean", "last value", "drift", "AR(4)"]
    assert baselines["last value"] == wanted


def test_a_forecast_without_bounds_has_no_error_far_ahead() -> None:
    data = SineDataModule(seed=0, window=4)
    model = Forecaster((4, 1))
    with torch.no_grad():
        model.network.output.weight[:] = 1e30
    found = errors(model.forecast, data, "validation")
    assert "multi_step_loss" not in found
    predictions = torch.zeros(len(data.splits["validation"][1]))
    assert "diverges" in conclusions(model, data, "validation", predictions)[-1]


def test_copying() -> None:
    data = SineDataModule(seed=0, noise=1.0)
    windows, targets = data.splits["validation"]
    copied = copying(windows[:, -1, 0], data, "validation")
    assert copied is not None
    assert copied.previous == pytest.approx(1)
    assert copied.target < 0.9
    perfect = copying(targets, data, "validation")
    assert perfect is not None
    assert perfect.target == pytest.approx(1)
    assert copying(torch.zeros(len(targets)), data, "validation") is None


def test_conclusions_in_words() -> None:
    data = SineDataModule(seed=0, noise=1.0)
    windows, _ = data.splits["validation"]
    model = Forecaster((10, 1))
    with torch.no_grad():
        model.network.output.weight.zero_()
        model.network.output.weight[0, -1] = 1
    near, copied, far = conclusions(model, data, "validation", windows[:, -1, 0])
    assert "no better than that" in near
    assert "they copy it" in copied
    assert far.endswith("it ends as a horizontal line")
    assert f"{len(values_ahead(data, 'validation'))} steps ahead" in far


def test_a_forecast_with_skill_is_not_said_to_copy() -> None:
    # It smooths, so that it is closer to the last value than to the noisy next one.
    data = SineDataModule(seed=0)
    windows, _ = data.splits["validation"]
    ahead = naive_forecasts(data)["AR(10)"](windows, 1)[:, 0, 0]
    copied = copying(ahead, data, "validation")
    assert copied is not None
    assert copied.previous > copied.target > 0.9
    train, targets = data.splits["train"]
    weights = torch.linalg.lstsq(
        torch.cat([train[..., 0], torch.ones(len(train), 1)], dim=1), targets[:, None]
    ).solution
    model = Forecaster((10, 1))
    with torch.no_grad():
        model.network.output.weight[:] = weights[:10].T
        model.network.output.bias[:] = weights[10]
    told = conclusions(model, data, "validation", ahead)
    assert not any("copy" in line for line in told)
