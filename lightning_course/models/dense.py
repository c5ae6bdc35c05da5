"""Dense networks for tables and images (course chapters 2.2 and 3.2)."""

from collections.abc import Sequence

from torch import nn

from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import REGRESSION, class_objective
from lightning_course.nn import Activation, ClassLogits, Dense, Rescaling, dense_layers


class DenseClassifier(CourseModule):
    """Classifies rows of numbers, or images, with a multilayer perceptron.

    The network flattens its input; then come Dense, activation and Dropout for each hidden size,
    then Dense(K).

    The defaults are the course's network for MNIST: 101,770 parameters with 784 features and 10
    classes. Takes batches of (inputs (B, …), labels (B,) from 0 to K − 1); uint8 inputs are images
    and are scaled to [0, 1]. ``forward`` returns logits, (B,) for two classes or (B, K),
    ``predict_step`` probabilities of that shape.

    Example:
        >>> model = DenseClassifier(784, 10, hidden_sizes=(128, 64), lr=0.01)
        >>> model.predict_step(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])

    Args:
        in_features: Number of features of a row; for an image, channels · height · width.
        num_classes: K, at least 2.
        hidden_sizes: Units of each hidden layer.
        activation: "relu", "tanh", "sigmoid", "elu", "selu", "softplus", "gelu" or
            "leaky_relu" (slope 0.2).
        dropout: Rate in [0, 1) after each hidden layer.
        lr: Learning rate of Keras's Adam. The recipe uses 0.001.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int = 2,
        hidden_sizes: Sequence[int] = (128,),
        activation: Activation = "relu",
        dropout: float = 0.2,
        *,
        lr: float = 0.001,
    ) -> None:
        features = [in_features, *hidden_sizes][-1]
        network = nn.Sequential(
            Rescaling(),
            nn.Flatten(),
            dense_layers(in_features, hidden_sizes, activation, dropout),
            ClassLogits(features, num_classes),
        )
        super().__init__(network, class_objective(num_classes), lr)
        self.save_hyperparameters()


class DenseRegressor(CourseModule):
    """Predicts one value with a multilayer perceptron: the mean squared error is the loss.

    Takes batches of (inputs (B, …), values (B,) float); ``forward`` and ``predict_step`` return
    values (B,).

    Example:
        >>> model = DenseRegressor(3, hidden_sizes=(32,))
        >>> model.predict_step(torch.zeros(5, 3)).shape
        torch.Size([5])

    Args:
        in_features: Number of features of a row.
        hidden_sizes: Units of each hidden layer.
        activation: One of the names that :class:`DenseClassifier` takes.
        dropout: Rate in [0, 1) after each hidden layer.
        lr: Learning rate of Keras's Adam.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        in_features: int,
        hidden_sizes: Sequence[int] = (128,),
        activation: Activation = "relu",
        dropout: float = 0.0,
        *,
        lr: float = 0.001,
    ) -> None:
        features = [in_features, *hidden_sizes][-1]
        network = nn.Sequential(
            Rescaling(),
            nn.Flatten(),
            dense_layers(in_features, hidden_sizes, activation, dropout),
            Dense(features, 1),
            nn.Flatten(0),
        )
        super().__init__(network, REGRESSION, lr)
        self.save_hyperparameters()
