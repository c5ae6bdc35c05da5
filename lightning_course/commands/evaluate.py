"""``evaluate``: compute the metrics of a finished run again, from its checkpoint."""

from lightning_course.runs.options import run_parser
from lightning_course.terminal import printable


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: There is no such run, its checkpoint is damaged, or its data are not found.
    """
    options = run_parser("evaluate.py", __doc__).parse_args(argv)

    from lightning_course.datamodules.splits import reported_split
    from lightning_course.kinds import naive_baselines
    from lightning_course.runs.loading import read_run
    from lightning_course.training import console
    from lightning_course.training.evaluate import evaluate

    run = read_run(options)
    metrics = evaluate(run)
    baselines = naive_baselines(run.datamodule, run.module.objective, reported_split(metrics))
    data = run.datamodule.provenance
    print(printable(f"{run.path}, {run.checkpoint} epoch, data: {data}"), end="\n\n")
    print(console.results_table(metrics, baselines, {}, {}))
