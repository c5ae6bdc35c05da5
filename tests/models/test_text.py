from pathlib import Path

import pytest
import torch

from lightning_course.errors import UserError
from lightning_course.models import BINARY, MULTICLASS, SpamClassifier

WORDS = ["free", "you", "now"]


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    path = tmp_path / "vectors.txt"
    path.write_text("you 1 2 3 4\nfree 5 6 7 8\n")
    return str(path)


def test_two_classes_share_an_output() -> None:
    tokens = torch.tensor([[0, 1], [2, 3]])
    two, three = SpamClassifier(3), SpamClassifier(3, num_classes=3)
    assert (two.objective, three.objective) == (BINARY, MULTICLASS)
    assert two.predict_step(tokens).shape == (2,)
    probabilities = three.predict_step(tokens)
    assert probabilities.shape == (2, 3)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


@pytest.mark.parametrize("freeze", [True, False])
def test_the_embedding_starts_with_the_vectors(vectors: str, freeze: bool) -> None:
    module = SpamClassifier(3, vectors=vectors, freeze_vectors=freeze, words=WORDS)
    weight = module.network.embedding.weight
    expected = [[0, 0, 0, 0], [5, 6, 7, 8], [1, 2, 3, 4], [0, 0, 0, 0]]
    assert weight.tolist() == expected
    assert weight.requires_grad is not freeze
    assert module.remarks["vectors"].startswith("2 of 3 words (66.7 %)")
    optimizer = module.configure_optimizers()
    module.objective.loss(module(torch.tensor([[1, 2]])), torch.tensor([1])).backward()
    optimizer.step()
    assert (weight.tolist() == expected) is freeze


def test_a_checkpoint_needs_no_file(vectors: str) -> None:
    module = SpamClassifier(3, vectors=vectors, words=WORDS)
    Path(vectors).unlink()
    again = SpamClassifier(**module.hparams)
    again.load_state_dict(module.state_dict())
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(again(tokens), module(tokens))
    assert not again.network.embedding.weight.requires_grad


def test_vectors_that_do_not_fit(vectors: str) -> None:
    with pytest.raises(UserError, match=r"vectors of 4 numbers, and --model\.embedding_dim is 20"):
        SpamClassifier(3, embedding_dim=20, vectors=vectors, words=WORDS)
    with pytest.raises(UserError, match="none of the 1 words"):
        SpamClassifier(1, vectors=vectors, words=["other"])
