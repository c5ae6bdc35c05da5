"""The TensorBoard logger of a run folder."""

from collections.abc import Mapping

from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities import rank_zero_only

from lightning_course.runs.folder import RunFolder


class RunLogger(TensorBoardLogger):
    """Writes event files straight into the run folder, which is made at the first write.

    Args:
        folder: The run folder.
        resumed_step: The step that a run is resumed at; TensorBoard drops the values that the
            interrupted process logged later. None for a new run.
    """

    def __init__(self, folder: RunFolder, resumed_step: int | None = None) -> None:
        # `log_hyperparameters` writes the final metrics in place of Lightning's placeholder.
        super().__init__(save_dir="", default_hp_metric=False, purge_step=resumed_step)
        self._folder = folder

    @property
    def log_dir(self) -> str:
        """The run folder; empty in other processes until they know its path."""
        leader = getattr(rank_zero_only, "rank", 0) == 0
        return str(self._folder.path) if leader or self._folder.made else ""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log the metrics, without Lightning's curve of the epoch's number."""
        wanted = {name: value for name, value in metrics.items() if name != "epoch"}
        super().log_metrics(wanted, step)

    @property
    def root_dir(self) -> str:
        """The folder of all runs of the task."""
        return str(self._folder.path.parent)

    def save(self) -> None:
        """Flush the events; the hyperparameters are in config.yaml, and need no second file."""
        self.experiment.flush()

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Flush the events; closing would start a second file for the report after the fit."""
        self.experiment.flush()
