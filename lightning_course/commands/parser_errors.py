"""What jsonargparse says, in one line."""

import importlib
import inspect
import re
from collections.abc import Sequence

from pytorch_lightning.cli import LightningArgumentParser

from lightning_course.catalogue import did_you_mean
from lightning_course.commands.names import NEEDS_VALUE
from lightning_course.imports import refusal


def explain(message: str, parser: LightningArgumentParser, words: Sequence[str] = ()) -> str:
    """Return an error of jsonargparse in one line, with the closest known name where it helps.

    Args:
        message: What jsonargparse says, usually a page.
        parser: Whose options are suggested.
        words: The command line.
    """
    if match := re.search(r"Importing '([^']+)' is not allowed", message):
        return f"a --config file uses {refusal(match[1])}"
    if match := re.match(r"unrecognized arguments: (\S+)", message):
        option = match[1].split("=")[0]
        if not option.startswith("-"):
            return f"unexpected argument '{option}': options look like --trainer.max_epochs 3"
        return f"unknown option {option}{did_you_mean(option, _options(parser))}"
    if match := re.search(r"argument (--\S+): expected one argument", message):
        # argparse knows `--model` only; the command line has `--model.hidden_size`.
        words = [word for word in words if word.startswith(match[1]) and "=" not in word]
        return f"option {words[-1] if words else match[1]} needs a value"
    if match := re.match(r"Problems parsing config: (.*)", message, re.DOTALL):
        return f"a --config file is not valid YAML: {' '.join(match[1].split())}"
    if message.startswith("Unexpected config: "):
        return "a --config file is empty or does not consist of options"
    keys = re.findall(r'Parser key "([^"]+)":', message)
    option = "--" + ".".join(keys)
    if f'": {NEEDS_VALUE}' in message:
        return f"option {option} {NEEDS_VALUE}"
    if match := re.search(r"(?:Group '(\w+)' does not accept o|O)ption '([^']+)'", message):
        keys += [key for key in match.groups() if key]
        option = "--" + ".".join(keys)
        return f"unknown option {option}{did_you_mean(option, _options(parser))}"
    if match := re.search(
        r"Problem with given class_path '(.+)':\s+the foll.+ required: (.*)", message
    ):
        return f"{option}: {match[1].rsplit('.', 1)[-1]} needs {option}.{match[2]}"
    if match := re.search(r"Expected a dot import path string: (.*)", message):
        return f"{option}: there is no class {match[1]}; give its whole import path"
    if match := re.search(r"Multiple subclasses with name (\w+)\..*ambiguity: (.*)\.", message):
        return f"{option} {match[1]}: which one? Give its import path: {match[2]}"
    # The innermost value is the one that is wrong; "Given value" stands for a union's.
    if match := re.search(r"Expected an? (.+)\. Got value: (.*)", message):
        return f"{option}: expected {_kinds([match[1]])}, got {_value(match[2])}"
    # What a constructor said stands among the types that did not fit.
    if match := re.search(r"- (?!Expected|Problem|Import path|Does not validate)(.+)", message):
        return match[1]
    kinds = re.findall(r"- Expected an? (.+)", message)
    if (match := re.search(r"Given value: (.*)", message)) and kinds:
        return f"{option}: expected {_kinds(kinds)}, got {_value(match[1])}"
    text = " ".join(message.split())
    return text if len(text) <= 400 else text[:400] + "…"


def _value(text: str) -> str:
    return "null" if text == "None" else text


def _kinds(types: list[str]) -> str:
    """Return type names as people write them: "int or null", "rnn, gru or lstm"."""
    names: list[str] = []
    for kind in types:
        if literal := re.fullmatch(r"typing\.Literal\[(.*)\]", kind):
            names += [word.strip().strip("'") for word in literal[1].split(",")]
        else:
            names.append(re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", kind))
    names = list(dict.fromkeys("null" if name == "NoneType" else name for name in names))
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _options(parser: LightningArgumentParser) -> list[str]:
    """Return all option names, with the constructor arguments of model, data and optimiser."""
    names = [name for action in parser._actions for name in action.option_strings]
    names = [name for name in names if not name.endswith(".help")]
    classes = {key: parser.get_default(key) for key in ("model", "data")}
    paths = {key: value["class_path"] for key, value in classes.items() if value}
    for key, path in {**paths, "optimizer": "lightning_course.optim.Adam"}.items():
        module, _, name = path.rpartition(".")
        # A subclass hands on by **kwargs what its bases take.
        for base in getattr(importlib.import_module(module), name).__mro__[:-1]:
            names += [f"--{key}.{argument}" for argument in inspect.signature(base).parameters]
    return names
