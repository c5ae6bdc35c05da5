"""What each kind of data brings: naive baselines, figures, further metrics, features, predictions.

One file a kind, and nobody else asks what kind a data module is: :func:`kind_of` answers. A data
module from outside registers its own kind::

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
