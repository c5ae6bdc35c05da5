"""jsonargparse's error messages, each in one line."""

import itertools
import re
import sys
from collections.abc import Sequence

from jsonargparse import ArgumentParser
from jsonargparse._link_arguments import get_link_actions
from pytorch_lightning.cli import LightningArgumentParser

from lightning_course.command_line import did_you_mean
from lightning_course.errors import memory_problem, one_line
from lightning_course.imports import refusal
from lightning_course.training.options.names import NEEDS_VALUE, NOT_UTF8


def explain(message: str, parser: LightningArgumentParser, words: Sequence[str] = ()) -> str:
    """Return an error of jsonargparse in one line, with the closest known name where it helps.

    Args:
        message: jsonargparse's message, usually a page.
        parser: The parser whose options are suggested.
        words: The command line.
    """
    if problem := memory_problem(message):
        return problem
    message = _without_guesses(message)
    if match := re.search(r"Importing '([^']+)' is not allowed", message):
        return f"a --config file or an option names {refusal(match[1])}"
    if match := re.match(r"unrecognized arguments: (\S+)", message):
        option = match[1].split("=")[0]
        if not option.startswith("-"):
            return f"unexpected argument '{option}': options look like --trainer.max_epochs 3"
        return _unknown(option, parser, words)
    if match := re.search(r"argument (--\S+): expected one argument", message):
        # argparse knows `--model` only; the command line has `--model.hidden_size`.
        words = [word for word in words if word.startswith(match[1]) and "=" not in word]
        return f"option {words[-1] if words else match[1]} {NEEDS_VALUE}"
    if match := re.match(r"Problems parsing config: (.*)", message, re.DOTALL):
        return f"a --config file is not valid YAML: {' '.join(match[1].split())}"
    if message.startswith("Unexpected config: "):
        return "a --config file is empty or does not consist of options"
    # The message names the key once for each type of a union.
    keys = list(dict.fromkeys(re.findall(r'Parser key "([^"]+)":', message)))
    option = "--" + ".".join(keys)
    if match := re.search(r'": (File does not exist|Path is not a file)(: .*)', message):
        return f"{option}: {match[1].lower()}{match[2]}"
    for fault in (NEEDS_VALUE, NOT_UTF8):
        if f'": {fault}' in message:
            return f"option {option} {fault}"
    if match := re.search(r"(?:Group '(\w+)' does not accept o|O)ption '([^']+)'", message):
        keys += [key for key in match.groups() if key]
        return _unknown("--" + ".".join(keys), parser, words)
    if match := re.search(
        r"Problem with given class_path '(.+)':\s+the foll.+ required: (.*)", message
    ):
        needed = ", ".join(f"{option}.{name}" for name in match[2].split(", "))
        return f"{option}: {match[1].rsplit('.', 1)[-1]} needs {needed}"
    if match := re.search(
        r"(?:Expected a dot import path string|Unexpected import path format): ?(.*)", message
    ):
        if not match[1]:
            return f"option {option} {NEEDS_VALUE}"
        nested = re.search(r"Given value: NestedArg\(key='([^']+)'", message)
        if nested and nested[1] not in keys:
            return f"{option}: {match[1]} is no class that takes {option}.{nested[1]}; name one"
        return f"{option}: there is no class {match[1]}; give its whole import path"
    if match := re.search(r"Multiple subclasses with name (\w+)\..*ambiguity: (.*)\.", message):
        return f"{option} {match[1]}: which one? Give its import path: {match[2]}"
    # The innermost value is the wrong one; "Given value" is that of the union.
    if match := re.search(r"Expected an? (.+)\. Got value: (.*)", message):
        kinds = re.findall(rf"Expected an? (.+)\. Got value: {re.escape(match[2])}$", message, re.M)
        return f"{option}: expected {_kinds(kinds)}, got {_value(match[2], option, words)}"
    if match := re.search(r"Expected an instantiatable class, but (\S+) is abstract", message):
        return f"{option}: name the class first, with {option} CLASS"
    # The message of a constructor.
    if match := re.search(
        rf"Problem with given class_path '([^']+)':\s*\n\s+(?=\S){_NO_TYPE}(.+)", message
    ):
        return f"{option + ': ' if keys else ''}{match[1].rsplit('.', 1)[-1]}: {match[2]}"
    if match := re.search(rf"- {_NO_TYPE}(.+)", message):
        return match[1]
    if match := re.search(r"Not a valid subclass of (\w+)", message.rsplit("Parser key", 1)[-1]):
        return (
            f"{option}: expected a {match[1]}: the name of a class, or its class_path and init_args"
        )
    inner = message.rsplit("Parser key", 1)[-1]
    value = re.search(r"Given value: (.*)", inner)
    kinds = re.findall(r"- Expected an? (?!path but)(.+)", inner[: value.start() if value else 0])
    if match := re.search(r"Import path does not correspond to a subclass of (\w+)", inner):
        kinds = [match[1], *kinds]
    if value and kinds:
        return f"{option}: expected {_kinds(kinds)}, got {_value(value[1], option, words)}"
    return one_line(message)


