"""Keras's layers: which settings change what each computes, and which option of ours sets them.

A file's layers become :class:`Step` objects, reduced to what they compute when the model predicts:
Dropout and the like are left out, an activation that stands alone joins the layer before it, and
only settings that change results are kept. Two chains of equal steps with equal weights predict the
same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lightning_course.errors import UserError
from lightning_course.keras_weights.keras_model import KerasLayer, Shape, shown
from lightning_course.keras_weights.model_json import MODELS, parse_layer


@dataclass(frozen=True)
class Kind:
    """A class of layers."""

    settings: Mapping[str, Any]  # those that change results, with Keras's defaults or None
    main: tuple[str, ...] = ()  # settings that a message shows: "LSTM(15)"
    axes: int | None = None  # how many a row has after it; None: as many as before
    options: Mapping[str, str] = field(default_factory=dict)  # setting: our models' option for it


_UNKNOWN_AXES = -1

# fmt: off
_IMAGES = {"data_format": "channels_last"}
_GLOBAL_POOLING = Kind({**_IMAGES, "keepdims": False}, axes=1)
_SIMPLE_RNN = {
    "units": None, "activation": "tanh", "use_bias": True, "return_sequences": False,
    "return_state": False, "go_backwards": False, "stateful": False, "time_major": False,
}
_LSTM = {**_SIMPLE_RNN, "recurrent_activation": "sigmoid"}
# Files without "reset_after" are older than this setting: the gate came first then.
_GRU = {**_LSTM, "reset_after": False}
_UNITS = {"units": "hidden_size"}

KINDS: Final = {
    "Dense": Kind({"units": None, "activation": "linear", "use_bias": True}, ("units",)),
    "Conv2D": Kind(
        {
            "filters": None, "kernel_size": None, "strides": 1, "padding": "valid",
            "dilation_rate": 1, "groups": 1, "activation": "linear", "use_bias": True, **_IMAGES,
        },
        ("filters",), 3,
        {"kernel_size": "kernel_size", "strides": "stride", "padding": "padding"},
    ),
    "MaxPooling2D": Kind(
        {"pool_size": 2, "strides": None, "padding": "valid", **_IMAGES},
        ("pool_size",), 3, {"pool_size": "pool_size"},
    ),
    "GlobalMaxPooling2D": _GLOBAL_POOLING,
    "GlobalAveragePooling2D": _GLOBAL_POOLING,
    "GlobalMaxPooling1D": _GLOBAL_POOLING,
    "GlobalAveragePooling1D": _GLOBAL_POOLING,
    # Its momentum only counts in training.
    "BatchNormalization": Kind({"axis": -1, "epsilon": 1e-3, "center": True, "scale": True}),
    "Flatten": Kind(_IMAGES, (), 1),
    "Reshape": Kind({"target_shape": None}, ("target_shape",), _UNKNOWN_AXES),
    "Embedding": Kind(
        {"input_dim": None, "output_dim": None, "mask_zero": False},
        ("input_dim", "output_dim"), 2,
        {"output_dim": "embedding_dim", "mask_zero": "mask_padding"},
    ),
    "SimpleRNN": Kind(_SIMPLE_RNN, ("units",), None, _UNITS),
    "LSTM": Kind(_LSTM, ("units",), None, _UNITS),
    "GRU": Kind(_GRU, ("units",), None, _UNITS),
    "Bidirectional": Kind({"merge_mode": "concat"}),
    "Rescaling": Kind({"scale": None, "offset": 0.0}, ("scale", "offset")),
    "Activation": Kind({"activation": "linear"}, ("activation",)),
}
# fmt: on

# Layers that are an activation, with the settings and the defaults under which it has that name.
_ACTIVATION_LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "ELU": ("elu", {"alpha": 1.0}),
    "Softmax": ("softmax", {"axis": -1}),
    "LeakyReLU": ("leaky_relu", {}),  # its slope has two names
}

# fmt: off
_TRAINING_ONLY = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
    "SpatialDropout1D", "SpatialDropout2D",
    # Augmentation. RandomCrop is not one of them: it crops the middle when it predicts.
    "AugMix", "CutMix", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration",
    "RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation",
    "RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth", "RandomZoom",
)
# fmt: on

# Layers that a model can have in more or fewer places and still compute the same.
PASSING: Final = {
    *("Activation", "Flatten", "InputLayer", "Reshape"),
    "NotEqual",  # of a mask
    *_ACTIVATION_LAYERS,
    *_TRAINING_ONLY,
}

# Layers that prepare a model's inputs, which happens before the model here.
_RESIZING = "changes the size of images: here --data.image_size does"
_ENCODING = "turns its inputs into numbers: here a model takes the numbers of the data module"
_PREPARING = {
    "Normalization": "scales inputs by the mean and variance of its own data: here the data module "
    "scales them by the training rows",
    "TextVectorization": "splits texts into words: here the data module does, see --tokenizer",
    "CenterCrop": _RESIZING,
    "RandomCrop": _RESIZING,
    "Resizing": _RESIZING,
    "CategoryEncoding": _ENCODING,
    "Discretization": _ENCODING,
    "HashedCrossing": _ENCODING,
    "Hashing": _ENCODING,
    "IntegerLookup": _ENCODING,
    "StringLookup": _ENCODING,
}


@dataclass
class Step:
    """A layer reduced to what it computes."""

    class_name: str
    name: str
    position: int  # in its model, from 1
    # Those that change results, with defaults filled in; of a Bidirectional also "layer", the class
    # that runs both ways, and that layer's settings.
    settings: dict[str, Any]

    @property
    def cell(self) -> str:
        """The class, in a Bidirectional that of the layer in it."""
        return str(self.settings.get("layer", self.class_name))

    @property
    def where(self) -> str:
        """The layer's place, for a message."""
        return f"layer {self.position}, {shown(self.name)},"

    def __str__(self) -> str:
        """Return the layer in short: "LSTM(15)"."""
        if self.class_name == "Bidirectional":
            return f"Bidirectional({self.cell}({shown(self.settings.get('units'))}))"
        main = ", ".join(shown(self.settings[key]) for key in KINDS[self.class_name].main)
        return f"{self.class_name}({main})" if main else self.class_name


