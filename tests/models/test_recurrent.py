import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course.models import Forecaster, SequenceClassifier


@settings(max_examples=40, deadline=None)
@given(
    cell=st.sampled_from(["linear", "rnn", "gru", "lstm"]),
    window=st.integers(1, 5),
    width=st.integers(1, 3),
    horizon=st.integers(1, 4),
    steps=st.integers(1, 9),
    series=st.integers(1, 3),
    more=st.integers(0, 3),
)
def test_a_forecast_is_stepping_by_hand(
    cell: str, window: int, width: int, horizon: int, steps: int, series: int, more: int
) -> None:
    torch.manual_seed(0)
    model = Forecaster((window, width), horizon, cell=cell, hidden_size=3).double()
    history = torch.randn(series, window + more, width, dtype=torch.float64)
    forecast = model.forecast(history, steps)
    assert forecast.shape == (series, steps, width)
    for one, predicted in zip(history, forecast, strict=True):
        known = list(one)
        while len(known) < window + more + steps:
            last = torch.stack(known[-window:])[None]
            known += list(model(last).detach().reshape(horizon, width))
        wanted = torch.stack(known[window + more :][:steps])
        torch.testing.assert_close(predicted, wanted, rtol=1e-9, atol=1e-12)


def test_the_course_s_example_of_a_forecast() -> None:
    # x4 = w0 + w1 x1 + w2 x2 + w3 x3, then x5 takes x4 for known (chapter 5.2).
    model = Forecaster((3, 1))
    with torch.no_grad():
        model.network.output.weight[:] = torch.tensor([[0.0, 1.0, 1.0]])
    forecast = model.forecast(torch.tensor([[[1.0], [1.0], [2.0]]]), 5)
    assert forecast.flatten().tolist() == [3, 5, 8, 13, 21]


def test_a_forecast_leaves_its_history_and_the_gradient_alone() -> None:
    model = Forecaster((4, 1), cell="lstm")
    history = torch.zeros(2, 4, 1)
    forecast = model.forecast(history, 3)
    assert not history.any()
    assert not forecast.requires_grad


@pytest.mark.parametrize("shape", [(4, 1), (2, 3, 1), (2, 4, 2), (2, 4)])
def test_a_history_of_the_wrong_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"history must be .* at least 4 steps, 1\), got"):
        Forecaster((4, 1)).forecast(torch.zeros(shape), 1)


def test_no_steps_are_no_forecast() -> None:
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        Forecaster((4, 1)).forecast(torch.zeros(1, 4, 1), 0)


def test_predictions_have_the_targets_shape() -> None:
    windows = torch.randn(5, 4, 2)
    assert Forecaster((4, 1)).predict_step(windows[..., :1]).shape == (5,)
    assert Forecaster((4, 2), horizon=3).predict_step(windows).shape == (5, 3, 2)
    two, three = SequenceClassifier((4, 2)), SequenceClassifier((4, 2), num_classes=3)
    assert ((two.predict_step(windows) > 0) & (two.predict_step(windows) < 1)).all()
    torch.testing.assert_close(three.predict_step(windows).sum(dim=1), torch.ones(5))


def test_hyperparameters_are_plain() -> None:
    model = SequenceClassifier((4, 2), cell="rnn", activation="relu", pooling="mean")
    assert SequenceClassifier(**model.hparams).hparams == model.hparams
    assert dict(Forecaster((3, 1)).hparams)["cell"] == "linear"
