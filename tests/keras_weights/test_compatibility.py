import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_course.errors import UserError
from lightning_course.keras_weights import architecture, model_config
from lightning_course.keras_weights.compatibility import check_layers
from lightning_course.keras_weights.model_json import parse_config
from lightning_course.models import (
    ConvolutionalClassifier,
    CourseModule,
    DenseClassifier,
    Forecaster,
    LinearClassifier,
    SequenceClassifier,
    SpamClassifier,
)

Ours = tuple[CourseModule, tuple[int, ...]]
Change = Callable[[list[dict[str, Any]]], Any]


def dense(**arguments: Any) -> Ours:
    return DenseClassifier(12, 3, hidden_sizes=(5, 4), **arguments), (1, 3, 4)


def convolutional(**arguments: Any) -> Ours:
    module = ConvolutionalClassifier(
        (3, 8, 8), 4, filters=(2,), batch_norm=True, pool_size=2, hidden_sizes=(5,), **arguments
    )
    return module, (3, 8, 8)


def spam(**arguments: Any) -> Ours:
    return SpamClassifier(9, embedding_dim=4, hidden_size=3, **arguments), (6,)


def forecaster(**arguments: Any) -> Ours:
    return Forecaster((10, 1), cell="gru", hidden_size=3, **arguments), (10, 1)


def check(
    ours: Ours,
    change: Change = lambda layers: None,
    scales_bytes: bool = False,
) -> None:
    """Compare a module with its own configuration, changed by hand; layers[0] is the input."""
    module, row = ours
    model = copy.deepcopy(model_config(architecture(module, row), "model"))
    change(model["config"]["layers"])
    config = parse_config(json.dumps(model))
    check_layers(architecture(module, row), config, scales_bytes, set(module.hparams))


def difference(ours: Ours, change: Change) -> str:
    with pytest.raises(UserError) as error:
        check(ours, change)
    message = str(error.value)
    assert "\n" not in message
    return message


def put(position: int, **settings: Any) -> Change:
    """Return a change of one layer's settings."""
    return lambda layers: layers[position]["config"].update(settings)


def insert(position: int, class_name: str, **settings: Any) -> Change:
    entry = {"class_name": class_name, "config": {"name": class_name.lower(), **settings}}
    return lambda layers: layers.insert(position, entry)


def drop(position: int) -> Change:
    return lambda layers: layers.pop(position)


def become(position: int, class_name: str, **settings: Any) -> Change:
    def change(layers: list[dict[str, Any]]) -> None:
        layers[position]["class_name"] = class_name
        layers[position]["config"].update(settings)

    return change


def both(*changes: Change) -> Change:
    return lambda layers: [change(layers) for change in changes]


def function(module: str, name: str) -> dict[str, Any]:
    """Return an activation as Keras writes a function."""
    registered = "function" if module == "builtins" else name
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": registered,
    }


@pytest.mark.parametrize(
    "ours",
    [
        dense(),
        dense(activation="leaky_relu"),
        (LinearClassifier(30), (30,)),
        (LinearClassifier(12, 3), (3, 4)),
        convolutional(),
        convolutional(head="average", padding="same"),
        spam(),
        spam(cell="gru", bidirectional=True, pooling="last", mask_padding=True),
        forecaster(),
        forecaster(num_layers=2, horizon=4),
        (Forecaster((10, 1)), (10, 1)),
        (
            SequenceClassifier((28, 28), 10, cell="rnn", activation="relu", pooling="mean"),
            (1, 28, 28),
        ),
        (SequenceClassifier((5, 2), cell="rnn", activation="none"), (5, 2)),
    ],
)
def test_our_own_configuration_fits(ours: Ours) -> None:
    check(ours)


