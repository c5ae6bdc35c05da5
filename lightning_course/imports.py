"""Which classes a file may name: those of this project and of the libraries it builds on.

A run's config.yaml, or any other YAML file, names classes by their import path, and importing a
module executes it. So a file may only name classes of the packages in :data:`TRUSTED`. The user
allows others on the command line: by an option that takes a class, or by ``--allow my_module``.
"""

import importlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lightning_course.command_line import take_option

#: Packages whose classes and functions any file may name. Only those parts of torch and Lightning
#: that a recipe needs: `torch.hub.load`, for example, downloads code and runs it.
TRUSTED = (
    "lightning_course",
    "torch.nn",
    "torch.optim",
    "torch.utils.data",
    "torch.profiler",
    "torch.distributed.fsdp",
    "torchvision.models",
    "torchvision.ops",
    "torchvision.transforms",
    "torchmetrics",
    *(
        f"{package}.{part}"
        for package in ("pytorch_lightning", "lightning.pytorch")
        for part in ("callbacks", "loggers", "plugins", "profilers", "strategies", "accelerators")
    ),
    # Lightning's subclass of torch's schedule, with the name of a metric.
    "pytorch_lightning.cli.ReduceLROnPlateau",
    "lightning.pytorch.cli.ReduceLROnPlateau",
    *(
        f"{package}.{part}"
        for package in ("lightning_fabric", "lightning.fabric")
        for part in ("loggers", "plugins", "strategies", "accelerators")
    ),
)

# An import path has a dot; the name before the first one is its package.
_IMPORT_PATH = re.compile(r"(?<![\w./])([^\W\d]\w*)(?:\.[^\W\d]\w*)+(?![\w/])")


def is_allowed(path: str, allowed: Iterable[str] = ()) -> bool:
    """Return whether a file may name an import path.

    Args:
        path: Such as "lightning_course.models.SpamClassifier".
        allowed: Packages, modules or whole import paths that the user named.
    """
    return any(path == name or path.startswith(f"{name}.") for name in (*TRUSTED, *allowed))


def refusal(path: str) -> str:
    """Return the end of a message on an import path in a file that is not allowed."""
    return (
        f"{path}, which is not part of this project: if you trust it, "
        f"--allow {path.partition('.')[0]} imports it"
    )


def import_class(path: str, base: type, allowed: Iterable[str] = ()) -> Any:
    """Import the class that a file names.

    Args:
        path: Its import path, such as "lightning_course.models.SpamClassifier".
        base: The class that it must be a subclass of.
        allowed: See :func:`is_allowed`.

    Raises:
        ValueError: The path is not allowed (then nothing is imported), there is no such class, or
            it is not a subclass of ``base``.
    """
    if not is_allowed(path, allowed):
        raise ValueError(f"it uses {refusal(path)}")
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"class_path {path} cannot be imported") from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"class_path {path} is not a {base.__name__}")
    return found


def check_arguments(built: type, arguments: Mapping[str, Any]) -> None:
    """Raise a ValueError unless a file's arguments for a class have the right types.

    Args:
        built: The class.
        arguments: The arguments of its constructor, by name.
    """
    from jsonargparse import ArgumentError, ArgumentParser

    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(built, "arguments", fail_untyped=False)
    try:
        with import_policy(()):
            parser.parse_object({"arguments": dict(arguments)})
    except (ArgumentError, TypeError, ValueError) as error:
        name = re.search(r'Parser key "arguments\.([^"]+)"|[Oo]ption \'([^\']+)\'', str(error))
        which = f" {name[1] or name[2]}" if name else ""
        raise ValueError(
            f"config.yaml has an option{which} that {built.__name__} refuses"
        ) from None


def named_packages(words: Sequence[str]) -> list[str]:
    """Return the packages of the import paths that a command line names.

    Args:
        words: The command line. Names of existing files and the values of ``--config`` are
            skipped.
    """
    named: list[str] = []
    for position, word in enumerate(words):
        option, equals, value = word.partition("=")
        if not equals or not option.startswith("--"):
            option, value = words[position - 1] if position else "", word
        if option == "--config" or value.startswith("--") or os.path.exists(value):
            continue
        named += [match[1] for match in _IMPORT_PATH.finditer(value)]
    return list(dict.fromkeys(named))


def allowed_by(words: Sequence[str]) -> list[str]:
    """Return the packages that a command line allows: values of ``--allow``, and import paths."""
    allowed, rest = take_allowed(words)
    return [*allowed, *named_packages(rest)]


def take_allowed(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the values of ``--allow`` on a command line, and the command line without them."""
    found: list[str] = []
    rest = list(words)
    while True:
        value, rest = take_option(rest, "--allow")
        if value is None:
            return found, rest
        found.append(value)


@contextmanager
def import_policy(allowed: Iterable[str]) -> Iterator[None]:
    """Inside the block, let jsonargparse import only what a file may name.

    A class path in place of a value of any type stays a dictionary, no object is made from it.

    Args:
        allowed: See :func:`is_allowed`.
    """
    from jsonargparse import set_parsing_settings

    # The settings are global, and the public functions can only add to them.
    from jsonargparse._common import parsing_settings

    before = dict(parsing_settings)
    names = [name for name in allowed if name.split(".")[0] != "jsonargparse"]
    set_parsing_settings(
        import_path_denylist=["*"],
        import_path_allowlist=[*TRUSTED, *names],
        instantiate_subclass_spec_in_any=False,
        # Lightning turns these on: a file could have web addresses fetched.
        config_read_mode_urls_enabled=False,
        config_read_mode_fsspec_enabled=False,
    )
    try:
        yield
    finally:
        parsing_settings.update(before)
