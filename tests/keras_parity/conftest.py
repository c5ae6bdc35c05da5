"""Where Keras is not installed, the modules of this folder are skipped before they import it.

So they may import Keras at their top like any other package.
"""

import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
# No such folder can be: Keras neither reads the developer's ~/.keras/keras.json, which may say
# float16 or channels first, nor writes one.
os.environ.setdefault("KERAS_HOME", os.devnull)


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
