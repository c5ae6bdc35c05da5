import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter

from lightning_course.predicting.figure import Panel, forecast_figure
from lightning_course.reports.figures import Figure

DAYS = pd.date_range("2018-01-01", periods=13, freq="B").to_numpy()


def panel(label: str = "close", steps: int = 3) -> Panel:
    return Panel(label, np.arange(10.0), np.full(steps, 20.0))


def texts(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [figure.get_suptitle(), *(axes.get_ylabel() for axes in figure.axes)]


def test_the_forecast_starts_from_the_last_value() -> None:
    figure = forecast_figure(DAYS[:10], DAYS[10:], [panel("close"), panel("open")], "a title")
    assert texts(figure) == ["a title", "close", "open"]
    for axes in figure.axes:
        history, naive, forecast = (np.asarray(line.get_ydata()) for line in axes.lines[:3])
        assert history.tolist() == list(range(10))
        assert naive.tolist() == [9] * 4
        assert forecast.tolist() == [9, 20, 20, 20]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "history",
        "naive: last value",
        "forecast",
    ]
    assert isinstance(figure.axes[-1].xaxis.get_major_formatter(), ConciseDateFormatter)


def test_numbers_in_place_of_dates_and_one_step() -> None:
    figure = forecast_figure(np.arange(10), np.arange(10, 11), [panel(steps=1)], "a title")
    figure.draw_without_rendering()
    assert figure.axes[0].get_xlabel() == "row, from 0"
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()][1:3] == ["0", "2"]


def test_what_users_write() -> None:
    dollars = r"$\no formula$"
    label = 100 * "a"
    figure = forecast_figure(DAYS[:10], DAYS[10:], [panel(dollars), panel(label)], dollars)
    assert texts(figure) == [dollars, dollars, 39 * "a" + "…"]


def test_no_more_panels_than_can_be_read() -> None:
    figure = forecast_figure(DAYS[:10], DAYS[10:], [panel()] * 8, "a title")
    assert texts(figure) == ["a title (2 more values are not drawn)", *["close"] * 6]
