"""What a topic returns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lightning_course.reports.figures import Figure


class Explanation(NamedTuple):
    """Pictures of a topic, and what there is to say beside them.

    Attributes:
        figures: Matplotlib figures by a name that also serves as a file's.
        lines: Sentences and rows of tables; a sentence may be longer than a terminal is wide.
    """

    figures: Mapping[str, "Figure"]
    lines: Sequence[str]
