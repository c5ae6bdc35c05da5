"""CourseCLI: LightningCLI for the catalogue, with ``--task`` and errors of one line."""

import functools
import inspect
import re
import warnings
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
from lightning_course.checks import check_seed
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
from lightning_course.training.options.parser import CourseArgumentParser
from lightning_course.training.options.parser_errors import explain
from lightning_course.training.resuming import check_writes, read_resumable
from lightning_course.training.signals import StopOnSignal
from lightning_course.training.weights import take_weights

#: What a model takes from the data module, as an argument and an attribute of the same name. A
#: recipe says the course's sizes; a user's own data have others.
FROM_DATA = (
    "in_features",
    "image_shape",
    "sequence_shape",
    "horizon",
    "vocabulary_size",
    "words",
    "num_classes",
)


class CourseCLI(LightningCLI):
    """Model, data and trainer of one task, from its YAML and the command line.

    Args:
        task: The catalogue row.
        argv: Command line without ``--task``: dotted overrides, further ``--config`` files, and
            ``--allow`` with a package that these files may name beside this project's.
        resumed: Folder of the run that goes on; None for a new run.
        record: Whether a fit makes a run folder.

    Attributes:
        model: The task's model.
        datamodule: Its data.
        folder: The run folder, made when training starts; None where nothing is recorded.
        report: The callback that writes figures and history; None likewise.
        allowed: Packages that the command line names; see :mod:`lightning_course.imports`.
        stop_on_signal: The callback that ends the run after Ctrl-C.

    Raises:
        UserError: An unknown option, a value outside its range, data that cannot be read.
    """

    model: CourseModule
    datamodule: TensorDataModule
    trainer: Trainer
    stop_on_signal: StopOnSignal

    def __init__(
        self, task: Task, argv: list[str], resumed: Path | None = None, record: bool = True
    ) -> None:
        self.task = task
        self.resumed = resumed
        self.record = record
        self.folder: RunFolder | None = None
        self.report: Report | None = None
        self._recipe = f"--config={catalogue.config_path(task.name)}"
        self.allowed = allowed_by(argv)
        _, self._words = take_allowed(argv)
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
                    args=[f"--task={task.name}", self._recipe, *self._words],
                    run=False,
                )
        except (ValueError, ImportError, MisconfigurationException) as error:
            cause = error.__cause__
            if "compute_fn" in str(error) and isinstance(cause, Exception):
                # What went wrong is the data's; jsonargparse only says that it was in a link.
                raise cause from cause.__cause__
            # A value that parsed but is out of range, or a device or package that is not there.
            raise UserError(explain(str(error), self.parser)) from error

    @property
    def is_course_example(self) -> bool:
        """Whether model and data are the recipe's, not put in their place by the user."""
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

    def recipe(self) -> Any:
        """Return the task's configuration as its YAML file has it, without any override."""
        return self.parser.parse_args([f"--task={self.task.name}", self._recipe])

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the project's own options, the recipe's classes and the links between them."""
        parser.add_argument("--task", type=str, help="Name of the task; --list shows all.")
        parser.add_argument("--runs", type=str, default="runs", help="Folder of all runs.")
        parser.add_argument(
            "--threads", type=int | None, default=None, help="CPU threads of torch; null: its own."
        )
        parser.add_argument(
            "--init_from", type=str | None, default=None, help="Run to take the first weights from."
        )
        parser.add_argument(
            "--compile", type=bool, default=False, help="Compile the network with torch.compile."
        )
        parser.add_argument(
            "--tf32", type=bool, default=True, help="TensorFloat-32 for float32 products on CUDA."
        )
        parser.add_argument(
            "--spreadsheet_safe",
            type=bool,
            default=False,
            help="In CSV files, put an apostrophe before cells that a spreadsheet would run.",
        )
        recipe = catalogue.recipe(self.task.name)
        # What --help shows.
        parser.set_defaults(
            {name: {"class_path": recipe[name]["class_path"]} for name in ("model", "data")}
        )
        for name in FROM_DATA:
            parser.link_arguments(
                "data",
                f"model.init_args.{name}",
                compute_fn=functools.partial(self._of_data, name),
                apply_on="instantiate",
            )

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse; unlike LightningCLI, without a warning that sys.argv is not what is parsed."""
        assert isinstance(parser, CourseArgumentParser)
        parser.words = args
        self.config = parser.parse_args(args)
        if self.config.task != self.task.name:
            raise UserError(f"one task at a time: {self.task.name} or {self.config.task}?")
        if (
            not isinstance(self.config.trainer, Namespace)
            or "accelerator" not in self.config.trainer
        ):
            raise UserError("a --config file has a trainer that does not consist of options")
        for name in ("model", "data"):
            if self.config[name] is None:
                raise UserError(f"--{name} null: a task needs one")
        if not isinstance(seed := self.config.seed_everything, bool):
            check_seed("--seed_everything", seed)

    def before_instantiate_classes(self) -> None:
        """Check the options against each other; resolve what is left open, so it is on record."""
        config = self.config
        if self.resumed:
            check_writes(config.trainer.as_dict(), self.resumed, self._words, self.allowed)
        self._refuse_sizes()
        self._settle_learning_rate()
        refuse_without_effect(config.model.init_args, config.data.init_args, self._words)
        if config.seed_everything is False:
            raise UserError(
                "--seed_everything must be a number: without one no run can be repeated"
            )
        data = config.data.init_args
        if "seed" in data and data.seed is None:
            data.seed = config.seed_everything
        check_trainer(config.trainer)
        settle_precision(config.trainer, (config.optimizer or {}).get("init_args", {}))
        set_up_torch(config.tf32, config.threads)

    def _settle_learning_rate(self) -> None:
        """Give the model the rate of the optimizer that replaces its own, for its checkpoint."""
        optimizer, model = self.config.optimizer, self.config.model.init_args
        if not optimizer or "lr" not in optimizer.init_args or "lr" not in model:
            return
        options = {word.split("=")[0].replace(".init_args", "") for word in self._words}
        if "--model.lr" in options:
            raise UserError("the learning rate is --optimizer.lr, not --model.lr")
        model.lr = optimizer.init_args.lr

    def _refuse_sizes(self) -> None:
        options = {word.split("=")[0].replace(".init_args", "") for word in self._words}
        for name in FROM_DATA:
            if f"--model.{name}" in options and self._takes(name):
                raise UserError(f"--model.{name} comes from the data and cannot be set")

    def _takes(self, name: str) -> bool:
        """Whether the constructor of the model has an argument of that name."""
        model_class = import_class(self.config.model.class_path, object, self.allowed)
        return name in inspect.signature(model_class).parameters

    def instantiate_classes(self) -> None:
        """Build data, model, optimiser and trainer."""
        with warnings.catch_warnings():
            # Ours on purpose: the YAML's optimizer takes the place of the module's default.
            warnings.filterwarnings("ignore", ".*configure_optimizers` will be overridden.*")
            with self._as_large_as_the_run():
                super().instantiate_classes()
        if self.config.init_from and not self.resumed:
            names = getattr(self.datamodule, "class_names", None) or ()
            take_weights(self.model, self.config.init_from, names)
        if self.config.compile:
            # The network alone, in place: steps and logging stay Python, names stay as they are.
            self.model.network.compile()
        self.model.objective.check_targets(self.datamodule.splits["train"][1])

    def _as_large_as_the_run(self) -> AbstractContextManager[None]:
        """Where a run is resumed, its config makes no model larger than its checkpoint."""
        if not self.resumed:
            return nullcontext()
        return no_larger_than(read_checkpoint(last_checkpoint(self.resumed))["state_dict"])

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Add the project's callbacks and logger to what the configuration asks for."""
        self._note_sizes()
        trainer = self.config_init.trainer
        configured = trainer.callbacks or []
        if isinstance(configured, Callback):
            configured = [configured]
        callbacks: list[Callback] = []
        has_bar = any(isinstance(callback, ProgressBar) for callback in configured)
        if trainer.enable_progress_bar is not False and not has_bar:
            callbacks += console.progress()
            kwargs["enable_progress_bar"] = any(
                isinstance(callback, ProgressBar) for callback in callbacks
            )
        self.stop_on_signal = StopOnSignal()
        callbacks.append(self.stop_on_signal)
        if not self.record:
            kwargs |= {"logger": False, "enable_checkpointing": False}
        elif not trainer.fast_dev_run:
            callbacks += self._recording_callbacks(kwargs)
        trainer.callbacks = [*configured, *callbacks]
        built = super().instantiate_trainer(**kwargs)
        if isinstance(built.strategy.launcher, _MultiProcessingLauncher):
            # What was measured would be lost with the processes that measured it.
            raise UserError(
                f"--trainer.strategy {trainer.strategy} starts processes inside this one, which "
                "leaves no results here; use --trainer.strategy ddp"
            )
        return built

    def _note_sizes(self) -> None:
        """Put what the model took from the data into the configuration: it is on record."""
        for name in FROM_DATA:
            if self._takes(name) and name not in type(self.config_init.model).not_saved:
                size = self._of_data(name, self.config_init.data)
                self.config.model.init_args[name] = list(size) if isinstance(size, tuple) else size

    def _dump(self) -> str:
        """Return the resolved configuration as YAML that reads back as it was meant."""
        return str(self.parser.dump(self.config, skip_none=False, skip_link_targets=False))

    def _of_data(self, name: str, data: Any) -> Any:
        """Return what the model takes from the data module; None where it takes no such thing."""
        if not self._takes(name):
            return None
        if not hasattr(type(data), name) and name not in vars(data):
            raise UserError(
                f"the model takes {name} from the data, and {type(data).__name__} has none: choose "
                "--model and --data that fit"
            )
        return getattr(data, name)

    def _recording_callbacks(self, kwargs: dict[str, Any]) -> list[Callback]:
        trainer = self.config_init.trainer
        self.folder = RunFolder(Path(self.config.runs), self.task.name)
        step = None
        if self.resumed:
            self.folder.path = self.resumed
            if getattr(rank_zero_only, "rank", 0) == 0:
                self.folder.lock()
            step = read_resumable(last_checkpoint(self.resumed))["global_step"] + 1
        self.report = Report(
            self.folder, self._dump(), self.config.spreadsheet_safe, after_test=False
        )
        if trainer.logger is None or trainer.logger is True:
            kwargs["logger"] = RunLogger(self.folder, step)
        if trainer.enable_checkpointing is False:
            return [self.report]
        if trainer.plugins is None:
            kwargs["plugins"] = [AtomicCheckpointIO()]
        return [self.report, LastAndBest(self.folder, self.task.monitor, self.task.mode)]
