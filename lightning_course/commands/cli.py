"""CourseCLI: LightningCLI for the catalogue, with ``--task`` and errors of one line."""

import importlib
import inspect
import os
import re
import warnings
from pathlib import Path
from typing import Any, NoReturn

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

from lightning_course import catalogue
from lightning_course.catalogue import Task, did_you_mean
from lightning_course.commands import console
from lightning_course.errors import UserError
from lightning_course.reports import LastAndBest, Report, RunLogger
from lightning_course.runs import RunFolder


class CourseArgumentParser(LightningArgumentParser):
    """A parser whose errors are one line and name the closest option."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the error as a UserError instead of printing pages of usage."""
        if not self.exit_on_error:
            # A parser that jsonargparse made for a part: the whole one will tell where it is.
            super().error(message, ex)
        raise UserError(explain(message, self)) from ex


class CourseCLI(LightningCLI):
    """Model, data and trainer of one task, from its YAML and the command line.

    Args:
        task: The catalogue row.
        argv: Command line without ``--task``: dotted overrides and further ``--config`` files.
        in_run_folder: Whether the trainer writes a run folder (history, checkpoints, report).

    Attributes:
        folder: The run folder, made when training starts; None when nothing is written.
        report: The callback that writes figures and history; None likewise.

    Raises:
        UserError: An unknown option, a value outside its range, data that cannot be read.
    """

    def __init__(self, task: Task, argv: list[str], in_run_folder: bool = True) -> None:
        self.task = task
        self.folder: RunFolder | None = None
        self.report: Report | None = None
        self._in_run_folder = in_run_folder
        configs = [f"--config={catalogue.config_path(file)}" for file in task.configs]
        with warnings.catch_warnings():
            # Ours on purpose: the YAML's optimizer takes the place of the module's default.
            warnings.filterwarnings("ignore", ".*configure_optimizers` will be overridden.*")
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
                args=[f"--task={task.name}", *configs, *argv],
                run=False,
            )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the project's own options, the catalogue's classes and the links between them."""
        parser.add_argument("--task", type=str, help="Name of the task; --list shows all.")
        parser.add_argument("--runs", type=str, default="runs", help="Folder of all runs.")
        parser.add_argument(
            "--threads", type=int | None, default=None, help="CPU threads of torch; null: its own."
        )
        parser.set_defaults(
            {
                "model": {"class_path": self.task.module},
                "data": {"class_path": self.task.datamodule},
            }
        )
        for name in self.task.links:
            parser.link_arguments(f"data.{name}", f"model.init_args.{name}", apply_on="instantiate")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse; unlike LightningCLI, without a warning that sys.argv is not what is parsed."""
        self.config = parser.parse_args(args)

    def before_instantiate_classes(self) -> None:
        """Resolve what depends on the machine or on other options, so that it is on record."""
        data = self.config.data.init_args
        if "seed" in data and data.seed is None:
            data.seed = self.config.seed_everything
        if self.config.trainer.precision is None:
            self.config.trainer.precision = best_precision(self.config.trainer.accelerator)
        if not torch.cuda.is_available():
            # Lightning has torch look for GPUs through NVML. Where there is no driver, torch's
            # optimisers search the disk for that library in every step: 0.2 ms each.
            os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
        if self.config.threads is not None:
            if self.config.threads < 1:
                raise UserError(f"--threads must be at least 1, got {self.config.threads}")
            torch.set_num_threads(self.config.threads)

    def instantiate_classes(self) -> None:
        """Build data, model, optimiser and trainer; a value out of range is the user's error."""
        try:
            super().instantiate_classes()
        except (ValueError, TypeError, ImportError, MisconfigurationException) as error:
            raise UserError(" ".join(str(error).split())) from error

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Add the project's callbacks and logger to what the configuration asks for."""
        trainer = self.config_init.trainer
        callbacks: list[Callback] = []
        if trainer.enable_progress_bar is not False:
            callbacks.append(console.progress_bar())
            kwargs["enable_progress_bar"] = console.is_terminal()
        if self._in_run_folder and not trainer.fast_dev_run:
            callbacks += self._recording_callbacks(kwargs)
        configured = trainer.callbacks or []
        if isinstance(configured, Callback):
            configured = [configured]
        trainer.callbacks = [*configured, *callbacks]
        return super().instantiate_trainer(**kwargs)

    def _recording_callbacks(self, kwargs: dict[str, Any]) -> list[Callback]:
        trainer = self.config_init.trainer
        self.folder = RunFolder(Path(self.config.runs), self.task.name)
        self.report = Report(self.folder, self.parser.dump(self.config, skip_none=False))
        if trainer.logger is None or trainer.logger is True:
            kwargs["logger"] = RunLogger(self.folder)
        if trainer.enable_checkpointing is False:
            return [self.report]
        return [self.report, LastAndBest(self.folder, self.task.monitor, self.task.mode)]


