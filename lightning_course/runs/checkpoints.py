"""Reading checkpoints of unknown origin: nothing in them is executed, and sizes are limited.

A checkpoint contains tensors and plain values. A few bytes in the file can be a huge plain value: a
width of a billion, a list that repeats itself. So the plain values are measured before they are
used, and a model is only built as large as the file's weights for it.
"""

import math
import os
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_modules

from lightning_course.errors import UserError
from lightning_course.files.reading import open_file
from lightning_course.models import CourseModule

# Bytes of plain values in the file: those of a tokenizer with 300,000 words. In memory they can be
# sixty times as large.
_MAX_PLAIN = 32_000_000

# The number of plain values, repeated ones included, and their depth; ours have thousands, 10 deep.
_MAX_VALUES, _MAX_DEPTH = 1_000_000, 50


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return a checkpoint's content: tensors and plain values.

    Raises:
        UserError: The file is missing, damaged, carries pickled code, or describes values that are
            larger than the file.
    """
    if not path.exists():
        raise UserError(f"there is no checkpoint {path}")
    damaged = f"the checkpoint {path} is damaged: torch cannot read it"
    try:
        with open_file(path, f"the checkpoint {path}") as file:
            _check_archive(file, path)
            file.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on old pickle formats; there is an error too
                content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise UserError(
            f"the checkpoint {path} is damaged, or carries code beside its weights, which was not "
            "executed: train again, or use a checkpoint that you trust"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(damaged) from error
    except (AttributeError, IndexError, RecursionError, OverflowError, MemoryError) as error:
        raise UserError(damaged) from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise UserError(f"{path} is not a Lightning checkpoint: it has no state_dict")
    try:
        _Measure().add(content)
        if not all(isinstance(value, Tensor) for value in content["state_dict"].values()):
            raise ValueError("its state_dict has values that are not tensors")
    except ValueError as error:
        raise UserError(f"the checkpoint {path} cannot be used: {error}") from error
    return content


def _check_archive(file: Any, path: Path) -> None:
    """Refuse a file that is larger in memory than on disk.

    Raises:
        UserError: It is compressed, its parts overlap, or it has too many plain values.
        zipfile.BadZipFile: It is not a zip archive, as torch writes it.
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    size = sum(member.file_size for member in members)
    # torch compresses nothing. Members that overlap would take no space either.
    if size > os.fstat(file.fileno()).st_size:
        raise UserError(
            f"the checkpoint {path} unpacks to {size:,} bytes, more than the file has; torch does "
            "not compress checkpoints"
        )
    plain = sum(member.file_size for member in members if member.filename.endswith(".pkl"))
    if plain > _MAX_PLAIN:
        raise UserError(
            f"the checkpoint {path} has {plain:,} bytes beside its weights, and at most "
            f"{_MAX_PLAIN:,} are read"
        )


class _Measure:
    """The size of nested plain values, repeated ones included."""

    def __init__(self) -> None:
        self._values = 0
        self._open: set[int] = set()

    def add(self, value: object) -> None:
        """Count a value and all values in it.

        Raises:
            ValueError: They are too many, nested too deeply, contain themselves, or one is not a
                value that a run has.
        """
        self._values += 1
        if self._values > _MAX_VALUES:
            raise ValueError(f"it has more than {_MAX_VALUES:,} values beside its weights")
        if isinstance(value, Tensor):
            _check_tensor(value)
        elif isinstance(value, int) and value.bit_length() > 64:
            raise ValueError(f"it has a number of {value.bit_length():,} bits")
        elif isinstance(value, Mapping | list | tuple | set | frozenset):
            if id(value) in self._open or len(self._open) >= _MAX_DEPTH:
                raise ValueError(f"its values are nested more than {_MAX_DEPTH} deep")
            self._open.add(id(value))
            for inner in value:
                self.add(inner)
            if isinstance(value, Mapping):
                for inner in value.values():
                    self.add(inner)
            self._open.remove(id(value))


def _check_tensor(tensor: Tensor) -> None:
    """Refuse a tensor that is larger than its storage, such as one number repeated."""
    ordinary = tensor.layout == torch.strided and tensor.device.type == "cpu"
    if not ordinary or tensor.is_quantized:
        raise ValueError("it has a tensor of a kind that no model here has")
    if tensor.nbytes > tensor.untyped_storage().nbytes():
        raise ValueError(f"it has a tensor {tuple(tensor.shape)} that is larger than its storage")