# fmt: off
@pytest.mark.parametrize(
    ("ours", "change"),
    [
        (dense(), insert(2, "Dropout", rate=0.5)),
        (dense(), drop(3)),  # a Dropout of ours
        (dense(), lambda layers: layers.insert(2, layers[1])),  # flat already
        (dense(), put(0, batch_shape=[None, 3, 4, 1])),
        (dense(), both(put(0, batch_shape=[None, 12]), drop(1))),
        (dense(), put(0, batch_shape=None)),
        (dense(), put(0, batch_shape=[None, None, 4])),
        ((LinearClassifier(12), (12,)), put(0, batch_shape=[None, 3, 4])),
        # A model that returns logits, and one whose softmax stands by itself.
        (dense(), put(6, activation="linear")),
        (dense(), put(6, activation=None)),
        (dense(), both(put(6, activation="linear"), insert(7, "Activation", activation="softmax"))),
        (dense(), both(put(6, activation="linear"), insert(7, "Softmax", axis=-1))),
        (dense(), insert(7, "Activation", activation="linear")),
        # Activations in other words.
        (dense(), both(put(2, activation="linear"), insert(3, "ReLU", max_value=None))),
        (dense(), both(put(2, activation="linear"), insert(3, "Dropout"), insert(4, "ReLU"))),
        (dense(), put(2, activation=function("keras.activations", "relu"))),
        (dense(activation="leaky_relu"),
         both(put(2, activation="linear"), insert(3, "LeakyReLU", alpha=0.2))),
        (dense(activation="leaky_relu"),
         put(2, activation={"class_name": "LeakyReLU", "config": {"negative_slope": 0.2}})),
        (dense(activation="elu"), both(put(2, activation="linear"), insert(3, "ELU", alpha=1.0))),
        # As tf.keras 2 writes them.
        (convolutional(), put(2, axis=[3], epsilon=0.0010000000474974513)),
        (convolutional(), put(1, kernel_size=[3, 3], dilation_rate=[1, 1], groups=1)),
        (convolutional(), put(3, strides=None)),
        (convolutional(), put(2, momentum=0.9)),
        (convolutional(head="max"), put(0, batch_shape=[None, None, None, 3])),
        (spam(), put(0, batch_shape=[None, 100])),
        (spam(), put(2, dropout=0.5, recurrent_dropout=0.5, unroll=True, implementation=2)),
        # The same numbers in another shape.
        (forecaster(horizon=4), drop(3)),
        (forecaster(), insert(3, "Reshape", target_shape=[1])),
        (forecaster(), insert(2, "Flatten")),
    ],
)
def test_other_words_for_the_same(ours: Ours, change: Change) -> None:
    check(ours, change)
# fmt: on


@pytest.mark.parametrize(
    "activation",
    [
        "softmax",
        "softmax_v2",  # of tf.nn.softmax in tf.keras 2
        "keras.activations>softmax",
        "Keras>softmax",
        "keras.activations.softmax",
        "keras.src.activations.softmax",
        function("builtins", "softmax_v2"),
        function("builtins", "softmax"),
        function("keras.src.activations.activations", "softmax"),
        function("tensorflow.python.ops.nn_ops", "softmax_v2"),
        function("keras.activations", "keras.activations>softmax"),
        {"class_name": "Softmax", "config": {"axis": -1}},
        {"class_name": "keras.layers>Softmax", "config": {"name": "softmax"}},
        {"class_name": "Activation", "config": {"activation": "softmax_v2"}},
        None,
        "identity",  # of tf.identity: logits
        function("builtins", "linear"),
    ],
)
def test_names_of_softmax(activation: object) -> None:
    check(dense(), put(6, activation=activation))
    check(
        dense(),
        both(put(6, activation="linear"), insert(7, "Activation", activation=activation)),
    )


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "elu", "selu", "softplus", "gelu"])
def test_names_of_other_activations(name: Any) -> None:
    for activation in (name, f"keras.activations>{name}", function("builtins", name)):
        check(dense(activation=name), put(2, activation=activation))


@pytest.mark.parametrize(
    ("activation", "found"),
    [
        ("Custom>softmax", "'Custom>softmax'"),
        ("my_keras.activations>softmax", "'my_keras.activations>softmax'"),
        ("log_softmax_v2", "'log_softmax_v2'"),
        (function("my_module", "softmax"), "'my_module.softmax'"),
        # Its leaky_relu has another slope than Keras's: names of torch's are not taken.
        (function("torch.nn.functional", "relu"), "'torch.nn.functional.relu'"),
        (function("keras_cv.layers", "softmax"), "'keras_cv.layers.softmax'"),
        ({"class_name": "Softmax", "config": {"axis": 1}}, "\"a 'Softmax' unlike any of ours\""),
        ({"class_name": "Custom>Softmax", "config": {}}, "\"a 'Custom>Softmax' unlike"),
        ({"class_name": "Activation", "config": {"activation": "tanh"}}, "'tanh'"),
        ({"class_name": "Activation", "config": "x"}, "\"a 'Activation' unlike any of ours\""),
        ({"value": ["4wEAAAA", None, None]}, "\"a 'lambda' unlike any of ours\""),
    ],
)
def test_other_activations_than_softmax(activation: object, found: str) -> None:
    message = difference(dense(), put(6, activation=activation))
    assert message.startswith(f"layer 6, 'dense_2', has activation {found}")


