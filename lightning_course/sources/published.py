"""Published tables: transistor counts, breast cancer, arrhythmia, cars, a share."""

from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.datasets import load_breast_cancer

from lightning_course.sources.base import (
    DataFile,
    DataSource,
    Mode,
    Provenance,
    obtain,
    sha256_of_rows,
)
from lightning_course.sources.standins.processors import processors

_COURSE_FILES = (
    "https://raw.githubusercontent.com/lazyprogrammer/machine_learning_examples/master/tf2.0/"
)

MOORE = DataSource(
    name="Transistor counts",
    files=(
        DataFile(
            path="moore/moore.csv",
            checksum="8a3374886b7b34f87e7f271bff92a0704714f93955e635700fbbd0cd15d77b8a",
            urls=(_COURSE_FILES + "moore.csv",),
        ),
    ),
    licence="no licence stated",
)
ARRHYTHMIA = DataSource(
    name="Arrhythmia",
    files=(
        DataFile(
            path="arrhythmia/arrhythmia.data",
            checksum="a7f0f4ca289a4c58b5ed85a9adb793189acd38425828ce3dfbb70adb45f30169",
            urls=("https://archive.ics.uci.edu/static/public/5/arrhythmia.zip",),
            member="arrhythmia.data",
        ),
    ),
    licence="CC BY 4.0 (UCI Machine Learning Repository, data set 5)",
    has_standin=False,
)
AUTO_MPG = DataSource(
    name="Auto MPG",
    files=(
        DataFile(
            path="auto_mpg/auto-mpg.data",
            checksum="48b830e11feee5572525f8f1691ddb9d38d3d7b7063edcd8fca672c2a5e17d8d",
            # UCI's archive of data set 9 is not listed: nobody has checked that it has these bytes.
            urls=(_COURSE_FILES + "auto-mpg.data",),
        ),
    ),
    licence="CC BY 4.0 (UCI Machine Learning Repository, data set 9)",
    has_standin=False,
)
SBUX = DataSource(
    name="Starbucks share prices",
    files=(
        DataFile(
            path="sbux/sbux.csv",
            checksum="5c7987ebb395c466b1965b486275179b2774c9b3b9e2272e11b58d111e946d1f",
            urls=(_COURSE_FILES + "sbux.csv",),
        ),
    ),
    licence="no licence stated",
)

# The course names the first six; UCI's arrhythmia.names has the other names.
ARRHYTHMIA_NAMED = ("age", "sex", "height", "weight", "QRS duration", "P-R interval")
AUTO_MPG_COLUMNS = (
    "mpg",
    "cylinders",
    "displacement",
    "horsepower",
    "weight",
    "acceleration",
    "model year",
    "origin",
    "car name",
)


# Units by data set and column, for the axes of figures.
UNITS: dict[str, dict[str, str]] = {
    "arrhythmia": {
        "age": "years",
        "sex": "0 male, 1 female",
        "height": "cm",
        "weight": "kg",
        "QRS duration": "ms",
        "P-R interval": "ms",
    },
    "auto_mpg": {
        "mpg": "miles/gallon",
        "displacement": "cubic inches",
        "horsepower": "hp",
        "weight": "lb",
        "acceleration": "s to 60 mph",
        "model year": "19..",
        "origin": "1 USA, 2 Europe, 3 Japan",
    },
    "breast_cancer": {"target": "0 malignant, 1 benign"},
    "sbux": {"open": "$", "high": "$", "low": "$", "close": "$", "volume": "shares"},
}


def load_moore(
    root: str | Path | None = None, mode: Mode = "auto"
) -> tuple[pd.DataFrame, Provenance]:
    """Return the transistor counts of processors (course chapter 2.2) and where they came from.

    Args:
        root: Data folder, see :func:`~lightning_course.sources.obtain`.
        mode: Whether to read a local file, download or use the stand-in, see
            :func:`~lightning_course.sources.obtain`.

    Returns:
        A frame in the file's order with the columns ``year`` (1971 to 2018) and ``transistors`` (a
        count), both float64 without missing values: 162 rows, or the stand-in's 100. Some years and
        rows occur several times. And the provenance.

    Raises:
        UserError: See :func:`~lightning_course.sources.obtain`.
    """
    found = obtain(MOORE, root, mode)
    if found is None:
        frame = processors()
        return frame, Provenance(
            kind="stand-in", name="well-known processors", sha256=sha256_of_rows(frame)
        )
    file, path = found
    frame = pd.read_csv(path, header=None, names=["year", "transistors"], dtype="float64")
    return frame, _real(MOORE, file, path)


