"""Raw data: where they come from, their checksums, and the offline stand-ins."""

from lightning_course.sources.base import (
    DataFile,
    DataSource,
    Provenance,
    default_root,
    obtain,
    obtain_all,
    sha256_of,
    sha256_of_rows,
)
from lightning_course.sources.image_sets import ImageSet, load_image_set
from lightning_course.sources.messages import load_messages
from lightning_course.sources.own.image_folder import ImageFolder, load_image_folder
from lightning_course.sources.own.series import Series, read_own_series
from lightning_course.sources.own.spacing import next_times
from lightning_course.sources.own.tables import read_own_table, with_types
from lightning_course.sources.own.texts import read_own_texts
from lightning_course.sources.published import (
    load_arrhythmia,
    load_auto_mpg,
    load_breast_cancer_table,
    load_moore,
    load_sbux,
)

__all__ = [
    "DataFile",
    "DataSource",
    "ImageFolder",
    "ImageSet",
    "Provenance",
    "Series",
    "default_root",
    "load_arrhythmia",
    "load_auto_mpg",
    "load_breast_cancer_table",
    "load_image_folder",
    "load_image_set",
    "load_messages",
    "load_moore",
    "load_sbux",
    "next_times",
    "obtain",
    "obtain_all",
    "read_own_series",
    "read_own_table",
    "read_own_texts",
    "sha256_of",
    "sha256_of_rows",
    "with_types",
]
