"""Whether a file's layers compute what ours do.

Weights of the right shapes are not enough: an LSTM with another activation has the same ones.
"""

import math
from collections.abc import Collection
from itertools import zip_longest

from lightning_course.errors import UserError
from lightning_course.keras_weights.configs import LayerConfig, ModelConfig, Shape
from lightning_course.keras_weights.hints import hint
from lightning_course.keras_weights.layers import Architecture, KerasLayer
from lightning_course.keras_weights.names import quoted, shown
from lightning_course.keras_weights.steps import Step, steps


def check_layers(
    architecture: Architecture,
    config: ModelConfig,
    source: str,
    scales_bytes: bool = False,
    options: Collection[str] = (),
) -> None:
    """Compare a file's layers with ours.

    Args:
        architecture: Ours.
        config: The file's.
        source: What messages call the file.
        scales_bytes: Whether our network divides bytes by 255: a file's model that does so in its
            first layer is then the same.
        options: Arguments of our model, of which a message can name the one to change.

    Raises:
        UserError: They compute something else; it names the first layer and setting that differ.
    """
    theirs = steps(config.layers, config.input_shape, source)
    ours = steps(
        [_config(layer) for layer in architecture.layers], architecture.input_shape, "ours"
    )
    if theirs and theirs[0].class_name == "Rescaling":
        _check_scaling(theirs.pop(0), scales_bytes, source)
    for chain in (ours, theirs):
        # A dense network takes rows of any shape, in the order of their numbers.
        if [step.class_name for step in chain[:2]] == ["Flatten", "Dense"]:
            del chain[0]
    _check_input(ours, architecture.input_shape, config.input_shape, source)
    # At the end of one of the two only it changes the shape of the values, and not their order.
    if (ours[-1].class_name == "Reshape") != (bool(theirs) and theirs[-1].class_name == "Reshape"):
        _drop_reshape(ours)
        _drop_reshape(theirs)
    for own, other in zip_longest(ours, theirs):
        if other is None:
            raise UserError(f"{source}: the model ends where ours has {own}")
        if own is None:
            raise UserError(f"{source}: {_where(other)} is {other} there, and ours end before it")
        is_last = own is ours[-1] and other is theirs[-1]
        found = _difference(own, other, is_last)
        if found:
            message, setting = found
            # How many the last ones are, the data say.
            advice = "" if is_last else hint(own, other, setting, theirs, options)
            raise UserError(f"{source}: {message}" + (f" ({advice})" if advice else ""))


def _config(layer: KerasLayer) -> LayerConfig:
    settings = dict(layer.config)
    if layer.wrapped:
        settings["layer"] = {
            "class_name": layer.wrapped.class_name,
            "config": {"name": layer.wrapped.name, **layer.wrapped.config},
        }
    return LayerConfig(layer.class_name, layer.name, settings)


def _where(step: Step) -> str:
    return f"layer {step.position}, {quoted(step.name)},"


def _difference(ours: Step, theirs: Step, is_last: bool) -> tuple[str, str | None] | None:
    """Return how two steps differ and in which setting, None if they do not."""
    where = _where(theirs)
    both = f"{where} is {theirs} there and {ours} here"
    if ours.class_name != theirs.class_name:
        return both, None
    if ours.wrapped and theirs.wrapped:
        if ours.wrapped.class_name != theirs.wrapped.class_name:
            return both, None
        within = _difference(ours.wrapped, theirs.wrapped, is_last=False)
        if within and within[1] in ours.wrapped.main:
            return both, within[1]
        if within:
            return within[0].replace(_where(theirs.wrapped), where, 1), within[1]
    for setting, own in ours.settings.items():
        other = theirs.settings[setting]
        # A model that returns logits, as ours does within, has the weights of one that does not.
        if is_last and setting == "activation" and other == "linear":
            continue
        if not _equal(own, other):
            if setting in ours.main:
                return both, setting
            return f"{where} has {setting} {shown(other)} there and {shown(own)} here", setting
    return None


def _equal(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-6)
    return ours == theirs


def _drop_reshape(chain: list[Step]) -> None:
    if chain and chain[-1].class_name == "Reshape":
        chain.pop()


def _check_scaling(scaling: Step, scales_bytes: bool, source: str) -> None:
    scale, offset = scaling.settings["scale"], scaling.settings["offset"]
    if scales_bytes and isinstance(scale, float) and _equal(scale, 1 / 255) and offset == 0:
        return
    ours = (
        "ours divides the bytes of images by 255"
        if scales_bytes
        else "ours takes its inputs as the data module scales them"
    )
    raise UserError(f"{source}: {_where(scaling)} is {scaling}, and {ours}")


def _check_input(ours: list[Step], own: Shape, other: Shape | None, source: str) -> None:
    """Refuse inputs whose numbers come in another order, where each place has its own weights."""
    is_dense = ours[0].class_name == "Dense"
    if other is None or not (is_dense or any(step.class_name == "Flatten" for step in ours)):
        return
    # Flat rows have the order of Keras's arrays.
    is_flat = is_dense and 1 in (len(own), len(other))
    if is_flat and (None in (*own, *other) or math.prod(_known(own)) == math.prod(_known(other))):
        return
    # (28, 28) are images of one colour too, (28, 28, 1).
    sides, others = ([size for size in shape if size != 1] for shape in (own, other))
    if len(sides) == len(others) and all(
        None in pair or pair[0] == pair[1] for pair in zip(sides, others, strict=True)
    ):
        return
    raise UserError(f"{source} takes inputs of shape {_shape(other)}, and ours are {_shape(own)}")


def _known(shape: Shape) -> list[int]:
    return [size for size in shape if size is not None]


def _shape(shape: Shape) -> str:
    return str(shape).replace("None", "any")
