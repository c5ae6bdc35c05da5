"""YAML on the command line of ``train``: checked before jsonargparse works on it.

Importing this module replaces how jsonargparse reads a file and loads YAML, in the whole process.
"""

from typing import Any

import yaml
from jsonargparse import get_loader, set_loader
from jsonargparse._paths import Path as ParsersPath

from lightning_course.errors import UserError
from lightning_course.files.reading import check_yaml, read_text, read_yaml


def _load_yaml(text: str) -> Any:
    """Return the content of YAML as jsonargparse reads it, if its size has limits."""
    check_yaml(text)
    try:
        return _parsers_yaml(text)
    except TypeError as error:
        # jsonargparse takes the only key of a mapping for text; the key of "?" or "{1}" is not.
        raise yaml.YAMLError("a key must be text") from error


def _read_text(path: ParsersPath) -> str:
    """Return the content of a file for jsonargparse, if it is a regular file of valid YAML.

    jsonargparse takes a string for a file wherever an option is a class or a group, in files too.
    """
    if path._std_io:  # "-"
        return _parsers_read_text(path)
    read_yaml(path.absolute)  # its errors name the file
    text = read_text(path.absolute)
    if not text.strip():
        # Some of the system's files say that they are empty, and have no end.
        raise UserError(f"{path} is empty: it must be YAML")
    return text


_parsers_yaml = get_loader("yaml")
set_loader("yaml", _load_yaml, (yaml.YAMLError,))
_parsers_read_text = ParsersPath.read_text
ParsersPath.read_text = _read_text  # type: ignore[method-assign, assignment]
