import pytest
import torch
from sklearn.metrics import r2_score

from lightning_course.models import BINARY, MULTICLASS, REGRESSION


def test_binary_by_hand() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5, -3.0])
    targets = torch.tensor([1, 1, 0, 0])
    values = BINARY.evaluate(logits, targets)
    p = [0.880797, 0.268941, 0.622459, 0.047426]
    by_hand = -sum(map(torch.log, torch.tensor([p[0], p[1], 1 - p[2], 1 - p[3]]))) / 4
    torch.testing.assert_close(values["loss"], by_hand, rtol=1e-5, atol=0)
    assert values["accuracy"] == 0.5
    assert values["f1"] == 0.5  # one hit, one miss, one false alarm


def test_a_probability_of_one_half_is_not_the_positive_class() -> None:
    # Keras asks for more than 0.5.
    assert BINARY.evaluate(torch.zeros(2), torch.tensor([0, 1]))["accuracy"] == 0.5


def test_binary_loss_of_a_sure_mistake_is_finite() -> None:
    assert BINARY.loss(torch.tensor([200.0]), torch.tensor([0])) == 200.0


def test_multiclass_by_hand() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]])
    values = MULTICLASS.evaluate(logits, torch.tensor([1, 2]))
    assert values["accuracy"] == 0.5
    log_p = torch.log_softmax(logits, dim=1)
    torch.testing.assert_close(values["loss"], -(log_p[0, 1] + log_p[1, 2]) / 2)
    torch.testing.assert_close(MULTICLASS.predict(logits).sum(dim=1), torch.ones(2))


def test_regression_by_hand() -> None:
    values = REGRESSION.evaluate(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))
    assert values["loss"] == 2.5
    assert values["mae"] == 1.5


def test_r2_equals_scikit_learn_s() -> None:
    for targets in ([0.0, 4.0, 5.0], [2.0, 2.0, 2.0]):  # without spread there is nothing to explain
        values = torch.tensor([1.0, 2.0, 7.0])
        ours = REGRESSION.metrics["r2"](values, torch.tensor(targets)).item()
        assert ours == pytest.approx(r2_score(targets, values.numpy()))


def test_regression_refuses_shapes_that_would_broadcast() -> None:
    with pytest.raises(ValueError, match=r"outputs \(3, 1\) and targets \(3,\) differ"):
        REGRESSION.loss(torch.zeros(3, 1), torch.zeros(3))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_outputs_are_evaluated_in_full(dtype: torch.dtype) -> None:
    values = BINARY.evaluate(torch.tensor([2.0, -1.0], dtype=dtype), torch.tensor([1, 0]))
    assert all(value.dtype == torch.float32 for value in values.values())


def test_targets_of_another_kind_are_told() -> None:
    classes, values = torch.tensor([0, 1]), torch.tensor([0.5, 1.5])
    REGRESSION.check_targets(values)
    for objective in (BINARY, MULTICLASS):
        objective.check_targets(classes)
        with pytest.raises(ValueError, match="predicts classes, and the data have values"):
            objective.check_targets(values)
    with pytest.raises(ValueError, match="predicts values, and the data have classes"):
        REGRESSION.check_targets(classes)
