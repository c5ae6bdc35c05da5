import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lightning_course import models
from lightning_course.errors import UserError
from lightning_course.models import (
    ConvolutionalClassifier,
    CourseModule,
    DenseClassifier,
    Forecaster,
    SpamClassifier,
)
from lightning_course.runs.checkpoints import check_finite, no_larger_than, read_checkpoint, rebuild

ARGUMENTS: dict[str, dict[str, Any]] = {
    "ConvolutionalClassifier": {"image_shape": (1, 28, 28), "num_classes": 10, "batch_norm": True},
    "DenseClassifier": {"in_features": 784, "num_classes": 10},
    "DenseRegressor": {"in_features": 3},
    "Forecaster": {"sequence_shape": (10, 1), "cell": "lstm", "num_layers": 3},
    "LinearClassifier": {"in_features": 3},
    "LinearRegressor": {"in_features": 1},
    "SequenceClassifier": {"sequence_shape": (20, 1), "hidden_size": 1, "cell": "rnn"},
    "SpamClassifier": {"vocabulary_size": 3, "num_classes": 3, "bidirectional": True},
}


def saved(model: CourseModule, path: Path, **changes: Any) -> Path:
    content = {"hyper_parameters": dict(model.hparams), "state_dict": model.state_dict()}
    torch.save(content | changes, path)
    return path


@pytest.mark.parametrize("name", sorted(set(models.__all__) - {"CourseModule", "Objective"}))
def test_every_model_is_built_again(tmp_path: Path, name: str) -> None:
    if name not in ARGUMENTS:
        pytest.skip("not a model")
    model = getattr(models, name)(**ARGUMENTS[name])
    again = rebuild(type(model), read_checkpoint(saved(model, tmp_path / "a.ckpt")))
    state = model.state_dict()
    assert again.state_dict().keys() == state.keys()
    assert all(torch.equal(value, state[key]) for key, value in again.state_dict().items())


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (SpamClassifier(3), {"hidden_size": 10**9}),
        (SpamClassifier(3), {"hidden_size": 20_000}),
        (SpamClassifier(3), {"embedding_dim": 900_000}),
        (SpamClassifier(3), {"vocabulary_size": 10**6}),
        (DenseClassifier(4), {"hidden_sizes": [1] * 900_000}),
        (DenseClassifier(4), {"hidden_sizes": [30_000, 30_000]}),
        (DenseClassifier(4), {"in_features": 10**30}),
        (Forecaster((3, 1), cell="gru"), {"num_layers": 10**6}),
        (Forecaster((3, 1)), {"horizon": 10**6}),
        (ConvolutionalClassifier((1, 28, 28), 3), {"convolutions": 10**9}),
        (ConvolutionalClassifier((1, 28, 28), 3), {"convolutions": 10**6, "stride": 1}),
        (SpamClassifier(3), {"words": ["a"], "vectors": "/dev/zero"}),
    ],
)
def test_arguments_of_a_larger_model(model: CourseModule, changes: dict[str, Any]) -> None:
    content = {"hyper_parameters": model.hparams | changes, "state_dict": model.state_dict()}
    with pytest.raises((ValueError, RuntimeError)):
        rebuild(type(model), content)


def test_the_bound_ends_with_its_block() -> None:
    with pytest.raises(ValueError, match="larger model"), no_larger_than({}):
        torch.nn.Linear(100, 100)
    torch.nn.Linear(100, 100)


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(200):
        value = [value]
    return value


def itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def laughs() -> list[Any]:
    value: list[Any] = ["ha"] * 9
    for _ in range(12):
        value = [value] * 9
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (deep, "more than 50 deep"),
        (itself, "more than 50 deep"),
        (laughs, "more than 1,000,000 values"),
        (lambda: 1 << 100, "a number of 101 bits"),
        (lambda: torch.zeros(1).expand(10**12), "larger than its storage"),
        (lambda: torch.sparse_coo_tensor(size=(10**9,)), "of a kind that no model here has"),
    ],
)
def test_plain_values_without_bounds(
    tmp_path: Path, value: Callable[[], object], words: str
) -> None:
    path = saved(DenseClassifier(4), tmp_path / "a.ckpt", callbacks={"a": value()})
    with pytest.raises(UserError, match=words):
        read_checkpoint(path)


def test_weights_that_are_no_tensors(tmp_path: Path) -> None:
    path = saved(DenseClassifier(4), tmp_path / "a.ckpt", state_dict={"a": 1})
    with pytest.raises(UserError, match="values that are not tensors"):
        read_checkpoint(path)


def test_a_packed_checkpoint(tmp_path: Path) -> None:
    path = saved(DenseClassifier(4, hidden_sizes=[1000, 1000]), tmp_path / "a.ckpt")
    packed = tmp_path / "packed.ckpt"
    with (
        zipfile.ZipFile(path) as archive,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as other,
    ):
        for member in archive.infolist():
            other.writestr(member.filename, archive.read(member))
    with pytest.raises(UserError, match="torch does not compress checkpoints"):
        read_checkpoint(packed)


def test_much_beside_the_weights(tmp_path: Path) -> None:
    path = saved(DenseClassifier(4), tmp_path / "a.ckpt", text="x" * 33_000_000)
    with pytest.raises(UserError, match="bytes beside its weights"):
        read_checkpoint(path)


def test_the_format_before_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"state_dict": {}}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(UserError, match="damaged"):
        read_checkpoint(path)


def test_weights_that_are_not_finite() -> None:
    check_finite({"a": torch.ones(2)}, Path("run"))
    with pytest.raises(UserError, match="weights of run are not finite"):
        check_finite({"a": torch.ones(2), "b": torch.tensor([1, float("nan")])}, Path("run"))


def test_models_saved_before_they_had_a_learning_rate_and_arguments_that_none_has() -> None:
    model = models.Forecaster((3, 1), cell="gru", lr=0.1)
    old = {name: value for name, value in model.hparams.items() if name != "lr"}
    again = rebuild(models.Forecaster, {"hyper_parameters": old, "state_dict": model.state_dict()})
    assert again.hparams == old | {"lr": 0.001}
    content = {"hyper_parameters": old | {"hidden": 3}, "state_dict": model.state_dict()}
    with pytest.raises(TypeError, match="unexpected keyword argument 'hidden'"):
        rebuild(models.Forecaster, content)


@pytest.mark.parametrize("arguments", [torch.zeros(2, 2), [], "x", None])
def test_hyperparameters_without_names(arguments: object) -> None:
    with pytest.raises(ValueError, match="its hyperparameters have no names"):
        rebuild(models.LinearClassifier, {"hyper_parameters": arguments, "state_dict": {}})
