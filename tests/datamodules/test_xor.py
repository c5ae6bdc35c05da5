import itertools

import pytest
import torch

from lightning_course.datamodules import XORDataModule


def test_the_worked_example_of_the_docstring() -> None:
    data = XORDataModule(length=4)
    signs = data.deciding_positions(4)
    assert signs == (1, 2, 3)
    for sequence, label in (((-1, 2, -3, 4), 1), ((-1, 2, -3, -4), 0)):
        assert sum(sequence[place] < 0 for place in signs) % 2 == label


@pytest.mark.parametrize("positions", ["short", "long", [0, 4, -1]])
def test_labels_are_the_course_s(positions: object) -> None:
    data = XORDataModule(length=8, positions=positions, rows=400, seed=1)
    i, j, k = {"short": (-3, -2, -1), "long": (0, 1, 2)}.get(str(positions), (0, 4, 7))
    for inputs, labels in data.splits.values():
        assert inputs.shape == (200, 8, 1)
        for x, label in zip(inputs[..., 0], labels, strict=True):
            a, b, c = (x[place] < 0 for place in (i, j, k))
            # The course's function: all three negative, or exactly one of them.
            wanted = (a and b and c) or sum(map(int, (a, b, c))) == 1
            assert bool(label) == bool(wanted)


def test_all_eight_signs_occur_equally_often() -> None:
    data = XORDataModule(length=3, rows=8_000)
    inputs = torch.cat([inputs for inputs, _ in data.splits.values()])[..., 0]
    for signs in itertools.product((False, True), repeat=3):
        share = (torch.eq(inputs < 0, torch.tensor(signs)).all(dim=1)).float().mean()
        assert abs(share - 1 / 8) < 0.02


def test_splits_and_seed() -> None:
    first, again, other = (XORDataModule(rows=100, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.splits["train"][0], again.splits["train"][0])
    assert not torch.equal(first.splits["train"][0], other.splits["train"][0])
    assert [len(y) for _, y in first.splits.values()] == [50, 50]
    held_out = XORDataModule(rows=100, seed=0, validation_fraction=0.2)
    assert [len(y) for _, y in held_out.splits.values()] == [40, 10, 50]
    assert torch.equal(held_out.splits["test"][0], first.splits["validation"][0])
    assert first.provenance.name == "XOR of three signs, 100 sequences of 10, short"


def test_fresh_rows_of_another_length() -> None:
    inputs, labels = XORDataModule(positions="long").sample(50, 21, seed=7)
    assert inputs.shape == (50, 21, 1)
    assert torch.equal(labels, (inputs[:, :3, 0] < 0).sum(dim=1) % 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 2}, "length must be at least 3, got 2"),
        ({"rows": 3}, "rows must be at least 4, got 3"),
        ({"positions": "middle"}, "positions must be one of short, long"),
        ({"positions": [0, 1]}, "three different ones from -10 to 9"),
        ({"positions": [0, 1, 1]}, "three different ones"),
        ({"positions": [0, 1, -9]}, "three different ones"),
        ({"positions": [0, 1, 10]}, "three different ones"),
        ({"positions": [0, 1, -11]}, "three different ones"),
    ],
)
def test_arguments_outside_their_range(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        XORDataModule(**arguments)


@pytest.mark.parametrize(
    "size", [{"rows": 10**12}, {"length": 10**9}, {"rows": 10**5, "length": 101}]
)
def test_more_than_a_machine_takes(size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="rows times length must be at most 10,000,000"):
        XORDataModule(**size)
