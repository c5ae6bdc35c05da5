import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score
from torch import Tensor

from lightning_course.comparing.estimators import (
    CLASSIFIERS,
    REGRESSORS,
    TEXT_CLASSIFIERS,
    fit_and_score,
    new_estimator,
)
from lightning_course.datamodules import (
    BreastCancerDataModule,
    MNISTDataModule,
    SpamDataModule,
    TensorDataModule,
)
from lightning_course.errors import UserError
from lightning_course.kinds import kind_of
from lightning_course.models import BINARY, MULTICLASS, REGRESSION, Objective


class Sequences(TensorDataModule):
    """Inputs (N, T, D); the target is a sum of them, or as many as asked for."""

    def __init__(self, targets: int | None = None, classes: bool = False) -> None:
        super().__init__(seed=0)
        self.targets = targets
        self.classes = classes

    def build(self) -> dict[str, tuple[Tensor, Tensor]]:
        x = torch.randn(90, 5, 2, generator=torch.Generator().manual_seed(0))
        y = x[:, -1].sum(dim=1)
        if self.targets is not None:
            y = torch.stack([y * factor for factor in range(1, self.targets + 1)], dim=1)
        if self.classes:
            y = (y > 0).long()
        return {"train": (x[:60], y[:60]), "validation": (x[60:], y[60:])}


def scored(data: TensorDataModule, objective: Objective, name: str) -> dict[str, dict[str, float]]:
    estimator = new_estimator(data, objective, name)
    return fit_and_score(estimator, kind_of(data).features(), data, objective).metrics


def test_the_rows_and_metrics_are_scikit_learn_s() -> None:
    data = BreastCancerDataModule(seed=1)
    (x, y), (new, true) = data.splits["train"], data.splits["test"]
    forest = RandomForestClassifier(random_state=1).fit(x.numpy(), y.numpy())
    predicted = forest.predict(new.numpy())
    metrics = scored(data, BINARY, "random_forest")
    assert list(metrics) == ["train", "test"]
    assert metrics["train"]["accuracy"] == forest.score(x, y) == 1
    assert metrics["test"]["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert metrics["test"]["f1"] == pytest.approx(f1_score(true, predicted))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_is_better_than_guessing(name: str) -> None:
    assert scored(BreastCancerDataModule(seed=0), BINARY, name)["test"]["accuracy"] > 0.85


@pytest.mark.parametrize("name", REGRESSORS)
def test_every_regressor_takes_sequences_flattened(name: str) -> None:
    data = Sequences()
    assert kind_of(data).features()["train"].shape == (60, 10)
    metrics = scored(data, REGRESSION, name)
    assert list(metrics["validation"]) == ["loss", "mae", "r2"]
    assert metrics["validation"]["r2"] > 0.2
    # The loss is the network's: the mean squared error.
    if name == "linear_regression":
        assert metrics["validation"]["loss"] == pytest.approx(0, abs=1e-8)


@pytest.fixture(scope="module")
def messages() -> SpamDataModule:
    data = SpamDataModule(source="standin", seed=0)
    data.prepare()
    return data


@pytest.mark.parametrize("name", sorted(TEXT_CLASSIFIERS.keys() - {"random_forest"}))
def test_every_text_classifier_beats_the_majority(messages: SpamDataModule, name: str) -> None:
    # Of the raw texts: words that the tokenizer's limit leaves out are there too.
    assert kind_of(messages).features()["test"].shape[0] == len(messages.splits["test"][1])
    assert scored(messages, BINARY, name)["test"]["f1"] > 0.7


def test_images_are_floats_from_0_to_1() -> None:
    data = MNISTDataModule(source="standin", seed=0)
    images = data.splits["test"][0]
    matrix = kind_of(data).features()["test"]
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix * 255, images.flatten(1).numpy(), atol=1e-4)
    assert data.splits["test"][0].dtype == torch.uint8
    assert scored(data, MULTICLASS, "decision_tree")["test"]["accuracy"] > 0.6


def test_several_targets_a_row() -> None:
    data = Sequences(targets=2)
    assert scored(data, REGRESSION, "ridge")["validation"]["r2"] > 0.99
    # One column of targets comes back as a vector.
    metrics = scored(Sequences(targets=1), REGRESSION, "random_forest")
    assert 0 < metrics["validation"]["r2"] < 1
    with pytest.raises(UserError, match="LinearSVR cannot be fitted on these rows: y should be"):
        scored(data, REGRESSION, "svm")
    with pytest.raises(UserError, match="LinearSVC cannot be fitted"):
        scored(Sequences(targets=2, classes=True), BINARY, "svm")


def test_unknown_names_are_told_with_the_closest(messages: SpamDataModule) -> None:
    with pytest.raises(UserError, match=r"predicts values \(did you mean 'linear_regression'\?\)"):
        new_estimator(Sequences(), REGRESSION, "linear_regresion")
    with pytest.raises(UserError, match="gradient_boosting: none of that name predicts classes of"):
        new_estimator(messages, BINARY, "gradient_boosting")


def test_texts_without_words() -> None:
    data = SpamDataModule(source="standin", seed=0)
    data.prepare()
    data.texts = {name: ["a" for _ in texts] for name, texts in data.texts.items()}
    with pytest.raises(UserError, match="the training texts have no words"):
        kind_of(data).features()
