"""Texts: TF-IDF as a baseline and as features, mistakes, the embedding projector."""

import argparse
from typing import Any

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor, nn

from lightning_course.datamodules import SpamDataModule
from lightning_course.errors import UserError, optional
from lightning_course.kinds.base import Kind, kind_of
from lightning_course.models import CourseModule, Evaluation, Objective
from lightning_course.predicting.inputs import CSV_OPTIONS, Inputs, read_texts
from lightning_course.predicting.predictions import as_lines
from lightning_course.reports import baselines, text
from lightning_course.reports.findings import Findings


@kind_of.register(SpamDataModule)
class TextKind(Kind[SpamDataModule]):
    """Texts with labels."""

    name = "texts"
    predict_options = ("text", "column", *CSV_OPTIONS)
    sparse_features = True

    def baseline_predictions(self, objective: Objective, split: str) -> dict[str, Tensor]:
        """Add a logistic regression on the TF-IDF of words."""
        predicted = super().baseline_predictions(objective, split)
        with optional("fit the baseline TF-IDF + logistic"):
            predicted["TF-IDF + logistic"] = baselines.tfidf_logistic_regression(
                self.data.row_texts("train"),
                self.data.splits["train"][1].cpu(),
                self.data.row_texts(split),
            )
        return predicted

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add the most confident mistakes, and the words for the embedding projector."""
        data = self.data
        with optional("write mistakes.csv"):
            found.tables["mistakes"] = text.confident_mistakes(
                evaluation, data.row_texts(evaluation.split), data.class_names
            )
        embedding = getattr(module.network, "embedding", None)
        if isinstance(embedding, nn.Embedding) and data.tokenizer is not None:
            with optional("write the embedding projector to TensorBoard"):
                header, rows = text.vocabulary_metadata(
                    data.tokenizer, *data.splits["train"], data.class_names
                )
                found.vectors = (embedding.weight.detach().cpu(), header, rows)

    def features(self) -> dict[str, Any]:
        """Return the TF-IDF of words (sparse, float64), fitted on the training texts."""
        vectorizer = TfidfVectorizer()
        try:
            vectorizer.fit(self.data.row_texts("train"))
        except ValueError as error:
            raise UserError(f"the training texts have no words: {error}") from error
        return {name: vectorizer.transform(self.data.row_texts(name)) for name in self.data.splits}

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read texts from the command line, a CSV file or the standard input."""
        return read_texts(self.data, options)

    def show(self, rows: pd.DataFrame, predicted: pd.DataFrame) -> str:
        """Return a line for each text, with the text at the end."""
        return as_lines(rows, predicted)