def steps(layers: Sequence[KerasLayer], input_shape: Shape | None) -> list[Step]:
    """Return the computations of a chain of layers, one step each.

    Args:
        layers: After the input layer.
        input_shape: Of one row, None if it is not known.

    Raises:
        UserError: A layer that none of the course's networks has.
    """
    chain: list[Step] = []
    axes = _UNKNOWN_AXES if input_shape is None else len(input_shape)
    for position, layer in enumerate(layers, start=1):
        if layer.class_name in _TRAINING_ONLY or (layer.class_name == "Flatten" and axes == 1):
            continue
        if layer.class_name in ("Activation", *_ACTIVATION_LAYERS):
            _activate(chain, layer, position)
            continue
        step = _step(layer, position, axes)
        chain.append(step)
        if "return_sequences" in step.settings:
            axes = 2 if step.settings["return_sequences"] else 1
        else:
            axes = KINDS[step.class_name].axes or axes
    return chain


def _step(layer: KerasLayer, position: int, axes: int) -> Step:
    class_name, config = layer.class_name, layer.config
    step = Step(class_name, layer.name, position, {})
    if class_name in MODELS:
        raise UserError(
            f"{step.where} is a model in the model, and ours are plain chains of layers"
        )
    if class_name in _PREPARING:
        raise UserError(
            f"{step.where} is a {class_name} layer, which {_PREPARING[class_name]}. Save the model "
            "without this layer in Keras, and take that file"
        )
    if class_name not in KINDS:
        raise UserError(
            f"{step.where} is a {shown(class_name)}, which none of the course's networks has: only "
            "Keras's own layers are known here, and a file's code is not executed"
        )
    if class_name == "Bidirectional":
        forward = _step(parse_layer(config.get("layer")), position, axes)
        step.settings = {**forward.settings, "layer": forward.class_name}
        if config.get("backward_layer") is not None:
            backward = _step(parse_layer(config["backward_layer"]), position, axes)
            expected = {**forward.settings, "go_backwards": True}
            if (backward.class_name, backward.settings) != (forward.class_name, expected):
                raise UserError(f"{step.where} does not run the same layer in both directions")
    settings = step.settings
    for key, default in KINDS[class_name].settings.items():
        value = config.get(key, default)
        settings[key] = activation_name(value) if key.endswith("activation") else _plain(value)
    if class_name == "MaxPooling2D" and settings["strides"] is None:
        settings["strides"] = settings["pool_size"]
    if class_name == "BatchNormalization" and settings["axis"] in (axes, (axes,)):
        # tf.keras counts the axes of the batch: [3] of images.
        settings["axis"] = -1
    return step


