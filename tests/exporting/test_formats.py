"""Every kind of network comes out of ONNX and torch.export as it went in."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lightning_course.errors import UserError
from lightning_course.exporting import formats
from lightning_course.models import BINARY, MULTICLASS, REGRESSION, CourseModule, SpamClassifier
from lightning_course.nn import Dense


class Pixels(nn.Module):
    """Bytes in, numbers from 0 to 1 out."""

    def forward(self, images: Tensor) -> Tensor:
        return images.float() / 255


def text(**options: object) -> tuple[CourseModule, Tensor]:
    tokens = torch.randint(0, 10, (20, 5), generator=torch.Generator().manual_seed(0))
    return SpamClassifier(9, **options), tokens.to(torch.int32)  # type: ignore[arg-type]


def dense() -> tuple[CourseModule, Tensor]:
    network = nn.Sequential(Dense(3, 4), nn.ReLU(), nn.BatchNorm1d(4), Dense(4, 1), nn.Flatten(0))
    network[2].running_mean += 0.5
    # Predictions far above 1: the difference that counts is the relative one.
    network[3].bias.data += 1e5
    return CourseModule(network, REGRESSION), torch.randn(20, 3)


def images() -> tuple[CourseModule, Tensor]:
    layers = [Pixels(), nn.Conv2d(1, 4, 3, padding="same"), nn.BatchNorm2d(4), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), Dense(64, 3)]
    batch = torch.randint(0, 256, (20, 1, 8, 8)).to(torch.uint8)
    return CourseModule(nn.Sequential(*layers), MULTICLASS), batch


MODELS: dict[str, Callable[[], tuple[CourseModule, Tensor]]] = {
    "lstm": text,
    "gru in both directions": lambda: text(cell="gru", bidirectional=True, pooling="last"),
    "rnn of three classes": lambda: text(cell="rnn", num_classes=3, dropout=0.2, pooling="mean"),
    "dense": dense,
    "images": images,
}
METADATA = {"task": "mine", "class_names": ["ä", "b"]}


def names_a_path_of_this_machine(path: Path) -> bool:
    folders = [str(Path(package.__file__).parents[1]) for package in (formats, torch)]
    return any(folder.encode() in path.read_bytes() for folder in folders)


@pytest.mark.parametrize("model", MODELS)
def test_torch_export(tmp_path: Path, model: str) -> None:
    module, inputs = MODELS[model]()
    before = module.eval().predict_step(inputs)
    path = tmp_path / "model.pt2"
    formats.write_torch_export(module, inputs[:1], path, METADATA)
    exported = formats.read_torch_export(path, module)
    assert formats.largest_difference(module, exported, inputs) < 1e-5
    extra = {"metadata.json": ""}
    torch.export.load(path, extra_files=extra)
    assert '"class_names": ["ä", "b"]' in extra["metadata.json"]
    assert not names_a_path_of_this_machine(path)
    # Tracing puts tensors of its own in place for a while.
    assert torch.equal(module.predict_step(inputs), before)


@pytest.mark.parametrize("model", MODELS)
def test_onnx(tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str]) -> None:
    import onnxruntime

    module, inputs = MODELS[model]()
    path = tmp_path / "model.onnx"
    formats.write_onnx(module.eval(), inputs, path, METADATA)
    assert formats.largest_difference(module, formats.read_onnx(path, module), inputs) < 1e-5
    session = onnxruntime.InferenceSession(path)
    (given,), (returned,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape) == ("inputs", ["batch", *inputs.shape[1:]])
    assert returned.name == ("values" if model == "dense" else "probabilities")
    assert returned.shape[0] == "batch"
    assert session.get_modelmeta().custom_metadata_map == {
        "task": "mine",
        "class_names": '["ä", "b"]',
    }
    assert list(tmp_path.iterdir()) == [path]
    assert not names_a_path_of_this_machine(path)
    assert capfd.readouterr() == ("", "")


def test_no_row_of_the_data_is_in_the_file() -> None:
    module, inputs = text()
    (example,), _ = formats.export_program(module.eval(), inputs + 1).example_inputs
    assert not example.any()


class Branches(nn.Module):
    """Which operations run depends on the numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0] if x.sum() > 0 else x[:, 1]


class Determinant(nn.Module):
    """An operation that torch can trace and ONNX's exporter does not know."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.linalg.eigvals(x[:, :, None] * x[:, None, :]).real[:, 0]


def test_networks_that_cannot_be_exported(tmp_path: Path) -> None:
    module, inputs = text(mask_padding=True)
    with pytest.raises(UserError, match="a model with mask_padding"):
        formats.export_program(module.eval(), inputs)
    module, inputs = CourseModule(Branches(), BINARY), torch.ones(3, 2)
    with pytest.raises(UserError, match=r"cannot be traced by torch.export \(.*: export its weigh"):
        formats.export_program(module.eval(), inputs)
    module = CourseModule(Determinant(), BINARY)
    with pytest.raises(UserError, match=r"cannot be written as ONNX \("):
        formats.write_onnx(module.eval(), inputs, tmp_path / "model.onnx", {})
    assert list(tmp_path.iterdir()) == []


def test_the_largest_difference() -> None:
    module = CourseModule(nn.Identity(), REGRESSION)
    rows = torch.tensor([0.5] * 9 + [-1000.0], dtype=torch.float64)

    def difference(change: Callable[[Tensor], Tensor]) -> float:
        return formats.largest_difference(module, change, rows)

    assert difference(lambda x: x) == 0
    assert difference(lambda x: x + 0.01) == pytest.approx(0.01)
    # Only the last row, which batches of 1 and 7 do not have; a thousandth of it.
    assert difference(lambda x: x - (x < 0).double()) == pytest.approx(1e-3)
    # A model that has learned its batch size by heart.
    assert difference(lambda x: x + (len(x) == 7)) == pytest.approx(1)
    assert difference(lambda x: x[:, None]) == float("inf")
    assert difference(lambda x: x * float("nan")) != difference(lambda x: x)
