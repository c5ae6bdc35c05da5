"""Convolutional networks for images (course chapter 4)."""

from collections.abc import Sequence
from typing import Any

from lightning_course.models.base import CourseModule, network_defaults
from lightning_course.models.objectives import class_objective
from lightning_course.nn import ConvolutionalNetwork


class ConvolutionalClassifier(CourseModule):
    """Classifies images with strided or VGG-like convolutions.

    The defaults are the course's network for Fashion-MNIST: 360,458 parameters with images of
    (1, 28, 28) and 10 classes. Takes batches of (images (B, C, H, W) uint8 or float in [0, 1],
    labels (B,) from 0 to K − 1); ``forward`` returns logits, (B,) for two classes or (B, K),
    ``predict_step`` probabilities of that shape.

    Example:
        >>> model = ConvolutionalClassifier((1, 28, 28), 10, filters=(32, 64))
        >>> model.predict_step(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])

    Args:
        image_shape: (C, H, W): ``data.image_shape`` of an ``ImageDataModule``.
        num_classes: K: ``data.num_classes``.
        lr: Learning rate of Keras's Adam. All recipes use 0.001.
        network: See :class:`~lightning_course.nn.ConvolutionalNetwork`.

    Raises:
        ValueError: An argument outside its range, or images that are too small.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        num_classes: int,
        *,
        lr: float = 0.001,
        **network: Any,
    ) -> None:
        super().__init__(
            ConvolutionalNetwork(image_shape, num_classes, **network),
            class_objective(num_classes),
            lr,
        )
        self.save_hyperparameters(network_defaults(ConvolutionalNetwork))
        self.save_hyperparameters()
