"""The names of activations in Keras's configurations."""

import re
from typing import Any

from lightning_course.keras_weights.names import shown

# Layers that are an activation, with the settings and the defaults under which it has that name.
ACTIVATION_LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "ELU": ("elu", {"alpha": 1.0}),
    "Softmax": ("softmax", {"axis": -1}),
    "LeakyReLU": ("leaky_relu", {}),  # whose slope has two names
}

_LEAKY_SLOPE = 0.2  # of the activation "leaky_relu"; the layer LeakyReLU has 0.3 by default

# TensorFlow's names of Keras's functions, which tf.keras writes for tf.nn.softmax and the like.
_ALIASES = {"softmax_v2": "softmax", "identity": "linear"}

# "keras.activations>softmax", "keras.src.activations.softmax": the function of that name. Names
# under which users register their own, "Custom>softmax", are no names of Keras's.
_REGISTERED = re.compile(r"(?:tf_|tensorflow\.)?keras(?:\.\w+)*[.>](\w+)", re.IGNORECASE)

# Modules whose functions are what Keras has under their names: not torch's and JAX's, whose
# leaky_relu has another slope. Keras itself takes a function of "builtins" for its own.
_MODULES = re.compile(r"builtins|(?:tensorflow|tf_keras|keras)(?:\.\w+)*")


def activation_name(value: object) -> str:
    """Return an activation's name from any form in which Keras writes one.

    Functions of the user's own stay what the file says of them, a name that none of ours has.

    Args:
        value: None, a name, a function of Keras's, or a layer, as the configuration has it.
    """
    if value is None:
        return "linear"
    if not isinstance(value, dict):
        return _without_module(str(value))
    class_name, config = _without_module(str(value.get("class_name"))), value.get("config")
    if class_name == "function":
        module = str(value.get("module"))
        name = _without_module(str(config))
        return name if _MODULES.fullmatch(module) else f"{module}.{name}"
    if class_name == "Activation" and isinstance(config, dict):
        # The nesting of a file is bounded, see configs.parse_config.
        return activation_name(config.get("activation"))
    if class_name == "LeakyReLU" and isinstance(config, dict):
        slope = config.get("negative_slope", config.get("alpha", 0.3))
        return "leaky_relu" if slope == _LEAKY_SLOPE else f"leaky_relu with slope {shown(slope)}"
    name, defaults = ACTIVATION_LAYERS.get(class_name, ("", {}))
    if name and isinstance(config, dict):
        others = {key: config.get(key, default) for key, default in defaults.items()}
        if others == defaults:
            return name
    # A lambda has no name, and its code is not read.
    return f"a {shown(str(value.get('class_name', 'lambda')))} that none of ours is"


def _without_module(name: str) -> str:
    match = _REGISTERED.fullmatch(name)
    name = match[1] if match else name
    return _ALIASES.get(name, name)
