"""Convolutional networks for images (course chapter 4)."""

from collections.abc import Sequence

from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import class_objective
from lightning_course.nn import Activation, ConvolutionalNetwork, Head, Padding


class ConvolutionalClassifier(CourseModule):
    """Strided or VGG-like convolutional networks, composed from plain arguments.

    The defaults are the course's network for Fashion-MNIST: 360,458 parameters with images of
    (1, 28, 28) and 10 classes. Takes batches of (images (B, C, H, W) uint8 or float in [0, 1],
    labels (B,) from 0 to K − 1); ``forward`` returns logits, (B,) for two classes or (B, K),
    ``predict_step`` probabilities of that shape.

    Args:
        image_shape: (C, H, W), ``ImageDataModule.image_shape``.
        num_classes: K, ``ImageDataModule.num_classes``.
        filters: See :class:`~lightning_course.nn.ConvolutionalNetwork`, like all below.
        kernel_size: See there.
        stride: See there.
        padding: See there.
        convolutions: See there.
        batch_norm: See there.
        pool_size: See there.
        head: See there.
        head_dropout: See there.
        hidden_sizes: See there.
        dropout: See there.
        activation: See there.
        channels_last: See there.

    Raises:
        ValueError: An argument outside its range, or images that are too small.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        num_classes: int,
        filters: Sequence[int] = (32, 64, 128),
        kernel_size: int = 3,
        stride: int = 2,
        padding: Padding = "valid",
        convolutions: int = 1,
        batch_norm: bool = False,
        pool_size: int = 1,
        head: Head = "flatten",
        head_dropout: float = 0.2,
        hidden_sizes: Sequence[int] = (512,),
        dropout: float = 0.2,
        activation: Activation = "relu",
        channels_last: bool = True,
    ) -> None:
        network = ConvolutionalNetwork(
            image_shape=image_shape,
            num_classes=num_classes,
            filters=filters,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            convolutions=convolutions,
            batch_norm=batch_norm,
            pool_size=pool_size,
            head=head,
            head_dropout=head_dropout,
            hidden_sizes=hidden_sizes,
            dropout=dropout,
            activation=activation,
            channels_last=channels_last,
        )
        super().__init__(network, class_objective(num_classes))
        self.save_hyperparameters()
