import io
import json
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.keras_weights import Architecture, architecture, model_config
from lightning_course.keras_weights.writing import Form, check_written, form_of, write_keras
from lightning_course.models import (
    ConvolutionalClassifier,
    CourseModule,
    DenseClassifier,
    DenseRegressor,
    Forecaster,
    LinearClassifier,
    LinearRegressor,
    SequenceClassifier,
    SpamClassifier,
)
from lightning_course.nn import Activation

h5py = pytest.importorskip("h5py")

FORMS: tuple[Form, ...] = get_args(Form)

Case = tuple[Callable[[], CourseModule], tuple[int, ...], str]


def dense(activation: Activation) -> Case:
    # Two hidden layers with dropout; dark colour images, so that the rows are permuted.
    return (
        lambda: DenseClassifier(3 * 4 * 5, 3, (7, 6), activation, dropout=0.3),
        (3, 4, 5),
        "images",
    )


def spam(**options: Any) -> Case:
    return lambda: SpamClassifier(12, embedding_dim=4, hidden_size=5, **options), (7,), "tokens"


def images(shape: tuple[int, int, int] = (3, 9, 8), **options: Any) -> Case:
    return lambda: ConvolutionalClassifier(shape, **options), shape, "images"


def forecaster(**options: Any) -> Case:
    shape = options.get("sequence_shape", (6, 2))
    return lambda: Forecaster(**{"sequence_shape": shape, **options}), shape, "numbers"


SMALL: dict[str, Any] = {"num_classes": 4, "filters": (5, 6), "hidden_sizes": (8,)}
VGG: dict[str, Any] = {**SMALL, "stride": 1, "padding": "same", "pool_size": 2, "batch_norm": True}

NETWORKS: dict[str, Case] = {
    "logistic": (lambda: LinearClassifier(5), (5,), "numbers"),
    "softmax": (lambda: LinearClassifier(5, 3), (5,), "numbers"),
    "line": (lambda: LinearRegressor(1), (1,), "numbers"),
    "line_of_windows": (lambda: LinearRegressor(6), (6, 1), "numbers"),
    "regressor": (lambda: DenseRegressor(5, (4,)), (5,), "numbers"),
    "grey": (lambda: DenseClassifier(30, 3), (1, 5, 6), "images"),
    **{f"dense_{name}": dense(name) for name in get_args(Activation)},
    "convolution_strided": images(**SMALL),
    "convolution_grey_binary": images((1, 9, 8), **{**SMALL, "num_classes": 2}),
    "convolution_same_strided": images((3, 10, 7), **{**SMALL, "padding": "same"}),
    "vgg": images(**VGG),
    "vgg_twice": images(**VGG, convolutions=2),
    "head_max": images(**VGG, head="max"),
    "head_average": images(**VGG, head="average"),
    "linear_ar": forecaster(sequence_shape=(6, 1)),
    "linear_ar_horizon": forecaster(horizon=3),
    "rnn": forecaster(cell="rnn", sequence_shape=(6, 1)),
    "rnn_relu": forecaster(cell="rnn", activation="relu"),
    "rnn_linear": forecaster(cell="rnn", activation="none"),
    "gru": forecaster(cell="gru", horizon=2),
    "lstm": forecaster(cell="lstm", horizon=2),
    "gru_stacked": forecaster(cell="gru", num_layers=2),
    "lstm_stacked": forecaster(cell="lstm", num_layers=3),
    "sequence_max": (lambda: SequenceClassifier((6, 2), pooling="max"), (6, 2), "numbers"),
    "sequence_mean": (
        lambda: SequenceClassifier((6, 2), 3, cell="rnn", pooling="mean", dropout=0.2),
        (6, 2),
        "numbers",
    ),
    "rows_of_images": (lambda: SequenceClassifier((5, 6), 3, cell="gru"), (1, 5, 6), "images"),
    "rows_of_coloured_images": (lambda: SequenceClassifier((5, 18), 3), (3, 5, 6), "images"),
    "spam": spam(),
    "spam_classes": spam(num_classes=3, pooling="mean", dropout=0.1),
    "spam_bidirectional_gru": spam(cell="gru", bidirectional=True),
    "spam_bidirectional_lstm_last": spam(bidirectional=True, pooling="last"),
    "spam_masked_mean": spam(mask_padding=True, pooling="mean"),
    "spam_masked_last": spam(mask_padding=True, pooling="last", cell="gru"),
    "spam_masked_rnn": spam(mask_padding=True, pooling="last", cell="rnn", bidirectional=True),
}