def in_words(text: str) -> str:
    """Return the message that a row of the table below stands for."""
    place, both = text.split(": ", 1)
    number, name, *setting = place.split()
    theirs, own, *option = both.split(" | ")
    verb = f"has {setting[0]}" if setting else "is"
    advice = f" (try --model.{option[0]})" if option else ""
    return f"layer {number}, '{name}', {verb} {theirs} in the file and {own} here{advice}"


# fmt: off
@pytest.mark.parametrize(
    ("ours", "change", "message"),
    [
        (spam(), become(2, "GRU", reset_after=True), "2 lstm: GRU(3) | LSTM(3) | cell gru"),
        (spam(), put(2, units=32, name="lstm_4"), "2 lstm_4: LSTM(32) | LSTM(3) | hidden_size 32"),
        (spam(), become(3, "GlobalAveragePooling1D"),
         "3 global_max_pooling1d: GlobalAveragePooling1D | GlobalMaxPooling1D | pooling mean"),
        (spam(), both(put(2, return_sequences=False), drop(3)),
         "2 lstm return_sequences: False | True | pooling last"),
        (spam(pooling="last"),
         both(put(2, return_sequences=True), insert(3, "GlobalMaxPooling1D")),
         "2 lstm return_sequences: True | False | pooling max"),
        (spam(),
         become(2, "Bidirectional", layer={
             "class_name": "LSTM", "config": {"units": 3, "return_sequences": True}}),
         "2 lstm: Bidirectional(LSTM(3)) | LSTM(3) | bidirectional true"),
        (spam(), put(1, input_dim=101), "1 embedding: Embedding(101, 4) | Embedding(10, 4)"),
        (spam(), put(1, output_dim=50),
         "1 embedding: Embedding(10, 50) | Embedding(10, 4) | embedding_dim 50"),
        (spam(), put(1, mask_zero=True), "1 embedding mask_zero: True | False | mask_padding true"),
        (spam(), put(2, recurrent_activation="hard_sigmoid"),
         "2 lstm recurrent_activation: 'hard_sigmoid' | 'sigmoid'"),
        (forecaster(), put(1, reset_after=False), "1 gru reset_after: False | True"),
        ((SequenceClassifier((5, 2), cell="rnn"), (5, 2)), put(1, activation="linear"),
         "1 simple_rnn activation: 'linear' | 'tanh' | activation none"),
        (dense(), put(2, units=6), "2 dense: Dense(6) | Dense(5) | hidden_sizes [6,4]"),
        (dense(), put(4, activation="tanh"),
         "4 dense_1 activation: 'tanh' | 'relu' | activation tanh"),
        # The number of outputs comes from the data, not from an option.
        (dense(), put(6, units=9), "6 dense_2: Dense(9) | Dense(3)"),
        (dense(), put(6, activation="tanh"), "6 dense_2 activation: 'tanh' | 'softmax'"),
        (dense(), put(4, activation="my_activation"),
         "4 dense_1 activation: 'my_activation' | 'relu'"),
        (dense(), put(4, activation={"class_name": "__lambda__", "config": {"code": "4wEAAAA"}}),
         "4 dense_1 activation: \"a '__lambda__' unlike any of ours\" | 'relu'"),
        (dense(), put(2, use_bias=False), "2 dense use_bias: False | True"),
        (dense(), insert(3, "LeakyReLU", negative_slope=0.2),
         "3 leakyrelu: Activation('leaky_relu') | Dense(4)"),
        (dense(activation="leaky_relu"),
         both(put(2, activation="linear"), insert(3, "LeakyReLU")),
         "2 dense activation: 'leaky_relu with slope 0.3' | 'leaky_relu'"),
        (dense(), both(put(2, activation="linear"), insert(3, "ReLU", max_value=6.0)),
         "2 dense activation: \"a 'ReLU' unlike any of ours\" | 'relu'"),
        (convolutional(), put(1, filters=8), "1 conv2d: Conv2D(8) | Conv2D(2)"),
        (convolutional(), put(1, kernel_size=[5, 5]),
         "1 conv2d kernel_size: 5 | 3 | kernel_size 5"),
        (convolutional(), put(1, kernel_size=[3, 5]), "1 conv2d kernel_size: (3, 5) | 3"),
        (convolutional(), put(1, strides=[1, 1]), "1 conv2d strides: 1 | 2 | stride 1"),
        (convolutional(), put(1, padding="same"),
         "1 conv2d padding: 'same' | 'valid' | padding same"),
        (convolutional(), put(1, data_format="channels_first"),
         "1 conv2d data_format: 'channels_first' | 'channels_last'"),
        (convolutional(), put(1, dilation_rate=[2, 2]), "1 conv2d dilation_rate: 2 | 1"),
        (convolutional(), put(1, groups=2), "1 conv2d groups: 2 | 1"),
        (convolutional(), put(2, epsilon=1e-5), "2 batch_normalization epsilon: 1e-05 | 0.001"),
        (convolutional(), put(2, axis=[1]), "2 batch_normalization axis: (1,) | -1"),
        (convolutional(), put(3, pool_size=[3, 3]),
         "3 max_pooling2d: MaxPooling2D(3) | MaxPooling2D(2) | pool_size 3"),
        (convolutional(), become(4, "GlobalAveragePooling2D"),
         "4 flatten: GlobalAveragePooling2D | Flatten | head average"),
        (convolutional(head="max"), put(4, keepdims=True),
         "4 global_max_pooling2d keepdims: True | False"),
        (convolutional(), lambda layers: layers.insert(2, layers.pop(3)),
         "2 max_pooling2d: MaxPooling2D(2) | BatchNormalization"),
        (forecaster(), put(1, stateful=True), "1 gru stateful: True | False"),
        (forecaster(), put(1, go_backwards=True), "1 gru go_backwards: True | False"),
        (forecaster(horizon=4), put(3, target_shape=[2, 2]),
         "3 reshape: Reshape(2) | Reshape((4, 1))"),
        (dense(), insert(1, "Reshape", target_shape=[12]), "1 reshape: Reshape((12,)) | Dense(5)"),
    ],
)
def test_what_differs(ours: Ours, change: Change, message: str) -> None:
    assert difference(ours, change) == in_words(message)