def check_like(found: object, own: object, name: str, *, same: bool = False) -> None:
    """Raise a ValueError unless plain values and tensors have the types and shapes they should.

    Args:
        found: The value in a file.
        own: The value that this process would write. None allows any value, and an empty list any
            list; keys that only one of the two has are ignored.
        name: Its name in messages.
        same: Compare strings and numbers too, up to differences between machines.
    """
    if isinstance(own, Tensor):
        fits = isinstance(found, Tensor) and (found.shape, found.dtype) == (own.shape, own.dtype)
    elif isinstance(own, bool):
        fits = found is None or isinstance(found, bool)
    elif isinstance(own, int | float):
        fits = isinstance(found, int | float) and not isinstance(found, bool)
        if fits and isinstance(own, int) and own >= 0:
            fits = found >= 0  # type: ignore[operator]  # counts
        if fits and same:
            fits = math.isclose(found, own, rel_tol=1e-3, abs_tol=1e-6)  # type: ignore[arg-type]
    elif isinstance(own, str):
        fits = found == own if same else isinstance(found, str)
    elif isinstance(own, Mapping):
        fits = isinstance(found, Mapping)
    elif isinstance(own, list | tuple):
        fits = isinstance(found, list | tuple) and (not own or len(found) == len(own))
    else:
        return
    if not fits:
        raise ValueError(f"its {name} is {_brief(found)}, but should be {_brief(own)}")
    if isinstance(own, Mapping) and isinstance(found, Mapping):
        for key in own.keys() & found.keys():
            check_like(found[key], own[key], f"{name}.{key}", same=same)
    elif isinstance(own, list | tuple) and isinstance(found, list | tuple):
        for position, (inner, mine) in enumerate(zip(found, own, strict=False)):
            check_like(inner, mine, f"{name}.{position}", same=same)


def _brief(value: object) -> str:
    if isinstance(value, int | float | str) and len(text := repr(value)) <= 40:
        return text
    size = f" {tuple(value.shape)}" if isinstance(value, Tensor) else ""
    return f"of type {type(value).__name__}{size}"


@contextmanager
def no_larger_than(state: Mapping[str, Tensor]) -> Iterator[None]:
    """Limit the size of modules built in the block to about that of a state dict.

    A model's arguments can ask for any size, but the weights for it are in the file. Each parameter
    is counted before it is filled with numbers; until then it takes no memory.

    Args:
        state: The parameters and buffers by name.

    Raises:
        ValueError: The modules have more parameters than the state dict.
    """
    # torch's recurrent layers have two biases; the models here save one.
    max_numbers = 2 * sum(tensor.numel() for tensor in state.values()) + 1000
    max_tensors = 2 * len(state) + 20
    numbers = tensors = modules = 0

    def count(module: nn.Module, name: str, parameter: Any) -> None:
        nonlocal numbers, tensors
        numbers += parameter.numel() if isinstance(parameter, Tensor) else 0
        tensors += 1
        if numbers > max_numbers or tensors > max_tensors:
            raise ValueError("its hyperparameters describe a larger model than its weights")

    def count_module(module: nn.Module, name: str, child: Any) -> None:
        nonlocal modules
        modules += 1
        # Layers without weights, such as dropout.
        if modules > 100 * max_tensors:
            raise ValueError("its hyperparameters describe a larger model than its weights")

    handles = [
        torch_modules.register_module_parameter_registration_hook(count),
        torch_modules.register_module_buffer_registration_hook(count),
        torch_modules.register_module_module_registration_hook(count_module),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def rebuild(model_class: type[CourseModule], content: Mapping[str, Any]) -> CourseModule:
    """Return the model of a checkpoint, with its weights.

    Args:
        model_class: The model's class.
        content: See :func:`read_checkpoint`.

    Raises:
        KeyError, TypeError, ValueError, RuntimeError: The hyperparameters and weights do not belong
            to one model of this class.
    """
    arguments, state = content["hyper_parameters"], content["state_dict"]
    if not isinstance(arguments, Mapping):
        raise ValueError("its hyperparameters have no names")
    numbers = sum(tensor.numel() for tensor in state.values())
    for name, value in arguments.items():
        if name in model_class.not_saved:
            raise ValueError(f"{name} is not a hyperparameter of checkpoints")
        for size in value if isinstance(value, list | tuple) else [value]:
            if isinstance(size, int) and size > max(numbers, _MAX_VALUES):
                raise ValueError(f"{name} is {size:,}, but there are only {numbers:,} weights")
    with no_larger_than(state):
        module = model_class(**arguments)
    load_weights(module, state)
    return module


def load_weights(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a module the weights of a checkpoint.

    Raises:
        ValueError, RuntimeError: They belong to another module, or are integers or complex numbers,
            which torch would convert without a warning.
    """
    own = module.state_dict()
    for name in own.keys() & state.keys():
        if own[name].is_floating_point() != state[name].is_floating_point():
            raise ValueError(f"its {name} is {state[name].dtype}, not {own[name].dtype}")
    module.load_state_dict(state)


def check_finite(state: Mapping[str, Tensor], run: Path) -> None:
    """Raise a UserError unless all weights are finite numbers."""
    if not all(tensor.isfinite().all() for tensor in state.values()):
        raise UserError(f"the weights of {run} are not finite: its training diverged")
