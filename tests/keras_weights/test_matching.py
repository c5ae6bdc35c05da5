from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lightning_course.errors import UserError
from lightning_course.keras_weights import (
    KerasFile,
    StoredLayer,
    Taken,
    architecture,
    read_keras,
    take_keras_weights,
)
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

h5py = pytest.importorskip("h5py")

FILES = Path(__file__).with_name("files")

Ours = tuple[CourseModule, tuple[int, ...]]


def take(ours: Ours, file: KerasFile) -> list[Taken]:
    module, row = ours
    return take_keras_weights(module, architecture(module, row), file)


def predictions(module: CourseModule, inputs: np.ndarray[Any, Any]) -> Tensor:
    """Return what a module predicts for inputs as Keras has them."""
    x = torch.from_numpy(inputs)
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2)
    with torch.no_grad():
        return module.eval().predict_step(x)


def agree(module: CourseModule, inputs: np.ndarray[Any, Any], expected: Any) -> None:
    found = predictions(module, inputs).numpy()
    expected = np.asarray(expected).reshape(found.shape)
    # Relative to the largest: a probability of 1e-9 has not six digits.
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.ptp(expected) > 0


# --- what tf.keras 2 wrote and predicted


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("chirp_lstm.model.h5", (Forecaster((10, 1), cell="lstm"), (10, 1))),
        ("chirp_gru.weights_only.h5", (Forecaster((10, 1), cell="gru"), (10, 1))),
        (
            "strided.keras",
            (
                ConvolutionalClassifier((1, 11, 11), 10, filters=(3, 5), hidden_sizes=(7,)),
                (1, 11, 11),
            ),
        ),
    ],
)
def test_the_predictions_of_tf_keras(name: str, ours: Ours) -> None:
    take(ours, read_keras(FILES / name))
    with np.load(FILES / f"{name.split('.')[0]}.npz") as known:
        agree(ours[0], known["x"], known["y"])


def test_what_went_where() -> None:
    module = Forecaster((10, 1), cell="gru")
    taken = take((module, (10, 1)), read_keras(FILES / "chirp_gru.weights_only.h5"))
    assert [(x.layer, x.tensor) for x in taken] == [
        ("gru", "kernel"),
        ("gru", "recurrent_kernel"),
        ("gru", "bias"),
        ("dense", "kernel"),
        ("dense", "bias"),
    ]
    cell = "network.encoder.layer"
    assert taken[2] == Taken(
        source="gru/gru/gru_cell/bias:0",
        layer="gru",
        tensor="bias",
        keras_shape=(2, 30),
        parameters=(f"{cell}.bias_ih_l0", f"{cell}.bias_hh_l0"),
    )
    assert {name for x in taken for name in x.parameters} == set(module.state_dict())


# --- what Keras 3 writes and predicts


def spam(**arguments: Any) -> Ours:
    return SpamClassifier(9, embedding_dim=4, hidden_size=3, **arguments), (6,)