# fmt: on


def test_chains_of_other_lengths() -> None:
    assert difference(dense(), drop(6)) == "the model ends where ours has Dense(3)"
    assert difference(dense(), insert(7, "Dense", units=2)) == (
        "layer 7, 'dense', is Dense(2) in the file, and ours end before it"
    )


def wrapped(**settings: Any) -> Change:
    return lambda layers: layers[2]["config"]["layer"]["config"].update(settings)


# fmt: off
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layers: layers[2]["config"]["layer"].update(class_name="GRU"),
         ": Bidirectional(GRU(3)) | Bidirectional(LSTM(3)) | cell gru"),
        (wrapped(units=7), ": Bidirectional(LSTM(7)) | Bidirectional(LSTM(3)) | hidden_size 7"),
        (wrapped(activation="relu"), " activation: 'relu' | 'tanh'"),
        (wrapped(return_sequences=False), " return_sequences: False | True | pooling max"),
        (put(2, merge_mode="sum"), " merge_mode: 'sum' | 'concat'"),
    ],
)
def test_within_a_bidirectional_layer(change: Change, message: str) -> None:
    found = difference(spam(bidirectional=True), change)
    assert found == in_words(f"2 bidirectional{message}")
# fmt: on


def test_a_bidirectional_layer_in_another_is_not_one_layer() -> None:
    def nest(layers: list[dict[str, Any]]) -> None:
        layers[2]["config"]["layer"] = copy.deepcopy(layers[2])

    found = difference(spam(bidirectional=True), nest)
    assert found.startswith("layer 2, 'bidirectional', is Bidirectional(Bidirectional(")


def test_the_other_direction_of_a_bidirectional_layer() -> None:
    ours = spam(bidirectional=True)

    def backward(class_name: str = "LSTM", **settings: Any) -> Change:
        def change(layers: list[dict[str, Any]]) -> None:
            config = layers[2]["config"]
            other = {**config["layer"]["config"], "go_backwards": True, **settings}
            config["backward_layer"] = {"class_name": class_name, "config": other}

        return change

    check(ours, backward(name="backward_lstm"))
    for change in (backward(units=4), backward("GRU"), backward(go_backwards=False)):
        assert "does not run the same layer in both directions" in difference(ours, change)
    assert "not one that Keras writes" in difference(ours, put(2, layer=None))


@pytest.mark.parametrize(
    ("class_name", "message"),
    [
        ("Lambda", "is a 'Lambda', which none of the course's networks has"),
        ("TFOpLambda", "is a 'TFOpLambda', which none"),
        ("Custom>Dense", "is a 'Custom>Dense', which none"),
        ("SeparableConv2D", "is a 'SeparableConv2D', which none"),
        ("Sequential", "is a model in the model"),
        ("Functional", "is a model in the model"),
    ],
)
def test_layers_that_none_of_ours_is(class_name: str, message: str) -> None:
    found = difference(dense(), insert(3, class_name, function=["4wEAAAA", None, None], layers=[]))
    assert found.startswith(f"layer 3, '{class_name.lower()}', {message}")


