"""Linear models: logistic regression and linear regression (course chapter 2.2)."""

from torch import Tensor, nn
from torch.optim.lr_scheduler import MultiStepLR

from lightning_course.checks import check_minimum
from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import REGRESSION, class_objective
from lightning_course.nn import ClassLogits, Dense, Rescaling
from lightning_course.optim import SGD


class LinearClassifier(CourseModule):
    """Logistic regression: Dense(1), or with more than two classes Dense(K).

    Takes batches of (features (B, …), which are flattened, labels (B,) from 0 to K − 1); uint8
    inputs are images and are scaled to [0, 1]. ``forward`` returns logits, (B,) for two classes or
    (B, K), ``predict_step`` probabilities of that shape.

    Example:
        >>> model = LinearClassifier(30)
        >>> model.predict_step(torch.zeros(5, 30)).shape
        torch.Size([5])

    Args:
        in_features: Number of features of a row.
        num_classes: K, at least 2.
        lr: Learning rate of Keras's Adam. The recipe uses 0.001.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(self, in_features: int, num_classes: int = 2, *, lr: float = 0.001) -> None:
        check_minimum("in_features", in_features, 1)
        network = nn.Sequential(Rescaling(), nn.Flatten(), ClassLogits(in_features, num_classes))
        super().__init__(network, class_objective(num_classes), lr)
        self.save_hyperparameters()


class LinearRegressor(CourseModule):
    """Linear regression by gradient descent: Dense(1) with the mean squared error.

    Takes batches of (features (B, …) float, which are flattened, values (B,) float); ``forward``
    and ``predict_step`` return values (B,).

    Example:
        >>> model = LinearRegressor(1)
        >>> pl.Trainer(max_epochs=200).fit(model, datamodule=MooresLawDataModule())
        >>> model.weight, model.bias

    Args:
        in_features: Number of features of a row.
        lr: Learning rate at the start. The recipe for Moore's law uses 0.001.

    Attributes:
        weight: Slopes of the scaled features, shape (in_features,).
        bias: Intercept, the value where all scaled features are 0: a scalar tensor.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(self, in_features: int, *, lr: float = 0.001) -> None:
        check_minimum("in_features", in_features, 1)
        super().__init__(
            nn.Sequential(nn.Flatten(), Dense(in_features, 1), nn.Flatten(0)), REGRESSION, lr
        )
        self.save_hyperparameters()

    def configure_optimizers(self) -> tuple[list[SGD], list[MultiStepLR]]:
        """Return Keras's SGD with momentum 0.9, and a schedule: a tenth of ``lr`` from epoch 50."""
        optimizer = SGD(self.parameters(), lr=self.lr, momentum=0.9)
        return [optimizer], [MultiStepLR(optimizer, milestones=[50], gamma=0.1)]

    @property
    def weight(self) -> Tensor:
        """Slopes, shape (in_features,)."""
        return self._dense.weight.detach()[0]

    @property
    def bias(self) -> Tensor:
        """Intercept, a scalar."""
        return self._dense.bias.detach()[0]

    @property
    def _dense(self) -> Dense:
        dense = self.network.get_submodule("1")
        assert isinstance(dense, Dense)
        return dense
