"""Finished runs as values."""

from collections.abc import Callable

import pandas as pd
import pytest

from lightning_course.comparing.table import SeedRun

MakeRun = Callable[..., SeedRun]


@pytest.fixture
def seed_run() -> MakeRun:
    """Return a function that makes a finished run."""
    return _seed_run


def _seed_run(
    seed: int, accuracy: float, epochs: int = 3, kind: str = "real", naive: float = 0.8
) -> SeedRun:
    results = {
        "data": {"kind": kind},
        "comparable": kind == "real",
        "weights": "last",
        "metrics": {"train": {"accuracy": 1.0}, "test": {"loss": 0.1, "accuracy": accuracy}},
        "baselines": {"split": "test", "majority class": {"accuracy": naive}},
        "seconds": {"fit": 1.0 + seed, "total": 10.0 + seed},
    }
    history = pd.DataFrame(
        {
            "epoch": range(epochs),
            "train/accuracy": [accuracy] * epochs,
            "train/loss": [seed + 1.0] * epochs,
            "val/loss": [seed + 2.0] * epochs,
        }
    )
    return SeedRun("spam", seed, results, history)