# Ours, the shape of Keras's input, and Keras's layers. tests/keras_parity/test_round_trip.py takes
# the models of all tasks there and back; here are the parts that none of them has.
# fmt: off
NETWORKS: dict[str, tuple[Callable[[], Ours], tuple[int, ...], Callable[[Any], Sequence[Any]]]] = {
    "activations": (
        lambda: (DenseClassifier(12, 4, hidden_sizes=(6, 5), activation="tanh"), (1, 3, 4)),
        (3, 4),
        lambda k: [
            k.Flatten(), k.Dense(6, activation="tanh"), k.Dropout(0.2), k.Dense(5),
            k.Activation("tanh"), k.Dense(4, activation="softmax"),
        ],
    ),
    "colours": (
        lambda: (DenseRegressor(24, hidden_sizes=(6,)), (2, 3, 4)),
        (3, 4, 2),
        lambda k: [k.Flatten(), k.Dense(6), k.ReLU(), k.Dense(1)],
    ),
    "convolutions": (
        lambda: (
            ConvolutionalClassifier(
                (2, 6, 6), 3, filters=(4,), stride=1, padding="same", batch_norm=True, pool_size=2,
                head="max", hidden_sizes=(5,),
            ),
            (2, 6, 6),
        ),
        (6, 6, 2),
        lambda k: [
            k.Conv2D(4, 3, padding="same", activation="relu"), k.BatchNormalization(),
            k.MaxPooling2D(), k.GlobalMaxPooling2D(), k.Dropout(0.2),
            k.Dense(5, activation="relu"), k.Dense(3, activation="softmax"),
        ],
    ),
    "horizon": (
        lambda: (Forecaster((7, 2), cell="rnn", hidden_size=3, horizon=2), (7, 2)),
        (7, 2),
        lambda k: [k.SimpleRNN(3, dropout=0.1), k.Dense(4), k.Reshape((2, 2))],
    ),
    "any length": (
        lambda: (SequenceClassifier((7, 2), 3, cell="gru", pooling="mean"), (7, 2)),
        (None, 2),
        lambda k: [
            k.GRU(5, return_sequences=True), k.GlobalAveragePooling1D(),
            k.Dense(3, activation="softmax"),
        ],
    ),
    "names": (
        lambda: (SequenceClassifier((7, 2), cell="lstm", num_layers=3, hidden_size=2), (7, 2)),
        (7, 2),
        lambda k: [
            k.LSTM(2, return_sequences=True, name="one"),
            k.LSTM(2, return_sequences=True, name="two"),
            k.LSTM(2, name="a_name_before_the_others"), k.Dense(1, activation="sigmoid"),
        ],
    ),
    "Bidirectional": (
        lambda: spam(cell="gru", bidirectional=True, pooling="last"),
        (6,),
        lambda k: [k.Embedding(10, 4), k.Bidirectional(k.GRU(3)), k.Dense(1, activation="sigmoid")],
    ),
    "masked": (
        lambda: spam(cell="gru", pooling="last", mask_padding=True),
        (6,),
        lambda k: [
            k.Embedding(10, 4, mask_zero=True), k.GRU(3), k.Dense(1, activation="sigmoid"),
        ],
    ),
}
# fmt: on


def legacy_weights(path: Path) -> Path:
    """Return a file with the weights of a legacy model alone, as tf.keras 2 saves them."""
    other = path.with_name("only.h5")
    with h5py.File(path) as model, h5py.File(other, "w") as only:
        for name, value in model["model_weights"].attrs.items():
            only.attrs[name] = value
        for name in model["model_weights"]:
            model.copy(f"model_weights/{name}", only)
    return other


@pytest.mark.parametrize(
    ("name", "functional"),
    [*((name, False) for name in NETWORKS), ("activations", True), ("masked", True)],
)
@pytest.mark.filterwarnings("ignore")  # Keras's, of its own legacy format
def test_the_predictions_of_keras(name: str, functional: bool, keras: Any, tmp_path: Path) -> None:
    make, shape, layers = NETWORKS[name]
    random = np.random.default_rng(3)
    if functional:
        start = outputs = keras.Input(shape)
        for layer in layers(keras.layers):
            outputs = layer(outputs)
        model = keras.Model(start, outputs)
    else:
        model = keras.Sequential([keras.Input(shape), *layers(keras.layers)])
    # Any numbers will do; variances are above zero.
    model.set_weights([random.uniform(0.1, 1, x.shape) - 0.4 * (x.ndim > 1) for x in model.weights])
    rows = (4, *(size or 6 for size in shape))
    inputs = random.normal(size=rows).astype(np.float32)
    if name in ("Bidirectional", "masked"):
        inputs = random.integers(1, 10, rows)
        inputs[1, :3] = 0
    expected = model.predict(inputs, verbose=0)
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    model.save_weights(tmp_path / "model.weights.h5")
    forms = {
        tmp_path / "model.keras": ".keras archive",
        tmp_path / "model.h5": "legacy HDF5 model",
        tmp_path / "model.weights.h5": ".weights.h5 file",
        legacy_weights(tmp_path / "model.h5"): "legacy HDF5 weights",
    }
    for path, form in forms.items():
        module, row = make()
        file = read_keras(path)
        assert file.form == form
        taken = take((module, row), file)
        assert len(taken) == len(model.weights)
        agree(module, inputs, expected)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
