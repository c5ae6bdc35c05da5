"""What each kind of data brings: naive baselines, figures, further metrics, features, predictions.

There is one file per kind. :func:`kind_of` finds the kind of a data module; no other code asks. A
data module from outside registers its own kind::

    @kind_of.register(MyDataModule)
    class MyKind(Kind[MyDataModule]):
        name = "my rows"
"""

from lightning_course.kinds import images, series, shares, tables, text, xor
from lightning_course.kinds.base import Kind, derived_metrics, kind_of, naive_baselines
from lightning_course.predicting.inputs import Inputs
from lightning_course.reports.findings import Findings

__all__ = [
    "Findings",
    "Inputs",
    "Kind",
    "derived_metrics",
    # Importing these modules registers their kinds.
    "images",
    "kind_of",
    "naive_baselines",
    "series",
    "shares",
    "tables",
    "text",
    "xor",
]
