"""Figures of image tasks: misclassified images, and what augmentation does."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms import v2

from lightning_course.checks import check_minimum
from lightning_course.models import Evaluation
from lightning_course.reports.figures import Figure, predicted_class


def mistaken_images(
    evaluation: Evaluation,
    images: Tensor,
    class_names: Sequence[str],
    title: str,
    most: int = 24,
) -> Figure | None:
    """Return a grid of misclassified images, the most confident first; None without mistakes.

    Args:
        evaluation: Of a classifier with probabilities (N,) or (N, K).
        images: (N, C, H, W) with C of 1 or 3, uint8 or float in [0, 1].
        class_names: K names.
        title: Which split of what.
        most: Maximum number of images.
    """
    targets = evaluation.targets.numpy()
    predicted, confidence = predicted_class(evaluation.predictions.numpy())
    wrong = np.flatnonzero(predicted != targets)
    if not len(wrong):
        return None
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    columns = min(8, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(1.45 * columns + 0.3, 1.85 * rows + 0.6), layout="constrained")
    figure.suptitle(f"{title}: the most confident of {len(wrong):,} mistakes", fontsize=11)
    grid = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, row in zip(grid, shown, strict=False):
        axes.imshow(displayable(images[row]), cmap="gray", interpolation="nearest")
        axes.set_title(
            f"true {class_names[targets[row]]}\n"
            f"predicted {class_names[predicted[row]]}\n{100 * confidence[row]:.1f} %",
            fontsize=7,
        )
    return figure


def augmentation_examples(
    images: Tensor,
    transform: v2.Transform,
    title: str,
    rows: int = 5,
    columns: int = 8,
    seed: int = 0,
) -> Figure:
    """Return a grid of images, each original followed by augmented versions of it.

    A column of versions is one batch: a transform that draws once for the whole batch does the same
    to all images of a column.

    Args:
        images: (N, C, H, W) with C of 1 or 3, uint8 or float in [0, 1].
        transform: Takes such a batch and returns one.
        title: What was augmented.
        rows: Maximum number of images; the first ones are taken.
        columns: Images in a row, the original among them; at least 2.
        seed: Seed of the transform; the global random state is not changed.

    Raises:
        ValueError: Fewer than one row or two columns, or no images.
    """
    check_minimum("rows", rows, 1)
    check_minimum("columns", columns, 2)
    shown = images[:rows]
    check_minimum("the number of images", len(shown), 1)
    devices = [images.device] if images.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        batches = [shown, *(transform(shown) for _ in range(columns - 1))]
    figure = Figure(figsize=(1.1 * columns + 0.3, 1.1 * len(shown) + 0.8), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(len(shown), columns, squeeze=False)
    for column, batch in enumerate(batches):
        for row, image in enumerate(batch):
            axes = grid[row, column]
            axes.axis("off")
            # Fixed limits: matplotlib would stretch a darker image over the whole grey scale.
            axes.imshow(displayable(image), cmap="gray", interpolation="nearest", vmin=0, vmax=255)
    grid[0, 0].set_title("original", fontsize=9)
    grid[0, 1].set_title("augmented", fontsize=9)
    return figure


def displayable(image: Tensor) -> npt.NDArray[np.uint8]:
    """Return an image (C, H, W), uint8 or float in [0, 1], as (H, W) or (H, W, 3) uint8."""
    array = image.cpu().numpy()
    if array.dtype != np.uint8:
        array = (np.clip(array, 0, 1) * 255).round().astype(np.uint8)
    pixels: npt.NDArray[np.uint8] = array[0] if len(array) == 1 else array.transpose(1, 2, 0)
    return pixels