def _without_guesses(message: str) -> str:
    """Leave out that callbacks could also be one Callback: nobody named that class."""
    rest = re.sub(
        r"\n( +)- Problem with given class_path 'pytorch_lightning\.Callback':(?:\n\1 .*)*",
        "",
        message,
    )
    return rest if "given class_path" in rest else message


# How jsonargparse's lines about a type begin; other lines are a class's own message.
_NO_TYPE = (
    r"(?!Expected|Problem|Import path|Does not validate|Parser key|Option|Not a valid|Not of type"
    r"|an? |the following)"
)


def _unknown(option: str, parser: LightningArgumentParser, words: Sequence[str]) -> str:
    """Return that an option does not exist, and which one may be meant."""
    known = _options(parser, words)
    if option.split(".")[0] in known or option.startswith("--trainer."):
        # Suggest only options of the same group.
        known = [name for name in known if name.startswith(option.rsplit(".", 1)[0] + ".")]
    return f"unknown option {option}{did_you_mean(option, known)}"


def _value(text: str, option: str, words: Sequence[str]) -> str:
    """Return a value for a message: its quotes if it has any, "a mapping" for a mapping."""
    if text == "None":
        return "null"
    if re.match(r"Namespace\(|NestedArg\(|\{[^}]*:", text):
        return "a mapping"
    for quoted in (f"'{text}'", f'"{text}"'):
        if f"{option}={quoted}" in words or (option, quoted) in itertools.pairwise(words):
            return f"{quoted}, with the quotes"
    return text


def _kinds(types: list[str]) -> str:
    """Return type names in plain words: "int or null", "rnn, gru or lstm"."""
    names: list[str] = []
    for kind in types:
        if literal := re.fullmatch(r"typing\.Literal\[(.*)\]", kind):
            names += [word.strip().strip("'") for word in literal[1].split(",")]
        else:
            names.append(re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", kind))
    names = list(dict.fromkeys("null" if name == "NoneType" else name for name in names))
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _options(parser: LightningArgumentParser, words: Sequence[str]) -> list[str]:
    """Return all option names, with the constructor arguments of model, data and optimiser."""
    names = [name for action in parser._actions for name in action.option_strings]
    names = [name for name in names if not name.endswith((".help", "+"))]
    for key in ("model", "data", "optimizer"):
        default = parser.get_default(key)
        path = default["class_path"] if default else "lightning_course.optim.Adam"
        for word, value in itertools.pairwise(
            [*itertools.chain(*(w.split("=", 1) for w in words))]
        ):
            if word in (f"--{key}", f"--{key}.class_path"):
                path = value
        module, _, name = path.rpartition(".")
        # The parser has already imported the class, if it exists.
        chosen = getattr(sys.modules.get(module), name, None)
        if isinstance(chosen, type):
            arguments = ArgumentParser().add_class_arguments(chosen, key, fail_untyped=False)
            names += [f"--{argument}" for argument in arguments]
    # Options that the data and --optimizer.lr set are not suggested.
    links = " ".join(link.option_strings[0] for link in get_link_actions(parser, "instantiate"))
    linked = [f"--{name.replace('.init_args', '')}" for name in re.findall(r"--> (\S+)", links)]
    return [name for name in names if name not in (*linked, "--model.lr")]
