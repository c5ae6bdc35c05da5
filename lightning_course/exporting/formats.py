"""The formats of exported models: ONNX, torch.export and plain weights.

Models in ONNX and torch.export take a batch of any size, named ``inputs``, and return probabilities
or values, not logits. Each reader returns a written file as a function, so that its predictions can
be compared with the original's.
"""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from lightning_course.errors import UserError
from lightning_course.models.base import CourseModule

Function = Callable[[Tensor], Tensor]

INPUT = "inputs"


class Predictor(nn.Module):
    """The exported module: a network, then the step from logits to probabilities.

    Args:
        module: The trained module; its network is shared, not copied.
    """

    def __init__(self, module: CourseModule) -> None:
        super().__init__()
        self.network = module.network
        self.predict = module.objective.predict

    def forward(self, inputs: Tensor) -> Tensor:
        """Return probabilities or values (B, …) for inputs (B, …)."""
        return self.predict(self.network(inputs).float())


def output_name(module: CourseModule) -> str:
    """Return the name of an exported model's output: "probabilities" or "values"."""
    return "values" if module.objective.kind == "regression" else "probabilities"


def export_program(module: CourseModule, inputs: Tensor) -> ExportedProgram:
    """Trace a module's predictions for batches of any size.

    Args:
        module: On the CPU, in evaluation mode.
        inputs: A batch of at least one row; only its dtype and its shape matter.

    Raises:
        UserError: torch.export cannot trace the network.
    """
    if getattr(module.network, "mask_padding", False):
        raise UserError(
            "a model with mask_padding takes as many steps as each text has words, which "
            "torch.export cannot trace: export its weights (--format state_dict)"
        )
    # The file keeps its example: zeros, so that it contains no row of the data. Two rows: torch
    # would treat a batch of one as the only possible size.
    example = torch.zeros_like(inputs[:1]).repeat(2, *[1] * (inputs.ndim - 1))
    try:
        with _quietly():
            program = torch.export.export(
                Predictor(module).eval(),
                (example,),
                dynamic_shapes={INPUT: {0: Dim("batch", min=1)}},
                strict=False,
            )
    # torch raises errors of many classes for a network that it cannot trace.
    except Exception as error:
        raise _not_possible(module, "traced by torch.export", error) from error
    for node in program.graph.nodes:
        # It contains paths on this machine, which the exported file would show.
        node.meta.pop("stack_trace", None)
    return program


def write_torch_export(
    module: CourseModule, inputs: Tensor, path: Path, metadata: Mapping[str, Any]
) -> None:
    """Write a ``.pt2`` file for ``torch.export.load``.

    Args:
        module: On the CPU, in evaluation mode.
        inputs: As for :func:`export_program`.
        path: The file.
        metadata: Plain types, written as the extra file ``metadata.json``.

    Raises:
        UserError: torch.export cannot trace the network.
        OSError: The file cannot be written.
    """
    program = export_program(module, inputs)
    text = json.dumps(metadata, ensure_ascii=False)
    content = io.BytesIO()  # on a full disk torch's own writer would end the process
    with _quietly():
        torch.export.save(program, content, extra_files={"metadata.json": text})
    path.write_bytes(content.getbuffer())


def read_torch_export(path: Path, module: CourseModule) -> Function:
    """Return the model of a ``.pt2`` file as a function of inputs (B, …); ``module`` is unused."""
    with _quietly():
        function: Function = torch.export.load(path).module()
    return function


def write_onnx(
    module: CourseModule, inputs: Tensor, path: Path, metadata: Mapping[str, Any]
) -> None:
    """Write an ONNX file; needs the packages of the extra ``export``.

    Args:
        module: On the CPU, in evaluation mode.
        inputs: As for :func:`export_program`.
        path: The file.
        metadata: Plain types for ``metadata_props``: strings unchanged, other values as JSON.

    Raises:
        UserError: The network cannot be traced, or has an operation that ONNX lacks.
        OSError: The file cannot be written.
    """
    program = export_program(module, inputs)
    try:
        with _quietly():
            exported = torch.onnx.export(
                program,
                dynamo=True,
                input_names=[INPUT],
                output_names=[output_name(module)],
                # Again, for the name of the dimension: in the program it is s0 or similar.
                dynamic_shapes={INPUT: {0: "batch"}},
                verbose=False,
            )
    except Exception as error:  # of many classes, too
        raise _not_possible(module, "written as ONNX", error) from error
    assert exported is not None
    for name, value in metadata.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        exported.model.metadata_props[name] = text
    # A single file, which can be moved in one step.
    exported.save(path, external_data=False)


def read_onnx(path: Path, module: CourseModule) -> Function:
    """Return an ONNX model as a function of inputs (B, …), run by onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def function(inputs: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {INPUT: inputs.numpy()})[0])

    return function


def write_weights(
    module: CourseModule, inputs: Tensor, path: Path, metadata: Mapping[str, Any]
) -> None:
    """Write the network's plain ``state_dict``.

    Args:
        module: The module whose network it is.
        inputs: Unused; the weights do not depend on them.
        path: The file.
        metadata: Unused; a ``state_dict`` has tensors only.

    Raises:
        OSError: The file cannot be written.
    """
    content = io.BytesIO()
    torch.save(module.network.state_dict(), content)
    path.write_bytes(content.getbuffer())


def read_weights(path: Path, module: CourseModule) -> Function:
    """Return a new module like ``module``, with the weights of the file, as a function."""
    rebuilt: CourseModule = type(module)(**module.hparams)
    rebuilt.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return rebuilt.eval().predict_step


class Format(NamedTuple):
    """How a model is written in a format, and read back to be compared.

    Attributes:
        write: Writes a module, for a batch like the inputs (B, …), to a file with metadata.
        read: Returns the model of such a file as a function; ``module`` is the original.
    """

    write: Callable[[CourseModule, Tensor, Path, Mapping[str, Any]], None]
    read: Callable[[Path, CourseModule], Function]


FORMATS = {
    "onnx": Format(write_onnx, read_onnx),
    "torch_export": Format(write_torch_export, read_torch_export),
    "state_dict": Format(write_weights, read_weights),
}


def largest_difference(module: CourseModule, function: Function, inputs: Tensor) -> float:
    """Return the largest difference between a function and a module's predictions.

    Both predict batches of 1, of 7 and of all rows.

    Args:
        module: On the CPU, in evaluation mode.
        function: The exported model, read back.
        inputs: Rows (N, …).

    Returns:
        The largest |difference|, divided by |prediction| where that is above 1; infinity if the
        shapes differ, NaN if a prediction is NaN.
    """
    largest = torch.tensor(0.0, dtype=torch.float64)
    with torch.inference_mode():
        for size in (1, 7, len(inputs)):
            expected = module.predict_step(inputs[:size]).double()
            found = function(inputs[:size]).double()
            if found.shape != expected.shape:
                return float("inf")
            difference = (found - expected).abs() / expected.abs().clamp(min=1)
            largest = torch.maximum(largest, difference.max())
    return largest.item()


def _not_possible(module: CourseModule, what: str, error: Exception) -> UserError:
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else text[:300] + "…"
    return UserError(
        f"{type(module).__name__} cannot be {what} ({type(error).__name__}: {text}): export its "
        "weights (--format state_dict)"
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence messages of torch and onnxscript about their own code; errors are still raised."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch._export", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
