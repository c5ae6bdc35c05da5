"""One run of Keras itself: what ``compare_keras`` starts a process for.

The rows, and everything that measures the result, are this project's: Keras's weights are copied
into the module that they belong to, which must then give Keras's outputs, and is evaluated as after
a training here. So both sides are measured by one ruler.
"""

import importlib
import json
import math
import os
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.errors import UserError

# Of our outputs to Keras's, relative to the largest: both are in single precision.
_TOLERANCE = 1e-4


def main(argv: list[str]) -> None:
    """Train a task in Keras and write its results.

    Args:
        argv: ``--output FILE --jobs N`` and the command line of ``train``.

    Raises:
        UserError: Bad input, a recipe that Keras does not have, or weights that are not finite.
    """
    started = time.perf_counter()
    parser = Parser(prog="keras_run", description=__doc__, allow_abbrev=False)
    parser.add_argument("--output", required=True, type=Path, help="JSON file to write")
    parser.add_argument("--jobs", default=1, type=int, help="how many such processes run")
    options, rest = parser.parse_known_args(argv)
    task, rest = catalogue.task_of(rest)

    import torch
    import yaml

    from lightning_course.commands.keras_recipe import keras_recipe
    from lightning_course.comparing.folder import flatten
    from lightning_course.datamodules.splits import reported_split
    from lightning_course.files.writing import write_json
    from lightning_course.kinds import naive_baselines
    from lightning_course.nn import keras_parameter_count
    from lightning_course.training import console, record
    from lightning_course.training.cli import CourseCLI

    console.quieten()
    cli = CourseCLI(task, rest, record=False)
    recipe = keras_recipe(cli)
    data = cli.datamodule
    keras = import_keras()
    with keras.device("cpu"):
        model, seconds = train(keras, cli, recipe)
        metrics = evaluate(cli, recipe, model)
    shown = reported_split(data.splits)
    results = {
        "task": task.name,
        "data": data.provenance.as_dict(),
        "weights": "last",
        "metrics": {shown: metrics},
        "baselines": {"split": shown, **naive_baselines(data, cli.model.objective, shown)},
        "parameters": keras_parameter_count(cli.model),
        "epochs": recipe.epochs,
        "seed": cli.config.seed_everything,
        "data_seed": data.seed,
        "seconds": {"fit": round(seconds, 3), "total": round(time.perf_counter() - started, 3)},
        "jobs": options.jobs,
        "threads": torch.get_num_threads(),
        "device": "cpu",
        "precision": "32-true",
        "backend": keras.backend.backend(),
        "versions": record.versions() | {"keras": metadata.version("keras")},
        "revision": record.revision(),
        "options": flatten(yaml.safe_load(cli._dump())),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_json(options.output, results)
    print(f"{shown}: {metrics}; {seconds:.1f} s of training")


def import_keras() -> Any:
    """Return the package keras on its torch backend, with Keras's own defaults.

    Raises:
        UserError: It is not installed.
    """
    os.environ["KERAS_BACKEND"] = "torch"
    # Away from ~/.keras/keras.json, in which a user may have chosen another float or data format.
    with tempfile.TemporaryDirectory() as home:
        os.environ["KERAS_HOME"] = home
        try:
            keras = importlib.import_module("keras")
        except ModuleNotFoundError as error:
            if error.name != "keras":
                raise
            raise UserError(MISSING) from error
    assert keras.backend.backend() == "torch"
    return keras


MISSING = "compare_keras needs the package keras: pip install 'lightning-course[test]'"


def train(keras: Any, cli: Any, recipe: Any) -> tuple[Any, float]:
    """Return the trained Keras model and the seconds of its ``fit``."""
    from lightning_course.commands.keras_recipe import keras_rows

    inputs, targets = cli.datamodule.splits["train"]
    x = keras_rows(inputs, recipe.architecture.input_shape).numpy()
    # Keras's own initial weights, shuffling and dropout.
    keras.utils.set_random_seed(cli.config.seed_everything)
    model = keras.models.model_from_json(json.dumps(recipe.config))
    name, arguments = recipe.optimizer
    model.compile(optimizer=getattr(keras.optimizers, name)(**arguments), loss=recipe.loss)
    callbacks = []
    if recipe.rates is not None:
        callbacks.append(keras.callbacks.LearningRateScheduler(lambda epoch: recipe.rates[epoch]))
    started = time.perf_counter()
    model.fit(
        x,
        targets.numpy(),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        shuffle=True,
        callbacks=callbacks,
        verbose=0,
    )
    return model, time.perf_counter() - started


def evaluate(cli: Any, recipe: Any, model: Any) -> dict[str, float]:
    """Return the metrics of Keras's weights on the split that is shown.

    Raises:
        UserError: They are not finite.
        RuntimeError: Our module with these weights gives other outputs than Keras.
    """
    import torch

    from lightning_course.commands.keras_recipe import keras_rows
    from lightning_course.datamodules.splits import reported_split
    from lightning_course.kinds import derived_metrics
    from lightning_course.models.base import REMEDY

    module, data = cli.model, cli.datamodule
    take_weights(cli, recipe, model)
    shown = reported_split(data.splits)
    cli.trainer.test(module, dataloaders=[data.loader(shown)], verbose=False)
    evaluation = module.evaluations[shown]
    derived = derived_metrics(module, data, shown)
    metrics = {name: float(value) for name, value in (evaluation.metrics | derived).items()}
    if not all(map(math.isfinite, metrics.values())):
        raise UserError(f"Keras's last step left weights without finite results: {REMEDY}")
    x = keras_rows(data.splits[shown][0], recipe.architecture.input_shape).numpy()
    outputs = torch.from_numpy(
        model.predict(x, batch_size=data.evaluation_batch_size, verbose=0)
    ).reshape(evaluation.predictions.shape)
    error = float((outputs - evaluation.predictions).abs().max() / outputs.abs().max())
    if not error <= _TOLERANCE:
        raise RuntimeError(
            f"with Keras's weights our outputs differ from Keras's by {error:.2g} of the largest: "
            "the two are not the same model"
        )
    return metrics


def take_weights(cli: Any, recipe: Any, model: Any) -> None:
    """Copy a Keras model's weights into the module."""
    import torch

    from lightning_course.nn import keras_parameter_count

    module = cli.model
    if model.count_params() != keras_parameter_count(module):
        raise RuntimeError(
            f"Keras's model has {model.count_params()} parameters and ours "
            f"{keras_parameter_count(module)}"
        )
    state = recipe.architecture.from_keras(map(torch.from_numpy, model.get_weights()))
    if lacking := dict(module.named_parameters()).keys() - state.keys():
        raise RuntimeError(f"Keras's model has nothing for {', '.join(sorted(lacking))}")
    module.load_state_dict({**module.state_dict(), **state})


if __name__ == "__main__":
    from lightning_course.commands import run

    sys.exit(run("keras_run"))
