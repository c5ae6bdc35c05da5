"""Training epochs of a task, timed here and in a hand-written PyTorch loop in turns."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import torch
from pytorch_lightning import Callback
from pytorch_lightning.cli import instantiate_class

from lightning_course.catalogue import Task
from lightning_course.datamodules.splits import validation_split
from lightning_course.training.cli import CourseCLI

# The overhead over the hand-written loop that the design allows.
BUDGET_MS_PER_STEP, BUDGET_MS_PER_EPOCH = 1.0, 15.0


@dataclass
class Times:
    """Seconds of each epoch of a turn, without the first epoch.

    Attributes:
        training: From reading the first batch to the last update.
        epoch: The whole epoch: training, validation, metrics, logging, checkpoints.
    """

    training: list[float] = field(default_factory=list)
    epoch: list[float] = field(default_factory=list)

    def add(self, start: float, trained: float, end: float) -> None:
        """Add an epoch: when it started, when its training ended, when it ended."""
        self.training.append(trained - start)
        self.epoch.append(end - start)

    def medians(self) -> "Medians":
        """Return the medians over the epochs."""
        rest = [epoch - training for epoch, training in zip(self.epoch, self.training, strict=True)]
        return Medians(*map(median, (self.epoch, self.training, rest)))


class Medians(NamedTuple):
    """Median seconds of an epoch in a turn: the whole epoch, its training steps, the rest."""

    epoch: float
    training: float
    rest: float


class Stopwatch(Callback):
    """Times the epochs of a fit, without the first one."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._start = self._trained = 0.0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """End the previous epoch here, after all its callbacks."""
        now = clock()
        if trainer.current_epoch > 1:
            self._times.add(self._start, self._trained, now)
        self._start = self._trained = now

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Record when training ended."""
        self._trained = clock()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Record it here if the task has no validation."""
        if self._trained == self._start:
            self._trained = clock()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the last epoch."""
        self._times.add(self._start, self._trained, clock())


class FirstBatch(Callback):
    """Prints the time at the first batch and ends the process, to measure the start-up."""

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        """Print the time and end the process at once."""
        print(f"\nfirst batch at {time.time()}", flush=True)
        os._exit(0)


def clock() -> float:
    """Return the clock's seconds, once the GPU (if any) has finished its work."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def benchmark(task: Task, argv: list[str], turns: int, epochs: int) -> str:
    """Return the table that compares a task's training with a hand-written loop.

    Args:
        task: The task.
        argv: Options of ``train``.
        turns: How often each of the two trains.
        epochs: Epochs that are timed in a turn, after a first one that is not.

    Raises:
        UserError: See :class:`CourseCLI`.
    """
    ours: list[Medians] = []
    bare: list[Medians] = []
    with tempfile.TemporaryDirectory() as runs:
        arguments = [
            *argv,
            f"--runs={runs}",
            f"--trainer.max_epochs={epochs + 1}",
            "--trainer.enable_progress_bar=false",
        ]
        for turn in range(turns):
            cli = CourseCLI(task, arguments)
            print(f"turn {turn + 1} of {turns}", file=sys.stderr, flush=True)
            times = Times()
            callbacks: list[Callback] = vars(cli.trainer)["callbacks"]
            callbacks.insert(0, Stopwatch(times))
            cli.trainer.fit(cli.model, datamodule=cli.datamodule)
            ours.append(times.medians())
            bare.append(hand_written(cli, epochs + 1).medians())
        started = median(start_up([f"--task={task.name}", *arguments]) for _ in range(3))
    steps = len(training_rows(cli, torch.arange(len(cli.datamodule.splits["train"][1]))))
    return report(task.name, cli, ours, bare, steps, started)


def hand_written(cli: CourseCLI, epochs: int) -> Times:
    """Train a new copy of the task's network in a plain loop; the first epoch is not timed."""
    times = Times()
    data, objective, trainer = cli.datamodule, cli.model.objective, cli.trainer
    device = trainer.strategy.root_device
    precision = trainer.strategy.precision_plugin
    network = type(cli.model)(**cli.model.hparams).network.to(device)
    optimizer = instantiate_class(network.parameters(), cli.config_init.optimizer)
    splits = {
        name: (inputs.to(device), targets.to(device))
        for name, (inputs, targets) in data.splits.items()
    }
    inputs, targets = splits["train"]
    validation = splits.get(validation_split(splits) or "")
    augmentation = getattr(data, "augmentation", None)
    scaler = getattr(precision, "scaler", None) or torch.amp.GradScaler(device.type, enabled=False)
    for epoch in range(epochs):
        start = clock()
        network.train()
        for rows in training_rows(cli, torch.randperm(len(targets), device=device)):
            batch = augmentation(inputs[rows]) if augmentation else inputs[rows]
            with precision.forward_context():
                loss = objective.loss(network(batch), targets[rows])
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        trained = clock()
        if validation is not None:
            network.eval()
            with torch.inference_mode(), precision.forward_context():
                outputs = torch.cat(
                    [
                        network(batch)
                        for batch in torch.split(validation[0], data.evaluation_batch_size)
                    ]
                )
                objective.loss(outputs, validation[1]).item()
        if epoch:
            times.add(start, trained, clock())
    return times


def training_rows(cli: CourseCLI, order: torch.Tensor) -> list[torch.Tensor]:
    """Return the row numbers of each training batch, for all rows in a given order."""
    data = cli.datamodule
    batches = list(torch.split(order, data.batch_size))
    if data.drop_last and len(batches) > 1 and len(batches[-1]) < data.batch_size:
        batches.pop()
    return batches


def start_up(arguments: list[str]) -> float:
    """Return the seconds from the start of a process to its first batch."""
    command = [sys.executable, "-P", "-m", "lightning_course", "train", *arguments]
    callback = f"--trainer.callbacks={__name__}.FirstBatch"
    started = time.time()
    done = subprocess.run([*command, callback], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("first batch at "):
            return float(line.split()[-1]) - started
    raise RuntimeError(f"the start-up run failed: {done.stderr}")


def report(
    name: str,
    cli: CourseCLI,
    ours: list[Medians],
    bare: list[Medians],
    steps: int,
    started: float,
) -> str:
    """Return the table: seconds, ratios, and the overhead of a step and of an epoch."""
    names = ("whole epoch", "training steps", "validation and the rest")
    table = "\n".join(
        f"{name:24}{median(here):9.4f} s{median(there):13.4f} s"
        f"{median(a / b for a, b in zip(here, there, strict=True)):9.2f}"
        for name, here, there in zip(
            names, zip(*ours, strict=True), zip(*bare, strict=True), strict=True
        )
    )
    pairs = list(zip(ours, bare, strict=True))
    step_ms = 1000 * median(here.training - there.training for here, there in pairs) / steps
    epoch_ms = 1000 * median(here.rest - there.rest for here, there in pairs)
    return f"""
{name} on {cli.trainer.strategy.root_device.type}, {torch.get_num_threads()} threads, \
precision {cli.trainer.precision}, {steps} steps an epoch, medians of {len(ours)} turns

                  lightning_course   hand-written    ratio
{table}

above the hand-written loop: {step_ms:+.2f} ms a step (budget {BUDGET_MS_PER_STEP:g}), \
{epoch_ms:+.1f} ms an epoch (budget {BUDGET_MS_PER_EPOCH:g})
start-up: {started:.1f} s from process start to first batch"""
