"""The parser of ``train``: names are read literally, errors are one line, 1 is not 1.0."""

import types
from collections.abc import Sequence
from typing import Any, NoReturn, Union, get_args, get_origin

from pytorch_lightning.cli import LightningArgumentParser

from lightning_course.errors import UserError
from lightning_course.training.options import config_files  # noqa: F401  # checks YAML
from lightning_course.training.options.names import LiteralNamesParser
from lightning_course.training.options.parser_errors import explain


class CourseArgumentParser(LiteralNamesParser):
    """A parser whose errors are one line and name the closest option.

    Attributes:
        words: The command line that is being parsed.
    """

    words: Sequence[str] = ()

    def add_class_arguments(self, *args: Any, **kwargs: Any) -> Any:
        """Add the arguments of a class's constructor."""
        added = super().add_class_arguments(*args, **kwargs)
        actions: list[Any] = self._actions
        for action in actions:
            if hasattr(action, "_typehint"):
                action._typehint = _integer_first(action._typehint)
        return added

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the error as a UserError instead of printing pages of usage."""
        if not self.exit_on_error:
            # jsonargparse made this parser for a part; the whole parser reports where the part is.
            super().error(message, ex)
        raise UserError(explain(message, self, self.words)) from ex


def add_course_options(parser: LightningArgumentParser) -> None:
    """Add the options that ``train`` has beside those of LightningCLI."""
    parser.add_argument("--task", type=str, help="Name of the task; --list shows all.")
    parser.add_argument("--runs", type=str, default="runs", help="Folder of all runs.")
    parser.add_argument(
        "--threads", type=int | None, default=None, help="CPU threads of torch; null: its own."
    )
    parser.add_argument(
        "--init_from", type=str | None, default=None, help="Run to take the first weights from."
    )
    parser.add_argument(
        "--compile", type=bool, default=False, help="Compile the network with torch.compile."
    )
    parser.add_argument(
        "--tf32", type=bool, default=True, help="TensorFloat-32 for float32 products on CUDA."
    )
    parser.add_argument(
        "--spreadsheet_safe",
        type=bool,
        default=False,
        help="In CSV files, put an apostrophe before cells that a spreadsheet would run.",
    )


def option_names(words: Sequence[str]) -> list[str]:
    """Return the options of a command line by the names that jsonargparse's help shows."""
    return [word.split("=")[0].replace(".init_args", "") for word in words if word.startswith("--")]


def _integer_first(hint: Any) -> Any:
    """Return a union of types with int before float, so that 1 stays an integer.

    For the Trainer 1 is one batch and 1.0 are all batches; jsonargparse takes the first type that
    fits. typing takes unions for equal whatever their order, and caches them: which order
    ``Optional[Union[int, float]]`` has depends on the modules that were imported before.
    """
    kinds = get_args(hint)
    if get_origin(hint) not in (Union, types.UnionType) or not {int, float} <= set(kinds):
        return hint
    return Union[tuple(sorted(kinds, key=lambda kind: kind is not int))]  # noqa: UP007
