"""YAML files on the command line of ``train``, looked at before jsonargparse works on them."""

import itertools
import os
from collections.abc import Sequence
from typing import Any

import yaml
from jsonargparse import get_loader, set_loader
from jsonargparse._paths import Path as ParsersPath

from lightning_course.errors import UserError
from lightning_course.files.reading import check_yaml, read_text, read_yaml

# Trainer options in which 1 is one batch and 1.0 all of them; jsonargparse reads both as 1.0.
_BATCHES_OR_SHARE = (
    "limit_train_batches",
    "limit_val_batches",
    "limit_test_batches",
    "overfit_batches",
    "val_check_interval",
)


def single_batches(args: Sequence[str]) -> set[str]:
    """Return which of the Trainer's limits are one batch; the last word on each counts.

    Args:
        args: The command line.

    Raises:
        UserError: A file that it names cannot be read, or is a pipe.
    """
    single: set[str] = set()
    words = [word for argument in args for word in argument.split("=", 1)]
    for option, value in itertools.pairwise(words):
        if option == "--config" and os.path.exists(value):
            try:
                settings = dict(read_yaml(value)["trainer"])
            except (ValueError, KeyError, TypeError):
                continue  # it sets nothing of the trainer
        else:
            settings = {option.removeprefix("--trainer."): value}
        for name in settings.keys() & set(_BATCHES_OR_SHARE):
            # 1 and 1.0 are equal, and only the first is one batch.
            single.discard(name)
            if str(settings[name]) == "1":
                single.add(name)
    return single


def _load_yaml(text: str) -> Any:
    """Return the content of YAML as jsonargparse reads it, if it has bounds."""
    check_yaml(text)
    try:
        return _parsers_yaml(text)
    except TypeError as error:
        # jsonargparse takes the only key of a mapping for text, and that of "?" or "{1}" is none.
        raise yaml.YAMLError("a key must be text") from error


def _read_text(path: ParsersPath) -> str:
    """Return the content of a file that jsonargparse reads, if it has an end.

    It takes a string for a file where an option is a class or a group, in files too.
    """
    if path._std_io:  # "-"
        return _parsers_read_text(path)
    text = read_text(path.absolute)
    if not text.strip():
        # Also a file of the system's that says so, and has no end.
        raise UserError(f"{path} is empty: it must be YAML")
    return text


_parsers_yaml = get_loader("yaml")
set_loader("yaml", _load_yaml, (yaml.YAMLError,))
_parsers_read_text = ParsersPath.read_text
ParsersPath.read_text = _read_text  # type: ignore[method-assign, assignment]
