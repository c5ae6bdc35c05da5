"""Dense networks for tables and images (course chapters 2.2 and 3.2)."""

from collections.abc import Sequence

from torch import nn

from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import REGRESSION, class_objective
from lightning_course.nn import Activation, ClassLogits, Dense, Rescaling, dense_layers


class DenseClassifier(CourseModule):
    """Flatten, then (Dense, activation, Dropout) for each hidden size, then Dense(K).

    The defaults are the course's network for MNIST: 101,770 parameters with 784 features and 10
    classes. Takes batches of (inputs (B, …), labels (B,) from 0 to K − 1); uint8 inputs are images
    and scaled to [0, 1]. ``forward`` returns logits, (B,) for two classes or (B, K),
    ``predict_step`` probabilities of that shape.

    Args:
        in_features: Number of features of a row: of an image, channels times height times width.
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
    """As :class:`DenseClassifier`, with one output and the mean squared error.

    Takes batches of (inputs (B, …), values (B,) float); ``forward`` and ``predict_step`` return
    values (B,).

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
