"""An edited results.json is refused with the value that is wrong, before it is used."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lightning_course.errors import UserError
from lightning_course.runs.results import read_results

RESULTS: dict[str, Any] = {
    "task": "spam",
    "data": {"kind": "real", "name": "spam.csv", "sha256": "00"},
    "weights": "last",
    "metrics": {"train": {"loss": 0.5}, "test": {"loss": 1, "accuracy": 0.25}},
    "baselines": {"split": "test", "majority class": {"accuracy": 0.5}},
    "epochs": 3,
    "seed": 0,
    "data_seed": 0,
    "seconds": {"fit": 1.5, "total": 3.5},
}


def test_what_a_run_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    assert read_results(tmp_path) == RESULTS


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("", [1], "it is not a JSON object"),
        ("", True, "it is not a JSON object"),
        ("data", "x", "data is not a JSON object"),
        ("data.sha256", 3, "data.sha256 is not a string"),
        ("weights", "../x", "weights is neither last nor best"),
        ("metrics", [], "metrics is not a JSON object"),
        ("metrics.train", 3, "metrics has a value that is not a number"),
        ("metrics.train.loss", float("nan"), "metrics has a value that is not a number"),
        ("metrics.train.loss", "0.5", "metrics has a value that is not a number"),
        ("baselines.majority class", [1], "baselines has a value that is not a number"),
        ("seconds.fit", {}, "seconds has a value that is not a number"),
        ("epochs", 1.5, "epochs is not an integer"),
        ("data_seed", True, "data_seed is not an integer"),
    ],
)
def test_what_is_of_another_kind_is_refused(
    tmp_path: Path, name: str, value: object, words: str
) -> None:
    results: Any = copy.deepcopy(RESULTS)
    *parents, last = name.split(".")
    place = results
    for parent in parents:
        place = place[parent]
    if name:
        place[last] = value
    (tmp_path / "results.json").write_text(json.dumps(results if name else value))
    with pytest.raises(UserError, match=r"results\.json cannot be read: ") as caught:
        read_results(tmp_path)
    assert words in str(caught.value)
