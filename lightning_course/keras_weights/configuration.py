"""A model's configuration as Keras 3 writes it, from which Keras builds the model."""

from typing import Any

from lightning_course.keras_weights.layers import Architecture, KerasLayer


def model_config(architecture: Architecture, name: str, dtype: str = "float32") -> dict[str, Any]:
    """Return what ``keras.models.model_from_json`` takes, as plain types: a Sequential model.

    What a layer's ``config`` does not name is Keras's default there, as it is here.

    Args:
        architecture: The layers.
        name: The model's name.
        dtype: Of all weights.
    """
    first = {
        "batch_shape": [None, *architecture.input_shape],
        "dtype": dtype if architecture.input_dtype == "float32" else architecture.input_dtype,
        "name": "input",
    }
    layers = [_serialised("InputLayer", first)]
    layers += [_layer(layer, dtype) for layer in architecture.layers]
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": name, "layers": layers},
        "registered_name": None,
    }


def _layer(layer: KerasLayer, dtype: str) -> dict[str, Any]:
    config = {"name": layer.name, "dtype": dtype, **layer.config}
    if layer.wrapped:
        config["layer"] = _layer(layer.wrapped, dtype)
    return _serialised(layer.class_name, config)


def _serialised(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }
