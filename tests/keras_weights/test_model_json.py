import json
from typing import Any

import pytest

from lightning_course.errors import UserError
from lightning_course.keras_weights.model_json import ModelConfig, parse_config

INPUT_2 = {
    "class_name": "InputLayer",
    "name": "input_1",
    "config": {"batch_input_shape": [None, 10, 1], "name": "input_1"},
    "inbound_nodes": [],
}


def layer(class_name: str, *nodes: Any, **config: Any) -> dict[str, Any]:
    name = class_name.lower()
    entry = {"class_name": class_name, "name": name, "config": {"name": name, **config}}
    return {**entry, "inbound_nodes": list(nodes)} if nodes else entry


def tensor(name: str) -> dict[str, Any]:
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def call(*names: str, **options: Any) -> dict[str, Any]:
    """Return an inbound node as Keras 3 writes it."""
    return {"args": [tensor(name) for name in names], "kwargs": options}


def functional(*layers: dict[str, Any], class_name: str = "Functional") -> ModelConfig:
    model = {"class_name": class_name, "config": {"name": "model", "layers": list(layers)}}
    return parse_config(json.dumps(model))


def refused(*layers: dict[str, Any]) -> str:
    with pytest.raises(UserError) as error:
        functional(*layers)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("class_name", ["Functional", "Model"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([["input_1", 0, 0, {}]], [["lstm", 0, 0, {}]]),
        ([["input_1", 0, 0]], [["lstm", 1, 0, {"training": False}]]),
        (["input_1", 0, 0, {}], ["lstm", 0, 0, {}]),
        (call("input_1"), call("lstm", mask=None, training=False)),
    ],
    ids=["Keras 2", "without options", "a single input", "Keras 3"],
)
def test_a_chain(class_name: str, first: Any, second: Any) -> None:
    config = functional(
        INPUT_2, layer("LSTM", first), layer("Dense", second), class_name=class_name
    )
    assert config.input_shape == (10, 1)
    assert [(x.class_name, x.name) for x in config.layers] == [("LSTM", "lstm"), ("Dense", "dense")]


def test_a_sequential_model() -> None:
    entries = [layer("Dense", units=2, batch_input_shape=[None, 3])]
    model: dict[str, Any] = {"class_name": "Sequential", "config": {"layers": entries}}
    config = parse_config(json.dumps(model))
    assert config.input_shape == (3,)
    assert config.layers[0].config["units"] == 2
    # Before Keras 2.2.3 the list was all of the configuration.
    model["config"] = entries
    assert parse_config(json.dumps(model)) == config
    model["config"] = {"layers": [layer("Dense")], "build_input_shape": [None, 7]}
    assert parse_config(json.dumps(model)).input_shape == (7,)
    model["config"] = {"layers": [layer("Dense")]}
    assert parse_config(json.dumps(model)).input_shape is None


def test_an_embedding_does_not_tell_the_input() -> None:
    embedding = layer("Embedding", call("input_1"), batch_input_shape=[None, None])
    assert functional(INPUT_2, embedding).input_shape == (10, 1)


def test_a_mask_that_keras_3_computes_in_a_layer() -> None:
    not_equal = layer("NotEqual", {"args": [tensor("input_1"), 0], "kwargs": {}})
    embedding = layer("Embedding", call("input_1"))
    lstm = layer("LSTM", call("embedding", mask=tensor("notequal")))
    config = functional(INPUT_2, embedding, not_equal, lstm)
    assert [x.class_name for x in config.layers] == ["Embedding", "LSTM"]
    # Of another number, or as an input, it is no mask.
    other = layer("NotEqual", {"args": [tensor("input_1"), 1], "kwargs": {}})
    assert "not a chain" in refused(INPUT_2, embedding, other, lstm)
    assert "not a chain" in refused(INPUT_2, embedding, not_equal, layer("LSTM", call("notequal")))


def test_models_that_are_no_chain() -> None:
    dense = layer("Dense", [["input_1", 0, 0, {}]])
    add = layer("Add", [["input_1", 0, 0, {}], ["dense", 0, 0, {}]])
    assert "'add' takes 'input_1' and 'dense' instead of" in refused(INPUT_2, dense, add)
    add = layer("Add", {"args": [[tensor("input_1"), tensor("dense")]], "kwargs": {}})
    assert "'add' takes 'input_1' and 'dense' instead of" in refused(INPUT_2, dense, add)
    branch = layer("LSTM", [["input_1", 0, 0, {}]])
    assert "takes 'input_1' instead of the layer before it, 'dense'" in refused(
        INPUT_2, dense, branch
    )
    twice = layer("Dense", [["input_1", 0, 0, {}]], [["dense", 0, 0, {}]])
    assert "'dense' runs 2 times" in refused(INPUT_2, twice)
    assert "'lstm' runs 0 times" in refused(INPUT_2, dense, layer("LSTM"))
    second = {**INPUT_2, "name": "input_2"}
    assert "has 2 inputs" in refused(INPUT_2, second, dense)
    assert "comes first" in refused(dense)


