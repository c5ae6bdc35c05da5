import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

from lightning_course import from_scratch

MODULES = [module.name for module in pkgutil.iter_modules(from_scratch.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"lightning_course.from_scratch.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("_")])
def test_public_functions_are_exported(name: str) -> None:
    module = importlib.import_module(f"lightning_course.from_scratch.{name}")
    # Helpers that modules share, of no use without them.
    shared = {"image_windows", "output_shape"}
    for public, value in inspect.getmembers(module):
        if public.startswith("_") or public in shared or not callable(value):
            continue
        if getattr(value, "__module__", None) == module.__name__:
            assert getattr(from_scratch, public) is value, public
            assert public in from_scratch.__all__


def test_it_needs_no_torch() -> None:
    code = "import sys, lightning_course.from_scratch; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numbers_of_numpy_count_as_numbers() -> None:
    quarter, two = np.float32(0.25), np.int64(2)
    assert from_scratch.leaky_relu(-1.0, quarter) == -0.25
    assert from_scratch.image_bits(two, two) == 96
    assert from_scratch.max_pool([[1, 2], [3, 4]], two).tolist() == [[4]]
    path = from_scratch.gradient_descent(lambda w: 2 * w, 1.0, quarter, two, momentum=np.float32(0))
    assert path.tolist() == [1, 0.5, 0.25]
    with pytest.raises(ValueError, match="learning rate must be a number, got 'fast'"):
        from_scratch.gradient_descent(lambda w: w, 1.0, "fast", 1)
