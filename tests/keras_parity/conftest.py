"""Keras as the oracle, on its torch backend.

Where it is not installed, the modules of this folder are skipped before they are imported: so they
may import Keras at their top like any other package.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Read when Keras is first imported.
os.environ.setdefault("KERAS_BACKEND", "torch")
# No such folder can be: Keras neither reads the developer's ~/.keras/keras.json, which may say
# float16 or channels first, nor writes one.
os.environ.setdefault("KERAS_HOME", os.devnull)

# In pytest's importlib mode no test finds the files beside it by itself.
sys.path.append(str(Path(__file__).parent))

# What the tests of a task may note with `record_property`: title and format of the column.
COLUMNS = {
    "parameters": ("parameters", ","),
    "outputs": ("outputs", ".1e"),
    "training": ("in training mode", ".1e"),
    "steps": ("steps", ""),
    "losses": ("losses, float64", ".1e"),
    "weights": ("weights, float64", ".1e"),
}


@pytest.fixture(scope="session", autouse=True)
def keras() -> Iterator[Any]:
    """Return Keras, imported only when one of these tests runs."""
    keras = importlib.import_module("keras")
    # Elsewhere it would take a GPU, where there is one.
    with keras.device("cpu"):
        yield keras


@pytest.fixture(scope="session")
def pairs(keras: Any) -> Any:
    """Return pairs.py, which imports Keras."""
    return importlib.import_module("pairs")


class WithoutKeras(pytest.Module):
    """A test module that is not imported."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        pytest.skip("compares with Keras, which is not installed: pip install keras")


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    if importlib.util.find_spec("keras") is not None:
        return None
    return WithoutKeras.from_parent(parent, path=module_path)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """With -v, print the largest relative difference of each task's two models."""
    tasks: dict[str, dict[str, Any]] = {}
    for report in terminalreporter.stats.get("passed", ()):
        noted = dict(report.user_properties)
        if "task" in noted:
            measured = tasks.setdefault(noted.pop("task"), {})
            for name, value in noted.items():
                measured[name] = max(value, measured.get(name, value))
    if not tasks or terminalreporter.config.get_verbosity() < 0:
        return
    terminalreporter.section("largest relative differences to Keras")
    titles = [title for title, _ in COLUMNS.values()]
    lines = [("task", *titles), tuple("---" if i == 0 else "---:" for i in range(len(titles) + 1))]
    for task, measured in tasks.items():
        cells = (
            format(measured[name], how) if name in measured else ""
            for name, (_, how) in COLUMNS.items()
        )
        lines.append((task, *cells))
    for line in lines:
        terminalreporter.write_line(f"| {' | '.join(line)} |")
