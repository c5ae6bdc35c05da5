"""Convolutional networks for images (course chapter 4)."""

from collections.abc import Sequence
from typing import Any

from lightning_course.models.base import CourseModule, network_defaults
from lightning_course.models.objectives import class_objective
from lightning_course.nn import ConvolutionalNetwork


class ConvolutionalClassifier(CourseModule):
    """Strided or VGG-like convolutional networks, composed from plain arguments.

    The defaults are the course's network for Fashion-MNIST: 360,458 parameters with images of
    (1, 28, 28) and 10 classes. Takes batches of (images (B, C, H, W) uint8 or float in [0, 1],
    labels (B,) from 0 to K − 1); ``forward`` returns logits, (B,) for two classes or (B, K),
    ``predict_step`` probabilities of that shape.

    Args:
        image_shape: (C, H, W), ``ImageDataModule.image_shape``.
        num_classes: K, ``ImageDataModule.num_classes``.
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
