"""Which options change the rows, which change nothing, and which have no effect beside others."""

from collections.abc import Mapping, Sequence
from typing import Any

from lightning_course.errors import UserError

#: Options of a data module that change neither its rows nor a result. The provenance (kind and
#: checksum), not these, says which data were found.
DATA_WITHOUT_EFFECT = frozenset({"root", "source", "residency", "evaluation_batch_size"})

#: Options of a data module that change how a model is trained on its rows, but not the rows.
DATA_FOR_TRAINING = frozenset({"batch_size", "drop_last", "augmentation"})

#: Options of a data module that say how a user's own file is found and read. The checksum in the
#: provenance says what is in the file.
OWN_FILE = frozenset({"csv", "folder", "encoding", "separator"})

#: Options of a run, other than of its model, data and trainer, that change no result.
RUN_WITHOUT_EFFECT = frozenset({"config", "runs", "spreadsheet_safe", "threads"})

_RECURRENT = ("--model.hidden_size", "--model.num_layers", "--model.activation")
_OWN_TABLE = (
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
_OWN_IMAGES = ("--data.test_fraction", "--data.class_order")
_COURSE_SERIES = ("--data.length", "--data.noise")


def refuse_without_effect(
    model: Mapping[str, Any], data: Mapping[str, Any], options: Sequence[str]
) -> None:
    """Raise a UserError for an option on the command line that has no effect beside the others.

    Args:
        model: The model's arguments, after parsing.
        data: The data module's arguments, after parsing.
        options: The names of the options on the command line.
    """
    linear = model.get("cell") == "linear"
    course_table = data.get("csv", "") is None
    for option in options:
        if linear and option in _RECURRENT:
            raise UserError(f"{option} has no effect on a linear model; choose --model.cell")
        # The features of the course's share prices can be chosen too; they have no target.
        own_table = option in _OWN_TABLE or (option == "--data.features" and "target" in data)
        if course_table and own_table:
            raise UserError(f"{option} is for a table of your own: give --data.csv too")
        if data.get("folder", "") is None and option in _OWN_IMAGES:
            raise UserError(f"{option} is for pictures of your own: give --data.folder too")
        if data.get("csv") and option in _COURSE_SERIES:
            raise UserError(f"{option} has no effect on a series of your own")
        if option == "--model.freeze_vectors" and model.get("vectors", "") is None:
            raise UserError(f"{option} has no effect without --model.vectors")
