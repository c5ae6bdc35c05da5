"""The kinds of data that ``predict`` knows.

A new kind is one more row of ``KINDS``, with a function that reads it.
"""

from lightning_course.commands.prediction import Kind, as_lines, as_table
from lightning_course.commands.questions import read_pictures, read_rows, read_texts
from lightning_course.datamodules import ImageDataModule, SpamDataModule, TableDataModule
from lightning_course.errors import UserError
from lightning_course.runs import Run

_CSV_OPTIONS = ("input", "data.encoding", "data.separator")

KINDS = (
    Kind(SpamDataModule, "texts", ("text", "column", *_CSV_OPTIONS), read_texts, as_lines),
    Kind(TableDataModule, "rows of tables", _CSV_OPTIONS, read_rows, as_table),
    Kind(ImageDataModule, "pictures", ("input", "invert"), read_pictures, as_lines),
)


def kind_of(run: Run) -> Kind:
    """Return the kind of a run's data.

    Raises:
        UserError: Data of none of the kinds, such as those of the user's own class.
    """
    for kind in KINDS:
        if isinstance(run.datamodule, kind.datamodule):
            return kind
    known = " and ".join(kind.name for kind in KINDS)
    raise UserError(
        f"{run.path} was trained on a {type(run.datamodule).__name__}, and predict.py reads "
        f"{known}: in Python, use load_run(…).module.predict_step(inputs)"
    )
