"""Trained models for use without this project: ONNX, torch.export and plain weights.

What is written for ONNX and torch.export takes a batch of any size, named ``inputs``, and returns
probabilities or values, not logits. The readers give the written file back as a function, so that
it can be compared with the original.
"""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from lightning_course.errors import UserError
from lightning_course.models.base import CourseModule

Function = Callable[[Tensor], Tensor]

INPUT = "inputs"


class Predictor(nn.Module):
    """A network with its last step, from logits to probabilities: what is exported.

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
    """Return what an exported model calls its output: "probabilities", or "values"."""
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
            "a model with mask_padding runs over as many words as each text has, which "
            "torch.export cannot trace: export its weights (--format state_dict)"
        )
    # Zeros, for the file keeps them: no row of the data travels along. Two of them, for a batch of
    # one would be taken for the only size.
    example = torch.zeros_like(inputs[:1]).repeat(2, *[1] * (inputs.ndim - 1))
    try:
        with _quietly():
            program = torch.export.export(
                Predictor(module).eval(),
                (example,),
                dynamic_shapes={INPUT: {0: Dim("batch", min=1)}},
                strict=False,
            )
    # torch has no one class of errors for what it cannot trace (a TypeError may be among them).
    except Exception as error:
        raise UserError(_told(module, "traced by torch.export", error)) from error
    for node in program.graph.nodes:
        # It has the paths of this machine's files, which would stand in the exported one.
        node.meta.pop("stack_trace", None)
    return program


def write_torch_export(
    module: CourseModule, inputs: Tensor, path: Path, metadata: Mapping[str, Any]
) -> None:
    """Write a ``.pt2`` file for ``torch.export.load``.

    Args:
        module: On the CPU, in evaluation mode.
        inputs: As for :func:`export_program`.
        path: Where to.
        metadata: Plain types, for the extra file ``metadata.json``.

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


def read_torch_export(path: Path) -> Function:
    """Return the model of a ``.pt2`` file as a function of inputs (B, …)."""
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
        path: Where to.
        metadata: Plain types, for ``metadata_props``: strings as they are, the rest as JSON.

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
                # Once more, for the name of the dimension: the program calls it s0 or the like.
                dynamic_shapes={INPUT: {0: "batch"}},
                verbose=False,
            )
    except Exception as error:  # here too, of all classes
        raise UserError(_told(module, "written as ONNX", error)) from error
    assert exported is not None
    for name, value in metadata.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        exported.model.metadata_props[name] = text
    # A single file, which can be moved as a whole.
    exported.save(path, external_data=False)


def read_onnx(path: Path) -> Function:
    """Return the model of an ONNX file as a function of inputs (B, …), run by onnxruntime."""
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
        module: Whose network it is.
        inputs: Unused: the weights are those for any input.
        path: Where to.
        metadata: Unused: a ``state_dict`` has tensors only.

    Raises:
        OSError: The file cannot be written.
    """
    content = io.BytesIO()
    torch.save(module.network.state_dict(), content)
    path.write_bytes(content.getbuffer())


def read_weights(path: Path, module: CourseModule) -> Function:
    """Return a new module like the given one, with the weights of the file, as a function."""
    again: CourseModule = type(module)(**module.hparams)
    again.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return again.eval().predict_step


def largest_difference(module: CourseModule, function: Function, inputs: Tensor) -> float:
    """Return how far a function is from a module's predictions, over batches of 1, 7 and all rows.

    Args:
        module: On the CPU, in evaluation mode.
        function: An exported model, read back.
        inputs: Rows (N, …).

    Returns:
        The largest |difference|, relative to |prediction| where that is above 1; infinite where
        shapes differ, NaN where one of them is NaN.
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


def _told(module: CourseModule, what: str, error: Exception) -> str:
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else text[:300] + "…"
    return (
        f"{type(module).__name__} cannot be {what} ({type(error).__name__}: {text}): export its "
        "weights (--format state_dict)"
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence what torch and onnxscript say about their own code; errors are raised anyway."""
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
