import doctest
import importlib

import numpy as np
import pytest
import torch
from torch import Tensor

from lightning_course.datamodules import TensorDataModule, TensorRows


@pytest.mark.parametrize("name", ["base", "images", "series", "stocks", "tabular", "text", "xor"])
@pytest.mark.filterwarnings("ignore:.*STAND-IN")
def test_the_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"lightning_course.datamodules.{name}"))
    assert result.attempted
    assert result.failed == 0


class Numbers(TensorDataModule):
    """Rows 0 … 9 as inputs, their parity as targets."""

    built = 0

    def build(self) -> dict[str, tuple[Tensor, Tensor]]:
        self.built += 1
        rows = torch.arange(10)
        return {"train": (rows, rows % 2), "test": (rows[:4], rows[:4] % 2)}


def test_a_batch_is_one_read() -> None:
    rows = TensorRows(torch.arange(10), torch.arange(10) * 2, split="train")
    inputs, targets = rows.__getitems__([3, 1])
    assert inputs.tolist() == [3, 1]
    assert targets.tolist() == [6, 2]
    assert [int(tensor) for tensor in rows[5]] == [5, 10]
    assert len(rows) == 10


def test_the_text_of_a_module_builds_nothing() -> None:
    data = Numbers()
    assert str(data) == "Numbers"
    assert data.built == 0
    data.prepare()
    assert "10" in str(data)


def test_training_sees_every_row_once_an_epoch_in_a_new_order() -> None:
    loader = Numbers(batch_size=4).train_dataloader()
    orders = []
    for epoch in range(3):
        loader.sampler.set_epoch(epoch)
        batches = [inputs.tolist() for inputs, _ in loader]
        assert [len(batch) for batch in batches] == [4, 4, 2]  # the last partial batch is kept
        orders.append([row for batch in batches for row in batch])
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_the_order_depends_on_the_seed_alone() -> None:
    def order(seed: int) -> list[int]:
        torch.rand(seed + 1)  # a disturbed global state changes nothing
        return torch.cat([inputs for inputs, _ in Numbers(seed=seed).train_dataloader()]).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_no_two_seeds_share_an_epoch_s_order() -> None:
    """As they would, a few epochs apart, if seeds and epochs were added up."""
    orders = set()
    for seed in range(5):
        loader = Numbers(seed=seed).train_dataloader()
        for epoch in range(10):
            loader.sampler.set_epoch(epoch)
            orders.add(tuple(torch.cat([inputs for inputs, _ in loader]).tolist()))
    assert len(orders) == 50


def test_reading_leaves_the_global_random_state_alone() -> None:
    state = torch.random.get_rng_state()
    list(Numbers().train_dataloader())
    assert torch.equal(state, torch.random.get_rng_state())


def test_evaluation_is_in_row_order() -> None:
    data = Numbers(evaluation_batch_size=3)
    assert torch.cat([inputs for inputs, _ in data.test_dataloader()]).tolist() == [0, 1, 2, 3]
    assert torch.cat([inputs for inputs, _ in data.loader("train")]).tolist() == list(range(10))


def test_the_test_split_validates_where_there_is_no_other() -> None:
    data = Numbers()
    assert data.val_dataloader().dataset.split == "test"
    data.splits["validation"] = data.splits["train"]
    assert data.val_dataloader().dataset.split == "validation"


def test_a_task_with_training_rows_only() -> None:
    data = Numbers()
    del data.splits["test"]
    assert data.val_dataloader() == []
    assert data.test_dataloader() == []


def test_it_is_built_once() -> None:
    data = Numbers()
    data.prepare_data()
    data.prepare()
    assert data.splits
    assert data.built == 1


def test_an_attribute_error_is_not_mistaken_for_a_missing_attribute() -> None:
    class Broken(Numbers):
        def build(self) -> dict[str, tuple[Tensor, Tensor]]:
            return np.ones(3).no_such_method()

    with pytest.raises(RuntimeError, match="building the data failed"):
        Broken().prepare()


def test_the_global_seed_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    assert Numbers().seed == 7
    assert Numbers(seed=3).seed == 3


@pytest.mark.parametrize(
    ("argument", "value"),
    [("batch_size", 0), ("evaluation_batch_size", -1), ("residency", "cloud")],
)
def test_arguments_out_of_range_are_named(argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be"):
        Numbers(**{argument: value})
