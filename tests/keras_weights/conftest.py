import os
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Return Keras 3 on its torch backend, or skip."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    found: ModuleType = pytest.importorskip("keras")
    return found