def _plain(value: Any) -> Any:
    """Return lists as tuples, and two equal numbers, such as a square's sides, as one."""
    if isinstance(value, list | tuple):
        parts = tuple(_plain(part) for part in value)
        return parts[0] if len(parts) == 2 and parts[0] == parts[1] else parts
    return value


def _activate(chain: list[Step], layer: KerasLayer, position: int) -> None:
    """Join an activation that stands alone to the layer before it, as that layer's argument."""
    activation = activation_name({"class_name": layer.class_name, "config": layer.config})
    if activation == "linear":
        return
    before = chain[-1] if chain else None
    if (
        before
        and before.class_name in ("Dense", "Conv2D")
        and before.settings["activation"] == "linear"
    ):
        before.settings["activation"] = activation
    else:
        chain.append(Step("Activation", layer.name, position, {"activation": activation}))


_LEAKY_SLOPE = 0.2  # of the activation "leaky_relu"; the layer LeakyReLU has 0.3 by default

# TensorFlow's names of Keras's functions, which tf.keras writes for tf.nn.softmax and the like.
_ALIASES = {"softmax_v2": "softmax", "identity": "linear"}

# "keras.activations>softmax", "keras.src.activations.softmax": the function of that name. Names
# under which users register their own, such as "Custom>softmax", are not Keras's.
_REGISTERED = re.compile(r"(?:tf_|tensorflow\.)?keras(?:\.\w+)*[.>](\w+)", re.IGNORECASE)

# Modules whose functions are Keras's under the same names: not torch's and JAX's, whose leaky_relu
# has another slope. Keras itself takes a function of "builtins" for its own.
_MODULES = re.compile(r"builtins|(?:tensorflow|tf_keras|keras)(?:\.\w+)*")


def activation_name(value: object) -> str:
    """Return an activation's name from any form in which Keras writes one.

    A user's own function keeps its name in the file, which none of ours has.

    Args:
        value: None, a name, a function of Keras's, or a layer, as the configuration has it.
    """
    if value is None:
        return "linear"
    if not isinstance(value, dict):
        return _without_module(str(value))
    class_name, config = _without_module(str(value.get("class_name"))), value.get("config")
    if class_name == "function":
        module, name = str(value.get("module")), _without_module(str(config))
        return name if _MODULES.fullmatch(module) else f"{module}.{name}"
    if isinstance(config, dict):
        if class_name == "Activation":
            # The depth of a file's configuration is limited by model_json.parse_config.
            return activation_name(config.get("activation"))
        if class_name == "LeakyReLU":
            slope = config.get("negative_slope", config.get("alpha", 0.3))
            return (
                "leaky_relu" if slope == _LEAKY_SLOPE else f"leaky_relu with slope {shown(slope)}"
            )
        name, defaults = _ACTIVATION_LAYERS.get(class_name, ("", {}))
        if name and all(config.get(key, default) == default for key, default in defaults.items()):
            return name
    # A lambda has no name, and its code is not read.
    return f"a {shown(str(value.get('class_name', 'lambda')))} unlike any of ours"


def _without_module(name: str) -> str:
    match = _REGISTERED.fullmatch(name)
    name = match[1] if match else name
    return _ALIASES.get(name, name)
