"""A Keras model's configuration in JSON: written for our layers, and read from a file's.

Nothing that a configuration names is built or imported; classes and functions are only ever
compared as text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lightning_course.errors import UserError
from lightning_course.keras_weights.keras_model import Architecture, KerasLayer, Shape, shown

MODELS = ("Sequential", "Functional", "Model")

# Bytes of JSON; a model of a hundred layers has a twentieth of it.
MAX_CONFIG = 4_000_000

# A model in a model in a model has its layers' initializers at 15.
_MAX_DEPTH = 50

_T = TypeVar("_T")


@dataclass(frozen=True)
class ModelConfig:
    """The layers of a file's model."""

    input_shape: Shape | None  # of one row; None if the file does not say
    layers: tuple[KerasLayer, ...]  # after the input layer, in order


def model_config(architecture: Architecture, name: str, dtype: str = "float32") -> dict[str, Any]:
    """Return the configuration of a Sequential model, as ``keras.models.model_from_json`` takes it.

    A setting that a layer's ``config`` does not name has Keras's default, in Keras and here.

    Args:
        architecture: The layers.
        name: The model's name.
        dtype: Of all weights.

    Returns:
        Plain types, as Keras 3 writes them.
    """
    is_float = architecture.input_dtype == "float32"
    first = {
        "batch_shape": [None, *architecture.input_shape],
        "dtype": dtype if is_float else architecture.input_dtype,
        "name": "input",
    }
    layers = [_serialised("InputLayer", first)]
    for layer in architecture.layers:
        config = {"name": layer.name, "dtype": dtype, **layer.config}
        if wrapped := config.get("layer"):
            inner = {**wrapped["config"], "dtype": dtype}
            config["layer"] = _serialised(wrapped["class_name"], inner)
        layers.append(_serialised(layer.class_name, config))
    return _serialised("Sequential", {"name": name, "layers": layers}, "keras")


def _serialised(
    class_name: str, config: dict[str, Any], module: str = "keras.layers"
) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def parse_config(text: str | bytes) -> ModelConfig:
    """Return the layers of a Sequential or functional model of Keras 2 or 3.

    Raises:
        UserError: The text is not JSON, too long, not a model's configuration, or the model is not
            a chain of layers.
    """
    if len(text) > MAX_CONFIG:
        raise UserError(
            f"the model's configuration has {len(text):,} bytes, and at most {MAX_CONFIG:,} are "
            "read"
        )
    try:
        model = json.loads(text)
        too_deep = _depth(model) > _MAX_DEPTH
    except RecursionError:
        too_deep = True
    except ValueError as error:
        raise UserError("the model's configuration is not JSON") from error
    if too_deep:
        raise UserError("the model's configuration is nested too deeply")
    class_name = _class_name(_expect(model, dict))
    if class_name not in MODELS:
        raise UserError(
            f"the model is a {shown(class_name)}, and only Sequential and functional models can be "
            "read: code that a file names is not executed"
        )
    config = model.get("config")
    # Keras before 2.2.3 has the list of layers for a Sequential model's configuration.
    config = {"layers": config} if isinstance(config, list) else _expect(config, dict)
    entries = [_expect(entry, dict) for entry in _expect(config.get("layers"), list)]
    inputs = [entry for entry in entries if entry.get("class_name") == "InputLayer"]
    if len(inputs) > 1:
        raise UserError(f"the model has {len(inputs)} inputs, and ours have one")
    if class_name != "Sequential":
        entries = _chain(entries)
    layers = [parse_layer(entry) for entry in entries]
    keys = ("batch_shape", "batch_input_shape", "build_input_shape")
    settings = [*(layer.config for layer in layers[:1]), config]
    shape = next((found[key] for found in settings for key in keys if found.get(key)), None)
    return ModelConfig(
        None if shape is None else _row_shape(shape),
        tuple(layer for layer in layers if layer.class_name != "InputLayer"),
    )


def parse_layer(entry: object) -> KerasLayer:
    """Return a layer from its part of a configuration.

    Raises:
        UserError: It is something else.
    """
    entry = _expect(entry, dict)
    config = _expect(entry.get("config"), dict)
    return KerasLayer(_class_name(entry), str(config.get("name", entry.get("name"))), config)


def _depth(value: object) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def _expect(value: object, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise _unknown()
    return value


def _unknown() -> UserError:
    return UserError("the model's configuration is not one that Keras writes")


def _class_name(entry: Mapping[str, Any]) -> str:
    """Return the class, under a longer name if it only shares its own with one of Keras's."""
    name, registered = str(entry.get("class_name")), entry.get("registered_name")
    module = entry.get("module")
    if registered not in (None, name):
        return str(registered)
    if module is not None and str(module).split(".")[0] not in ("keras", "tf_keras"):
        return f"{module}.{name}"
    return name


def _row_shape(shape: object) -> Shape:
    sizes = _expect(shape, list)
    if not all(size is None or (isinstance(size, int) and size >= 0) for size in sizes):
        raise _unknown()
    return tuple(sizes[1:])


def _chain(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the layers of a functional model, each of which takes the output of the one before.

    Keras lists them in the order in which they run. Keras 3 computes an Embedding's mask in a layer
    of its own, which is left out.
    """
    chain: list[dict[str, Any]] = []
    masks: list[str] = []
    for entry in entries:
        name = str(entry.get("name"))
        where = f"the layer {shown(name)}"
        calls = [_call(node) for node in _expect(entry.get("inbound_nodes", []), list)]
        if not chain:
            if calls:
                raise UserError(f"{where} comes first, and takes the output of another")
            chain.append(entry)
            continue
        if len(calls) != 1:
            raise UserError(f"{where} runs {len(calls)} times, and ours run once")
        [(inputs, options)] = calls
        if entry.get("class_name") == "NotEqual" and inputs == [chain[0].get("name"), 0]:
            masks.append(name)
            continue
        before = str(chain[-1].get("name"))
        if inputs != [before]:
            takes = " and ".join(map(shown, inputs)) or "nothing"
            raise UserError(
                f"{where} takes {takes} instead of the layer before it, {shown(before)}: the model "
                "is not a chain of layers"
            )
        for option, given in options.items():
            for value in _values(given):
                if not (value in (None, False) or (option == "mask" and value in masks)):
                    raise UserError(
                        f"{where} is called with {shown(f'{option}={value}')}, and ours are not"
                    )
        chain.append(entry)
    return chain


def _call(node: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the inputs and the options of one call of a layer, which is its inbound node."""
    match node:
        case {"args": list(inputs)}:  # Keras 3
            return _values(inputs), _expect(node.get("kwargs", {}), dict)
        # One input of Keras 2, with or without a list around it.
        case [[str(name), int(), int(), options]] | [str(name), int(), int(), options]:
            return [name], _expect(options, dict)
        case list():
            return _values(node), {}
    raise _unknown()


def _values(argument: Any) -> list[Any]:
    """Return an argument's values, with the names of layers for their outputs."""
    match argument:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [name, *_]}}:
            return [name]
        case [str(name), int(), int(), *options] if not any(options):  # Keras 2
            return [name]
        case list():
            return [value for part in argument for value in _values(part)]
    return [argument]
