"""Which weights a run starts with, goes on with, and is evaluated with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning_course.checkpoints import check_finite, read_checkpoint
from lightning_course.commands.resuming import check_checkpoint_paths
from lightning_course.errors import UserError
from lightning_course.models import CourseModule
from lightning_course.reports import LastAndBest, Report
from lightning_course.results import read_results
from lightning_course.runs import find_run

# What Lightning resumes with.
_NEEDED = ("loops", "callbacks", "optimizer_states", "lr_schedulers", "epoch", "global_step")
_RECORDERS = (Report, LastAndBest)


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
    weights = read_results(folder)["weights"]
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
    module.load_state_dict(state)


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


def check_resumable(cli: Any, checkpoint: Path) -> None:
    """Raise a UserError unless a checkpoint is of the model and the data that were built."""
    content = read_checkpoint(checkpoint)
    lacking = [name for name in _NEEDED if not isinstance(content.get(name), (dict, list, int))]
    # Without them Lightning would start the count of epochs, the history and the seeds again.
    states = content.get("callbacks")
    recorders = [each.state_key for each in cli.trainer.callbacks if isinstance(each, _RECORDERS)]
    lacking += [name for name in recorders if not isinstance(states, dict) or name not in states]
    if lacking:
        raise UserError(f"{checkpoint} cannot be resumed: it has no {lacking[0]}; start a new run")
    check_checkpoint_paths(states)
    began_with = content.get("provenance", {})
    if began_with != cli.datamodule.provenance.as_dict():
        raise UserError(
            f"the run began with {began_with.get('kind')} data ({began_with.get('name')}), and "
            f"what was found now is {cli.datamodule.provenance}"
        )
    try:
        cli.model.load_state_dict(content["state_dict"])
    except RuntimeError as error:
        raise UserError(f"{checkpoint} does not fit the model of config.yaml: {error}") from error


def lead_weights(cli: Any) -> str:
    """Return which weights are evaluated, "last" or "best", loading the best ones if need be.

    The best epoch leads only where validation rows of their own chose it. Chosen on the test set,
    as the course's curves invite to, it would be too good to be true.
    """
    # Some recipes have no test split: what they validate on is what they are judged by.
    if cli.folder is None or not {"validation", "test"} <= cli.datamodule.splits.keys():
        return "last"
    best = cli.folder.path / "checkpoints" / "best.ckpt"
    if not best.is_file():
        return "last"
    cli.model.load_state_dict(read_checkpoint(best)["state_dict"])
    return "best"
