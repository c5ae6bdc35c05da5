"""What would make our model the file's: the option to set, where a single one does."""

from collections.abc import Collection, Sequence
from typing import get_args

from lightning_course.keras_weights.steps import RECURRENT, Step
from lightning_course.nn import Activation, RecurrentActivation

_CELLS = dict(zip(RECURRENT, ("rnn", "gru", "lstm"), strict=True))

# Options of our models whose value is the class of a layer.
_BY_CLASS = {
    "cell": _CELLS,
    "bidirectional": {"Bidirectional": "true", **dict.fromkeys(RECURRENT, "false")},
    "pooling": {"GlobalMaxPooling1D": "max", "GlobalAveragePooling1D": "mean"},
    "head": {
        "GlobalMaxPooling2D": "max",
        "GlobalAveragePooling2D": "average",
        "Flatten": "flatten",
    },
}
_BY_SETTING = {
    ("Conv2D", "kernel_size"): "kernel_size",
    ("Conv2D", "strides"): "stride",
    ("Conv2D", "padding"): "padding",
    ("MaxPooling2D", "pool_size"): "pool_size",
    **{(recurrent, "units"): "hidden_size" for recurrent in RECURRENT},
    ("Embedding", "output_dim"): "embedding_dim",
    ("Embedding", "mask_zero"): "mask_padding",
}


def hint(
    ours: Step,
    theirs: Step,
    setting: str | None,
    chain: Sequence[Step],
    options: Collection[str],
) -> str:
    """Return such as "try --model.cell gru", or nothing.

    Args:
        ours: Our step that differs, before the last.
        theirs: The file's in its place, likewise.
        setting: What differs, None if it is the class.
        chain: All of the file's steps.
        options: Arguments of our model.
    """
    if ours.wrapped and theirs.wrapped:
        ours, theirs = ours.wrapped, theirs.wrapped
    option, value = _change(ours, theirs, setting, chain)
    return f"try --model.{option} {value}" if value and option in options else ""


def _change(
    ours: Step, theirs: Step, setting: str | None, chain: Sequence[Step]
) -> tuple[str, str]:
    kind = theirs.class_name
    if setting is None:
        for option, values in _BY_CLASS.items():
            if ours.class_name in values and kind in values:
                return option, values[kind]
    if setting == "return_sequences":
        after = next((step for step in chain if step.position > theirs.position), None)
        return "pooling", _BY_CLASS["pooling"].get(after.class_name, "last") if after else "last"
    if setting == "activation":
        name = theirs.settings[setting]
        if kind == "SimpleRNN":
            name = "none" if name == "linear" else name
            return setting, name if name in get_args(RecurrentActivation) else ""
        return setting, name if name in get_args(Activation) else ""
    if (kind, setting) == ("Dense", "units"):
        units = [step.settings["units"] for step in chain if step.class_name == "Dense"][:-1]
        are_numbers = all(isinstance(unit, int) for unit in units)
        return "hidden_sizes", str(units).replace(" ", "") if are_numbers else ""
    option = _BY_SETTING.get((kind, str(setting)), "")
    value = theirs.settings.get(str(setting))
    # Not a side of a window that is no square, and nothing that only a damaged file has.
    fits = isinstance(value, int) or value in ("same", "valid")
    return option, str(value).lower() if fits else ""