@pytest.mark.filterwarnings("ignore")
def test_other_precisions(kind: str, keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, dtype=kind)])
    model.save(tmp_path / "model.h5")
    model.save_weights(tmp_path / "model.weights.h5")
    expected = keras.ops.convert_to_numpy(keras.ops.cast(model.weights[0], "float32"))
    for name in ("model.h5", "model.weights.h5"):
        module = LinearRegressor(3)
        take((module, (3,)), read_keras(tmp_path / name))
        assert module.weight.dtype == torch.float32
        np.testing.assert_allclose(module.weight.numpy(), expected[:, 0], rtol=1e-7)


# --- files that do not fit


def linear() -> Ours:
    return LinearRegressor(3), (3,)


def stored(in_order: bool = True, **arrays: Any) -> KerasFile:
    """Return a file of one Dense layer, with arrays in place of its own."""
    kernel, bias = ("kernel:0", "bias:0") if in_order else ("vars/0", "vars/1")
    found = {kernel: np.ones((3, 1), np.float32), bias: np.ones(1, np.float32), **arrays}
    folder = "dense_4/dense_4" if in_order else "layers/dense"
    arrays = {f"{folder}/{name}": array for name, array in found.items() if array is not None}
    layer = StoredLayer("dense_4" if in_order else "dense", arrays)
    return KerasFile(Path("x.h5"), ".weights.h5 file", None, None, in_order, (layer,))


def refused(file: KerasFile, ours: Ours | None = None) -> str:
    """Return the message, having seen that the module is as it was."""
    ours = ours or linear()
    before = {name: value.clone() for name, value in ours[0].state_dict().items()}
    with pytest.raises(UserError) as error:
        take(ours, file)
    for name, value in ours[0].state_dict().items():
        assert torch.equal(value, before[name])
    message = str(error.value)
    assert message.startswith("x.h5")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("in_order", [True, False])
def test_the_file_of_one_layer_fits(in_order: bool) -> None:
    module, row = linear()
    take((module, row), stored(in_order))
    assert module.state_dict()["network.1.weight"].tolist() == [[1.0, 1.0, 1.0]]


_NOT_FINITE = "has a number that is not finite: training failed, or the file is damaged"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("kernel", np.ones((4, 1)), "is of shape (4, 1), and the kernel of dense here is (3, 1)"),
        # The first array would fit, and is not taken either.
        ("bias", np.ones((1, 1)), "is of shape (1, 1), and the bias of dense here is (1,)"),
        ("bias", np.array([np.nan]), _NOT_FINITE),
        ("kernel", np.full((3, 1), -np.inf), _NOT_FINITE),
        ("kernel", np.full((3, 1), 1e300), _NOT_FINITE),  # finite in 64 bits only
        ("bias", np.ones(1, np.int64), "is of type int64, and weights are floating-point numbers"),
    ],
)
def test_arrays_that_do_not_fit(name: str, array: Any, message: str) -> None:
    found = refused(stored(**{f"{name}:0": array}))
    assert found == f"x.h5: 'dense_4/dense_4/{name}:0' {message}"


@pytest.mark.parametrize(
    ("in_order", "arrays", "message"),
    [
        (True, {"bias:0": None}, "'kernel', and dense here has 'kernel', 'bias'"),
        (True, {"scale:0": np.ones(1)}, "'kernel', 'bias', 'scale', and dense here has 'kernel',"),
        (False, {"vars/0": None}, "'vars/1', and dense here has 'vars/0', 'vars/1'"),
        (False, {"vars/2": np.ones(1)}, "'vars/0', 'vars/1', 'vars/2', and dense here has 'vars/"),
    ],
)
def test_arrays_that_are_missing_or_too_many(
    in_order: bool, arrays: dict[str, Any], message: str
) -> None:
    found = refused(stored(in_order, **arrays))
    name = "dense_4" if in_order else "dense"
    assert found.startswith(f"x.h5: the layer '{name}' has the weights {message}")


def test_arrays_in_another_order() -> None:
    # A gain and a shift of one shape must not change places.
    file = stored()
    [layer] = file.layers
    arrays = dict(reversed(layer.arrays.items()))
    file = replace(file, layers=(replace(layer, arrays=arrays),))
    assert "has the weights 'bias', 'kernel'" in refused(file)


def test_layers_that_are_missing_or_too_many() -> None:
    file = stored()
    assert refused(replace(file, layers=())) == (
        "x.h5: the file has weights of nothing, and here 'dense' have weights"
    )
    assert "has weights of 'dense_4' (2 times), and here" in refused(
        replace(file, layers=file.layers * 2)
    )
    named = (replace(file.layers[0], name=f"dense_{number}") for number in range(100))
    many = refused(replace(file, layers=tuple(named)))
    assert "'dense_2', 97 more, and" in many