@pytest.mark.parametrize(
    ("class_name", "message"),
    [
        ("Normalization", "which scales inputs by the mean and variance of its own data: here the"),
        ("TextVectorization", "which splits texts into words: here the data module does"),
        ("StringLookup", "which turns its inputs into numbers: here a model takes"),
        ("CategoryEncoding", "which turns its inputs into numbers: here a model takes"),
        ("Resizing", "which changes the size of images: here --data.image_size does"),
        ("RandomCrop", "which changes the size of images"),  # the middle of it when it predicts
    ],
)
def test_layers_that_prepare_inputs_say_what_to_do(class_name: str, message: str) -> None:
    found = difference(dense(), insert(1, class_name, mean=None, variance=None))
    assert found.startswith(f"layer 1, '{class_name.lower()}', is a {class_name} layer, {message}")
    assert found.endswith("Save the model without this layer in Keras, and take that file")
    assert len(found) < 300


@pytest.mark.parametrize("class_name", ["RandomFlip", "RandomRotation", "RandomZoom", "MixUp"])
def test_augmentation_in_the_model_is_for_training_only(class_name: str) -> None:
    check(convolutional(), insert(1, class_name, factor=0.2, mode="horizontal"))
    both_first = both(insert(1, "Rescaling", scale=1 / 255), insert(1, class_name))
    check(convolutional(), both_first, scales_bytes=True)
    assert "'Custom>RandomFlip', which none" in difference(dense(), insert(1, "Custom>RandomFlip"))


def test_scaling_in_the_model() -> None:
    byte = insert(1, "Rescaling", scale=1 / 255, offset=0.0)
    # Ours divides bytes too, so that both take the same.
    check(dense(), byte, scales_bytes=True)
    assert "ours takes its inputs as the data module scales them" in difference(dense(), byte)
    for other in (
        {"scale": 1 / 127.5, "offset": -1},
        {"scale": 1 / 255, "offset": -0.5},
        {"scale": [1 / 255]},
        {"scale": "x"},
        {},
    ):
        with pytest.raises(UserError, match=r"Rescaling.*ours divides the bytes of images by 255"):
            check(dense(), insert(1, "Rescaling", **other), scales_bytes=True)
    assert "is Rescaling(" in difference(dense(), insert(3, "Rescaling", scale=1 / 255))


# fmt: off
@pytest.mark.parametrize(
    ("ours", "shape", "message"),
    [
        (dense(), [None, 4, 3], "takes inputs of shape (4, 3), and ours are (3, 4)"),
        (dense(), [None, 13], "takes inputs of shape (13,), and ours are (3, 4)"),
        (convolutional(), [None, 3, 8, 8],
         "takes inputs of shape (3, 8, 8), and ours are (8, 8, 3)"),
        # A flattened map of the same size may come from another image.
        (convolutional(), [None, 9, 9, 3],
         "takes inputs of shape (9, 9, 3), and ours are (8, 8, 3)"),
        (convolutional(), [None, None, 9, 3],
         "takes inputs of shape (any, 9, 3), and ours are (8, 8, 3)"),
    ],
)
def test_inputs_in_another_order(ours: Ours, shape: list[int | None], message: str) -> None:
    assert difference(ours, put(0, batch_shape=shape)) == f"the model {message}"
# fmt: on


def parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a configuration: what holds it, and its key or index there."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from parts(value[key])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    ours=st.sampled_from([dense(), convolutional(), spam(bidirectional=True), forecaster()]),
    place=st.floats(0, 1, exclude_max=True),
    value=st.sampled_from(
        [None, True, 0, -1, 2.5, 1e400, 10**30, "", "a\nb", "Dense", [], [[]], [1], {}, {"a": [1]}]
    ),
)
def test_any_change_of_a_configuration_is_one_line(ours: Ours, place: float, value: Any) -> None:
    def change(layers: list[dict[str, Any]]) -> None:
        places = list(parts(layers))
        holder, key = places[int(place * len(places))]
        holder[key] = value

    try:
        check(ours, change)
    except UserError as error:
        outcome = str(error)
    else:
        outcome = "fits"
    assert "\n" not in outcome


def test_values_of_any_kind_are_shown_in_one_line() -> None:
    message = difference(dense(), put(2, units=["a\n\x1b[31m"] * 100))
    assert r"a\n\x1b[31m" in message
    assert len(message) < 250
    assert r"'a\nb'" in difference(dense(), put(2, activation="a\nb"))
