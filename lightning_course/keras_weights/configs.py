"""A Keras model's configuration as plain data: a chain of layers, none of which is built.

Classes, functions and modules that a configuration names are only ever compared as text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lightning_course.errors import UserError
from lightning_course.keras_weights.names import quoted

# A model in a model in a model has its layers' initializers at 15.
_DEEPEST = 50

MODELS = ("Sequential", "Functional", "Model")

Shape = tuple[int | None, ...]

# Bytes of JSON; a model of a hundred layers has a twentieth.
MAX_CONFIG = 4_000_000


@dataclass(frozen=True)
class LayerConfig:
    """One layer as a file has it.

    Attributes:
        class_name: Such as "Dense"; with what it is registered under if it is not Keras's own.
        name: Its name in the model.
        settings: Its constructor's arguments.
    """

    class_name: str
    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class ModelConfig:
    """A model as a file has it.

    Attributes:
        input_shape: Of one row, None in it is free; None if it is not told.
        layers: After the input layer, in order.
    """

    input_shape: Shape | None
    layers: tuple[LayerConfig, ...]


def parse_config(text: str | bytes, source: str) -> ModelConfig:
    """Return the layers of a model from its configuration in JSON.

    Sequential and functional models of Keras 2 and 3.

    Args:
        text: As Keras writes it.
        source: What messages call the file.

    Raises:
        UserError: It is no JSON, too long, no model's configuration, or the model is not a chain of
            layers.
    """
    if len(text) > MAX_CONFIG:
        raise UserError(
            f"{source}: the model's configuration has {len(text):,} bytes, and at most "
            f"{MAX_CONFIG:,} are read"
        )
    try:
        model = json.loads(text)
    except RecursionError as error:
        raise _too_deep(source) from error
    except ValueError as error:
        raise UserError(f"{source}: the model's configuration is not JSON") from error
    _check_depth(model, source)
    model = _mapping(model, source)
    if model.get("class_name") not in MODELS:
        raise UserError(
            f"{source} holds a {quoted(_class_name(model))}, and only Sequential and functional "
            "models can be read: code that a file names is not executed"
        )
    config = model.get("config")
    # Keras before 2.2.3 has the list of layers for a Sequential model's configuration.
    config = {"layers": config} if isinstance(config, list) else _mapping(config, source)
    entries = [_mapping(entry, source) for entry in _list(config.get("layers"), source)]
    inputs = [entry for entry in entries if entry.get("class_name") == "InputLayer"]
    if len(inputs) > 1:
        raise UserError(f"{source}: the model has {len(inputs)} inputs, and ours have one")
    if model["class_name"] != "Sequential":
        entries = _chain(entries, source)
    layers = [_layer(entry, source) for entry in entries]
    shape = next(
        (
            shape
            for settings in (*(layer.settings for layer in layers[:1]), config)
            for key in ("batch_shape", "batch_input_shape", "build_input_shape")
            if (shape := settings.get(key))
        ),
        None,
    )
    return ModelConfig(
        _row_shape(shape, source), tuple(x for x in layers if x.class_name != "InputLayer")
    )


def _check_depth(value: object, source: str) -> None:
    """Refuse what a function that calls itself would not come to the end of."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            part
            for whole in level
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
    if level:
        raise _too_deep(source)


def _too_deep(source: str) -> UserError:
    return UserError(f"{source}: the model's configuration is nested too deeply")


