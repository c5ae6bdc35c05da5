"""Names of columns, classes and files on the command line and in YAML are read literally.

jsonargparse reads every value as YAML before it looks at the option's type: ``#Passengers`` is then
a comment, ``1e3`` a number, ``~`` None. Here an option whose type consists of strings (``str``,
``Path``, a list of ``str``, each with or without ``None``) takes its value as it was typed.
"""

import os
import re
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import yaml
from jsonargparse import get_loader, set_dumper
from jsonargparse._typehints import ActionTypeHint
from jsonargparse._util import NestedArg
from pytorch_lightning.cli import LightningArgumentParser

#: The message for an empty name.
NEEDS_VALUE = "needs a value"
#: The message for a name that is not UTF-8, as YAML must be.
NOT_UTF8 = "has bytes that are not UTF-8, which config.yaml cannot keep: rename what it names"

# One name of a list: in double or single quotes, or without quotes.
_ITEM = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^,]*?))\s*(?:,|$)""")


def read_names(text: str, list_too: bool, text_too: bool) -> str | list[str]:
    """Return the value of an option as a name, as it was typed, or as a list of names.

    Args:
        text: The value as it was typed.
        list_too: Whether the option takes a list.
        text_too: Whether the option takes a single name.

    Examples:
        >>> read_names("#Passengers", list_too=True, text_too=True)
        '#Passengers'
        >>> read_names("[open, 1e3, b: c]", list_too=True, text_too=True)
        ['open', '1e3', 'b: c']
        >>> read_names('["a, b", null]', list_too=True, text_too=True)
        ['a, b', 'null']
        >>> read_names("[x]", list_too=True, text_too=True)
        '[x]'
        >>> read_names("[x]", list_too=True, text_too=False)
        ['x']
    """
    if not list_too:
        return text
    inner = text.strip()
    brackets = inner.startswith("[") and inner.endswith("]")
    if brackets:
        inner = inner[1:-1]
    if text_too and not (brackets and re.search("[,\"']", inner)):
        return text
    names, start = [], 0
    while start < len(inner) and (match := _ITEM.match(inner, start)):
        double, single, plain = match.groups()
        if double is not None:
            names.append(re.sub(r"\\(.)", r"\1", double))
        else:
            names.append(plain if single is None else single.replace("''", "'"))
        start = match.end()
    return names


class LiteralNamesParser(LightningArgumentParser):
    """A parser that takes names as they were typed, in its own options and in those of classes."""

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        """Add an option."""
        action = super().add_argument(*args, **kwargs)
        _read_names_literally(self)
        return action

    def add_class_arguments(self, *args: Any, **kwargs: Any) -> Any:
        """Add the arguments of a class's constructor."""
        added = super().add_class_arguments(*args, **kwargs)
        _read_names_literally(self)
        return added

    def add_subclass_arguments(self, *args: Any, **kwargs: Any) -> Any:
        """Add an option that takes a class with its arguments."""
        added = super().add_subclass_arguments(*args, **kwargs)
        _read_names_literally(self)
        return added


def _read_names_literally(parser: Any) -> None:
    for action in parser._actions:
        if type(action) is ActionTypeHint:
            action.__class__ = _Names if _kinds(action._typehint) else _Others


class _Typed(str):
    """A value as it was typed, on its way to its option.

    jsonargparse reads only a plain ``str`` as YAML.
    """


class _Others(ActionTypeHint):
    """An option of any other type. A value for one of its arguments is left to that argument."""

    def _check_type_(self, value: Any, **kwargs: Any) -> Any:
        if isinstance(value, NestedArg) and type(value.val) is str:
            value = NestedArg(value.key, _Typed(value.val))
        elif isinstance(value, _Typed):
            value = str(value)
        return super()._check_type_(value, **kwargs)  # type: ignore[no-untyped-call]


class _Names(ActionTypeHint):
    """An option whose values are names."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 4 and isinstance(args[2], str):
            parser, config, value, option = args
            args = (parser, config, _Typed(value), option)
        return super().__call__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _check_type_(self, value: Any, **kwargs: Any) -> Any:
        kinds = _kinds(self._typehint)
        if isinstance(value, _Typed):
            if not value:
                raise TypeError(f'Parser key "{self.dest}": {NEEDS_VALUE}')
            if re.search("[\ud800-\udfff]", value):
                raise TypeError(f'Parser key "{self.dest}": {NOT_UTF8}')
            if value == "null" and type(None) in kinds:
                return None
            # The quotes let a column have that name.
            name = "null" if value == '"null"' else str(value)
            names = read_names(name, list in kinds, str in kinds)
            # Spaces around the name of a column are ignored, as in the file; in a path they count.
            parts = get_args(self._typehint)
            is_path = any(isinstance(one, type) and issubclass(one, os.PathLike) for one in parts)
            return names if is_path or not isinstance(names, str) else names.strip() or names
        if isinstance(value, str) and str in kinds:
            return value
        return super()._check_type_(value, **kwargs)  # type: ignore[no-untyped-call]

    def instantiate_classes(self, value: Any) -> Any:
        return value

    def serialize(self, value: Any, dump_kwargs: Any = None) -> Any:
        return os.fspath(value) if isinstance(value, Path) else value


def _kinds(hint: Any) -> set[type]:
    """Return which of str, list and NoneType a type consists of; empty if of other types too."""
    if get_origin(hint) in (Union, types.UnionType):
        parts = [_kinds(part) for part in get_args(hint)]
        return set().union(*parts) if all(parts) else set()
    if hint is str or (isinstance(hint, type) and issubclass(hint, os.PathLike)):
        return {str}
    if get_origin(hint) in (list, Sequence) and get_args(hint) == (str,):
        return {list}
    return {type(None)} if hint is type(None) else set()


class _Dumper(yaml.SafeDumper):
    """Quotes strings that jsonargparse's loader would read as another type, such as 1e3."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    try:
        same = isinstance(get_loader("yaml")(text), str)
    except yaml.YAMLError:
        same = True  # the emitter quotes its characters anyway
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if same else "'")


_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(str, _represent_text)


def _dump(data: Any) -> str:
    text: str = yaml.dump(
        data, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False
    )
    return text


set_dumper("yaml", _dump)
