"""Predictions of chapter 5: forecasts, the direction of shares, signs, rows of digits."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from PIL import Image

from lightning_course.commands import run
from lightning_course.datamodules import (
    MNISTDataModule,
    SeriesDataModule,
    StockDirectionDataModule,
    XORDataModule,
)
from lightning_course.models import Forecaster
from lightning_course.runs.loading import load_run

SHARES = ("stock_price", "stock_return", "stock_direction")
TASKS: dict[str, list[str]] = {
    "sine_linear": [],
    "chirp_lstm": ["--trainer.max_epochs=1"],
    "xor_short_rnn": ["--data.rows=200"],
    "mnist_lstm": ["--data.source=standin", "--trainer.limit_train_batches=4"],
    **{task: ["--data.source=standin"] for task in SHARES},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with a finished run of each task."""
    folder = tmp_path_factory.mktemp("runs")
    for task, options in TASKS.items():
        argv = [f"--task={task}", f"--runs={folder}", "--trainer.max_epochs=1", *options]
        assert run("train", argv) == 0
    return folder


def predicted(folder: Path, *argv: str) -> pd.DataFrame:
    """Return the table of the command's --output."""
    assert run("predict", [f"--run={folder}/latest", "--output=out.csv", *argv]) == 0
    return pd.read_csv("out.csv")


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *argv: str) -> str:
    """Return the one line with which the command refuses."""
    before = sorted(Path().iterdir())
    capsys.readouterr()
    assert run("predict", [f"--run={folder}/latest", *argv]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert captured.err.splitlines()[-1:] == lines
    assert captured.out == ""
    assert sorted(Path().iterdir()) == before
    return lines[0].removeprefix("error: ")


def expected(folder: Path, series: npt.NDArray[np.float64], steps: int) -> npt.NDArray[Any]:
    """Return what the model says after a series (L, D), in its units: (steps, D)."""
    loaded = load_run(folder / "latest")
    module, data = loaded.module, loaded.datamodule
    assert isinstance(module, Forecaster)
    assert isinstance(data, SeriesDataModule)
    forecast: npt.NDArray[Any] = data.decode(module.forecast(data.encode(series)[None], steps)[0])
    return np.asarray(forecast)


def recorded(folder: Path) -> tuple[npt.NDArray[np.float64], pd.DatetimeIndex | None]:
    """Return the run's own series as it was recorded, and its dates."""
    data = load_run(folder / "latest").datamodule
    assert isinstance(data, SeriesDataModule)
    series = data.course_series()
    return series.values, series.times


def prices(rows: int = 25) -> pd.DataFrame:
    """Return figures of a share on business days."""
    rng = np.random.default_rng(0)
    close = 300 + rng.normal(0, 5, rows).cumsum()
    figures = {name: close + rng.normal(0, 1, rows) for name in ("open", "high", "low")}
    figures |= {"close": close, "volume": rng.uniform(1e6, 1e7, rows)}
    return pd.DataFrame({"day": pd.bdate_range("2018-01-01", periods=rows), **figures})


@pytest.mark.parametrize("task", ["sine_linear", "chirp_lstm"])
def test_a_series_goes_on_by_itself(runs: Path, in_tmp_path: Path, task: str) -> None:
    values, _ = recorded(runs / task)
    done = predicted(runs / task, "--steps=15")
    assert list(done) == ["step", "time", "value"]
    assert done["step"].tolist() == list(range(1, 16))
    # Numbers from 0, as in the run's predictions.csv.
    assert done["time"].tolist() == list(range(len(values), len(values) + 15))
    written = pd.read_csv(runs / task / "version_0/predictions.csv")
    assert written["time"].iloc[-1] == len(values) - 1
    np.testing.assert_allclose(
        done["value"], expected(runs / task, values, 15)[:, 0], rtol=1e-5, atol=1e-6
    )
    with Image.open("out.png") as picture:
        assert picture.size[0] > 600
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "out.png"]


def test_prices_go_on_with_the_next_days(runs: Path, in_tmp_path: Path) -> None:
    values, times = recorded(runs / "stock_price")
    assert times is not None
    done = predicted(runs / "stock_price", "--steps=12")
    assert list(done) == ["step", "time", "close"]
    days = pd.bdate_range(times[-1], periods=13)[1:]
    assert done["time"].tolist() == [str(day.date()) for day in days]
    np.testing.assert_allclose(
        done["close"], expected(runs / "stock_price", values, 12)[:, 0], rtol=1e-5
    )


