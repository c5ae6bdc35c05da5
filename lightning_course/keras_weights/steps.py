"""A chain of Keras layers reduced to what it computes when it predicts.

Dropout and its like are left out, activations of their own are joined to the layer before them, and
only those settings are kept that change results. Two chains of the same steps with the same weights
predict the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lightning_course.errors import UserError
from lightning_course.keras_weights.activations import ACTIVATION_LAYERS, activation_name
from lightning_course.keras_weights.configs import MODELS, LayerConfig, Shape, wrapped_layer
from lightning_course.keras_weights.names import quoted, shown

RECURRENT = ("SimpleRNN", "GRU", "LSTM")

_IMAGES = {"data_format": "channels_last"}
_GLOBAL = {**_IMAGES, "keepdims": False}
_RECURRENT = {
    "units": None,
    "activation": "tanh",
    "use_bias": True,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "time_major": False,
}

# With Keras's defaults; of a setting that has none, None stands here.
_SETTINGS: dict[str, dict[str, Any]] = {
    "Dense": {"units": None, "activation": "linear", "use_bias": True},
    "Conv2D": {
        "filters": None,
        "kernel_size": None,
        "strides": 1,
        "padding": "valid",
        "dilation_rate": 1,
        "groups": 1,
        "activation": "linear",
        "use_bias": True,
        **_IMAGES,
    },
    "MaxPooling2D": {"pool_size": 2, "strides": None, "padding": "valid", **_IMAGES},
    "GlobalMaxPooling2D": _GLOBAL,
    "GlobalAveragePooling2D": _GLOBAL,
    "GlobalMaxPooling1D": _GLOBAL,
    "GlobalAveragePooling1D": _GLOBAL,
    # Its momentum only counts in training.
    "BatchNormalization": {"axis": -1, "epsilon": 1e-3, "center": True, "scale": True},
    "Flatten": _IMAGES,
    "Reshape": {"target_shape": None},
    "Embedding": {"input_dim": None, "output_dim": None, "mask_zero": False},
    "SimpleRNN": _RECURRENT,
    "LSTM": {**_RECURRENT, "recurrent_activation": "sigmoid"},
    # Files that do not tell are from before there was a choice: the gate came first then.
    "GRU": {**_RECURRENT, "recurrent_activation": "sigmoid", "reset_after": False},
    "Bidirectional": {"merge_mode": "concat"},
    "Rescaling": {"scale": None, "offset": 0.0},
}

# What a layer is told by: "LSTM(15)".
_MAIN = {
    "Dense": ("units",),
    "Conv2D": ("filters",),
    "MaxPooling2D": ("pool_size",),
    "Reshape": ("target_shape",),
    "Embedding": ("input_dim", "output_dim"),
    "Rescaling": ("scale", "offset"),
    "Activation": ("activation",),
    **dict.fromkeys(RECURRENT, ("units",)),
}

# They pass on what they get when a model predicts.
_TRAINING_ONLY = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    # Augmentation. RandomCrop is not one of them: it crops the middle when it predicts.
    "AugMix",
    "CutMix",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
)

# Layers that prepare a model's inputs, which is done before the model here.
_RESIZING = "changes the size of images: here --data.image_size does"
_ENCODING = "turns what was read into numbers: here a model takes the numbers of the data module"
_PREPARING = {
    "Normalization": "scales inputs by the mean and variance of its own data: here the data module "
    "scales them by the training rows",
    "TextVectorization": "splits texts into words: here the data module does, see --tokenizer",
    "CenterCrop": _RESIZING,
    "RandomCrop": _RESIZING,
    "Resizing": _RESIZING,
    **dict.fromkeys(
        (
            "CategoryEncoding",
            "Discretization",
            "HashedCrossing",
            "Hashing",
            "IntegerLookup",
            "StringLookup",
        ),
        _ENCODING,
    ),
}

# Layers that a model can have in more places or fewer and still compute the same.
PASSING = (
    "Activation",
    "Flatten",
    "InputLayer",
    "NotEqual",  # of a mask
    "Reshape",
    *ACTIVATION_LAYERS,
    *_TRAINING_ONLY,
)


@dataclass
class Step:
    """A layer reduced to what it computes.

    Attributes:
        class_name: Keras's.
        name: Its own, in its model.
        position: In its model, from 1.
        settings: Those that change results, with defaults filled in.
        wrapped: The layer in a Bidirectional.
    """

    class_name: str
    name: str
    position: int
    settings: dict[str, Any]
    wrapped: "Step | None" = None

    @property
    def main(self) -> tuple[str, ...]:
        """Settings that :meth:`__str__` tells."""
        return _MAIN.get(self.class_name, ())

    def __str__(self) -> str:
        """Return the layer in short: "LSTM(15)"."""
        if self.wrapped:
            return f"{self.class_name}({self.wrapped})"
        main = ", ".join(shown(self.settings[key]) for key in self.main)
        return f"{self.class_name}({main})" if main else self.class_name


def steps(layers: Sequence[LayerConfig], input_shape: Shape | None, source: str) -> list[Step]:
    """Return what a chain of layers computes.

    Args:
        layers: After the input layer.
        input_shape: Of one row, None if it is not known.
        source: What messages call the file.

    Raises:
        UserError: A layer that none of the course's networks has, with code of its own or not.
    """
    chain: list[Step] = []
    axes = None if input_shape is None else len(input_shape)
    for position, layer in enumerate(layers, start=1):
        if layer.class_name in _TRAINING_ONLY or (layer.class_name == "Flatten" and axes == 1):
            continue
        if layer.class_name in ("Activation", *ACTIVATION_LAYERS):
            _activate(chain, layer, position)
            continue
        step = _step(layer, position, axes, source)
        chain.append(step)
        axes = _axes_after(step, axes)
    return chain


def _step(layer: LayerConfig, position: int, axes: int | None, source: str) -> Step:
    where = f"{source}: layer {position}, {quoted(layer.name)},"
    if layer.class_name in MODELS:
        raise UserError(f"{where} is a model in the model, and ours are plain chains of layers")
    if layer.class_name in _PREPARING:
        raise UserError(
            f"{where} is a {layer.class_name} layer, which {_PREPARING[layer.class_name]}. Save "
            "the model without this layer in Keras, and take that file"
        )
    if layer.class_name not in _SETTINGS:
        raise UserError(
            f"{where} is a {shown(layer.class_name)}, which none of the course's networks has: "
            "only Keras's own layers are known here, and a file's code is not executed"
        )
    settings = {
        key: _plain(layer.settings.get(key, default))
        for key, default in _SETTINGS[layer.class_name].items()
    }
    step = Step(layer.class_name, layer.name, position, settings)
    for key in ("activation", "recurrent_activation"):
        if key in settings:
            settings[key] = activation_name(layer.settings.get(key, settings[key]))
    if layer.class_name == "MaxPooling2D" and settings["strides"] is None:
        settings["strides"] = settings["pool_size"]
    if layer.class_name == "BatchNormalization" and settings["axis"] in (axes, (axes,)):
        # tf.keras counts the axes of the batch: [3] of images.
        settings["axis"] = -1
    if layer.class_name == "Bidirectional":
        step.wrapped = _step(wrapped_layer(layer, source), position, axes, source)
        if layer.settings.get("backward_layer") is not None:
            backward = _step(wrapped_layer(layer, source, "backward_layer"), position, axes, source)
            expected = {**step.wrapped.settings, "go_backwards": True}
            if (backward.class_name, backward.settings) != (step.wrapped.class_name, expected):
                raise UserError(f"{where} does not run the same layer in both directions")
    return step


def _plain(value: Any) -> Any:
    """Return lists as tuples, and two equal numbers, such as a square's sides, as one."""
    if isinstance(value, list | tuple):
        parts = tuple(_plain(part) for part in value)
        return parts[0] if len(parts) == 2 and parts[0] == parts[1] else parts
    return value


def _axes_after(step: Step, axes: int | None) -> int | None:
    """Return how many axes a row has after a step."""
    if step.class_name == "Flatten" or step.class_name.startswith("Global"):
        return 1
    if step.class_name in ("Conv2D", "MaxPooling2D"):
        return 3
    if step.class_name == "Embedding":
        return 2
    if step.class_name == "Reshape":
        return None
    recurrent = step.wrapped or step
    if recurrent.class_name in RECURRENT:
        return 2 if recurrent.settings["return_sequences"] else 1
    return axes


def _activate(chain: list[Step], layer: LayerConfig, position: int) -> None:
    """Join an activation of its own to the layer before it, as the argument of that would be."""
    settings = layer.settings
    activation = (
        activation_name(settings.get("activation"))
        if layer.class_name == "Activation"
        else activation_name({"class_name": layer.class_name, "config": settings})
    )
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
