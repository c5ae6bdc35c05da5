"""Options of a task that would have no effect beside its others."""

from collections.abc import Mapping, Sequence
from typing import Any

from lightning_course.errors import UserError

_OF_RECURRENT_CELLS = ("--model.hidden_size", "--model.num_layers", "--model.activation")
_OF_OWN_TABLES = (
    "--data.target",
    "--data.positive_label",
    "--data.missing",
    "--data.encoding",
    "--data.separator",
    "--data.text_column",
    "--data.label_column",
    "--data.allow_gaps",
    "--data.date_column",
)
_OF_OWN_PICTURES = ("--data.test_fraction", "--data.class_order")
_OF_THE_COURSES_SERIES = ("--data.length", "--data.noise")


def refuse_without_effect(
    model: Mapping[str, Any], data: Mapping[str, Any], words: Sequence[str]
) -> None:
    """Raise a UserError for an option that the command line names in vain.

    Args:
        model: The model's arguments, after parsing.
        data: The data module's.
        words: The command line.
    """
    linear = model.get("cell") == "linear"
    courses_table = data.get("csv", "") is None
    for option in (word.split("=")[0].replace(".init_args", "") for word in words):
        if linear and option in _OF_RECURRENT_CELLS:
            raise UserError(f"{option} has no effect on a linear model; choose --model.cell")
        # Which of its columns are features can be chosen of share prices too.
        of_own = option in _OF_OWN_TABLES or (option == "--data.features" and "target" in data)
        if courses_table and of_own:
            raise UserError(f"{option} is for a table of your own: give --data.csv too")
        if data.get("folder", "") is None and option in _OF_OWN_PICTURES:
            raise UserError(f"{option} is for pictures of your own: give --data.folder too")
        if data.get("csv") and option in _OF_THE_COURSES_SERIES:
            raise UserError(f"{option} has no effect on a series of your own")
        if option == "--model.freeze_vectors" and model.get("vectors", "") is None:
            raise UserError(f"{option} has no effect without --model.vectors")
