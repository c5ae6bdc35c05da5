"""``explain``: figures and numbers for the course's formulas, one topic at a time."""

import argparse
import textwrap
from pathlib import Path

from lightning_course import explain
from lightning_course.command_line import Parser, did_you_mean
from lightning_course.errors import UserError
from lightning_course.reports.figure_files import write_figures


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No topic is named, the topic is unknown, or the folder cannot be written.
    """
    options = _parser().parse_args(argv)
    if options.list:
        width = max(map(len, explain.TOPICS))
        for name, topic in explain.TOPICS.items():
            print(f"{name:{width}}  {topic.chapter:13}  {topic.summary}")
        return
    if not options.topic:
        raise UserError("name a topic: --topic NAME; `--list` shows all topics")
    if options.topic == "all":
        for name in explain.TOPICS:
            _show(name, (options.save or Path("runs/explain")) / name)
            print()
        return
    if options.topic not in explain.TOPICS:
        hint = did_you_mean(options.topic, (*explain.TOPICS, "all"))
        raise UserError(f"unknown topic '{options.topic}'{hint}; `--list` shows all topics")
    _show(options.topic, options.save or Path("runs/explain") / options.topic)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="explain.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--topic", metavar="NAME", help="what to explain; all: every topic")
    parser.add_argument("--list", action="store_true", help="show the topics")
    parser.add_argument(
        "--save",
        type=Path,
        metavar="DIR",
        help="folder for the figures (default runs/explain/NAME); all: one folder per topic",
    )
    return parser


def _show(name: str, folder: Path) -> None:
    topic = explain.TOPICS[name]
    print(f"{name} (course {topic.chapter}): {topic.summary}\n", flush=True)
    explanation = explain.explain(name)
    text = "\n".join(textwrap.fill(line, 100) for line in explanation.lines)
    print(f"{text}\n")
    write_figures(explanation.figures, folder, "explain", text)