def made(name: str) -> tuple[CourseModule, Architecture, Tensor]:
    """Return a network with weights of no pattern, what it is in Keras, and rows for it."""
    build, shape, kind = NETWORKS[name]
    torch.manual_seed(7)
    module = build().eval()
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                noise = torch.randn_like(tensor)
                tensor += noise.abs() if key.endswith("running_var") else 0.3 * noise
    if kind == "images":
        rows = torch.randint(256, (8, *shape), dtype=torch.uint8)
    elif kind == "tokens":
        rows = torch.randint(1, 13, (8, *shape), dtype=torch.int32)
        rows[:4, :3] = 0
    else:
        rows = torch.randn(8, *shape)
    return module, architecture(module, shape), rows


def as_keras_takes(rows: Tensor, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """Return rows as the architecture's docstring has it."""
    if rows.dtype == torch.uint8:
        # The colours last; or a row of pixels as a step, one colour after the other.
        rows = rows.permute(0, 2, 3, 1) if len(shape) == 3 else rows.transpose(1, 2).flatten(2)
        rows = rows / 255
    return rows.reshape(len(rows), *(size or -1 for size in shape)).numpy()


def load(keras: ModuleType, path: Path, keras_model: Architecture) -> Any:
    if form_of(path) == ".weights.h5":
        model = keras.models.model_from_json(json.dumps(model_config(keras_model, "again")))
        model.load_weights(path)
        return model
    return keras.models.load_model(path, compile=form_of(path) == ".keras")


@pytest.mark.parametrize("name", NETWORKS)
def test_keras_predicts_the_same(name: str, keras: ModuleType, tmp_path: Path) -> None:
    module, keras_model, rows = made(name)
    state = module.state_dict()
    with torch.inference_mode():
        expected = module.predict_step(rows).numpy()
    assert expected.std(axis=0).min() > 1e-4, "rows that are all alike would show nothing"
    for form in FORMS:
        path = tmp_path / f"model{form}"
        write_keras(path, keras_model, state, name, form)
        check_written(path, keras_model, state, form)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = load(keras, path, keras_model)
        assert model.name == (name if form != ".weights.h5" else "again")
        inputs = as_keras_takes(rows, keras_model.input_shape)
        assert model.input_shape == (None, *inputs.shape[1:])
        found = model.predict(inputs, verbose=0)
        assert found.shape == (expected.shape if expected.ndim > 1 else (8, 1))
        np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)
        for array, (_, tensor) in zip(model.get_weights(), keras_model.tensors, strict=True):
            assert array.dtype == np.float32
            assert array.tobytes() == tensor.to_keras(state).numpy().tobytes()


def contents(file: Any) -> dict[str, Any]:
    """Return attributes and shapes of all that is in an HDF5 file."""
    found = {}

    def visit(path: str, item: Any) -> None:
        found[path] = dict(item.attrs), getattr(item, "shape", None)

    file.visititems(visit)
    return found


@pytest.mark.parametrize(
    "name", ["vgg_twice", "spam_bidirectional_gru", "lstm_stacked", "rnn", "gru"]
)
def test_a_file_of_weights_is_built_as_keras_builds_it(
    name: str, keras: ModuleType, tmp_path: Path
) -> None:
    module, keras_model, _ = made(name)
    keras.utils.clear_session()  # it counts the cells of a session: gru_cell_1
    model = keras.models.model_from_json(json.dumps(model_config(keras_model, name)))
    model.save_weights(tmp_path / "theirs.weights.h5")
    write_keras(tmp_path / "ours.weights.h5", keras_model, module.state_dict(), name, ".weights.h5")
    write_keras(tmp_path / "ours.keras", keras_model, module.state_dict(), name, ".keras")
    with h5py.File(tmp_path / "theirs.weights.h5") as file:
        expected = contents(file)
    with h5py.File(tmp_path / "ours.weights.h5") as file:
        assert contents(file) == expected
    with zipfile.ZipFile(tmp_path / "ours.keras") as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            assert contents(file) == expected


