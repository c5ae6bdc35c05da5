"""Linear models: logistic regression and linear regression (course chapter 2.2)."""

from torch import Tensor, nn

from lightning_course.models.base import CourseModule
from lightning_course.models.objectives import REGRESSION, class_objective
from lightning_course.nn import ClassLogits, Dense, UnitInterval
from lightning_course.validation import check_minimum


class LinearClassifier(CourseModule):
    """Logistic regression: Dense(1), or with more than two classes Dense(K).

    Takes batches of (features (B, …), which are flattened, labels (B,) from 0 to K − 1); uint8
    inputs are images and scaled to [0, 1]. ``forward`` returns logits, (B,) or (B, K),
    ``predict_step`` probabilities of that shape.

    Args:
        in_features: Number of features of a row.
        num_classes: K, at least 2.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(self, in_features: int, num_classes: int = 2) -> None:
        check_minimum("in_features", in_features, 1)
        network = nn.Sequential(UnitInterval(), nn.Flatten(), ClassLogits(in_features, num_classes))
        super().__init__(network, class_objective(num_classes))
        self.save_hyperparameters()


class LinearRegressor(CourseModule):
    """Linear regression by gradient descent: Dense(1) with the mean squared error.

    Takes batches of (features (B, …) float, which are flattened, values (B,) float); ``forward``
    and ``predict_step`` return values (B,).

    Args:
        in_features: Number of features of a row.

    Attributes:
        weight: Slopes of the scaled features, shape (in_features,).
        bias: Value where all scaled features are 0, a scalar tensor.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(self, in_features: int) -> None:
        check_minimum("in_features", in_features, 1)
        super().__init__(
            nn.Sequential(nn.Flatten(), Dense(in_features, 1), nn.Flatten(0)), REGRESSION
        )
        self.save_hyperparameters()

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
