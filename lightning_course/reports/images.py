"""What only image tasks show: pictures that were taken for something else."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from lightning_course.models import Evaluation
from lightning_course.reports.figures import Figure, surest_class


def mistaken_images(
    evaluation: Evaluation,
    images: Tensor,
    class_names: Sequence[str],
    title: str,
    most: int = 24,
) -> Figure | None:
    """Return a grid of misclassified images, the surest mistakes first; None without mistakes.

    Args:
        evaluation: Of a classifier with probabilities (N,) or (N, K).
        images: (N, C, H, W) with C of 1 or 3, uint8 or float in [0, 1].
        class_names: K names.
        title: Which split of what.
        most: Number of images at the most.
    """
    targets = evaluation.targets.numpy()
    predicted, confidence = surest_class(evaluation.predictions.numpy())
    wrong = np.flatnonzero(predicted != targets)
    if not len(wrong):
        return None
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    columns = min(8, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(1.45 * columns + 0.3, 1.85 * rows + 0.6), layout="constrained")
    figure.suptitle(f"{title}: the surest of {len(wrong):,} mistakes", fontsize=11)
    grid = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, row in zip(grid, shown, strict=False):
        axes.imshow(as_picture(images[row]), cmap="gray", interpolation="nearest")
        axes.set_title(
            f"true {class_names[targets[row]]}\n"
            f"taken for {class_names[predicted[row]]}\n{100 * confidence[row]:.1f} %",
            fontsize=7,
        )
    return figure


def as_picture(image: Tensor) -> npt.NDArray[np.uint8]:
    """Return an image (C, H, W), uint8 or float in [0, 1], as (H, W) or (H, W, 3) uint8."""
    array = image.cpu().numpy()
    if array.dtype != np.uint8:
        array = (np.clip(array, 0, 1) * 255).round().astype(np.uint8)
    picture: npt.NDArray[np.uint8] = array[0] if len(array) == 1 else array.transpose(1, 2, 0)
    return picture