def test_an_h5_file_is_built_as_keras_2_builds_it(tmp_path: Path) -> None:
    module, keras_model, _ = made("spam_bidirectional_gru")
    write_keras(tmp_path / "m.h5", keras_model, module.state_dict(), "spam", ".h5")
    with h5py.File(tmp_path / "m.h5") as file:
        config = json.loads(file.attrs["model_config"])
        weights = file["model_weights"]
        assert set(file) == {"model_weights"}
        assert list(weights.attrs["layer_names"]) == [
            "embedding",
            "bidirectional",
            "global_max_pooling1d",
            "dense",
        ]
        names = {name: list(group.attrs["weight_names"]) for name, group in weights.items()}
        assert weights["bidirectional/bidirectional/forward_gru/gru_cell/bias:0"].shape == (2, 15)
        for holder in (file, weights):
            assert holder.attrs["keras_version"].startswith("2.")
            assert holder.attrs["backend"] == "tensorflow"
    cell = ["kernel:0", "recurrent_kernel:0", "bias:0"]
    assert names == {
        "embedding": ["embedding/embeddings:0"],
        "bidirectional": [
            *(f"bidirectional/forward_gru/gru_cell/{name}" for name in cell),
            *(f"bidirectional/backward_gru/gru_cell/{name}" for name in cell),
        ],
        "global_max_pooling1d": [],
        "dense": ["dense/kernel:0", "dense/bias:0"],
        "top_level_model_weights": [],
    }
    inputs, _, bidirectional, *_ = config["config"]["layers"]
    # Keras 3 has "module" and "registered_name" beside them, and a "batch_shape".
    for layer in (config, *config["config"]["layers"]):
        assert layer.keys() == {"class_name", "config"}
    assert inputs["config"] == {"batch_input_shape": [None, 7], "dtype": "int32", "name": "input"}
    assert bidirectional["config"]["layer"]["class_name"] == "GRU"


def test_double_precision(keras: ModuleType, tmp_path: Path) -> None:
    module, keras_model, rows = made("gru_stacked")
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1e-9  # what single precision cannot keep
    state = module.state_dict()
    with torch.inference_mode():
        expected = module(rows.double()).numpy()
    for form in (".keras", ".h5"):
        path = tmp_path / f"model{form}"
        write_keras(path, keras_model, state, "double", form)
        model = load(keras, path, keras_model)
        found = model.predict(rows.double().numpy(), verbose=0)
        # Keras's torch backend multiplies in single precision, whatever the dtype.
        np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)
        for array, (_, tensor) in zip(model.get_weights(), keras_model.tensors, strict=True):
            assert array.dtype == np.float64
            assert np.array_equal(array, tensor.to_keras(state).numpy())


def test_other_precisions_are_refused(tmp_path: Path) -> None:
    module, keras_model, _ = made("softmax")
    with pytest.raises(UserError, match="all float64, and are bfloat16"):
        write_keras(
            tmp_path / "m.h5", keras_model, module.to(torch.bfloat16).state_dict(), "m", ".h5"
        )
    state = module.float().state_dict()
    state["network.2.bias"] = state["network.2.bias"].double()
    with pytest.raises(UserError, match="and are float32, float64"):
        write_keras(tmp_path / "m.h5", keras_model, state, "m", ".h5")
    assert not list(tmp_path.iterdir())


def test_the_same_weights_make_the_same_file(tmp_path: Path) -> None:
    module, keras_model, _ = made("vgg")
    for turn in ("first", "second"):
        for form in FORMS:
            write_keras(tmp_path / f"{turn}{form}", keras_model, module.state_dict(), "vgg", form)
        if turn == "first":
            time.sleep(2.1)  # HDF5 would note seconds, zip two of them
    for form in FORMS:
        first, second = (tmp_path / f"{turn}{form}" for turn in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_not_what_was_written(form: Form, tmp_path: Path) -> None:
    module, keras_model, _ = made("lstm")
    path, state = tmp_path / f"model{form}", module.state_dict()
    write_keras(path, keras_model, state, "lstm", form)
    content = path.read_bytes()
    kernel = state["network.output.weight"].T.contiguous().numpy().tobytes()
    assert content.count(kernel) == 1
    wrong = kernel[:-1] + bytes([kernel[-1] ^ 1])
    for damaged in (content.replace(kernel, wrong), content[: len(content) // 2], b""):
        path.write_bytes(damaged)
        with pytest.raises((UserError, OSError)):
            check_written(path, keras_model, state, form)
    path.write_bytes(content)
    check_written(path, keras_model, state, form)
    # A bias of −0 is not one of 0, and a NaN is itself.
    state["network.output.bias"][:2] = torch.tensor([0.0, float("nan")])
    write_keras(path, keras_model, state, "lstm", form)
    check_written(path, keras_model, state, form)
    state["network.output.bias"][0] = -0.0
    with pytest.raises(UserError, match="differs"):
        check_written(path, keras_model, state, form)


def test_names_of_files() -> None:
    assert form_of(Path("a.keras")) == ".keras"
    assert form_of(Path("a.h5")) == ".h5"
    assert form_of(Path("a.b.weights.h5")) == ".weights.h5"
    for name in ("a", "a.hdf5", "a.keras.zip", "a.onnx"):
        with pytest.raises(UserError, match=rf"{name} must end in .keras, .h5 or .weights.h5"):
            form_of(Path(name))


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, keras_model, _ = made("line")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=r"h5py: pip install 'lightning-course\[keras\]'"):
        write_keras(tmp_path / "m.h5", keras_model, module.state_dict(), "line", ".h5")
