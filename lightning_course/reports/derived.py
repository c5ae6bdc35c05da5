"""Figures that a model has beside its loss and metrics, by the kind of its data."""

from lightning_course.datamodules import SeriesDataModule
from lightning_course.models import Forecaster
from lightning_course.reports.forecasting import forecast_metrics
from lightning_course.reports.regression import doubling_metrics


def derived_metrics(module: object, data: object, split: str) -> dict[str, float]:
    """Return what no single row shows: doubling time, error many steps ahead, skill.

    Args:
        module: The finished model.
        data: Its data module.
        split: The split that is shown.
    """
    if isinstance(data, SeriesDataModule) and isinstance(module, Forecaster):
        return forecast_metrics(module, data, split)
    return doubling_metrics(module, data)