def _mapping(value: object, source: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unknown(source)
    return value


def _list(value: object, source: str) -> list[Any]:
    if not isinstance(value, list):
        raise _unknown(source)
    return value


def _unknown(source: str) -> UserError:
    return UserError(f"{source}: the model's configuration is not one that Keras writes")


def _layer(entry: Mapping[str, Any], source: str) -> LayerConfig:
    settings = _mapping(entry.get("config"), source)
    return LayerConfig(_class_name(entry), str(settings.get("name", entry.get("name"))), settings)


def wrapped_layer(layer: LayerConfig, source: str, key: str = "layer") -> LayerConfig:
    """Return the layer that a Bidirectional has within it.

    Raises:
        UserError: There is none.
    """
    return _layer(_mapping(layer.settings.get(key), source), source)


def _class_name(entry: Mapping[str, Any]) -> str:
    """Return the class, under a longer name if it only shares its own with one of Keras's."""
    name, registered = str(entry.get("class_name")), entry.get("registered_name")
    module = entry.get("module")
    if registered not in (None, name):
        return str(registered)
    if module is not None and str(module).split(".")[0] not in ("keras", "tf_keras"):
        return f"{module}.{name}"
    return name


def _row_shape(shape: object, source: str) -> Shape | None:
    if shape is None:
        return None
    sizes = _list(shape, source)
    if not all(size is None or (isinstance(size, int) and size >= 0) for size in sizes):
        raise _unknown(source)
    return tuple(sizes[1:])


def _chain(entries: Sequence[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    """Return the layers of a functional model, each of which takes what the one before returns.

    Keras lists them in the order in which they run. Keras 3 computes an Embedding's mask in a layer
    of its own, which is left out.
    """
    chain: list[dict[str, Any]] = []
    masks: set[str] = set()
    for entry in entries:
        name = str(entry.get("name"))
        where = f"{source}: the layer {quoted(name)}"
        calls = [_Call(node, source) for node in _list(entry.get("inbound_nodes", []), source)]
        if not chain:
            if calls:
                raise UserError(f"{where} comes first, and takes the output of another")
            chain.append(entry)
            continue
        if len(calls) != 1:
            raise UserError(f"{where} runs {len(calls)} times, and ours run once")
        call = calls[0]
        before = str(chain[-1].get("name"))
        if entry.get("class_name") == "NotEqual" and call.arguments == [chain[0].get("name"), 0]:
            masks.add(name)
            continue
        if call.arguments != [before]:
            takes = " and ".join(quoted(name) for name in call.arguments) or "nothing"
            raise UserError(
                f"{where} takes {takes} instead of the layer before it, {quoted(before)}: the "
                "model is not a chain of layers"
            )
        for option, value in call.options:
            if not (value in (None, False) or (option == "mask" and value in masks)):
                given = quoted(f"{option}={value}")
                raise UserError(f"{where} is called with {given}, and ours are not")
        chain.append(entry)
    return chain


class _Call:
    """One call of a layer: its inbound node, as Keras 2 or Keras 3 writes it.

    Attributes:
        arguments: Names of the layers whose outputs it takes, and constants.
        options: Keyword arguments, likewise.
    """

    def __init__(self, node: object, source: str) -> None:
        self._source = source
        self.arguments: list[Any] = []
        self.options: list[tuple[str, Any]] = []
        if isinstance(node, dict):
            for argument in _list(node.get("args"), source):
                self.arguments += self._values(argument)
            options = _mapping(node.get("kwargs", {}), source)
        else:
            options = {}
            node = _list(node, source)
            # One input can stand without the list around it.
            for tensor in [node] if node and isinstance(node[0], str) else node:
                tensor = _list(tensor, source)
                self.arguments += tensor[:1]
                options |= _mapping(tensor[3] if len(tensor) > 3 else {}, source)
        for name, option in options.items():
            self.options += [(name, value) for value in self._values(option)]

    def _values(self, argument: object) -> Iterator[Any]:
        if isinstance(argument, list):
            for part in argument:
                yield from self._values(part)
        elif isinstance(argument, dict) and argument.get("class_name") == "__keras_tensor__":
            tensor = _mapping(argument.get("config"), self._source)
            yield from _list(tensor.get("keras_history"), self._source)[:1]
        elif isinstance(argument, dict):
            yield json.dumps(argument)[:80]
        else:
            yield argument
