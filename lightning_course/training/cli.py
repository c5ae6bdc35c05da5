"""CourseCLI: LightningCLI for the catalogue, with ``--task`` and errors of one line."""

import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning_fabric.utilities.exceptions import MisconfigurationException
from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ProgressBar
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.strategies.launchers import _MultiProcessingLauncher

from lightning_course import catalogue
from lightning_course.catalogue import Task
from lightning_course.datamodules import TensorDataModule
from lightning_course.errors import UserError
from lightning_course.imports import (
    allowed_by,
    import_class,
    import_policy,
    is_allowed,
    take_allowed,
)
from lightning_course.models import CourseModule
from lightning_course.runs.checkpoints import no_larger_than, read_checkpoint
from lightning_course.runs.folder import RunFolder, last_checkpoint
from lightning_course.training import console
from lightning_course.training.callback import Report
from lightning_course.training.checkpoints import AtomicCheckpointIO, LastAndBest
from lightning_course.training.logger import RunLogger
from lightning_course.training.options.effects import refuse_without_effect
from lightning_course.training.options.machine import check_trainer, set_up_torch, settle_precision
from lightning_course.training.options.parser import (
    CourseArgumentParser,
    add_course_options,
    option_names,
)
from lightning_course.training.options.parser_errors import explain
from lightning_course.training.options.settings import (
    check_sections,
    settle_learning_rate,
    settle_seeds,
)
from lightning_course.training.options.sizes import link_sizes, recorded_sizes, refuse_sizes
from lightning_course.training.resuming import check_writes, read_resumable
from lightning_course.training.signals import StopOnSignal
from lightning_course.training.weights import take_weights


