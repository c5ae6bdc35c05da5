"""``classical``: scikit-learn on the rows of a task, beside the task's latest run."""

import os
from typing import Any

from lightning_course import catalogue
from lightning_course.command_line import take_option
from lightning_course.errors import UserError
from lightning_course.terminal import printable, program

USAGE = """usage: {program} --task NAME [--estimator NAME] [--data.OPTION VALUE …]

  --task NAME            which example of the course; train.py --list shows all
  --estimator NAME       random_forest (default), ridge, k_nearest_neighbors, decision_tree,
                         gradient_boosting (not for texts) or svm (linear);
                         for classes logistic_regression and naive_bayes too,
                         for values linear_regression
  --data.OPTION VALUE    as for train: the same options give the same rows
  --seed_everything N    seed of split and estimator (default 0)
  --runs FOLDER          where the run to stand beside is looked for (default runs)"""

# What a network needs to be trained, and these estimators do not.
_WITHOUT_EFFECT = ("--trainer", "--optimizer", "--lr_scheduler")


def main(argv: list[str]) -> None:
    """Run the command; see ``USAGE``.

    Raises:
        UserError: Bad input, or rows that the estimator cannot be fitted on.
    """
    if argv in ([], ["-h"], ["--help"]):
        print(USAGE.format(program=program("classical")))
        return
    task, argv = catalogue.task_of(argv)
    name, argv = take_option(argv, "--estimator")
    name = name or "random_forest"
    for word in argv:
        if word.startswith(_WITHOUT_EFFECT):
            raise UserError(f"{word.split('=')[0]} is for train: it would have no effect here")
    print(f"{task.name}: {task.summary} (chapter {task.chapter})", flush=True)

    from lightning_course.comparing import estimators
    from lightning_course.datamodules.splits import reported_split
    from lightning_course.kinds import kind_of, naive_baselines
    from lightning_course.training import console
    from lightning_course.training.cli import CourseCLI

    console.quieten()
    # Parses and builds as `train` does, so that the rows are the network's.
    cli = CourseCLI(task, argv, record=False)
    data, objective = cli.datamodule, cli.model.objective
    estimator = estimators.new_estimator(data, objective, name)
    sizes = ", ".join(f"{len(rows[1]):,} {split}" for split, rows in data.splits.items())
    print(printable(f"data: {data.provenance}: {sizes} rows"))
    inputs = kind_of(data).features()
    rows, columns = inputs["train"].shape
    cores = f" on all {os.cpu_count()} CPU cores" if getattr(estimator, "n_jobs", 1) == -1 else ""
    print(
        f"fitting {type(estimator).__name__} on {rows:,} rows of {columns:,} features{cores} …",
        flush=True,
    )
    score = estimators.fit_and_score(estimator, inputs, data, objective)
    print(f"{score.seconds:.2f} s\n")

    table = {f"{name}, {split}": metrics for split, metrics in score.metrics.items()}
    network, remarks = _latest_run(cli)
    shown = reported_split(data.splits)
    baselines = naive_baselines(data, objective, shown)
    print(console.results_table(table, {**network, **baselines}, {}, {}))
    if len(data.splits) == 1:
        line = "All rows were trained on: a forest that knows them by heart looks perfect"
        option = "; --data.test_fraction 0.33 holds a third of them out"
        remarks.append(line + (option if hasattr(data, "test_fraction") else ""))
    print("\n".join(map(printable, remarks)))


def _latest_run(cli: Any) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the metrics of the task's latest run, a column a split, and what to know of it."""
    from lightning_course.runs.loading import load_run

    try:
        run = load_run(f"{cli.config.runs}/{cli.task.name}/latest", allowed=cli.allowed)
    except UserError as error:
        return {}, [f"No network to stand beside: {error}"]
    network = type(run.module).__name__
    metrics = {f"{network}, {split}": values for split, values in run.results["metrics"].items()}
    remarks = [
        f"{network}: {run.path}, {run.results['seconds']['fit']:.1f} s (epochs: "
        f"{run.results['epochs']})"
    ]
    if differences := _differences(cli, run):
        remarks.append(f"NOT THE SAME DATA, so compare with care: {'; '.join(differences)}")
    return metrics, remarks


def _differences(cli: Any, run: Any) -> list[str]:
    """Say in what the data of a run are others than those of the command line."""
    from lightning_course.training.options.effects import (
        DATA_FOR_TRAINING,
        DATA_WITHOUT_EFFECT,
        OWN_FILE,
    )

    # Checksum and seed are compared first.
    same_rows = DATA_WITHOUT_EFFECT | DATA_FOR_TRAINING | OWN_FILE | {"seed"}
    data, there = cli.datamodule, run.results["data"]
    differences = []
    if there["sha256"] != data.provenance.sha256:
        differences.append(f"that run had {there['kind']} data ({there['name']})")
    if (seed := run.results["data_seed"]) != data.seed:
        differences.append(f"its --data.seed was {seed} and is {data.seed} here")
    options = run.config["data"].get("init_args", {})
    for name, value in vars(cli.config.data.init_args).items():
        if name in options and name not in same_rows and str(options[name]) != str(value):
            differences.append(f"its --data.{name} was {options[name]} and is {value} here")
    return differences
