import itertools

import numpy as np
import pytest
import torch

from lightning_course.datamodules import ChirpDataModule, SineDataModule
from lightning_course.errors import UserError
from lightning_course.preprocessing import ColumnScaler


def test_windows_and_halves_are_the_course_s() -> None:
    data = SineDataModule(seed=0)
    series = data.splits["train"] and data.values[:, 0]
    assert series.shape == (200,)
    x = np.stack([series[t : t + 10] for t in range(190)])
    y = np.stack([series[t + 10] for t in range(190)])
    for split, rows in (("train", slice(None, -190 // 2)), ("validation", slice(-190 // 2, None))):
        inputs, targets = data.splits[split]
        np.testing.assert_array_equal(inputs[..., 0], x[rows])
        np.testing.assert_array_equal(targets, y[rows])
        assert inputs.dtype == targets.dtype == torch.float32
    assert data.sequence_shape == (10, 1)
    assert list(data.splits) == ["train", "validation"]


def test_windows_are_not_copied() -> None:
    data = SineDataModule(seed=0)
    inputs, _ = data.splits["train"]
    assert inputs.untyped_storage().data_ptr() == data.values.untyped_storage().data_ptr()


def test_the_sine_s_noise_is_fixed_by_the_seed() -> None:
    first, again, other = (SineDataModule(seed=seed) for seed in (0, 0, 1))
    for data in (first, again, other):
        data.prepare()
    assert torch.equal(first.values, again.values)
    assert first.provenance == again.provenance
    assert first.provenance.sha256 != other.provenance.sha256
    assert first.provenance.kind == "generated"
    noise = first.values[:, 0].double().numpy() - np.sin(0.1 * np.arange(200))
    assert 0.08 < noise.std() < 0.12
    clean = SineDataModule(noise=0)
    clean.prepare()
    np.testing.assert_allclose(clean.values[:, 0], np.sin(0.1 * np.arange(200)), atol=1e-6)


def test_the_chirp() -> None:
    data = ChirpDataModule()
    data.prepare()
    t = np.arange(400)
    np.testing.assert_allclose(data.values[:, 0], np.sin(0.01 * t * t), atol=1e-6)
    assert [len(targets) for _, targets in data.splits.values()] == [195, 195]


@pytest.mark.parametrize(("rows", "horizon"), [(30, 1), (31, 3), (40, 5)])
def test_no_value_is_a_target_on_both_sides_of_a_cut(rows: int, horizon: int) -> None:
    data = ChirpDataModule(
        length=rows, window=4, horizon=horizon, validation_fraction=0.4, scaling="none"
    )
    ends = []
    for split, (inputs, targets) in data.splits.items():
        first = data.target_rows(split)
        predicted = [range(row, row + horizon) for row in first]
        for row, window, wanted in zip(first, inputs, targets, strict=True):
            assert torch.equal(window, data.values[row - 4 : row])
            assert torch.equal(wanted.flatten(), data.values[row : row + horizon, 0])
        ends.append((predicted[0].start, predicted[-1].stop))
    assert list(data.splits) == ["train", "validation", "test"]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    assert ends[-1][1] == rows


def test_the_test_rows_are_the_same_with_a_validation_split() -> None:
    plain, held_out = SineDataModule(seed=0), SineDataModule(seed=0, validation_fraction=0.2)
    for one, other in zip(plain.splits["validation"], held_out.splits["test"], strict=True):
        assert torch.equal(one, other)
    assert [len(y) for _, y in held_out.splits.values()] == [76, 19, 95]
    assert plain.target_rows("validation") == held_out.target_rows("test") == range(105, 200)


def test_the_scale_is_that_of_the_first_half() -> None:
    data = ChirpDataModule(scaling="standard", validation_fraction=0.2)
    data.prepare()
    raw = np.sin(0.01 * np.arange(400) ** 2.0)
    fitted = raw[: 200 - 39]  # 39 of 195 training windows are held out
    np.testing.assert_allclose(data.values[:, 0], (raw - fitted.mean()) / fitted.std(), atol=1e-5)
    np.testing.assert_allclose(data.decode(data.values)[:, 0], raw, atol=1e-6)
    assert torch.equal(data.encode(raw[:, None]), data.values)


def test_the_state_gives_the_scale_back() -> None:
    data = SineDataModule(scaling="standard", seed=3)
    data.prepare()
    other = SineDataModule(scaling="standard")
    other.load_state_dict(data.state_dict())
    values = np.array([[0.5], [1.5]])
    assert torch.equal(other.encode(values), data.encode(values))
    assert other.sequence_shape == (10, 1)


def test_rows_are_named_by_their_number() -> None:
    assert SineDataModule().row_texts("validation")[:2] == ["105", "106"]


def test_a_series_that_is_just_long_enough() -> None:
    splits = SineDataModule(length=12).splits
    assert [len(y) for _, y in splits.values()] == [1, 1]
    with pytest.raises(UserError, match=r"11 rows: a window of 10 .* need at least 12"):
        SineDataModule(length=11).prepare()


def test_too_few_rows_for_a_validation_split() -> None:
    with pytest.raises(UserError, match="too few: none is left for the train split"):
        SineDataModule(length=12, validation_fraction=0.5).prepare()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window must be at least 1, got 0"),
        ({"horizon": 0}, "horizon must be at least 1, got 0"),
        ({"noise": -1}, "noise must be at least 0, got -1"),
        ({"scaling": "log"}, "scaling must be one of standard, none"),
        ({"csv": "a.csv"}, "--data.column must name the column of a.csv"),
        ({"column": "a"}, "give csv too"),
    ],
)
def test_arguments_outside_their_range(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SineDataModule(**arguments)


def test_values_of_another_width_are_not_encoded() -> None:
    data = SineDataModule()
    with pytest.raises(RuntimeError, match="nothing is fitted"):
        data.encode(np.zeros((3, 1)))
    data.prepare()
    with pytest.raises(ValueError, match=r"must be of shape \(N, 1\), got \(3, 2\)"):
        data.encode(np.zeros((3, 2)))


def test_a_state_of_something_else() -> None:
    with pytest.raises(ValueError, match="names must have at least 1 names"):
        SineDataModule().load_state_dict({"columns": ColumnScaler().state_dict()})


@pytest.mark.parametrize("module", [SineDataModule, ChirpDataModule])
def test_more_than_a_machine_takes(module: type) -> None:
    with pytest.raises(ValueError, match="length must be at most 10,000,000"):
        module(length=10**9)
