import pytest
import torch

from lightning_course.datamodules import (
    ChirpDataModule,
    StockDirectionDataModule,
    TensorDataModule,
    XORDataModule,
)
from lightning_course.kinds import Findings, kind_of
from lightning_course.models import CourseModule, Evaluation, Forecaster, SequenceClassifier
from lightning_course.nn import ForecastCell


def found(module: CourseModule, data: TensorDataModule) -> Findings:
    inputs, targets = data.splits["validation"]
    # As Lightning does it.
    with torch.inference_mode():
        predictions = module.predict_step(inputs)
        return kind_of(data).findings(
            module, Evaluation("validation", predictions, targets, {}), "title"
        )


def test_memory_is_looked_at_with_xor() -> None:
    data = XORDataModule(length=5, positions=[0, 2, -1], rows=200, seed=0)
    state = torch.random.get_rng_state()
    findings = found(SequenceClassifier(data.sequence_shape), data)
    assert {"gradient_by_step", "accuracy_by_distance"} < set(findings.figures)
    assert findings.figures["gradient_by_step"].axes[0].lines[1].get_xdata() == [3, 3]
    (line,) = findings.lines
    assert line.startswith("accuracy ")
    assert " of 100: 95 % interval " in line
    # All that was drawn at random is the new model.
    torch.random.set_rng_state(state)
    SequenceClassifier(data.sequence_shape)
    after = torch.random.get_rng_state()
    torch.random.set_rng_state(state)
    found(SequenceClassifier(data.sequence_shape), data)
    assert torch.equal(torch.random.get_rng_state(), after)


def test_a_share_s_direction_is_weighed_against_guessing() -> None:
    data = StockDirectionDataModule(source="standin", seed=0)
    findings = found(SequenceClassifier(data.sequence_shape), data)
    assert {"returns", "gradient_by_step"} < set(findings.figures)
    share = data.splits["validation"][1].double().mean()
    majority = share if data.splits["train"][1].double().mean() > 0.5 else 1 - share
    (line,) = findings.lines
    assert f"the training majority's {100 * majority:.1f} %" in line


@pytest.mark.parametrize(("cell", "steps"), [("linear", False), ("gru", True)])
def test_only_what_goes_step_by_step_has_gradients_by_step(cell: ForecastCell, steps: bool) -> None:
    data = ChirpDataModule(length=60)
    findings = found(Forecaster(data.sequence_shape, cell=cell), data)
    assert set(findings.figures) == {"series", "forecast", "one_step"} | (
        {"gradient_by_step"} if steps else set()
    )
    assert list(findings.tables) == ["forecast"]
