"""``evaluate``: the metrics of a finished run again, from its checkpoint."""

import math
from typing import TYPE_CHECKING

from lightning_course.errors import UserError
from lightning_course.runs.options import read_run, run_parser
from lightning_course.terminal import printable

if TYPE_CHECKING:
    pass


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: No such run, a damaged checkpoint, or data other than those of the run.
    """
    options = run_parser("evaluate.py", __doc__).parse_args(argv)

    import torch
    from pytorch_lightning import Trainer

    from lightning_course.datamodules.splits import reported_split
    from lightning_course.kinds import derived_metrics, naive_baselines
    from lightning_course.training import console

    run = read_run(options)
    module, data = run.module, run.datamodule
    precision = run.config["trainer"]["precision"]
    if precision == "16-mixed" and not torch.cuda.is_available():
        precision = "32-true"
    # One process: the data module is not attached, so nothing would deal the rows to several.
    try:
        trainer = Trainer(
            devices=1, num_nodes=1, logger=False, enable_progress_bar=False, precision=precision
        )
    except ValueError as error:
        raise UserError(f"{run.path / 'config.yaml'}: {error}") from error
    trainer.test(module, dataloaders=[data.loader(name) for name in data.splits], verbose=False)
    metrics = {name: evaluation.metrics for name, evaluation in module.evaluations.items()}
    if not all(math.isfinite(value) for values in metrics.values() for value in values.values()):
        raise UserError(f"the metrics of {run.path} are not finite: its weights are too large")
    print(printable(f"{run.path}, {run.checkpoint} epoch, data: {data.provenance}"), end="\n\n")
    shown = reported_split(metrics)
    metrics[shown] |= derived_metrics(module, data, shown)
    print(console.results_table(metrics, naive_baselines(data, module.objective, shown), {}, {}))
