"""Which weights a run starts with, goes on with, and is evaluated with."""

from pathlib import Path
from typing import Any

from lightning_course.commands.resuming import check_checkpoint_paths
from lightning_course.errors import UserError
from lightning_course.files import read_json
from lightning_course.models import CourseModule
from lightning_course.runs import find_run, read_checkpoint


def take_weights(module: CourseModule, path: str) -> None:
    """Start a model with the weights of a finished run.

    Args:
        module: The model.
        path: The run's folder, or ``runs/<task>/latest``.

    Raises:
        UserError: No such run, or its weights are of another network.
    """
    folder = find_run(path)
    results = read_json(folder / "results.json")
    weights = results.get("weights", "last")
    state = read_checkpoint(folder / "checkpoints" / f"{weights}.ckpt")["state_dict"]
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
    module.load_state_dict(state)


def check_resumable(cli: Any, checkpoint: Path) -> None:
    """Raise a UserError unless a checkpoint is of the model and the data that were built."""
    content = read_checkpoint(checkpoint)
    check_checkpoint_paths(content.get("callbacks"))
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
