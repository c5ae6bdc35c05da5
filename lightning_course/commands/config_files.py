"""YAML files on the command line of ``train``, looked at before jsonargparse works on them."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import get_loader, set_loader

from lightning_course.files import check_yaml, open_file, read_yaml

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
                content = read_yaml(value)
                # jsonargparse takes a name in a file from where that file lies.
                _refuse_pipes(content, os.path.dirname(value))
                settings = dict(content["trainer"])
            except (ValueError, KeyError, TypeError):
                continue  # it sets nothing of the trainer
        else:
            _refuse_pipes(value)
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
        content = _parsers_yaml(text)
    except TypeError as error:
        # jsonargparse takes the only key of a mapping for text, and that of "?" or "{1}" is none.
        raise yaml.YAMLError("a key must be text") from error
    _refuse_pipes(content)
    return content


def _refuse_pipes(content: object, folder: str = "") -> None:
    """Raise a UserError where a pipe is named: jsonargparse reads files that files name."""
    if isinstance(content, dict | list):
        for inner in content.values() if isinstance(content, dict) else content:
            _refuse_pipes(inner, folder)
    elif isinstance(content, str):
        path = os.path.join(folder, content)
        if os.path.exists(path) and Path(path).is_fifo():
            open_file(path)


_parsers_yaml = get_loader("yaml")
set_loader("yaml", _load_yaml, (yaml.YAMLError,))