def test_classes_that_are_missing_or_too_many() -> None:
    file = stored(in_order=False)
    lstm = replace(file.layers[0], name="lstm")
    assert refused(replace(file, layers=(*file.layers, lstm))) == (
        "x.h5: the file has the layers 'dense', 'lstm', and here are 'dense'"
    )
    again = replace(file.layers[0], name="dense_1")
    assert "'dense' (2 times), and here are 'dense'" in refused(
        replace(file, layers=(*file.layers, again))
    )
    # Layers without weights are in such a file too, and a Lambda or a pooling changes results.
    lambda_, *passing = (
        StoredLayer(name, {}) for name in ("lambda", "input_layer", "dropout_1", "flatten")
    )
    assert "has the layers 'dense', 'lambda'" in refused(
        replace(file, layers=(*file.layers, lambda_))
    )
    take(linear(), replace(file, layers=(*file.layers, *passing)))
    assert "'dense' has the weights nothing, and dense here has 'vars/0', 'vars/1'" in refused(
        replace(file, layers=(StoredLayer("dense", {}),))
    )
    assert "has weights of 'dropout', which are not here" in refused(
        replace(file, layers=(*file.layers, replace(file.layers[0], name="dropout")))
    )


def test_layers_in_the_order_of_their_numbers() -> None:
    # 12 layers, of which "dense_10" comes before "dense_2" by its name; every second number of
    # tf.keras 2.12.
    for step in (1, 2):
        layers = []
        for number in range(12):
            name = f"dense_{step * number}" if number else "dense"
            arrays = (np.full((1, 1), number, np.float32), np.zeros(1, np.float32))
            named = {f"layers/{name}/vars/{n}": array for n, array in enumerate(arrays)}
            layers.append(StoredLayer(name, named))
        layers.sort(key=lambda layer: layer.name)
        file = KerasFile(Path("x.h5"), ".weights.h5 file", None, None, False, tuple(layers))
        module = DenseRegressor(1, hidden_sizes=(1,) * 11)
        taken = take((module, (1,)), file)
        kernels = [
            module.state_dict()[x.parameters[0]].item() for x in taken if x.tensor == "kernel"
        ]
        assert kernels == list(range(12))


def test_a_file_with_other_layers_is_refused_by_its_configuration() -> None:
    file = read_keras(FILES / "chirp_lstm.model.h5")
    module = Forecaster((10, 1), cell="gru")
    with pytest.raises(UserError) as error:
        take((module, (10, 1)), file)
    assert str(error.value) == (
        f"{file.path}: layer 1, 'lstm', is LSTM(10) in the file and GRU(10) here "
        "(try --model.cell lstm)"
    )


def test_bytes_are_scaled_by_ours_too(keras: Any, tmp_path: Path) -> None:
    k = keras.layers
    scaling = k.Rescaling(1 / 255)
    model = keras.Sequential(
        [keras.Input((3, 4)), scaling, k.Flatten(), k.Dense(2, activation="softmax")]
    )
    model.save(tmp_path / "model.keras")
    file = read_keras(tmp_path / "model.keras")
    inputs = np.random.default_rng(0).integers(0, 256, (5, 3, 4), dtype=np.uint8)
    # K = 2 shares one unit here.
    with pytest.raises(UserError, match=r"is Dense\(2\) in the file and Dense\(1\) here"):
        take((LinearClassifier(12, 2), (1, 3, 4)), file)
    model = keras.Sequential(
        [keras.Input((3, 4)), scaling, k.Flatten(), k.Dense(3, activation="softmax")]
    )
    model.save(tmp_path / "model.keras")
    module = LinearClassifier(12, 3)
    take((module, (1, 3, 4)), read_keras(tmp_path / "model.keras"))
    agree(module, inputs, model.predict(inputs, verbose=0))
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(
        UserError, match="has the layers 'dense', 'rescaling', and here are 'dense'"
    ):
        take((module, (1, 3, 4)), read_keras(tmp_path / "model.weights.h5"))
    with pytest.raises(UserError, match="as the data module scales them"):
        take((module, (12,)), read_keras(tmp_path / "model.keras"))
