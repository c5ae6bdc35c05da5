"""Which weights a run starts with, goes on with, and is evaluated with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from lightning_course.datamodules.splits import is_independent
from lightning_course.errors import UserError
from lightning_course.models import CourseModule
from lightning_course.runs.checkpoints import (
    check_finite,
    check_like,
    load_weights,
    read_checkpoint,
)
from lightning_course.runs.folder import find_run
from lightning_course.runs.results import read_results
from lightning_course.training.callback import Report
from lightning_course.training.checkpoints import LastAndBest
from lightning_course.training.resuming import check_checkpoint_paths

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


def take_weights(module: CourseModule, path: str, class_names: Sequence[str] = ()) -> None:
    """Start a model with the weights of a finished run.

    Args:
        module: The model.
        path: The run's folder, or ``runs/<task>/latest``.
        class_names: The classes of the model's outputs, if it has any.

    Raises:
        UserError: No such run, or its weights are of another network, or of the same classes in
            another order.
    """
    folder = find_run(path)
    weights = read_results(folder).get("weights") or "last"
    content = read_checkpoint(folder / "checkpoints" / f"{weights}.ckpt")
    _check_order(path, content, class_names)
    state = content["state_dict"]
    own = module.state_dict()
    for name in sorted(own.keys() | state.keys()):
        if name not in state or name not in own:
            lacking = "the run has no" if name not in state else "this model has no"
            raise UserError(f"--init_from {path} does not fit: {lacking} {name}")
        if own[name].shape != state[name].shape:
            raise UserError(
                f"--init_from {path} does not fit: {name} is {tuple(state[name].shape)} there and "
                f"{tuple(own[name].shape)} here"
            )
    check_finite(state, folder)
    try:
        load_weights(module, state)
    except ValueError as error:
        raise UserError(f"--init_from {path} does not fit: {error}") from error


def _check_order(path: str, content: dict[str, Any], class_names: Sequence[str]) -> None:
    """Refuse weights whose outputs are the same classes as the model's, in another order."""
    for state in content.values():
        names = state.get("class_names") if isinstance(state, dict) else None
        if (
            isinstance(names, list)
            and all(isinstance(name, str) for name in names)
            and names != list(class_names)
            and sorted(names) == sorted(class_names)
        ):
            there, here = (", ".join(order[:4]) for order in (names, list(class_names)))
            raise UserError(
                f"--init_from {path} does not fit: its classes are in the order {there} …, and "
                f"here {here} …; --data.class_order or --data.positive_label decides"
            )


def read_resumable(checkpoint: Path) -> dict[str, Any]:
    """Return the content of a checkpoint that has all that a run goes on with.

    Raises:
        UserError: Something is not there, or see :func:`read_checkpoint`.
    """
    content = read_checkpoint(checkpoint)
    for name, kind in _NEEDED.items():
        value = content.get(name)
        if not isinstance(value, kind) or (isinstance(value, int) and value < 0):
            raise _not_resumable(checkpoint, f"it has no {name}")
    return content


@contextmanager
def resuming(cli: Any, checkpoint: Path) -> Iterator[None]:
    """Let the block's fit go on with a checkpoint, if it is of the model and the data built.

    Raises:
        UserError: It is not, or it holds what no run here writes, such as a text in place of a
            learning rate. What shows only in the first step counts too.
    """
    content = read_resumable(checkpoint)
    try:
        _check_callbacks(cli, content)
        _check_data(cli.datamodule, content)
    except (ValueError, LookupError, TypeError) as error:
        raise _not_resumable(checkpoint, error) from error
    try:
        load_weights(cli.model, content["state_dict"])
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{checkpoint} does not fit the model of config.yaml: {error}") from error
    restoring = _Restoring(content)
    cli.trainer.callbacks.insert(0, restoring)
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if restoring.done:
            raise
        raise _not_resumable(checkpoint, error) from error


def _check_callbacks(cli: Any, content: dict[str, Any]) -> None:
    states = content["callbacks"]
    check_checkpoint_paths(states)
    for callback in cli.trainer.callbacks:
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


def _check_data(data: Any, content: dict[str, Any]) -> None:
    began_with = content["provenance"]
    if began_with != data.provenance.as_dict():
        raise UserError(
            f"the run began with {began_with.get('kind')} data ({began_with.get('name')}), and "
            f"what was found now is {data.provenance}"
        )
    name = type(data).__qualname__
    # Of the same data the same is fitted; a class of the user's own may count its batches there.
    ours = type(data).__module__.startswith("lightning_course.")
    check_like(content.get(name), data.state_dict() or None, name, same=ours)


class _Restoring(Callback):
    """Refuses states that are not like those that the trainer, when all is built, has itself.

    Attributes:
        done: Whether a training step was made.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content
        self.done = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compare before optimisers, schedules and loops take their states."""
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
        """Note that all was restored."""
        self.done = True


def _not_resumable(checkpoint: Path, why: str | Exception) -> UserError:
    if isinstance(why, LookupError | AttributeError):
        why = f"{type(why).__name__}: {why}"
    return UserError(f"{checkpoint} cannot be resumed: {why}; start a new run")


def lead_weights(cli: Any) -> str:
    """Return which weights are evaluated, "last" or "best", loading the best ones if need be.

    The best epoch leads only where validation rows of their own chose it. Chosen on the test set,
    as the course's curves invite to, it would be too good to be true.
    """
    # Some recipes have no test split: what they validate on is what they are judged by.
    if cli.folder is None or not is_independent(cli.datamodule.splits):
        return "last"
    best = cli.folder.path / "checkpoints" / "best.ckpt"
    if not best.is_file():
        return "last"
    cli.model.load_state_dict(read_checkpoint(best)["state_dict"])
    return "best"