def load_breast_cancer_table() -> tuple[pd.DataFrame, tuple[str, ...], Provenance]:
    """Return scikit-learn's breast cancer data (course chapter 2.2), which need no file.

    Returns:
        A frame of 569 rows: 30 columns of measurements of cell nuclei, float64, at least 0, with
        scikit-learn's names such as "mean radius", and ``target``, int64, 0 malignant or 1 benign.
        The names of the classes 0 and 1. The provenance; its checksum is that of the rows, as
        scikit-learn's copy is not a file of the publisher.
    """
    data = load_breast_cancer(as_frame=True)
    frame: pd.DataFrame = data.frame.astype({"target": "int64"})
    return (
        frame,
        tuple(map(str, data.target_names)),
        Provenance(
            kind="real",
            name="Breast Cancer Wisconsin (Diagnostic), bundled with scikit-learn",
            sha256=sha256_of_rows(frame),
        ),
    )


def load_arrhythmia(
    root: str | Path | None = None, mode: Mode = "auto"
) -> tuple[pd.DataFrame, Provenance]:
    """Return the heart patients of course chapter 2.1, and the provenance.

    Args:
        root: Data folder, see :func:`~lightning_course.sources.obtain`.
        mode: Whether to read a local file or download; there is no stand-in.

    Returns:
        A frame of 452 rows and 280 numeric columns. The first six are ``age`` (years), ``sex`` (0
        male, 1 female), ``height`` (cm), ``weight`` (kg), ``QRS duration`` and ``P-R interval``
        (ms); the others are named by their number in the file, "6" to "278"; ``class`` is last: 1
        is normal, 2 to 16 are kinds of arrhythmia. NaN where the file has "?".

    Raises:
        UserError: See :func:`~lightning_course.sources.obtain`; or no file and no network.
    """
    file, path = _obtain_real(ARRHYTHMIA, root, mode)
    names = [*ARRHYTHMIA_NAMED, *map(str, range(len(ARRHYTHMIA_NAMED), 279)), "class"]
    frame = pd.read_csv(path, header=None, names=names, na_values="?")
    return frame, _real(ARRHYTHMIA, file, path)


def load_auto_mpg(
    root: str | Path | None = None, mode: Mode = "auto"
) -> tuple[pd.DataFrame, Provenance]:
    """Return the cars of 1970 to 1982 of course chapter 2.1, and the provenance.

    Args:
        root: Data folder, see :func:`~lightning_course.sources.obtain`.
        mode: Whether to read a local file or download; there is no stand-in.

    Returns:
        A frame of 398 rows: ``mpg`` (miles a US gallon), ``cylinders``, ``displacement`` (cubic
        inches), ``horsepower`` (6 missing), ``weight`` (pounds), ``acceleration`` (seconds from 0
        to 60 miles an hour), ``model year`` (two digits), ``origin`` (1 USA, 2 Europe, 3 Japan)
        and the text ``car name``.

    Raises:
        UserError: See :func:`~lightning_course.sources.obtain`; or no file and no network.
    """
    file, path = _obtain_real(AUTO_MPG, root, mode)
    # Spaces between the numbers, a tab before the quoted name.
    frame = pd.read_csv(
        path,
        sep=r"\s+",
        header=None,
        names=list(AUTO_MPG_COLUMNS),
        na_values={"horsepower": "?"},
    )
    return frame, _real(AUTO_MPG, file, path)


def load_sbux(
    root: str | Path | None = None, mode: Mode = "auto"
) -> tuple[pd.DataFrame, Provenance]:
    """Return the daily share prices of course chapter 5.6 and where they came from.

    Args:
        root: Data folder, see :func:`~lightning_course.sources.obtain`.
        mode: Whether to read a local file, download or use the stand-in, see
            :func:`~lightning_course.sources.obtain`.

    Returns:
        A frame in order of time: ``date`` (datetime64), ``open``, ``high``, ``low``, ``close`` (US
        dollars, float64), ``volume`` (shares traded, int64) and ``Name``, the same text throughout.
        1,259 trading days of 2013 to 2018, or the stand-in's 1,047 of 2004 to 2008, which are
        Google's, bundled with matplotlib. And the provenance.

    Raises:
        UserError: See :func:`~lightning_course.sources.obtain`.
    """
    found = obtain(SBUX, root, mode)
    if found is None:
        frame = _google_prices()
        return frame, Provenance(
            kind="stand-in",
            name="Google's share prices, bundled with matplotlib",
            sha256=sha256_of_rows(frame),
        )
    file, path = found
    return pd.read_csv(path, parse_dates=["date"]), _real(SBUX, file, path)


def _google_prices() -> pd.DataFrame:
    from matplotlib.cbook import get_sample_data

    prices: Any = get_sample_data("goog.npz")
    frame = pd.DataFrame(prices["price_data"])
    return frame.drop(columns="adj_close").assign(Name="GOOG")


def _obtain_real(source: DataSource, root: str | Path | None, mode: Mode) -> tuple[DataFile, Path]:
    found = obtain(source, root, mode)
    assert found is not None  # obtain raises where there is no stand-in
    return found


def _real(source: DataSource, file: DataFile, path: Path) -> Provenance:
    return Provenance(kind="real", name=source.name, sha256=file.checksum, file=path.name)
