from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lightning_course.datamodules import (
    StockDirectionDataModule,
    StockPriceDataModule,
    StockReturnDataModule,
)
from lightning_course.datamodules.stocks import compounded
from lightning_course.errors import UserError

SHARES = (StockPriceDataModule, StockReturnDataModule, StockDirectionDataModule)


@pytest.mark.parametrize("module", SHARES)
def test_the_stand_in_is_told(module: type[StockPriceDataModule]) -> None:
    data = module(source="standin")
    data.prepare()
    assert data.provenance.kind == "stand-in"
    assert "Google" in data.provenance.name


def test_prices_are_scaled_by_the_first_half(real_data: Path) -> None:
    data = StockPriceDataModule(root=real_data, source="local")
    assert [len(y) for _, y in data.splits.values()] == [624, 625]
    close = pd.read_csv(real_data / "sbux/sbux.csv")["close"].to_numpy()
    first = close[:629]
    np.testing.assert_allclose(data.values[:, 0], (close - first.mean()) / first.std(), atol=1e-5)
    assert data.row_texts("validation")[0] == "2015-08-17"
    torch.testing.assert_close(data.decode(data.values)[:, 0], torch.from_numpy(close).float())


def test_returns_begin_with_the_second_day(real_data: Path) -> None:
    data = StockReturnDataModule(root=real_data, source="local")
    assert [len(y) for _, y in data.splits.values()] == [624, 624]
    close = pd.read_csv(real_data / "sbux/sbux.csv")["close"]
    wanted = close.pct_change().to_numpy()[1:]
    np.testing.assert_allclose(data.decode(data.values)[:, 0], wanted, atol=1e-7)
    half = wanted[:629]
    np.testing.assert_allclose(data.values[:, 0], (wanted - half.mean()) / half.std(), atol=1e-4)
    assert data.value_names == ["return of close"]


def test_directions_are_the_course_s(real_data: Path) -> None:
    data = StockDirectionDataModule(root=real_data, source="local")
    assert [len(y) for _, y in data.splits.values()] == [839, 410]
    frame = pd.read_csv(real_data / "sbux/sbux.csv")
    features = frame[["open", "high", "low", "close", "volume"]].to_numpy(float)
    fitted = features[: 839 + 10]
    scaled = (features - fitted.mean(axis=0)) / fitted.std(axis=0)
    rises = frame["close"].pct_change().to_numpy() > 0
    windows = torch.cat([inputs for inputs, _ in data.splits.values()])
    labels = torch.cat([labels for _, labels in data.splits.values()])
    for t in (0, 1, 500, 838, 839, 1248):
        np.testing.assert_allclose(windows[t], scaled[t : t + 10], atol=1e-4)
        assert labels[t] == rises[t + 10]
    # Most training days rise, and on the validation days that guess is worse than a coin.
    majority = labels[:839].float().mean() > 0.5
    assert round(100 * float((labels[839:] == majority).float().mean()), 1) == 48.5


def test_the_direction_s_rows_have_their_day() -> None:
    data = StockDirectionDataModule(source="standin")
    days = data.row_texts("train") + data.row_texts("validation")
    assert len(days) == 1_047 - 10
    assert days == sorted(set(days))
    assert days[0] == str(data.times[10].date())
    assert days[-1] == str(data.times[-1].date())


def test_a_validation_split_leaves_the_course_s_rows_to_the_test() -> None:
    plain = StockDirectionDataModule(source="standin")
    held_out = StockDirectionDataModule(source="standin", validation_fraction=0.25)
    assert list(held_out.splits) == ["train", "validation", "test"]
    assert torch.equal(held_out.splits["test"][1], plain.splits["validation"][1])
    # The scale knows nothing of the days that were held out.
    assert not torch.equal(held_out.splits["test"][0], plain.splits["validation"][0])


@pytest.mark.parametrize("module", SHARES)
def test_the_state_gives_the_scale_back(module: type[StockPriceDataModule]) -> None:
    data, other = module(source="standin"), module(source="standin")
    data.prepare()
    other.load_state_dict(data.state_dict())
    values = np.full((3, data.sequence_shape[1]), 50.0)
    assert torch.equal(other.encode(values), data.encode(values))


def test_a_price_of_zero_has_no_return(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    rows = [f"2024-01-{day:02},{0 if day == 5 else day}" for day in range(1, 29)]
    path.write_text("date,close\n" + "\n".join(rows))
    data = StockReturnDataModule(csv=path, column="close")
    with pytest.raises(UserError, match=r"price 5 \(2024-01-05.*\) of 'close' is 0: .* above 0"):
        data.prepare()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "cloud"}, "source must be one of"),
        ({"window": 0}, "window must be at least 1"),
        ({"csv": "a.csv", "source": "local"}, "give csv or source, not both"),
        ({"features": ["open"]}, "features must contain the price 'close'"),
    ],
)
def test_arguments_outside_their_range(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StockDirectionDataModule(**arguments)


def test_an_unknown_column_of_the_share() -> None:
    data = StockDirectionDataModule(source="standin", features=["close", "mood"])
    with pytest.raises(UserError, match="no column 'mood': it has open, high, low, close, volume"):
        data.prepare()


def test_prices_follow_from_returns() -> None:
    price = np.array([100.0, 10.0])
    returns = np.array([[0.1, 0.0], [-0.1, 1.0]])
    np.testing.assert_allclose(compounded(price, returns), [[110, 10], [99, 20]])
    assert compounded(price, np.full((9, 2), 1e300))[-1].tolist() == [np.inf, np.inf]
