import pytest
import torch

from lightning_course.datamodules import SpamDataModule, TensorDataModule
from lightning_course.models import BINARY, MULTICLASS, REGRESSION, Objective
from lightning_course.reports import naive_baselines
from lightning_course.reports.baselines import tfidf_logistic_regression


@pytest.mark.parametrize(
    ("objective", "train", "test", "expected"),
    [
        (BINARY, [0, 0, 1], [0, 1, 1, 1], {"majority class": {"accuracy": 0.25, "f1": 0.0}}),
        (BINARY, [0, 1, 1], [0, 1, 1, 1], {"majority class": {"accuracy": 0.75, "f1": 6 / 7}}),
        (MULTICLASS, [2, 1, 2], [2, 3, 0, 2], {"majority class": {"accuracy": 0.5}}),
        (
            REGRESSION,
            [1.0, 3.0],
            [2.0, 5.0],
            {"training mean": {"loss": 4.5, "mae": 1.5, "r2": -1.0}},
        ),
    ],
)
def test_baselines_by_kind(
    objective: Objective, train: list[float], test: list[float], expected: dict
) -> None:
    class Targets(TensorDataModule):
        def build(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
            return {name: (torch.zeros(len(y)), torch.tensor(y)) for name, y in rows.items()}

    rows = {"train": train, "test": test}
    baselines = naive_baselines(Targets(), objective, "test")
    assert {name: pytest.approx(metrics) for name, metrics in expected.items()} == baselines


def test_tfidf_learns_what_words_tell() -> None:
    texts = ["free prize", "win a prize", "see you", "at lunch"] * 5
    labels = torch.tensor([1, 1, 0, 0] * 5)
    probabilities = tfidf_logistic_regression(texts, labels, ["free lunch prize", "see you soon"])
    assert (probabilities > 0.5).tolist() == [True, False]


def test_baselines_of_the_stand_in() -> None:
    data = SpamDataModule(source="standin", seed=0)
    baselines = naive_baselines(data, BINARY, "test")
    assert list(baselines) == ["majority class", "TF-IDF + logistic"]
    ham = 1 - data.splits["test"][1].float().mean().item()
    assert baselines["majority class"] == {"accuracy": pytest.approx(ham), "f1": 0.0}
    # Learnable but not trivial, see sources/standins/messages.py.
    assert 0.955 < baselines["TF-IDF + logistic"]["accuracy"] < 0.99
