"""What a run records: the content of results.json, and hyperparameters for TensorBoard."""

import math
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer

from lightning_course import catalogue
from lightning_course.datamodules.splits import reported_split, validation_split
from lightning_course.nn import keras_parameter_count
from lightning_course.runs.folder import find_run
from lightning_course.training.cli import CourseCLI
from lightning_course.training.options.effects import DATA_FOR_TRAINING, DATA_WITHOUT_EFFECT


def results(
    cli: CourseCLI,
    weights: str,
    metrics: Mapping[str, Mapping[str, float]],
    baselines: Mapping[str, Mapping[str, float]],
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """Return the content of results.json.

    Args:
        cli: The command line after the evaluation. It records the run.
        weights: Which epoch's weights were evaluated, "last" or "best".
        metrics: By split, then by metric.
        baselines: Naive results on the reported split, by baseline, then by metric.
        seconds: Durations by name.
    """
    assert cli.report is not None
    splits = cli.datamodule.splits
    best = cli.report.history.best(cli.task.monitor, cli.task.mode)
    return {
        "task": cli.task.name,
        "data": cli.datamodule.provenance.as_dict(),
        "comparable": is_comparable(cli),
        "weights": weights,
        "metrics": metrics,
        "baselines": {
            "split": reported_split(splits),
            **{name: _finite(row) for name, row in baselines.items()},
        },
        # Counted from 0, as in history.csv.
        "best_epoch": best and {"selected_on": validation_split(splits), **_finite(best)},
        "parameters": keras_parameter_count(cli.model),
        "keras_parameters": (
            cli.task.keras_parameters(cli.datamodule)
            if cli.is_course_example and cli.datamodule.provenance.kind != "own"
            else None
        ),
        "remarks": cli.model.remarks,
        "epochs": len(cli.report.history.rows),
        "seed": cli.config.seed_everything,
        "data_seed": cli.datamodule.seed,
        "seconds": seconds,
        "device": device_name(cli.trainer),
        "precision": str(cli.trainer.precision),
        "tf32": cli.config.tf32 if cli.trainer.strategy.root_device.type == "cuda" else None,
        "channels_last": cli.model.hparams.get("channels_last"),
        "compiled": cli.config.compile,
        "optimizer": cli.config.optimizer and cli.config.optimizer.class_path,
        # Task and version: a path would mean nothing on another machine.
        "init_from": cli.config.init_from and "/".join(find_run(cli.config.init_from).parts[-2:]),
        "versions": versions(),
        "revision": revision(),
    }


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """Leave out what JSON cannot write, such as the error of a forecast that diverges."""
    return {name: value for name, value in values.items() if math.isfinite(value)}


def is_comparable(cli: CourseCLI) -> bool:
    """Whether the results may stand beside Keras's and the course's: same model, same data."""
    kind = cli.datamodule.provenance.kind
    return bool(
        cli.is_course_example and kind in ("real", "generated") and not _changed_data_options(cli)
    )


def _changed_data_options(cli: CourseCLI) -> list[str]:
    """Return the options that make other rows of the course's data, such as a longer window."""
    chosen = vars(cli.config.data.init_args)
    recipe = vars(cli.recipe().data.init_args)
    # Every seed makes a run of the course's example; validation rows are held out from training.
    same = DATA_WITHOUT_EFFECT | DATA_FOR_TRAINING | {"seed", "validation_fraction"}
    names = [name for name in chosen if name not in same]
    return [name for name in names if str(chosen[name]) != str(recipe.get(name))]


def hyperparameters(cli: CourseCLI) -> dict[str, Any]:
    """Return the options that tell a run from others, as plain values by dotted name."""
    config = cli.config
    chosen = {"task": cli.task.name, "seed": config.seed_everything}
    chosen |= {f"model.{name}": value for name, value in cli.model.hparams.items()}
    for name, value in vars(config.data.init_args).items():
        chosen |= _chosen(f"data.{name}", value)
    chosen |= _chosen("optimizer", config.optimizer)
    chosen |= {f"trainer.{name}": config.trainer[name] for name in ("max_epochs", "precision")}
    provenance = cli.datamodule.provenance
    for name in DATA_WITHOUT_EFFECT:
        chosen.pop(f"data.{name}", None)
    return chosen | {"data": provenance.kind, "data.sha256": provenance.sha256[:12]}


def _chosen(name: str, value: Any) -> dict[str, Any]:
    """Return an option by its name; of one that is a class, the class and its arguments."""
    if value is None or "class_path" not in getattr(value, "__dict__", ()):
        return {name: value}
    arguments = vars(value.init_args) if value.get("init_args") else {}
    return {
        name: value.class_path.rsplit(".", 1)[-1],
        **{f"{name}.{argument}": setting for argument, setting in arguments.items()},
    }


def device_name(trainer: Trainer) -> str:
    """Return the device's kind and how many processes ran on it."""
    device = trainer.strategy.root_device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{name} x {trainer.world_size}" if trainer.world_size > 1 else name


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    names = (
        "lightning-course",
        "torch",
        "pytorch-lightning",
        "torchmetrics",
        "numpy",
        "scikit-learn",
    )
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def revision() -> str | None:
    """Return the git revision of the checkout this package is in, with "+changes" if edited."""
    root = Path(catalogue.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+changes" if status else "")