class CourseCLI(LightningCLI):
    """Model, data and trainer of one task, from its recipe and the command line.

    What it adds to LightningCLI:

    - the task's recipe comes before the other options, and some options are the project's own;
    - names are read literally, and errors are one line (``options/parser.py``);
    - YAML files name only classes of this project, and of packages that the user allows;
    - the model takes its sizes from the data (``options/sizes.py``);
    - options without an effect, or that fail later, are refused (``options/effects.py``,
      ``options/machine.py``), and what the options leave open is settled before it is recorded;
    - the trainer gets the project's progress bar, report, checkpoints and logger.

    Args:
        task: The catalogue row.
        argv: Command line without ``--task``: dotted overrides, further ``--config`` files, and
            ``--allow`` with a package whose classes these files may name too.
        resumed: Folder of the run that is resumed; None for a new run.
        record: Whether a fit makes a run folder.

    Attributes:
        model: The task's model.
        datamodule: The task's data.
        trainer: The trainer, with the project's callbacks.
        config: The resolved configuration.
        folder: The run folder, made when training starts; None if nothing is recorded.
        report: The callback that writes figures and history; None if nothing is recorded.
        allowed: Packages that the command line names; see :mod:`lightning_course.imports`.
        stop_on_signal: The callback that ends the run after Ctrl-C.

    Raises:
        UserError: An unknown option, a value outside its range, data that cannot be read.
    """

    model: CourseModule
    datamodule: TensorDataModule
    trainer: Trainer

    def __init__(
        self, task: Task, argv: Sequence[str], resumed: Path | None = None, record: bool = True
    ) -> None:
        self.task = task
        self.resumed = resumed
        self.record = record
        self.folder: RunFolder | None = None
        self.report: Report | None = None
        self.stop_on_signal = StopOnSignal()
        self.allowed = allowed_by(argv)
        _, self._words = take_allowed(argv)
        self._recipe = [f"--task={task.name}", f"--config={catalogue.config_path(task.name)}"]
        try:
            with import_policy(self.allowed):
                super().__init__(
                    parser_class=CourseArgumentParser,
                    # Otherwise `--trainer.max_epoch` would silently be taken for `max_epochs`.
                    parser_kwargs={"allow_abbrev": False},
                    subclass_mode_model=True,
                    subclass_mode_data=True,
                    seed_everything_default=0,
                    save_config_callback=None,
                    # Hyperparameters stay plain values, which `weights_only=True` can load.
                    load_from_checkpoint_support=False,
                    trainer_defaults={"num_sanity_val_steps": 0, "enable_model_summary": False},
                    args=[*self._recipe, *self._words],
                    run=False,
                )
        except (ValueError, ImportError, MisconfigurationException) as error:
            cause = error.__cause__
            if "compute_fn" in str(error) and isinstance(cause, Exception):
                # The data raised it; jsonargparse only adds that it was in a link.
                raise cause from cause.__cause__
            # A value that parsed but is out of range, or a device or package that is missing.
            raise UserError(explain(str(error), self.parser)) from error

    @property
    def is_course_example(self) -> bool:
        """Whether model and data are of the recipe's classes, not of others that the user chose."""
        recipe = catalogue.recipe(self.task.name)
        return all(
            type(built) is import_class(recipe[name]["class_path"], object)
            for name, built in (("model", self.model), ("data", self.datamodule))
        )

    @property
    def allow_options(self) -> str:
        """The ``--allow`` options that commands need to read this run back, each after a space."""
        text = self._dump()
        used = [
            name
            for name in self.allowed
            if not all(map(is_allowed, re.findall(rf"(?:: |- )({name}\.[\w.]+)", text)))
        ]
        return "".join(f" --allow {name}" for name in dict.fromkeys(used))

    def recipe(self) -> Namespace:
        """Return the task's configuration as its YAML file has it, without any override."""
        return self.parser.parse_args(self._recipe)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the project's own options, the recipe's classes and the links between them."""
        add_course_options(parser)
        recipe = catalogue.recipe(self.task.name)
        # What --help shows.
        parser.set_defaults(
            {name: {"class_path": recipe[name]["class_path"]} for name in ("model", "data")}
        )
        link_sizes(parser, self._chosen_model)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse the command line; LightningCLI would warn that it is not ``sys.argv``."""
        assert isinstance(parser, CourseArgumentParser)
        parser.words = args
        self.config = parser.parse_args(args)
        check_sections(self.config, self.task.name)

    def before_instantiate_classes(self) -> None:
        """Check the options against each other; settle what they leave open, to record it."""
        config, options = self.config, option_names(self._words)
        if self.resumed:
            check_writes(config.trainer.as_dict(), self.resumed, self._words, self.allowed)
        refuse_sizes(self._chosen_model(), options)
        settle_learning_rate(config, options)
        refuse_without_effect(config.model.init_args, config.data.init_args, options)
        settle_seeds(config)
        check_trainer(config.trainer)
        settle_precision(config.trainer, (config.optimizer or {}).get("init_args", {}))
        set_up_torch(config.tf32, config.threads)

    def instantiate_classes(self) -> None:
        """Build data, model, optimizer and trainer; take the weights of ``--init_from``."""
        largest: AbstractContextManager[None] = nullcontext()
        if self.resumed:
            # The config of a run makes no larger model than the run's checkpoint has weights for.
            state = read_checkpoint(last_checkpoint(self.resumed))["state_dict"]
            largest = no_larger_than(state)
        with warnings.catch_warnings(), largest:
            # Intended: the recipe's optimizer replaces the module's default.
            warnings.filterwarnings("ignore", ".*configure_optimizers` will be overridden.*")
            super().instantiate_classes()
        if self.config.init_from and not self.resumed:
            names = getattr(self.datamodule, "class_names", None) or ()
            take_weights(self.model, self.config.init_from, names)
        if self.config.compile:
            # Only the network, in place: steps and logging stay Python, names stay as they are.
            self.model.network.compile()
        self.model.objective.check_targets(self.datamodule.splits["train"][1])

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Add the project's callbacks and logger to those of the configuration."""
        for name, size in recorded_sizes(self.model, self.datamodule).items():
            self.config.model.init_args[name] = size
        options = self.config_init.trainer
        callbacks = options.callbacks or []
        callbacks = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
        if options.enable_progress_bar is not False and not _has_bar(callbacks):
            callbacks += console.progress()
            kwargs["enable_progress_bar"] = _has_bar(callbacks)
        callbacks.append(self.stop_on_signal)
        if not self.record:
            kwargs |= {"logger": False, "enable_checkpointing": False}
        elif not options.fast_dev_run:
            callbacks += self._recording_callbacks(kwargs)
        options.callbacks = callbacks
        trainer = super().instantiate_trainer(**kwargs)
        if isinstance(trainer.strategy.launcher, _MultiProcessingLauncher):
            # The metrics would be lost with the processes that measured them.
            raise UserError(
                f"--trainer.strategy {options.strategy} starts processes inside this one, which "
                "leaves no results here; use --trainer.strategy ddp"
            )
        return trainer

    def _recording_callbacks(self, kwargs: dict[str, Any]) -> list[Callback]:
        """Return the callbacks that write the run folder; add its logger to the arguments."""
        options = self.config_init.trainer
        self.folder = RunFolder(Path(self.config.runs), self.task.name)
        step = None
        if self.resumed:
            self.folder.path = self.resumed
            if getattr(rank_zero_only, "rank", 0) == 0:
                self.folder.lock()
            step = read_resumable(last_checkpoint(self.resumed))["global_step"] + 1
        safe = self.config.spreadsheet_safe
        self.report = Report(self.folder, self._dump(), safe, after_test=False)
        if options.logger is None or options.logger is True:
            kwargs["logger"] = RunLogger(self.folder, step)
        if options.enable_checkpointing is False:
            return [self.report]
        if options.plugins is None:
            kwargs["plugins"] = [AtomicCheckpointIO()]
        return [self.report, LastAndBest(self.folder, self.task.monitor, self.task.mode)]

    def _chosen_model(self) -> type:
        chosen: type = import_class(self.config.model.class_path, object, self.allowed)
        return chosen

    def _dump(self) -> str:
        """Return the resolved configuration as YAML that reads back as it was meant."""
        return str(self.parser.dump(self.config, skip_none=False, skip_link_targets=False))


def _has_bar(callbacks: Sequence[Callback]) -> bool:
    return any(isinstance(callback, ProgressBar) for callback in callbacks)
