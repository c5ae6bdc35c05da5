"""The callback that writes a run's figures to TensorBoard and to the run folder."""

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

# Of a table in TensorBoard; the run folder has it whole.
_MOST_ROWS = 50


class Report(Callback):
    """Writes config and history.csv while fitting, figures and predictions after ``Trainer.test``.

    The run folder is made when the fit begins, by the first process, and told to the others: a
    launcher runs the script again for each of them. Figures go to ``figures/*.png`` and, where
    the trainer has a TensorBoard logger, there too, with the curves of training and validation in
    one chart, the model graph, and for texts the embedding projector. All are drawn from what the
    module gathered; the kind of data decides which there are (:mod:`lightning_course.kinds`).

    Args:
        folder: The run folder, or the path of any folder.
        config: Text of config.yaml, or None for none.
        spreadsheet_safe: Whether texts in the CSV files get an apostrophe in front where a
            spreadsheet would run them; else how many these are is printed.
        after_test: Whether ``Trainer.test`` ends with :meth:`show`; else the caller calls it.

    Attributes:
        history: The figures of each epoch.
        baselines: Metrics by name of the naive baseline, to be drawn beside the curves; see
            :func:`~lightning_course.reports.naive_baselines`.
        findings: What was found after ``Trainer.test``.
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
        """Return the history, so that a resumed run goes on with it."""
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

        What fails is told in a warning, and the rest is done.
        """
        if not trainer.is_global_zero or not isinstance(pl_module, CourseModule):
            return
        data = getattr(trainer, "datamodule", None)
        step = trainer.global_step
        writer, formulas, safe = None, 0, self._spreadsheet_safe
        with optional("write to TensorBoard"):
            writer = writer_of(trainer)
        with optional("write predictions.csv"):
            formulas += write_predictions(self.path / "predictions.csv", pl_module, data, safe)
        history = self.history.frame()
        kind = kind_of(data)
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
                content, found = as_csv(table, safe)
                write_atomically(self.path / f"{name}.csv", content)
                formulas += found
                if writer:
                    told = text.as_markdown(table.head(_MOST_ROWS))
                    if len(table) > _MOST_ROWS:
                        told += f"\n\n{len(table) - _MOST_ROWS:,} more rows are in {name}.csv"
                    writer.add_text(f"{name}/{evaluation.split}", told, step)
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


def write_predictions(
    path: Path, module: CourseModule, data: object = None, spreadsheet_safe: bool = False
) -> int:
    """Write a row for each row of each evaluated split.

    Classifiers get the names of the true and the predicted class and a probability (binary: of
    the second class; multiclass: of the predicted one), the others target and predicted value (of
    forecasts of several values "target_1", "prediction_1" and so on); where the data module can
    describe its rows (texts, dates), that too.

    Returns:
        How many cells a spreadsheet would run as formulas; see :func:`~.spreadsheets.as_csv`.
    """
    tables = []
    for split, evaluation in module.evaluations.items():
        values, targets = evaluation.predictions.numpy(), evaluation.targets.numpy()
        columns: dict[str, Any] = {"split": split, "row": range(len(targets))}
        if module.objective.kind == "regression":
            columns |= _values(targets, values, getattr(data, "value_names", []))
        else:
            names = np.array(class_names(data, evaluation.num_classes))
            predicted, probability = figures.surest_class(values)
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
    """Return the columns "target" and "prediction", of forecasts (N, H, D) one for each value."""
    if values.ndim == 1:
        return {"target": targets, "prediction": values}
    columns: dict[str, Any] = {}
    for step, column in np.ndindex(*values.shape[1:]):
        ending = f"_{step + 1}" + (f"_{names[column]}" if len(names) > 1 else "")
        columns[f"target{ending}"] = targets[:, step, column]
        columns[f"prediction{ending}"] = values[:, step, column]
    return columns
