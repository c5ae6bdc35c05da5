"""Train one task in Keras as the course does: the process that compare.py starts for each seed.

The rows are this project's, and so is the measuring: Keras's weights are copied into our module,
which must then give Keras's outputs, and is evaluated as after a training here.
"""

import math
import sys
from pathlib import Path

import keras
from pairs import Pair, difference

from lightning_course import catalogue
from lightning_course.datamodules.splits import reported_split
from lightning_course.files.writing import write_json
from lightning_course.kinds import derived_metrics, naive_baselines
from lightning_course.nn import keras_parameter_count
from lightning_course.process.warnings import quieten
from lightning_course.training import record
from lightning_course.training.cli import CourseCLI

# Of our outputs to Keras's, relative to the largest: both are in single precision.
TOLERANCE = 1e-4


def main(output: Path, argv: list[str]) -> None:
    """Train and write the results as JSON; argv is the command line of ``train``."""
    quieten()
    task, options = catalogue.task_of(argv)
    cli = CourseCLI(task, options, record=False)
    data = cli.datamodule
    split = reported_split(data.splits)
    with keras.device("cpu"):
        # Keras's own initial weights, shuffling and dropout.
        pair = Pair(task, cli.config.seed_everything, cli)
        train(pair)
        metrics = evaluate(pair, split)
    results = {
        "data": data.provenance.as_dict(),
        "data_seed": data.seed,
        "weights": "last",
        "parameters": keras_parameter_count(pair.module),
        "metrics": {split: metrics},
        "baselines": {"split": split, **naive_baselines(data, cli.model.objective, split)},
        "versions": record.versions() | {"keras": keras.__version__},
    }
    write_json(output, results)


def train(pair: Pair) -> None:
    """Train Keras's model as the course does."""
    course, data = pair.course, pair.data
    inputs, targets = data.splits["train"]
    pair.model.compile(optimizer=course.optimizer(), loss=course.loss)
    schedule = course.schedule and keras.callbacks.LearningRateScheduler(course.schedule)
    pair.model.fit(
        pair.keras_inputs(inputs),
        targets.numpy(),
        batch_size=data.batch_size,
        epochs=pair.cli.trainer.max_epochs,
        callbacks=[schedule] if schedule else [],
        verbose=0,
    )


def evaluate(pair: Pair, split: str) -> dict[str, float]:
    """Return the metrics of Keras's weights on a split."""
    data, module = pair.data, pair.module
    pair.copy_weights()
    pair.cli.trainer.test(module, dataloaders=[data.loader(split)], verbose=False)
    evaluation = module.evaluations[split]
    inputs, _ = data.splits[split]
    outputs = pair.model.predict(pair.keras_inputs(inputs), batch_size=1024, verbose=0)
    ours = evaluation.predictions.numpy()
    assert difference(ours, outputs.reshape(ours.shape)) <= TOLERANCE
    derived = derived_metrics(module, data, split)
    metrics = {name: float(value) for name, value in (evaluation.metrics | derived).items()}
    assert all(map(math.isfinite, metrics.values())), f"the results are not finite: {metrics}"
    return metrics


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