def best_precision(accelerator: object) -> str:
    """Return the precision for a device: bfloat16 or half on CUDA, full elsewhere."""
    if accelerator not in ("auto", "gpu", "cuda") or not torch.cuda.is_available():
        return "32-true"
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if native else "16-mixed"


def explain(message: str, parser: LightningArgumentParser) -> str:
    """Return jsonargparse's message in one line, with the closest known name where it helps."""
    if match := re.match(r"unrecognized arguments: (\S+)", message):
        option = match[1].split("=")[0]
        if not option.startswith("-"):
            return f"unexpected argument '{option}': options look like --trainer.max_epochs 3"
        return f"unknown option {option}{did_you_mean(option, _options(parser))}"
    if match := re.search(r"argument (--\S+): expected one argument", message):
        return f"option {match[1]} needs a value"
    option = "--" + ".".join(re.findall(r'Parser key "([^"]+)":', message))
    if match := re.search(r"Option '([^']+)' is not accepted", message):
        option = f"{option}.{match[1]}"
        return f"unknown option {option}{did_you_mean(option, _options(parser))}"
    if match := re.search(r"Expected a dot import path string: (.*)", message):
        return f"{option}: there is no class {match[1]}; give its whole import path"
    if match := re.match(r"Problems parsing config: (.*)", message, re.DOTALL):
        return f"a --config file is not valid YAML: {' '.join(match[1].split())}"
    # The innermost value is the one that is wrong; "Given value" stands for a union's.
    if match := re.search(r"Expected an? (.+)\. Got value: (.*)", message):
        return f"{option}: expected {_kinds([match[1]])}, got {match[2]}"
    kinds = re.findall(r"- Expected an? (.+)", message)
    if (match := re.search(r"Given value: (.*)", message)) and kinds:
        return f"{option}: expected {_kinds(kinds)}, got {match[1]}"
    text = " ".join(message.split())
    return text if len(text) <= 400 else text[:400] + "…"


def _kinds(types: list[str]) -> str:
    """Return type names as people write them: "int or null", "rnn, gru or lstm"."""
    names: list[str] = []
    for kind in types:
        if literal := re.fullmatch(r"typing\.Literal\[(.*)\]", kind):
            names += [word.strip().strip("'") for word in literal[1].split(",")]
        else:
            names.append(re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", kind))
    names = list(dict.fromkeys("null" if name == "NoneType" else name for name in names))
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _options(parser: LightningArgumentParser) -> list[str]:
    """Return all option names, with the constructor arguments of model, data and optimiser."""
    names = [name for action in parser._actions for name in action.option_strings]
    classes = {key: parser.get_default(key) for key in ("model", "data")}
    paths = {key: value["class_path"] for key, value in classes.items() if value}
    for key, path in {**paths, "optimizer": "lightning_course.optim.Adam"}.items():
        module, _, name = path.rpartition(".")
        signature = inspect.signature(getattr(importlib.import_module(module), name))
        names += [f"--{key}.{argument}" for argument in signature.parameters]
    return names
