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

__all__ = [
    "DataFile",
    "DataSource",
    "Provenance",
    "default_root",
    "load_messages",
    "obtain",
    "sha256_of",
]
