"""The line that ends a command: what went wrong, and whether it is a defect of this project."""

import os
import traceback
from pathlib import Path

from lightning_course.errors import UserError, memory_problem, one_line
from lightning_course.process.installation import PROJECT, diagnose

#: The environment variable that shows the traceback above the line.
SHOW_TRACEBACK = "LIGHTNING_COURSE_TRACEBACK"

_PACKAGE = Path(__file__).resolve().parent.parent

# Libraries written in C, and Python itself, raise these without a frame of their own.
_RAISED_IN_C = (RuntimeError, ValueError, OverflowError, FloatingPointError, ImportError)


def describe(error: Exception) -> tuple[str, int]:
    """Return the line for an exception that ended a command, and the command's exit code.

    The code is 2 if the user can do something about it: bad input, a value that a library refuses,
    a file that cannot be read, too little memory, a broken installation. The exception's type
    decides, or else the place where it was raised: an exception from a library, or from a class of
    the user's, is about what it was given. An exception from this project's code that is not a
    ``UserError`` is a defect: 1.

    Args:
        error: The exception. Its notes ("unfinished run: …") are put at the end of the line.
    """
    if os.environ.get(SHOW_TRACEBACK):
        traceback.print_exception(error)
    line, code = _describe(error)
    notes = getattr(error, "__notes__", [])
    return one_line(line) + "".join(f" ({note})" for note in notes), code


def _describe(error: Exception) -> tuple[str, int]:
    if isinstance(error, UserError):
        return str(error), error.exit_code
    if isinstance(error, ImportError | AttributeError | RuntimeError) and (
        problem := diagnose(error)
    ):
        return problem, 2
    module, file, line = _place(error)
    is_ours = _PACKAGE in file.parents
    if isinstance(error.__cause__, Exception) and is_ours:
        # This project's exception says where it happened; its cause says what happened.
        return _describe(error.__cause__)
    text = one_line(str(error)) or "no message"
    name = type(error).__name__
    if isinstance(error, MemoryError):
        return f"{memory_problem('out of memory')} ({text})", 2
    if problem := memory_problem(text):
        return problem, 2
    if isinstance(error, RecursionError):
        return f"nested too deeply: {text}", 2
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror or text}", 2
    if name == "MisconfigurationException":
        # Lightning raises it for options that do not fit together; the text is for users.
        return text, 2
    if isinstance(error, NotImplementedError) and (is_ours or not str(error)):
        # A base class was chosen, or the user's subclass lacks a method.
        return f"{one_line(str(error)) or 'a method is missing'}: choose another class", 2
    hint = f"{SHOW_TRACEBACK}=1 shows where"
    if not is_ours:
        return f"{text} ({name} from {module}; {hint})", 2
    if isinstance(error, _RAISED_IN_C):
        return f"{text} ({name}; {hint})", 2
    place = f"{file.relative_to(_PACKAGE.parent)}:{line}"
    return (
        f"a defect of {PROJECT}, not of your input: {name} at {place}: {text}. Please report it "
        f"with the command and the output of {SHOW_TRACEBACK}=1",
        1,
    )


def _place(error: Exception) -> tuple[str, Path, int]:
    """Return the module, file and line where an exception was raised."""
    module, file, line = "Python", Path(), 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        file, line = Path(frame.f_code.co_filename), number
    return module, file, line
