"""The kinds of data that ``predict`` knows.

A new kind is one more row of ``KINDS``, with a function that reads it.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lightning_course.datamodules import (
    ImageDataModule,
    SeriesDataModule,
    SpamDataModule,
    StockDirectionDataModule,
    TableDataModule,
    XORDataModule,
)
from lightning_course.errors import UserError
from lightning_course.models import CourseModule, Forecaster
from lightning_course.predicting.answers import Questions, as_lines, as_table, predict, rows_first
from lightning_course.predicting.inputs import read_pictures, read_rows, read_sequences, read_texts
from lightning_course.predicting.series import (
    draw_forecast,
    forecast,
    own_days,
    own_history,
    read_days,
    read_history,
)
from lightning_course.reports.figures import Figure
from lightning_course.runs.loading import Run


@dataclass(frozen=True)
class Kind:
    """How one kind of data is predicted.

    Attributes:
        datamodule: Of this class, or of one below it, are the runs' data.
        name: As people call it, in the plural.
        options: The options of the command that say what to predict.
        read: Questions from the run's data module and the command's options.
        show: Lines for the console from the rows of the questions and their answers.
        module: Of this class, or of one below it, are the runs' models.
        read_own: Questions about the run's own data, where there is no ``--input``; None where
            ``read`` says what is missing.
        answer: Answers to the questions of a run, a row each.
        draw: A figure of the questions and their answers, or None.
    """

    datamodule: type
    name: str
    options: tuple[str, ...]
    read: Callable[[Any, argparse.Namespace], Questions]
    show: Callable[[pd.DataFrame, pd.DataFrame], str]
    module: type = CourseModule
    read_own: Callable[[Run, argparse.Namespace], Questions] | None = None
    answer: Callable[[Run, Any], pd.DataFrame] = predict
    draw: Callable[[Run, Any, pd.DataFrame], Figure] | None = None


_CSV_OPTIONS = ("input", "data.encoding", "data.separator")
_SERIES_OPTIONS = (*_CSV_OPTIONS, "data.date_column", "data.allow_gaps", "data.root")

KINDS = (
    Kind(SpamDataModule, "texts", ("text", "column", *_CSV_OPTIONS), read_texts, as_lines),
    Kind(TableDataModule, "rows of tables", _CSV_OPTIONS, read_rows, as_table),
    Kind(ImageDataModule, "pictures", ("input", "invert"), read_pictures, as_lines),
    Kind(
        SeriesDataModule,
        "time series",
        ("steps", *_SERIES_OPTIONS),
        read_history,
        rows_first,
        module=Forecaster,
        read_own=own_history,
        answer=forecast,
        draw=draw_forecast,
    ),
    Kind(
        StockDirectionDataModule,
        "days of share prices",
        _SERIES_OPTIONS,
        read_days,
        rows_first,
        read_own=own_days,
    ),
    Kind(XORDataModule, "sequences of numbers", _CSV_OPTIONS, read_sequences, as_table),
)


def kind_of(run: Run) -> Kind:
    """Return the kind of a run's data.

    Raises:
        UserError: Data or a model of none of the kinds, such as those of the user's own class.
    """
    for kind in KINDS:
        if isinstance(run.datamodule, kind.datamodule) and isinstance(run.module, kind.module):
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise UserError(
        f"{run.path} was trained on a {type(run.datamodule).__name__}, with a "
        f"{type(run.module).__name__}, and predict.py reads {known}: in Python, use "
        "load_run(…).module.predict_step(inputs)"
    )
