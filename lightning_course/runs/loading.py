"""Reading a finished run back: its config, its results, its model and its data."""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lightning_course import catalogue
from lightning_course.catalogue import Task
from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError, one_line
from lightning_course.files.reading import read_yaml
from lightning_course.imports import check_arguments, import_class
from lightning_course.models import CourseModule
from lightning_course.process.warnings import quieten
from lightning_course.runs.checkpoints import check_finite, read_checkpoint, rebuild
from lightning_course.runs.folder import find_run
from lightning_course.runs.options import MOVED
from lightning_course.runs.results import read_results


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        path: Its folder.
        task: Its row in the catalogue.
        config: The resolved configuration.
        results: The content of results.json.
        checkpoint: The epoch of the weights, "last" or "best".
        module: The model with these weights, in evaluation mode.
        datamodule: The data module with the fitted state, without augmentation; its data are not
            read yet.
    """

    path: Path
    task: Task
    config: dict[str, Any]
    results: dict[str, Any]
    checkpoint: str
    module: CourseModule
    datamodule: TensorDataModule


def load_run(
    path: str | Path,
    checkpoint: Literal["last", "best"] | None = None,
    allowed: Iterable[str] = (),
    **data: Any,
) -> Run:
    """Read a run back from its config and checkpoint.

    Args:
        path: The run's folder, or ``runs/<task>/latest``.
        checkpoint: The epoch of the weights; None: the one that results.json reports.
        allowed: Packages beside this project whose classes the run may name. They are imported,
            which executes them.
        data: Data module arguments that replace the run's own, such as ``root``.

    Raises:
        UserError: There is no such run, or a file in it is damaged, is of another task, or carries
            code (which is never executed).
    """
    folder = find_run(path)
    try:
        config, results = read_yaml(folder / "config.yaml"), read_results(folder)
        if not results["data"]["sha256"]:
            raise ValueError("results.json has no data.sha256")
        if not isinstance(config["trainer"], dict) or "precision" not in config["trainer"]:
            raise ValueError("config.yaml has no trainer.precision")
        weights = checkpoint or results["weights"]
        task = catalogue.find(config["task"])
        model_class = import_class(config["model"]["class_path"], CourseModule, allowed)
        data_class = import_class(config["data"]["class_path"], TensorDataModule, allowed)
        data_arguments = config["data"].get("init_args", {})
        # It is for training only, and what a file names is not run without need.
        data_arguments.pop("augmentation", None)
        data_arguments |= data
        check_arguments(data_class, data_arguments)
        if results["data"]["kind"] == "stand-in":
            # With "auto", real files that have been added since would be used.
            data_arguments["source"] = "standin"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the run {folder} cannot be read: {_reason(error)}") from error
    content = read_checkpoint(folder / "checkpoints" / f"{weights}.ckpt")
    try:
        module = rebuild(model_class, content)
        datamodule = data_class(**data_arguments)
        # Lightning does not save an empty state.
        if state := content.get(data_class.__qualname__):
            datamodule.load_state_dict(state)
        for name, size in datamodule.restored_sizes.items():
            built_for = module.hparams.get(name, size)
            if (tuple(built_for) if isinstance(built_for, list) else built_for) != size:
                raise ValueError(f"the data's {name} is {size}, and the model's is {built_for}")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{folder / 'checkpoints' / weights}.ckpt does not fit task '{task.name}' "
            f"({model_class.__name__}): {_reason(error)}"
        ) from error
    check_finite(content["state_dict"], folder)
    return Run(folder, task, config, results, weights, module.eval(), datamodule)


def read_run(options: argparse.Namespace) -> Run:
    """Return the run named by the options of :func:`run_parser`, with its data built again.

    Raises:
        UserError: See :func:`load_run` and :func:`prepare_own_data`.
    """
    quieten()
    overrides = {"root": options.root} if options.root else {}
    run = load_run(options.run, options.checkpoint, options.allow, **overrides)
    for name, what in MOVED.items():
        if (path := getattr(options, name)) is None:
            continue
        if getattr(run.datamodule, name, None) is None:
            raise UserError(f"--data.{name}: the run was not trained on your own {what}")
        setattr(run.datamodule, name, path)
    for name in MOVED:
        path = getattr(run.datamodule, name, None)
        if path is not None and not Path(path).exists():
            raise UserError(
                f"the run's own data are needed, and {path} is not there: give its new place with "
                f"--data.{name}"
            )
    prepare_own_data(run)
    return run


def prepare_own_data(run: Run) -> None:
    """Build a run's data again.

    Raises:
        UserError: They cannot be read, or they are not the run's data.
    """
    data, trained_on = run.datamodule, run.results["data"]
    try:
        data.prepare()
    except UserError as error:
        raise UserError(f"the run's own data are needed: {error}") from error
    if data.provenance.sha256 != trained_on["sha256"]:
        if trained_on["kind"] == data.provenance.kind == "own":
            what = trained_on["file"] or trained_on["name"]
            raise UserError(f"{what} has changed since the run was trained on it")
        advice = "give the folder of the data with --data.root"
        if trained_on["kind"] == data.provenance.kind == "stand-in":
            advice = "another seed or another version of this package generates it, so train again"
        raise UserError(
            f"the run was trained on {trained_on['kind']} data ({trained_on['name']}, sha256 "
            f"{trained_on['sha256'][:12]}…), and the data found now are {data.provenance}: {advice}"
        )


def _reason(error: Exception) -> str:
    text = one_line(str(error)) or type(error).__name__
    return f"{text} is missing" if isinstance(error, KeyError) else text
