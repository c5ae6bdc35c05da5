"""The result of a topic."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lightning_course.reports.figures import Figure


class Explanation(NamedTuple):
    """A topic's figures and the text beside them.

    Attributes:
        figures: Matplotlib figures by name, which is also the name of the file.
        lines: Sentences and rows of tables; a sentence may be longer than a terminal is wide.
    """

    figures: Mapping[str, "Figure"]
    lines: Sequence[str]
