"""Sequences whose label three signs decide: accuracy by distance."""

import argparse

from lightning_course.datamodules import XORDataModule
from lightning_course.errors import optional
from lightning_course.kinds.base import Kind, kind_of
from lightning_course.models import CourseModule, Evaluation, SequenceClassifier
from lightning_course.predicting.inputs import CSV_OPTIONS, Inputs, read_sequences
from lightning_course.reports import long_term
from lightning_course.reports.findings import Findings, add_guessing

# Fresh sequences of each length that accuracy is measured on.
_FRESH_ROWS = 2_000


@kind_of.register(XORDataModule)
class XORKind(Kind[XORDataModule]):
    """Sequences whose label is the XOR of three signs."""

    name = "sequences of numbers"
    predict_options = CSV_OPTIONS

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the comparison with guessing, and the accuracy on sequences of other lengths."""
        with optional("compare the result with guessing"):
            add_guessing(found, evaluation, self.data.splits["train"][1])
        if not isinstance(module, SequenceClassifier):
            return
        with optional("draw the figure accuracy_by_distance"):
            network = long_term.detached_copy(module.network)
            found.figures["accuracy_by_distance"] = long_term.accuracy_by_distance(
                long_term.correct_by_length(network, self.data, _FRESH_ROWS),
                _FRESH_ROWS,
                self.data,
                f"{type(module).__name__}{self.origin}: sequences of other lengths",
            )

    @property
    def deciding_steps(self) -> tuple[int, ...]:
        """The steps whose signs decide the label."""
        return self.data.deciding_positions(self.data.length)

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read a CSV file in which each row is a sequence."""
        return read_sequences(self.data, options)
