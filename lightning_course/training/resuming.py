"""``--resume``: what a run's files may do, and the checkpoint that its fit continues from.

A run folder may come from anybody. Its config and its checkpoint may only write into that folder,
and the checkpoint's states must be like those that the trainer, model and data built here have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError
from lightning_course.models import CourseModule
from lightning_course.runs.checkpoints import check_like, load_weights, read_checkpoint
from lightning_course.training.callback import Report
from lightning_course.training.checkpoints import LastAndBest

# Loggers, callbacks and profilers take a folder by an argument whose name ends like this.
_FOLDERS = ("dir", "directory", "folder", "path", "root")

# What Lightning resumes with. Without it Lightning would start the count of epochs, the history and
# the seeds again.
_NEEDED = {
    "loops": dict,
    "callbacks": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "epoch": int,
    "global_step": int,
    "provenance": dict,
}


def check_writes(
    trainer: Mapping[str, Any], run: Path, words: Sequence[str], allowed: Iterable[str]
) -> None:
    """Raise a UserError where a run's configuration names a folder outside the run's own.

    Args:
        trainer: The Trainer's options, such as its loggers with their folders.
        run: The run folder.
        words: The command line. Folders that it names itself may lie anywhere.
        allowed: Other folders that the user allows.
    """
    given = [
        word.split("=")[0].removeprefix("--") for word in words if word.startswith("--trainer")
    ]
    folders = [path.resolve() for path in (run, *map(Path, allowed))]
    for name, value in _texts(trainer, "trainer"):
        path = Path(value.removeprefix("file:")).expanduser()
        is_folder = name.endswith(_FOLDERS) and not name.endswith("class_path")
        if not (is_folder or path.is_absolute() or ".." in path.parts):
            continue
        option = name.replace(".init_args", "")
        if any(option == other or option.startswith(f"{other}.") for other in given):
            continue
        if not any(path.resolve().is_relative_to(folder) for folder in folders):
            raise UserError(
                f"the run's config writes outside its folder: {option} is {value}; "
                f"if you trust it, add --allow {value}"
            )


def read_resumable(checkpoint: Path) -> dict[str, Any]:
    """Return the content of a checkpoint that has everything a run is resumed with.

    Raises:
        UserError: Something is missing, or see :func:`read_checkpoint`.
    """
    content = read_checkpoint(checkpoint)
    for name, kind in _NEEDED.items():
        value = content.get(name)
        if not isinstance(value, kind) or (isinstance(value, int) and value < 0):
            raise _not_resumable(checkpoint, f"it has no {name}")
    return content


@contextmanager
def resuming(
    trainer: Trainer, module: CourseModule, data: TensorDataModule, checkpoint: Path
) -> Iterator[None]:
    """Check a checkpoint against what was built; the fit in the block then continues from it.

    Raises:
        UserError: The checkpoint is of another model or other data, or holds values that no run
            writes, such as a text in place of a learning rate. Some of these show only in the
            first step of the block.
    """
    content = read_resumable(checkpoint)
    try:
        _check_callbacks(_callbacks(trainer), content)
        _check_data(data, content)
    except (ValueError, LookupError, TypeError) as error:
        raise _not_resumable(checkpoint, error) from error
    try:
        load_weights(module, content["state_dict"])
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{checkpoint} does not fit the model of config.yaml: {error}") from error
    check = _CheckStates(content)
    _callbacks(trainer).insert(0, check)
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if check.done:
            raise
        raise _not_resumable(checkpoint, error) from error


class _CheckStates(Callback):
    """Refuses a checkpoint whose states are unlike those of the trainer that has been set up.

    Attributes:
        done: Whether a training step was made: everything has been restored.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content
        self.done = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compare the states before optimisers, schedules and loops load them."""
        own: dict[str, Any] = {
            "loops": {"fit_loop": trainer.fit_loop.state_dict()},
            "optimizer_states": [optimizer.state_dict() for optimizer in trainer.optimizers],
            "lr_schedulers": [each.scheduler.state_dict() for each in trainer.lr_scheduler_configs],
        }
        for state in own["optimizer_states"]:
            for group in state["param_groups"]:
                del group["params"]  # numbers, or with a sharded strategy names
        for name, value in own.items():
            if len(self._content[name]) < len(value):
                raise ValueError(f"it has no {name}")
            check_like(self._content[name], value, name)
        for state in self._content["optimizer_states"]:
            if not all(isinstance(each, dict) and each for each in state["state"].values()):
                raise ValueError("the state of its optimiser lacks that of a parameter")

    def on_train_batch_end(self, *_: object) -> None:
        """Note that everything has been restored."""
        self.done = True


def _callbacks(trainer: Trainer) -> list[Callback]:
    # Lightning sets the attribute in a helper class, where mypy does not see it.
    callbacks: list[Callback] = vars(trainer)["callbacks"]
    return callbacks


def _check_callbacks(callbacks: Iterable[Callback], content: dict[str, Any]) -> None:
    states = content["callbacks"]
    _check_paths(states)
    for callback in callbacks:
        if not isinstance(callback, Report | LastAndBest):
            continue
        if not isinstance(found := states.get(callback.state_key), dict):
            raise ValueError(f"it has no {callback.state_key}")
        own = callback.state_dict()
        if isinstance(callback, Report):
            epochs = content["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
            if [row["epoch"] for row in found["history"]] != list(range(epochs)):
                raise ValueError(f"its history is not of {epochs} epochs")
            own["history"] = [dict.fromkeys(row, 0.0) for row in found["history"]]
        else:
            own["best"] = None if found["best"] is None else 0.0
            del own["random_state"]["cuda"]  # the machine may have another number of GPUs
        check_like(found, own, callback.state_key)


def _check_paths(callbacks: object) -> None:
    """Raise a UserError where a checkpoint's callbacks hold a path with ``..`` in it.

    ``ModelCheckpoint`` removes the files that its state calls worse than the best, if they lie
    below its own folder. A path with ``..`` seems to lie there and does not.
    """
    for name, value in _texts(callbacks, "callbacks"):
        if ".." in Path(value).parts:
            raise UserError(f"the run's checkpoint cannot be trusted: {name} is {value}")


def _check_data(data: TensorDataModule, content: dict[str, Any]) -> None:
    began_with = content["provenance"]
    if began_with != data.provenance.as_dict():
        raise UserError(
            f"the run began with {began_with.get('kind')} data ({began_with.get('name')}), and the "
            f"data found now are {data.provenance}"
        )
    name = type(data).__qualname__
    # The same data give the same fitted state; a user's own class may count its batches there.
    ours = type(data).__module__.startswith("lightning_course.")
    check_like(content.get(name), data.state_dict() or None, name, same=ours)


def _texts(values: object, name: str) -> Iterator[tuple[str, str]]:
    """Yield all strings in nested values, keys too, each with its dotted name."""
    if isinstance(values, str):
        yield name, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from _texts(str(key), name)
            yield from _texts(value, f"{name}.{key}")
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _texts(value, name)


def _not_resumable(checkpoint: Path, why: str | Exception) -> UserError:
    if isinstance(why, LookupError | AttributeError):
        why = f"{type(why).__name__}: {why}"
    return UserError(f"{checkpoint} cannot be resumed: {why}; start a new run")
