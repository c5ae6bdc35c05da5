import copy
import math
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from lightning_course.errors import UserError
from lightning_course.models import BINARY, CourseModule


class Linear(CourseModule):
    def __init__(self) -> None:
        super().__init__(torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0)), BINARY)


def trainer(**options: object) -> pl.Trainer:
    defaults = {
        "accelerator": "cpu",
        "max_epochs": 2,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return pl.Trainer(**(defaults | options))


@pytest.fixture
def rows() -> TensorDataset:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(50, 3, generator=generator)
    return TensorDataset(inputs, (inputs.sum(1) > 0).long())


def test_figures_are_those_of_the_whole_split(rows: TensorDataset) -> None:
    module = Linear()
    # Batches of unequal size: the mean of batch means would be wrong.
    results = trainer().validate(module, DataLoader(rows, batch_size=16), verbose=False)[0]
    expected = BINARY.evaluate(module(rows.tensors[0]), rows.tensors[1])
    assert results == pytest.approx({f"val/{name}": v.item() for name, v in expected.items()})


def test_training_figures_are_of_the_moving_weights(rows: TensorDataset) -> None:
    torch.manual_seed(0)
    module = Linear()
    seen = []

    class Spy(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
            seen.append((float(outputs["loss"]), len(batch[0])))

    fit = trainer(max_epochs=1, callbacks=[Spy()])
    fit.fit(module, DataLoader(rows, batch_size=16))
    weighted = sum(loss * n for loss, n in seen) / sum(n for _, n in seen)
    assert float(fit.callback_metrics["train/loss"]) == pytest.approx(weighted, rel=1e-6)


def test_evaluations_hold_every_row_in_order(rows: TensorDataset) -> None:
    module = Linear()
    loaders = [DataLoader(rows, batch_size=7)]
    trainer().test(module, loaders, verbose=False)
    evaluation = module.evaluations["test"]
    assert torch.equal(evaluation.targets, rows.tensors[1])
    torch.testing.assert_close(
        evaluation.predictions, torch.sigmoid(module(rows.tensors[0])).detach()
    )


def test_two_nameless_loaders_are_told_apart(rows: TensorDataset) -> None:
    module = Linear()
    first = TensorDataset(*(tensor[:20] for tensor in rows.tensors))
    trainer().test(module, [DataLoader(first), DataLoader(rows)], verbose=False)
    assert {name: len(e.targets) for name, e in module.evaluations.items()} == {
        "test_0": 20,
        "test_1": 50,
    }


def test_loaders_by_name(rows: TensorDataset) -> None:
    module = Linear()
    loaders = {"a": DataLoader(rows), "b": DataLoader(rows)}
    logged = trainer().test(module, loaders, verbose=False)
    assert set(module.evaluations) == {"test_0", "test_1"}
    assert {name for results in logged for name in results} >= {"test_0/loss", "test_1/loss"}


def test_an_interrupted_evaluation_leaves_no_rows_behind(rows: TensorDataset) -> None:
    class Interrupt(pl.Callback):
        def on_validation_batch_end(self, *_: object, **__: object) -> None:
            raise ArithmeticError

    module = Linear()
    with pytest.raises(ArithmeticError):
        trainer(callbacks=[Interrupt()]).validate(module, DataLoader(rows), verbose=False)
    trainer().test(module, DataLoader(rows), verbose=False)
    assert len(module.evaluations["test"].targets) == len(rows)


def test_predict_takes_batches_and_inputs(rows: TensorDataset) -> None:
    module = Linear()
    loader = DataLoader(rows, batch_size=16)
    batches = trainer().predict(module, loader)
    assert len(trainer().predict(module, [loader, loader])) == 2
    torch.testing.assert_close(torch.cat(batches), module.predict_step(rows.tensors[0]).detach())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_and_names_the_step(
    rows: TensorDataset, bad: float
) -> None:
    inputs, targets = (tensor.clone() for tensor in rows.tensors)
    inputs[16 * 2] = bad  # third batch of an unshuffled loader
    module = Linear()
    with pytest.raises(UserError, match=r"at step 3 \(epoch 0\).*optimizer\.lr"):
        trainer().fit(module, DataLoader(TensorDataset(inputs, targets), batch_size=16))


def test_the_step_is_counted_in_batches_with_accumulated_gradients(rows: TensorDataset) -> None:
    inputs, targets = (tensor.clone() for tensor in rows.tensors)
    inputs[5 * 8] = math.nan  # ninth batch
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=5)
    with pytest.raises(UserError, match="at step 9 "):
        trainer(accumulate_grad_batches=5).fit(Linear(), loader)


def test_rows_of_two_processes_come_together_once_and_in_order() -> None:
    split = torch.arange(7)
    loader = DataLoader(TensorDataset(split))
    shares = torch.stack(
        [
            torch.tensor(list(DistributedSampler(split, num_replicas=2, rank=rank, shuffle=False)))
            for rank in range(2)
        ]
    )
    module = Linear()
    module._trainer = SimpleNamespace(world_size=2)
    module.all_gather = lambda rows: shares
    assert module._whole_split(shares[0], loader).tolist() == split.tolist()


def test_two_validation_loaders(rows: TensorDataset) -> None:
    loaders = [DataLoader(rows), DataLoader(rows)]
    first, second = trainer().validate(Linear(), loaders, verbose=False)
    assert {*first, *second} >= {"val_0/loss", "val_1/loss"}


def test_copies_and_trains_again(rows: TensorDataset) -> None:
    module = Linear()
    trainer(max_epochs=1).fit(module, DataLoader(rows, batch_size=16))
    again = copy.deepcopy(module)
    trainer(max_epochs=1).fit(again, DataLoader(rows, batch_size=16))
    assert not torch.equal(again.network[0].weight, module.network[0].weight)


def test_max_steps_in_the_middle_of_an_epoch_still_logs(rows: TensorDataset) -> None:
    fit = trainer(max_epochs=-1, max_steps=2)
    fit.fit(Linear(), DataLoader(rows, batch_size=16))
    assert "train/loss" in fit.callback_metrics
