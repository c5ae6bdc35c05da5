"""Which weights a run starts with (``--init_from``), and which are evaluated."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from lightning_course.datamodules.splits import is_independent
from lightning_course.errors import UserError
from lightning_course.models import CourseModule
from lightning_course.runs.checkpoints import check_finite, load_weights, read_checkpoint
from lightning_course.runs.folder import RunFolder, find_run
from lightning_course.runs.results import read_results


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


def load_final_weights(
    module: CourseModule, splits: Collection[str], folder: RunFolder | None
) -> Literal["last", "best"]:
    """Load the weights that are evaluated, and return which they are.

    These are the best epoch's only if a separate validation split chose that epoch. An epoch that
    the test set chose, as the course's curves invite to, would look better on it than it is.

    Args:
        module: The model after the fit, with the weights of the last epoch.
        splits: The names of the splits.
        folder: The run's folder, if it has one.
    """
    if folder is None or not is_independent(splits):
        return "last"
    best = folder.path / "checkpoints" / "best.ckpt"
    if not best.is_file():
        return "last"
    module.load_state_dict(read_checkpoint(best)["state_dict"])
    return "best"
