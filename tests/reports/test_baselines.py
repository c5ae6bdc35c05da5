import pytest
import torch

from lightning_course.datamodules import SpamDataModule
from lightning_course.models import BINARY
from lightning_course.reports import naive_baselines
from lightning_course.reports.baselines import majority_class, tfidf_logistic_regression


def test_majority_class() -> None:
    assert majority_class(torch.tensor([0, 0, 1]), 2).tolist() == [0.0, 0.0]
    assert majority_class(torch.tensor([0, 1, 1]), 2).tolist() == [1.0, 1.0]


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
