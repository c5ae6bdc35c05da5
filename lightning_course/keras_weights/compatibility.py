"""Whether a file's layers compute what ours do.

Weights of the right shapes are not enough: an LSTM with another activation has the same ones.
"""

import math
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import get_args

from lightning_course.errors import UserError
from lightning_course.keras_weights.keras_model import Architecture, Shape, shown
from lightning_course.keras_weights.layers import KINDS, Step, steps
from lightning_course.keras_weights.model_json import ModelConfig
from lightning_course.nn import Activation, RecurrentActivation

_CELLS = {"SimpleRNN": "rnn", "GRU": "gru", "LSTM": "lstm"}

# Options of our models that choose the class of a layer.
_BY_CLASS = {
    "cell": _CELLS,
    "bidirectional": {"Bidirectional": "true", **dict.fromkeys(_CELLS, "false")},
    "pooling": {"GlobalMaxPooling1D": "max", "GlobalAveragePooling1D": "mean"},
    "head": {
        "GlobalMaxPooling2D": "max",
        "GlobalAveragePooling2D": "average",
        "Flatten": "flatten",
    },
}


def check_layers(
    architecture: Architecture,
    config: ModelConfig,
    scales_bytes: bool = False,
    options: Collection[str] = (),
) -> None:
    """Compare a file's layers with ours.

    Args:
        architecture: Ours.
        config: The file's.
        scales_bytes: Whether our network divides bytes by 255: a file's model that does so in its
            first layer then computes the same.
        options: Arguments of our model, so that a message can name the one to change.

    Raises:
        UserError: They compute something else; it names the first layer and setting that differ.
    """
    theirs = steps(config.layers, config.input_shape)
    ours = steps(architecture.layers, architecture.input_shape)
    if theirs and theirs[0].class_name == "Rescaling":
        _check_scaling(theirs.pop(0), scales_bytes)
    for chain in (ours, theirs):
        # A dense network takes rows of any shape, and reads their numbers in order.
        if [step.class_name for step in chain[:2]] == ["Flatten", "Dense"]:
            del chain[0]
    _check_input(ours, architecture.input_shape, config.input_shape)
    # A Reshape at the end of only one of the two changes the shape of the outputs, not their order.
    reshaped = [chain for chain in (ours, theirs) if chain and chain[-1].class_name == "Reshape"]
    if len(reshaped) == 1:
        del reshaped[0][-1]
    for own, other in zip_longest(ours, theirs):
        if other is None:
            raise UserError(f"the model ends where ours has {own}")
        if own is None:
            raise UserError(f"{other.where} is {other} in the file, and ours end before it")
        is_last = own is ours[-1] and other is theirs[-1]
        setting = _difference(own, other, is_last)
        if setting is None:
            continue
        if setting in ("class", "layer", *KINDS[own.cell].main):
            message = f"{other.where} is {other} in the file and {own} here"
        else:
            found, wanted = shown(other.settings[setting]), shown(own.settings[setting])
            message = f"{other.where} has {setting} {found} in the file and {wanted} here"
        # The number of outputs comes from the data, not from an option.
        advice = "" if is_last else _advice(own, other, setting, theirs, options)
        raise UserError(message + advice)


def _difference(ours: Step, theirs: Step, is_last: bool) -> str | None:
    """Return the first setting in which two steps differ, "class" or "layer" for their classes."""
    if ours.class_name != theirs.class_name:
        return "class"
    if ours.cell != theirs.cell:
        return "layer"
    for setting, own in ours.settings.items():
        other = theirs.settings[setting]
        # A model that returns logits, as ours does within, has the weights of one that does not.
        is_logits = is_last and setting == "activation" and other == "linear"
        if not is_logits and not _equal(own, other):
            return setting
    return None


def _equal(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-6)
    return ours == theirs


def _advice(
    ours: Step, theirs: Step, setting: str, chain: Sequence[Step], options: Collection[str]
) -> str:
    """Return such as " (try --model.cell gru)" where a single option of our model would do."""
    option, value = _option(ours, theirs, setting, chain)
    return f" (try --model.{option} {value})" if value and option in options else ""


def _option(ours: Step, theirs: Step, setting: str, chain: Sequence[Step]) -> tuple[str, str]:
    kind, value = theirs.cell, theirs.settings.get(setting)
    if setting == "class":
        both = {ours.class_name, theirs.class_name}
        found = [(name, classes) for name, classes in _BY_CLASS.items() if both <= classes.keys()]
        return (found[0][0], found[0][1][theirs.class_name]) if found else ("", "")
    if setting == "layer":
        return "cell", _CELLS.get(kind, "")
    if setting == "return_sequences":
        after = next((step for step in chain if step.position > theirs.position), None)
        return "pooling", _BY_CLASS["pooling"].get(after.class_name, "last") if after else "last"
    if setting == "activation" and kind not in ("GRU", "LSTM"):  # ours have Keras's defaults
        names: tuple[str, ...] = get_args(Activation)
        if kind == "SimpleRNN":
            names, value = get_args(RecurrentActivation), "none" if value == "linear" else value
        return setting, str(value) if value in names else ""
    if (kind, setting) == ("Dense", "units"):
        units = [step.settings["units"] for step in chain if step.class_name == "Dense"][:-1]
        are_numbers = all(isinstance(unit, int) for unit in units)
        return "hidden_sizes", str(units).replace(" ", "") if are_numbers else ""
    # Not a side of a window that is no square, and nothing that only a damaged file has.
    fits = isinstance(value, int) or value in ("same", "valid")
    return KINDS[kind].options.get(setting, ""), str(value).lower() if fits else ""


def _check_scaling(scaling: Step, scales_bytes: bool) -> None:
    scale, offset = scaling.settings["scale"], scaling.settings["offset"]
    if scales_bytes and isinstance(scale, float) and _equal(scale, 1 / 255) and offset == 0:
        return
    ours = (
        "ours divides the bytes of images by 255"
        if scales_bytes
        else "ours takes its inputs as the data module scales them"
    )
    raise UserError(f"{scaling.where} is {scaling}, and {ours}")


def _check_input(ours: list[Step], own: Shape, other: Shape | None) -> None:
    """Refuse inputs whose numbers come in another order, where each place has its own weights."""
    is_dense = ours[0].class_name == "Dense"
    if other is None or not (is_dense or any(step.class_name == "Flatten" for step in ours)):
        return
    # Flat rows have the order of Keras's arrays.
    is_flat = is_dense and 1 in (len(own), len(other))
    if is_flat and (None in (*own, *other) or _count(own) == _count(other)):
        return
    # Grey images (28, 28) can also be (28, 28, 1).
    sides, others = ([size for size in shape if size != 1] for shape in (own, other))
    if len(sides) == len(others) and all(
        None in pair or pair[0] == pair[1] for pair in zip(sides, others, strict=True)
    ):
        return
    theirs, expected = (str(shape).replace("None", "any") for shape in (other, own))
    raise UserError(f"the model takes inputs of shape {theirs}, and ours are {expected}")


def _count(shape: Shape) -> int:
    return math.prod(size for size in shape if size is not None)
