"""docs/formulas.md names every topic and every formula module, and what it names is there."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

from lightning_course import from_scratch, nn, optim, preprocessing
from lightning_course.explain import TOPICS

PAGE = (Path(__file__).parents[2] / "docs/formulas.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


def test_a_row_for_each_topic() -> None:
    assert list(ROWS) == list(TOPICS)
    for name, (chapter, meaning, functions) in ROWS.items():
        assert chapter == TOPICS[name].chapter
        assert meaning
        assert functions


def test_every_module_of_from_scratch_is_named() -> None:
    modules = {module.name for module in pkgutil.iter_modules(from_scratch.__path__)}
    named = {name for *_, functions in ROWS.values() for name in re.findall(r"`(\w+)`:", functions)}
    assert {name for name in modules if not name.startswith("_")} <= named


@pytest.mark.parametrize("topic", TOPICS)
def test_the_functions_exist_and_are_used(topic: str) -> None:
    source = inspect.getsource(importlib.import_module(f"lightning_course.explain.{topic}"))
    packages = {"nn": nn, "optim": optim, "preprocessing": preprocessing}
    for group in ROWS[topic][-1].split("; "):
        module, *names = re.findall(r"`(\w+)`", group)
        for name in names:
            assert hasattr(packages.get(module, from_scratch), name), name
            assert re.search(rf"\b{name}\b", source), name