@pytest.mark.parametrize(
    "node", [[["input_1", 0, 0, {"training": True}]], call("input_1", training=True)]
)
def test_a_layer_that_trains_when_it_predicts(node: Any) -> None:
    assert "'dropout' is called with 'training=True'" in refused(INPUT_2, layer("Dropout", node))


def test_options_in_a_list_too_many_are_not_lost() -> None:
    nested = [[["input_1", 0, 0, {"training": True}]]]
    assert "not a chain" in refused(INPUT_2, layer("Dropout", nested))


def test_a_state_from_another_layer() -> None:
    lstm = layer("LSTM", call("input_1", initial_state=[tensor("dense"), tensor("dense")]))
    assert "'initial_state=dense'" in refused(INPUT_2, lstm)


def test_a_model_class_of_the_users_own() -> None:
    for model in (
        {"class_name": "MyModel", "config": {}},
        {"class_name": "my>MyModel", "registered_name": "my>MyModel", "config": {}},
        {"class_name": "a\nb", "config": {}},
        {"config": {}},
    ):
        with pytest.raises(UserError, match=r"^.*code that a file names is not executed$"):
            parse_config(json.dumps(model))


@pytest.mark.parametrize(
    ("entry", "class_name"),
    [
        ({"module": "keras.layers", "registered_name": None}, "Dense"),
        ({"module": "tf_keras.src.layers.core.dense", "registered_name": "Dense"}, "Dense"),
        ({"module": "kerasnot.layers"}, "kerasnot.layers.Dense"),
        ({"module": "__main__", "registered_name": "Custom>Dense"}, "Custom>Dense"),
    ],
)
def test_classes_that_only_share_a_name(entry: dict[str, Any], class_name: str) -> None:
    config = functional(INPUT_2, {**layer("Dense", call("input_1")), **entry})
    assert config.layers[0].class_name == class_name


@pytest.mark.parametrize(
    "model",
    [
        {"class_name": "Sequential"},
        {"class_name": "Sequential", "config": {"layers": {}}},
        {"class_name": "Sequential", "config": {"layers": [3]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}},
        {"class_name": "Sequential", "config": [layer("Dense", batch_input_shape=7)]},
        {"class_name": "Sequential", "config": [layer("Dense", batch_input_shape=[None, "7"])]},
        {"class_name": "Sequential", "config": [layer("Dense", batch_input_shape=[None, -7])]},
        {"class_name": "Functional", "config": [INPUT_2, {**layer("Dense"), "inbound_nodes": 3}]},
        {"class_name": "Functional", "config": [INPUT_2, layer("Dense", 3)]},
        {"class_name": "Functional", "config": [INPUT_2, layer("Dense", [["input_1", 0, 0, 3]])]},
        {"class_name": "Functional", "config": [INPUT_2, layer("Dense", {"args": 3})]},
        {
            "class_name": "Functional",
            "config": [INPUT_2, layer("Dense", call("x") | {"kwargs": 3})],
        },
    ],
)
def test_other_json(model: Any) -> None:
    with pytest.raises(UserError, match=r"^the model's configuration is not one"):
        parse_config(json.dumps(model))


def test_names_of_any_kind_are_shown_in_one_line() -> None:
    dense = layer("Dense", [["a\nb", 0, 0, {}]])
    assert r"'a\nb'" in refused(INPUT_2, dense)
    nothing = layer("Dense", call())
    assert "takes nothing instead of" in refused(INPUT_2, nothing)
    option = layer("Dense", call("input_1", **{"a\nb": 1}))
    assert r"'a\nb=1'" in refused(INPUT_2, option)
    assert "takes 7 and 0 and 0 and {} instead of" in refused(
        INPUT_2, layer("Dense", [[7, 0, 0, {}]])
    )


def test_a_configuration_that_is_too_long() -> None:
    with pytest.raises(UserError, match="has 4,000,001 bytes, and at most 4,000,000 are read"):
        parse_config(" " * 4_000_001)
