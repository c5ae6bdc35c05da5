"""A scikit-learn estimator on the rows of a task, beside the task's latest run."""

import os

from lightning_course.comparing.estimators import fit_and_score, new_estimator
from lightning_course.datamodules.splits import reported_split
from lightning_course.errors import UserError
from lightning_course.kinds import kind_of, naive_baselines
from lightning_course.runs.loading import Run, load_run
from lightning_course.terminal import printable
from lightning_course.training import console
from lightning_course.training.cli import CourseCLI
from lightning_course.training.options.effects import (
    DATA_FOR_TRAINING,
    DATA_WITHOUT_EFFECT,
    OWN_FILE,
)


def compare_estimator(cli: CourseCLI, name: str) -> None:
    """Fit an estimator on the training rows and print its metrics beside those of the latest run.

    Args:
        cli: The data, and the model whose objective decides the metrics.
        name: Of the estimator, such as "random_forest".

    Raises:
        UserError: There is no such estimator, or it cannot be fitted on these rows.
    """
    data, objective = cli.datamodule, cli.model.objective
    estimator = new_estimator(data, objective, name)
    sizes = ", ".join(f"{len(targets):,} {split}" for split, (_, targets) in data.splits.items())
    print(printable(f"data: {data.provenance}: {sizes} rows"))
    inputs = kind_of(data).features()
    rows, columns = inputs["train"].shape
    cores = f" on all {os.cpu_count()} CPU cores" if getattr(estimator, "n_jobs", 1) == -1 else ""
    print(
        f"fitting {type(estimator).__name__} on {rows:,} rows of {columns:,} features{cores} …",
        flush=True,
    )
    score = fit_and_score(estimator, inputs, data, objective)
    print(f"{score.seconds:.2f} s\n")

    metrics = {f"{name}, {split}": values for split, values in score.metrics.items()}
    network, remarks = _latest_run(cli)
    baselines = naive_baselines(data, objective, reported_split(data.splits))
    print(console.results_table(metrics, {**network, **baselines}, {}, {}))
    if len(data.splits) == 1:
        remark = "All rows are training rows: a forest that memorises them looks perfect"
        if hasattr(data, "test_fraction"):
            remark += "; --data.test_fraction 0.33 holds out a third of them"
        remarks.append(remark)
    print("\n".join(map(printable, remarks)))


def _latest_run(cli: CourseCLI) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the metrics of the task's latest run, a column for each split, and remarks on it."""
    try:
        run = load_run(f"{cli.config.runs}/{cli.task.name}/latest", allowed=cli.allowed)
    except UserError as error:
        return {}, [f"No network to compare with: {error}"]
    network = type(run.module).__name__
    metrics = {f"{network}, {split}": values for split, values in run.results["metrics"].items()}
    seconds, epochs = run.results["seconds"]["fit"], run.results["epochs"]
    remarks = [f"{network}: {run.path}, {seconds:.1f} s (epochs: {epochs})"]
    if differences := _differences(cli, run):
        remarks.append(f"NOT THE SAME DATA, so compare with care: {'; '.join(differences)}")
    return metrics, remarks


def _differences(cli: CourseCLI, run: Run) -> list[str]:
    """Describe how a run's data differ from the command line's."""
    # Checksum and seed are compared first.
    same_rows = DATA_WITHOUT_EFFECT | DATA_FOR_TRAINING | OWN_FILE | {"seed"}
    data, trained_on = cli.datamodule, run.results["data"]
    differences = []
    if trained_on["sha256"] != data.provenance.sha256:
        differences.append(f"that run had {trained_on['kind']} data ({trained_on['name']})")
    if (seed := run.results["data_seed"]) != data.seed:
        differences.append(f"its --data.seed was {seed} and is {data.seed} here")
    options = run.config["data"].get("init_args", {})
    for name, value in vars(cli.config.data.init_args).items():
        if name in options and name not in same_rows and str(options[name]) != str(value):
            differences.append(f"its --data.{name} was {options[name]} and is {value} here")
    return differences
