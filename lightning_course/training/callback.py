"""The callback that reports a run: its history, figures, tables and predictions."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.tensorboard import SummaryWriter

from lightning_course.datamodules.splits import reported_split
from lightning_course.errors import optional
from lightning_course.files.spreadsheets import as_csv, note
from lightning_course.files.writing import write_atomically
from lightning_course.kinds import kind_of
from lightning_course.models import CourseModule
from lightning_course.reports import figures, text
from lightning_course.reports.figures import Figure, render
from lightning_course.reports.findings import Findings, class_names
from lightning_course.runs.folder import RunFolder
from lightning_course.training.events import add_network_and_curves, writer_of
from lightning_course.training.history import History

# Rows of a table shown in TensorBoard; the CSV in the run folder is complete.
_MAX_TABLE_ROWS = 50


class Report(Callback):
    """Writes config.yaml and history.csv during the fit, figures and predictions after the test.

    Figures go to ``figures/*.png``, and to TensorBoard if the trainer has a TensorBoard logger. It
    also gets the curves of training and validation in one chart, the model graph, and for texts
    the embedding projector. All figures are drawn from the predictions that the module has
    gathered; the kind of data decides which there are (:mod:`lightning_course.kinds`).

    The first process makes the run folder when the fit begins, and broadcasts its path: a launcher
    runs the script again for every other process.

    Args:
        folder: The run folder, or the path of any folder.
        config: The text of config.yaml; None writes none.
        spreadsheet_safe: Whether to put an apostrophe before texts in the CSV files that a
            spreadsheet would run as formulas. Otherwise their number is printed.
        after_test: Whether ``Trainer.test`` ends with :meth:`show`; else the caller calls it.

    Attributes:
        history: The metrics of each epoch.
        baselines: Metrics of the naive baselines, by baseline, then by metric, to be drawn beside
            the curves; see :func:`~lightning_course.kinds.naive_baselines`.
        findings: The figures, tables and lines that show the finished model; after the test.

    Examples:
        A trainer of your own reports its run as ``train.py`` does::

            trainer = Trainer(callbacks=[Report("runs/mine")], max_epochs=3)
            trainer.fit(model, datamodule=data)
            trainer.test(model, datamodule=data)
    """

    def __init__(
        self,
        folder: RunFolder | str | Path,
        config: str | None = None,
        spreadsheet_safe: bool = False,
        after_test: bool = True,
    ) -> None:
        self._folder = folder if isinstance(folder, RunFolder) else RunFolder.at(Path(folder))
        self._config = config
        self._spreadsheet_safe = spreadsheet_safe
        self._after_test = after_test
        self._learning_rate = float("nan")
        self.history = History()
        self.baselines: Mapping[str, Mapping[str, float]] = {}
        self.findings = Findings()

    @property
    def path(self) -> Path:
        """The folder that is written to."""
        return self._folder.path

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the folder and write config.yaml before a fit."""
        if stage != "fit":
            return
        path = self.path if trainer.is_global_zero else Path()
        self._folder.path = trainer.strategy.broadcast(path)
        for callback in trainer.checkpoint_callbacks:
            # Not beside our own checkpoints, one of which has the name that `save_last` takes.
            if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
                callback.dirpath = str(self.path / "model_checkpoint")
        if trainer.is_global_zero and self._config is not None:
            self._folder.lock()
            write_atomically(self.path / "config.yaml", self._config)

    def state_dict(self) -> dict[str, Any]:
        """Return the history, so that a resumed run continues it."""
        return {"history": self.history.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the history."""
        self.history.rows = list(state_dict["history"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the time, and the learning rate before a schedule changes it."""
        self.history.start_epoch()
        if trainer.optimizers:
            self._learning_rate = float(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch to history.csv."""
        if isinstance(pl_module, CourseModule):
            pl_module.log_training_epoch()
        pl_module.log("train/lr", self._learning_rate)
        self.history.end_epoch(trainer, pl_module, self._learning_rate)
        if trainer.is_global_zero:
            self.history.write(self.path / "history.csv")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the finished model, unless the caller wants to do it."""
        if self._after_test:
            self.show(trainer, pl_module)

    def show(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw and write everything that shows the finished model.

        If a part fails, a warning says so, and the other parts are still made.
        """
        if not trainer.is_global_zero or not isinstance(pl_module, CourseModule):
            return
        data = getattr(trainer, "datamodule", None)
        kind, history, step = kind_of(data), self.history.frame(), trainer.global_step
        writer, formulas = None, 0
        with optional("write to TensorBoard"):
            writer = writer_of(trainer)
        with optional("write predictions.csv"):
            path = self.path / "predictions.csv"
            formulas += write_predictions(path, pl_module, data, self._spreadsheet_safe)
        title = f"{type(pl_module).__name__}{kind.origin}"
        evaluation = pl_module.evaluations[reported_split(pl_module.evaluations)]
        self.findings = kind.findings(pl_module, evaluation, f"{title}: {evaluation.split} split")
        if any(column.startswith("train/") for column in history.columns):
            with optional("draw the figure curves"):
                self._draw(
                    "curves",
                    figures.learning_curves(history, f"{title}{kind.error_units}", self.baselines),
                    writer,
                    step,
                )
        for name, figure in self.findings.figures.items():
            with optional(f"draw the figure {name}"):
                self._draw(name, figure, writer, step)
        for name, table in self.findings.tables.items():
            with optional(f"write {name}.csv"):
                formulas += self._write_table(name, table)
                if writer:
                    writer.add_text(f"{name}/{evaluation.split}", _table_text(name, table), step)
        if writer:
            add_network_and_curves(writer, trainer, pl_module, history, self.findings.vectors)
        if formulas:
            print(note(formulas, "--spreadsheet_safe true"), file=sys.stderr)

    def _draw(self, name: str, figure: Figure, writer: SummaryWriter | None, step: int) -> None:
        folder = self.path / "figures"
        folder.mkdir(exist_ok=True)
        pixels = render(figure, folder / f"{name}.png")
        if writer:
            writer.add_image(f"figures/{name}", pixels, step, dataformats="HWC")

    def _write_table(self, name: str, table: pd.DataFrame) -> int:
        content, formulas = as_csv(table, self._spreadsheet_safe)
        write_atomically(self.path / f"{name}.csv", content)
        return formulas


def _table_text(name: str, table: pd.DataFrame) -> str:
    """Return the first rows of a table as Markdown, and how many more there are."""
    markdown = text.as_markdown(table.head(_MAX_TABLE_ROWS))
    if len(table) <= _MAX_TABLE_ROWS:
        return markdown
    return f"{markdown}\n\n{len(table) - _MAX_TABLE_ROWS:,} more rows are in {name}.csv"


def write_predictions(
    path: Path, module: CourseModule, data: object = None, spreadsheet_safe: bool = False
) -> int:
    """Write a CSV file with a row for each row of each evaluated split.

    The columns of a classifier are the true and the predicted class, by name, and a probability
    (binary: of the second class; multiclass: of the predicted class). Those of other models are
    target and prediction; for forecasts of several values "target_1", "prediction_1" and so on.
    Where the kind of data has a text or a date for each row, a column holds it.

    Returns:
        The number of cells that a spreadsheet would run as formulas; see
        :func:`~lightning_course.files.spreadsheets.as_csv`.
    """
    tables = []
    for split, evaluation in module.evaluations.items():
        values, targets = evaluation.predictions.numpy(), evaluation.targets.numpy()
        columns: dict[str, Any] = {"split": split, "row": range(len(targets))}
        if module.objective.kind == "regression":
            columns |= _values(targets, values, getattr(data, "value_names", []))
        else:
            names = np.array(class_names(data, evaluation.num_classes))
            predicted, probability = figures.predicted_class(values)
            columns["target"] = names[targets]
            columns["prediction"] = names[predicted]
            columns["probability"] = (values if values.ndim == 1 else probability).round(6)
        tables.append(pd.DataFrame(columns | kind_of(data).row_column(split)))
    content, formulas = as_csv(pd.concat(tables), spreadsheet_safe)
    write_atomically(path, content)
    return formulas


def _values(
    targets: npt.NDArray[np.floating], values: npt.NDArray[np.floating], names: Sequence[str]
) -> dict[str, Any]:
    """Return the columns "target" and "prediction": one of each, or one for each value.

    Args:
        targets: Values (N,), or the values of forecasts (N, H, D).
        values: Predictions of the same shape.
        names: The names of the D values.
    """
    if values.ndim == 1:
        return {"target": targets, "prediction": values}
    columns: dict[str, Any] = {}
    for step, column in np.ndindex(*values.shape[1:]):
        ending = f"_{step + 1}" + (f"_{names[column]}" if len(names) > 1 else "")
        columns[f"target{ending}"] = targets[:, step, column]
        columns[f"prediction{ending}"] = values[:, step, column]
    return columns
