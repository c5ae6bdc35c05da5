"""Images: misclassified images, filters and feature maps; files and folders as inputs."""

import argparse

import pandas as pd

from lightning_course.datamodules import ImageDataModule
from lightning_course.errors import optional
from lightning_course.kinds.base import Kind, kind_of
from lightning_course.models import CourseModule, Evaluation
from lightning_course.predicting.inputs import Inputs, read_images
from lightning_course.predicting.predictions import as_lines
from lightning_course.reports.findings import Findings
from lightning_course.reports.images import augmentation_examples


@kind_of.register(ImageDataModule)
class ImageKind(Kind[ImageDataModule]):
    """Images with labels."""

    name = "images"
    predict_options = ("input", "invert")

    def add_findings(
        self, found: Findings, module: CourseModule, evaluation: Evaluation, title: str
    ) -> None:
        """Add misclassified images, filters, feature maps, and examples of augmentation."""
        super().add_findings(found, module, evaluation, title)
        if self.data.augmentation is not None:
            with optional("draw the figure augmentation"):
                found.figures["augmentation"] = augmentation_examples(
                    self.data.splits["train"][0],
                    self.data.augmentation,
                    "training images, and augmented versions",
                )

    def read_inputs(self, options: argparse.Namespace) -> Inputs:
        """Read image files, and the images in folders and below them."""
        return read_images(self.data, options)

    def show(self, rows: pd.DataFrame, predicted: pd.DataFrame) -> str:
        """Return a line for each file, its name last."""
        return as_lines(rows, predicted)