def test_returns_have_prices_beside_them(runs: Path, in_tmp_path: Path) -> None:
    values, _ = recorded(runs / "stock_return")
    done = predicted(runs / "stock_return", "--steps=4")
    assert list(done) == ["step", "time", "return of close", "close"]
    assert done["time"].tolist() == predicted(runs / "stock_price", "--steps=4")["time"].tolist()
    returns = np.diff(values, axis=0) / values[:-1]
    ahead = expected(runs / "stock_return", returns, 4)[:, 0]
    np.testing.assert_allclose(done["return of close"], ahead, rtol=1e-4)
    price = values[-1, 0]
    for found, change in zip(done["close"], ahead, strict=True):
        price *= 1 + change
        assert found == pytest.approx(price, rel=1e-5)


def test_a_history_of_one_s_own(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = prices().rename(columns={"day": "Tag"})
    table.to_csv("prices.csv", index=False, sep=";")
    done = predicted(runs / "stock_price", "--input=prices.csv")
    assert len(done) == 10
    # The Monday after a Friday.
    assert table["Tag"].iloc[-1] == pd.Timestamp(2018, 2, 2)
    assert done["time"].tolist()[:2] == ["2018-02-05", "2018-02-06"]
    values = table[["close"]].to_numpy()
    forecast = expected(runs / "stock_price", values, 10)[:, 0]
    np.testing.assert_allclose(done["close"], forecast, rtol=1e-5)
    assert "history: prices.csv (25 rows to 2018-02-02)" in capsys.readouterr().err

    # One window is enough; what stands before it makes no difference.
    table.tail(10).to_csv("tail.csv", index=False)
    assert predicted(runs / "stock_price", "--input=tail.csv").equals(done)
    assert not predicted(runs / "stock_price", "--input=tail.csv", "--steps=3").empty

    capsys.readouterr()
    argv = [f"--run={runs}/stock_price/latest", "--input=prices.csv", "--steps=2"]
    assert run("predict", argv) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["step", "time", "close"]
    assert [line.split()[:2] for line in lines] == [["1", "2018-02-05"], ["2", "2018-02-06"]]

    returned = predicted(runs / "stock_return", "--input=prices.csv", "--steps=1")
    price = values[-1, 0] * (1 + returned["return of close"][0])
    assert returned["close"][0] == pytest.approx(price, rel=1e-6)


def test_a_history_without_dates(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.sin(0.1 * np.arange(30))
    pd.DataFrame({"value": values}).to_csv("mine.csv", index=False)
    done = predicted(runs / "sine_linear", "--input=mine.csv", "--steps=1")
    assert done["time"].tolist() == [30]
    assert "history: mine.csv (30 rows)\n" in capsys.readouterr().err
    np.testing.assert_allclose(
        done["value"], expected(runs / "sine_linear", values[:, None], 1)[:, 0], rtol=1e-5
    )


def test_options_say_how_the_file_is_to_be_read(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = prices()
    table.insert(0, "printed", pd.Timestamp(2020, 1, 1))
    table.insert(0, "größe", 1)
    table = table.drop(index=range(5, 15))
    table.to_csv("gaps.csv", index=False, encoding="cp1252", sep="\t")
    folder, options = runs / "stock_price", ["--input=gaps.csv", "--data.encoding=cp1252"]
    assert "2020-01-01 repeats the date of row 2" in refused(capsys, folder, *options)
    options += ["--data.date_column=day", "--data.separator=tab"]
    line = refused(capsys, folder, *options)
    assert "10 business days are missing" in line
    assert line.endswith("--data.allow_gaps true")
    done = predicted(folder, *options, "--data.allow_gaps=true", "--steps=2")
    assert done["time"].tolist() == ["2018-02-05", "2018-02-06"]
    line = refused(capsys, folder, *options, "--data.encoding=utf-8")
    assert "gaps.csv is not utf-8 text" in line
    line = refused(capsys, folder, *options, "--data.root=.")
    assert line == "--data.root is the folder of the run's own data: give it without --input"


def test_a_history_unlike_the_training_rows(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = prices()
    table["close"] *= 1000
    table.to_csv("prices.csv", index=False)
    predicted(runs / "stock_price", "--input=prices.csv")
    assert "the model has seen nothing like it" in capsys.readouterr().err


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run on two columns of monthly figures, and their file."""
    folder = tmp_path_factory.mktemp("own")
    rng, rows = np.random.default_rng(0), 72
    season = np.sin(2 * np.pi * np.arange(rows) / 12)
    table = pd.DataFrame(
        {
            "Monat": pd.date_range("2015-01-31", periods=rows, freq="ME").strftime("%Y-%m-%d"),
            "step": 100 + 20 * season + rng.normal(0, 1, rows),
            "Gäste": 1000 - 300 * season + rng.normal(0, 10, rows),
        }
    )
    table.to_csv(folder / "guests.csv", index=False, sep=";")
    argv = ["--task=sine_linear", f"--data.csv={folder}/guests.csv", "--data.window=12"]
    argv += ["--data.column=[step, Gäste]", "--data.date_column=Monat", "--data.horizon=3"]
    assert run("train", [*argv, f"--runs={folder}", "--trainer.max_epochs=1"]) == 0
    return folder


def test_an_own_series(own: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = pd.read_csv(own / "guests.csv", sep=";")
    ahead = expected(own / "sine_linear", values[["step", "Gäste"]].to_numpy(), 7)
    done = predicted(own / "sine_linear", "--steps=7")
    # The output has a "step" of its own.
    assert list(done) == ["step", "time", "predicted_step", "Gäste"]
    assert done["step"].tolist() == list(range(1, 8))
    # The last of each month, February as well.
    assert done["time"].tolist()[:3] == ["2021-01-31", "2021-02-28", "2021-03-31"]
    np.testing.assert_allclose(done[["predicted_step", "Gäste"]], ahead, rtol=1e-5)
    assert Path("out.png").is_file()
    assert "history: guests.csv (72 rows to 2020-12-31)" in capsys.readouterr().err

    # The last year, in a file that is written in another way.
    values.tail(12).to_csv("new.csv", index=False)
    again = predicted(own / "sine_linear", "--steps=7", "--input=new.csv")
    pd.testing.assert_frame_equal(again, done)


def test_an_own_file_that_has_changed_or_gone(
    own: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own / "guests.csv"
    content = file.read_bytes()
    try:
        file.write_bytes(content + b"2021-01-31;100;1000\n")
        line = refused(capsys, own / "sine_linear")
        assert line == (
            "guests.csv has changed since the run was trained on it; or give --input FILE.csv"
        )
        file.unlink()
        line = refused(capsys, own / "sine_linear")
        assert line.startswith("the run's own data are needed: ")
        assert line.endswith("; or give --input FILE.csv")
    finally:
        file.write_bytes(content)
    line = refused(capsys, own / "sine_linear", "--data.root=.")
    assert "is not from a data folder" in line


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("sine_linear", ["--steps=0"], "--steps must be from 1 to 100,000, got 0"),
        ("sine_linear", ["--steps=-1"], "--steps must be from 1 to 100,000, got -1"),
        ("sine_linear", ["--steps=1000000"], "--steps must be from 1 to 100,000, got 1,000,000"),
        ("sine_linear", ["--steps=two"], "--steps: invalid int value: 'two'"),
        ("sine_linear", ["--data.root=."], "is not from a data folder"),
        ("sine_linear", ["--data.allow_gaps=yes"], "invalid choice: 'yes'"),
        ("sine_linear", ["--data.allow_gaps=false"], "--input, which is not given"),
        ("sine_linear", ["--text=tomorrow"], "task 'sine_linear' predicts time series; it takes"),
        ("stock_price", ["--data.separator=tab"], "--input, which is not given"),
        ("stock_direction", ["--steps=3"], "--steps: task 'stock_direction' predicts days of"),
        ("xor_short_rnn", ["--steps=0"], "--steps: task 'xor_short_rnn' predicts sequences"),
        ("mnist_lstm", ["--steps=3"], "--steps: task 'mnist_lstm' predicts images"),
        ("xor_short_rnn", [], "give --input FILE.csv, one sequence per row"),
    ],
)
def test_options_that_are_refused(
    runs: Path,
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    task: str,
    options: list[str],
    words: str,
) -> None:
    assert words in refused(capsys, runs / task, *options, "--output=out.csv")


@pytest.mark.parametrize("task", SHARES)
def test_files_that_are_refused(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str
) -> None:
    folder, file = runs / task, "--input=prices.csv"
    rows = 10 if task == "stock_return" else 9
    prices(rows).to_csv("prices.csv", index=False)
    assert refused(capsys, folder, file) == (
        f"prices.csv: {rows} rows are too few: a window of 10 needs at least {rows + 1}"
    )
    prices().rename(columns={"close": "Close"}).to_csv("prices.csv", index=False)
    line = refused(capsys, folder, file)
    assert "prices.csv has no column 'close' (did you mean 'Close'?)" in line
    newest_first = prices()[::-1]
    newest_first["day"] = newest_first["day"].dt.strftime("%d %b %Y 04:00 PM EST")
    newest_first.to_csv("prices.csv", index=False)
    line = refused(capsys, folder, file)
    assert line.endswith("sort the file by date, the oldest row first")
    prices(0).to_csv("prices.csv", index=False)
    assert "has a line of column names and no rows" in refused(capsys, folder, file)
    Path("prices.csv").write_text("")
    assert "is empty" in refused(capsys, folder, file)
    table = prices().astype({"close": object})
    table.loc[3, "close"] = ""
    table.to_csv("prices.csv", index=False)
    assert "row 5, column 'close': the value is missing" in refused(capsys, folder, file)
    assert "one CSV file at a time" in refused(capsys, folder, file, "--input=b.csv")
    table = prices()
    table.loc[20, "close"] = 1e300
    table.to_csv("prices.csv", index=False)
    assert "beyond 3.4e+38, the largest number of float32" in refused(capsys, folder, file)


def test_a_price_that_has_no_return(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = prices()
    table.loc[20, "close"] = 0
    table.to_csv("prices.csv", index=False)
    line = refused(capsys, runs / "stock_return", "--input=prices.csv")
    assert "returns need prices above 0" in line


def test_outputs_that_are_refused(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices().to_csv("prices.csv", index=False)
    Path("taken.png").mkdir()
    folder, file = runs / "stock_price", "--input=prices.csv"
    assert "name a CSV file" in refused(capsys, folder, file, "--output=forecast.png")
    assert "beside it as taken.png" in refused(capsys, folder, file, "--output=taken.csv")
    line = refused(capsys, folder, file, "--output=./prices.csv")
    assert line == "--output prices.csv would overwrite --input: name another file"


def with_weights(folder: Path, factor: float) -> Path:
    """Return a folder with a copy of a run whose weights are multiplied."""
    copy = Path(shutil.copytree(folder, Path(folder.name)))
    checkpoint = copy / "version_0/checkpoints/last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    content["state_dict"] = {key: value * factor for key, value in content["state_dict"].items()}
    torch.save(content, checkpoint)
    return copy


def test_a_forecast_beyond_all_bounds(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = with_weights(runs / "sine_linear", 1e10)
    line = refused(capsys, copy, "--output=out.csv")
    assert "the forecast is not finite: it is fed back in" in line
    most = int(line.split()[-1])
    assert line.startswith(f"step {most + 1}: ")
    assert len(predicted(copy, f"--steps={most}")) == most


def test_weights_that_are_not_finite(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = with_weights(runs / "sine_linear", float("nan"))
    assert "its training diverged" in refused(capsys, copy)


def test_a_forecast_does_not_outlive_the_calendar(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.sin(0.1 * np.arange(30))
    years = [f"{year}-01-01" for year in range(1990, 2020)]
    pd.DataFrame({"year": years, "value": values}).to_csv("mine.csv", index=False)
    line = refused(capsys, runs / "sine_linear", "--input=mine.csv", "--steps=9000")
    assert line == "--steps 9000 goes beyond the year 9999: take fewer"


def test_directions_of_days(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, folder = prices(), runs / "stock_direction"
    # Columns by name, not by place.
    table.iloc[:, ::-1].to_csv("prices.csv", index=False)
    done = predicted(folder, "--input=prices.csv")
    assert "that of 'up'" in capsys.readouterr().err
    assert list(done) == ["time", "label", "probability"]
    # From the day after the first window to the day after the last.
    days = pd.bdate_range(table["day"][10], periods=16)
    assert done["time"].tolist() == [str(day.date()) for day in days]
    loaded = load_run(folder / "latest")
    data = loaded.datamodule
    assert isinstance(data, StockDirectionDataModule)
    scaled = data.encode(table[data.features].to_numpy())
    windows = torch.stack([scaled[day : day + 10] for day in range(16)])
    up = loaded.module.predict_step(windows).detach().numpy()
    np.testing.assert_allclose(done["probability"], up, atol=1e-6)
    assert done["label"].tolist() == np.where(up > 0.5, "up", "not up").tolist()
    assert [path.name for path in Path().glob("*.png")] == []

    table.drop(columns="day").tail(10).to_csv("prices.csv", index=False)
    last = predicted(folder, "--input=prices.csv")
    assert last["time"].tolist() == [10]
    assert last["probability"].tolist() == done["probability"].tolist()[-1:]


def test_the_direction_of_the_next_day(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = predicted(runs / "stock_direction")
    assert done["time"].tolist() == predicted(runs / "stock_price", "--steps=1")["time"].tolist()
    capsys.readouterr()
    assert run("predict", [f"--run={runs}/stock_direction/latest"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["time", "label", "probability"]
    assert line.split()[0] == done["time"][0]


@pytest.mark.parametrize("length", [3, 10, 25])
@pytest.mark.parametrize("header", [True, False])
def test_signs_of_sequences(runs: Path, in_tmp_path: Path, length: int, header: bool) -> None:
    folder = runs / "xor_short_rnn"
    loaded = load_run(folder / "latest")
    assert isinstance(loaded.datamodule, XORDataModule)
    sequences, _ = loaded.datamodule.sample(20, length, seed=1)
    names = [f"at {number}" for number in range(length)]
    table = pd.DataFrame(sequences[..., 0].numpy(), columns=names)
    table.to_csv("rows.csv", index=False, header=header)
    done = predicted(folder, "--input=rows.csv")
    assert list(done)[length:] == ["label", "probability"]
    odd = loaded.module.predict_step(sequences).detach().numpy()
    np.testing.assert_allclose(done["probability"], odd, atol=1e-6)
    assert done["label"].tolist() == np.where(odd > 0.5, "odd", "even").tolist()


def test_sequences_that_are_refused(
    runs: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = runs / "xor_short_rnn", "--input=rows.csv"
    for content, words in (
        (",a,b,c\n0,1,2,3\n1,4,5,6\n", "rows.csv: column 1 has no name, as an index has"),
        ("a,b\n1,2\n", "rows.csv has 2 columns: each row must be a sequence of at least 3 values"),
        ("a,b,c\n1,2,x\n1,2,3\n", "rows.csv, row 2, column 'c': 'x' is not a number"),
        ("a,b,c\n1,,3\n1,2,3\n", "rows.csv, row 2, column 'b': the value is missing"),
        ("a,b,c\n", "rows.csv has a line of column names and no rows"),
        ("", "rows.csv is empty"),
    ):
        Path("rows.csv").write_text(content)
        assert words in refused(capsys, folder, file)


def test_rows_of_a_picture_are_a_sequence(runs: Path, in_tmp_path: Path) -> None:
    pixels = np.zeros((56, 56), np.uint8)
    pixels[8:48, 24:32] = 255
    Image.fromarray(pixels).save("one.png")
    done = predicted(runs / "mnist_lstm", "--input=one.png")
    assert list(done) == ["file", "label", "probability"]
    assert done["label"].between(0, 9).all()
    loaded = load_run(runs / "mnist_lstm/latest")
    assert isinstance(loaded.datamodule, MNISTDataModule)
    inputs = loaded.datamodule.encode([Path("one.png")], False)
    surest = loaded.module.predict_step(inputs).max().item()
    assert done["probability"][0] == pytest.approx(surest, abs=1e-5)


@pytest.mark.parametrize(
    ("start", "step"),
    [pytest.param(1_000_000_000, 3, id="meter"), pytest.param(48.85837, 1e-6, id="latitude")],
)
def test_a_forecast_has_the_digits_that_tell_its_values_apart(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], start: float, step: float
) -> None:
    rng = np.random.default_rng(0)
    values = start + step * (np.arange(200) + rng.uniform(0, 0.3, 200))
    days = pd.date_range("2020-01-01", periods=200)
    pd.DataFrame({"day": days, "reading": values}).to_csv("own.csv", index=False)
    argv = ["--task=sine_linear", "--data.csv=own.csv", "--data.column=reading"]
    assert run("train", [*argv, "--trainer.max_epochs=200"]) == 0
    done = predicted(Path("runs/sine_linear"), "--steps=10")["reading"]
    # It goes on with the same slope, near the last value.
    assert done.diff().dropna().between(0.2 * step, 3 * step).all()
    assert abs(done[0] - values[-1]) < 20 * step
    # The console has the same digits.
    capsys.readouterr()
    assert run("predict", ["--run=runs/sine_linear/latest", "--steps=10"]) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert [float(line.split()[-1]) for line in lines] == done.tolist()
    # The run's own tables too.
    table = pd.read_csv("runs/sine_linear/latest/forecast.csv".replace("latest", "version_0"))
    np.testing.assert_allclose(table["true"], values[-len(table) :], rtol=0, atol=step / 100)
    assert table["one_step"].is_unique
    assert pd.read_csv("runs/sine_linear/version_0/predictions.csv")["prediction"].is_unique
