"""TensorBoard: hyperparameters, combined curves, the network's graph, the embedding projector."""

import copy
import textwrap
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from lightning_course.errors import optional
from lightning_course.models import CourseModule
from lightning_course.nn import summary


def writer_of(trainer: Trainer) -> SummaryWriter | None:
    """Return the writer of a trainer's TensorBoard logger, if it has one."""
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            writer: SummaryWriter = logger.experiment
            return writer
    return None


def log_hyperparameters(
    trainer: Trainer, hyperparameters: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Fill TensorBoard's HPARAMS tab.

    Lightning's own ``log_hyperparams`` would log the metrics a second time, each as a chart of one
    point.

    Args:
        trainer: Its TensorBoard logger is written to, if it has one.
        hyperparameters: Values by name. None is left out; a list becomes its text.
        metrics: Final values by the tags under which they were logged.
    """
    writer: Any = writer_of(trainer)
    if writer is not None:
        plain = {
            name: value if isinstance(value, bool | int | float | str) else str(value)
            for name, value in hyperparameters.items()
            if value is not None
        }
        for summary in hparams(plain, dict(metrics)):  # type: ignore[no-untyped-call]
            writer._get_file_writer().add_summary(summary)
        writer.flush()


def _add_combined_curves(writer: SummaryWriter, history: pd.DataFrame) -> None:
    names = [name.removeprefix("train/") for name in history.columns if name.startswith("train/")]
    if names:
        charts = {name: ["Multiline", [f"train/{name}", f"val/{name}"]] for name in names}
        writer.add_custom_scalars({"training and validation": charts})


def add_network_and_curves(
    writer: SummaryWriter,
    trainer: Trainer,
    module: CourseModule,
    history: pd.DataFrame,
    vectors: tuple[Tensor, list[str], list[list[str]]] | None,
) -> None:
    """Add the combined curves, the network's graph and, if there are any, its word vectors.

    Args:
        writer: TensorBoard's writer.
        trainer: After ``Trainer.test``.
        module: The finished model.
        history: One row per epoch.
        vectors: Rows (N, D), the names of the text columns, and N rows of texts.
    """
    with optional("write the combined curves to TensorBoard"):
        _add_combined_curves(writer, history)
    with optional("write the network's graph to TensorBoard"):
        _add_network(writer, trainer, module)
    if vectors:
        weight, header, rows = vectors
        with optional("write the embedding projector to TensorBoard"):
            writer.add_embedding(weight, metadata=rows, metadata_header=header, tag="vocabulary")
    with optional("write to TensorBoard"):
        writer.flush()


def _add_network(writer: SummaryWriter, trainer: Trainer, module: CourseModule) -> None:
    loaders: Any = trainer.test_dataloaders
    loader = loaders[0] if isinstance(loaders, list) else loaders
    inputs = next(iter(loader))[0][:1].to(module.device)
    # A compiled network cannot be traced; its copy is not compiled.
    network = copy.deepcopy(module.network).float().eval()
    with warnings.catch_warnings():
        # The tracer warns of every Python branch; any batch takes the same branches.
        warnings.simplefilter("ignore")
        writer.add_graph(network, inputs)
    # Indented, because Markdown then keeps the columns.
    writer.add_text("summary", textwrap.indent(summary(network, inputs), "    "))
