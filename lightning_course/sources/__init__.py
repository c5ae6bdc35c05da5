"""Raw data: where they come from, their checksums, and the offline stand-ins."""

from lightning_course.sources.base import (
    DataFile,
    DataSource,
    Provenance,
    default_root,
    obtain,
    sha256_of,
)
from lightning_course.sources.messages import load_messages
from lightning_course.sources.tables import read_own_table
from lightning_course.sources.texts import read_own_texts

__all__ = [
    "DataFile",
    "DataSource",
    "Provenance",
    "default_root",
    "load_messages",
    "obtain",
    "read_own_table",
    "read_own_texts",
    "sha256_of",
]
