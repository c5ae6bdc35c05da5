from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from lightning_course.errors import UserError
from lightning_course.sources import (
    load_arrhythmia,
    load_auto_mpg,
    load_breast_cancer_table,
    load_moore,
    load_sbux,
    published,
    sha256_of,
    sha256_of_rows,
)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that makes a small file the published one, without a mirror."""

    def publish(source: str, content: str) -> None:
        whole = getattr(published, source)
        path = tmp_path / whole.files[0].path
        path.parent.mkdir()
        path.write_text(content)
        file = replace(whole.files[0], checksum=sha256_of(path), urls=())
        monkeypatch.setattr(published, source, replace(whole, files=(file,)))

    return publish


def test_transistor_counts(tmp_path: Path, publish: Callable[[str, str], None]) -> None:
    publish("MOORE", "1971,2300\n1972,3500\n2018,23600000000\n")
    frame, provenance = load_moore(tmp_path, "local")
    assert frame.to_numpy().tolist() == [[1971, 2300], [1972, 3500], [2018, 23_600_000_000]]
    assert frame.columns.tolist() == ["year", "transistors"]
    assert (frame.dtypes == "float64").all()
    assert (provenance.kind, provenance.file) == ("real", "moore.csv")


def test_the_stand_in_of_the_transistor_counts_says_so() -> None:
    frame, provenance = load_moore(mode="standin")
    assert provenance.kind == "stand-in"
    assert provenance.sha256 == sha256_of_rows(frame)


def test_share_prices(tmp_path: Path, publish: Callable[[str, str], None]) -> None:
    publish(
        "SBUX",
        "date,open,high,low,close,volume,Name\n2013-02-08,27.92,28.325,27.9,28.185,7146296,SBUX\n",
    )
    frame, _ = load_sbux(tmp_path, "local")
    standin, provenance = load_sbux(mode="standin")
    assert provenance.kind == "stand-in"
    assert frame.columns.tolist() == standin.columns.tolist()
    assert [kind.kind for kind in frame.dtypes] == [kind.kind for kind in standin.dtypes]
    assert frame.loc[0, "date"] == pd.Timestamp("2013-02-08")
    assert standin["date"].is_monotonic_increasing
    assert not standin.isna().any().any()


def test_arrhythmia(tmp_path: Path, publish: Callable[[str, str], None]) -> None:
    row = ",".join(["75", "0", "190", "80", "91", "193", "?", *["0"] * 272, "8"])
    publish("ARRHYTHMIA", f"{row}\n{row}\n")
    frame, _ = load_arrhythmia(tmp_path, "local")
    assert frame.shape == (2, 280)
    assert frame.columns[:7].tolist() == [*published.ARRHYTHMIA_NAMED, "6"]
    assert frame.columns[-2:].tolist() == ["278", "class"]
    assert frame.loc[0, "P-R interval"] == 193
    assert frame["6"].isna().all()
    assert (frame["class"] == 8).all()


def test_cars(tmp_path: Path, publish: Callable[[str, str], None]) -> None:
    publish(
        "AUTO_MPG",
        '18.0   8   307.0      130.0      3504.      12.0   70  1\t"chevrolet chevelle malibu"\n'
        '25.0   4   98.00      ?          2046.      19.0   71  1\t"ford pinto"\n',
    )
    frame, _ = load_auto_mpg(tmp_path, "local")
    assert frame.columns.tolist() == list(published.AUTO_MPG_COLUMNS)
    assert frame["car name"].tolist() == ["chevrolet chevelle malibu", "ford pinto"]
    assert frame["horsepower"].isna().tolist() == [False, True]
    assert frame.loc[0, "weight"] == 3504


@pytest.mark.parametrize("load", [load_arrhythmia, load_auto_mpg])
def test_without_file_and_network_it_is_said_where_to_put_the_file(
    tmp_path: Path, load: Callable[..., Any]
) -> None:
    for mode in ("auto", "download"):
        with pytest.raises(UserError, match=f"could not be downloaded .*put the file {tmp_path}"):
            load(tmp_path, mode)
    with pytest.raises(UserError, match=f"no stand-in for .*put the file {tmp_path}"):
        load(tmp_path, "standin")
    with pytest.raises(UserError, match="no file"):
        load(tmp_path, "local")


def test_breast_cancer() -> None:
    frame, class_names, provenance = load_breast_cancer_table()
    assert frame.shape == (569, 31)
    assert class_names == ("malignant", "benign")
    assert frame["target"].dtype == "int64"
    assert frame["target"].value_counts().to_dict() == {1: 357, 0: 212}
    np.testing.assert_array_equal(frame.drop(columns="target"), load_breast_cancer().data)
    assert provenance.kind == "real"
    assert provenance.sha256 == sha256_of_rows(frame)
    assert provenance.sha256.startswith("75a1d74a59df")


def test_the_real_files(real_data: Path) -> None:
    moore, _ = load_moore(real_data, "local")
    assert moore.shape == (162, 2)
    assert moore["year"].agg(["min", "max"]).tolist() == [1971, 2018]
    arrhythmia, _ = load_arrhythmia(real_data, "local")
    assert arrhythmia.shape == (452, 280)
    assert arrhythmia.isna().sum().sum() == 408
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in arrhythmia.dtypes)
    assert arrhythmia["class"].value_counts()[1] == 245
    prices, _ = load_sbux(real_data, "local")
    assert prices.shape == (1_259, 7)
    cars, _ = load_auto_mpg(real_data, "local")
    assert cars.shape == (398, 9)
    assert cars.isna().sum().to_dict() == dict.fromkeys(cars.columns, 0) | {"horsepower": 6}
