"""The parsed configuration: what every run needs in it, and what it leaves open."""

from collections.abc import Sequence

from jsonargparse import Namespace

from lightning_course.checks import check_seed
from lightning_course.errors import UserError


def check_sections(config: Namespace, task: str) -> None:
    """Raise a UserError where a section of the configuration is missing or of the wrong kind.

    Args:
        config: The parsed configuration.
        task: The name of the task.
    """
    if config.task != task:
        raise UserError(f"one task at a time: {task} or {config.task}?")
    if not isinstance(config.trainer, Namespace) or "accelerator" not in config.trainer:
        raise UserError("a --config file has a trainer that does not consist of options")
    for name in ("model", "data"):
        if config[name] is None:
            raise UserError(f"--{name} null: a task needs one")
    if not isinstance(config.seed_everything, bool):
        check_seed("--seed_everything", config.seed_everything)


def settle_learning_rate(config: Namespace, options: Sequence[str]) -> None:
    """Give the model the learning rate of the optimizer, so that its checkpoint records it.

    Args:
        config: The configuration. Its optimizer replaces the model's own.
        options: The names of the options on the command line.

    Raises:
        UserError: The command line sets the model's.
    """
    optimizer, model = config.optimizer, config.model.init_args
    if not optimizer or "lr" not in optimizer.init_args or "lr" not in model:
        return
    if "--model.lr" in options:
        raise UserError("the learning rate is --optimizer.lr, not --model.lr")
    model.lr = optimizer.init_args.lr


def settle_seeds(config: Namespace) -> None:
    """Let the data have the run's seed, unless they have their own.

    Raises:
        UserError: The run has none.
    """
    if config.seed_everything is False:
        raise UserError("--seed_everything must be a number: without one no run can be repeated")
    data = config.data.init_args
    if "seed" in data and data.seed is None:
        data.seed = config.seed_everything
