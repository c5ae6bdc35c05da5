"""``benchmark``: a task's training epochs here and in a hand-written PyTorch loop, side by side.

The hand-written loop has the same tensors, batch sizes, augmentation, network, optimiser,
precision and a validation pass each epoch, but no logging and no checkpoint; this project runs
whole, with logger and checkpoints on. Both are run in turns, and what is told of their difference
is the median over the turns, so that a slow moment of the machine hits both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from pytorch_lightning import Callback
from pytorch_lightning.cli import instantiate_class

from lightning_course import catalogue
from lightning_course.command_line import Parser
from lightning_course.datamodules.splits import validation_split
from lightning_course.training import console
from lightning_course.training.cli import CourseCLI

# What the design allows a whole run above the hand-written loop.
BUDGET_MS_PER_STEP, BUDGET_MS_PER_EPOCH = 1.0, 15.0


@dataclass
class Times:
    """Seconds of each epoch but the first of a turn.

    Attributes:
        training: From the first batch's read to the last update.
        epoch: That and all else: validation, metrics, logging, checkpoints.
    """

    training: list[float] = field(default_factory=list)
    epoch: list[float] = field(default_factory=list)

    def add(self, start: float, trained: float, end: float) -> None:
        """Add an epoch by its three moments."""
        self.training.append(trained - start)
        self.epoch.append(end - start)

    def median(self) -> "Medians":
        """Return the medians of the turn."""
        rest = [epoch - training for epoch, training in zip(self.epoch, self.training, strict=True)]
        return Medians(*map(statistics.median, (self.epoch, self.training, rest)))


class Medians(NamedTuple):
    """Seconds of a turn's typical epoch: whole, training steps, and the rest."""

    epoch: float
    training: float
    rest: float


class Stopwatch(Callback):
    """Times the epochs of a fit, all but the first."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._start = self._trained = 0.0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Close the epoch before: all its callbacks have run now."""
        now = clock()
        if trainer.current_epoch > 1:
            self._times.add(self._start, self._trained, now)
        self._start = self._trained = now

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Note when training stopped."""
        self._trained = clock()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Note it here where the task has no validation."""
        if self._trained == self._start:
            self._trained = clock()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the last epoch."""
        self._times.add(self._start, self._trained, clock())


class FirstBatch(Callback):
    """Ends the process at the first batch, telling the time; for the start-up measurement."""

    def on_train_batch_start(self, *_: Any, **__: Any) -> None:
        """Print the wall clock and stop at once."""
        print(f"\nfirst batch at {time.time()}", flush=True)
        os._exit(0)


def clock() -> float:
    """Return seconds, after the GPU (if any) has caught up."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def main(argv: list[str]) -> None:
    """Run the command; options it does not know go to the task, as in ``train``.

    Raises:
        UserError: Bad input.
    """
    parser = Parser(prog="benchmark.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--task", required=True)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each (default 9)")
    parser.add_argument("--epochs", type=int, default=2, help="timed epochs in a turn (default 2)")
    options, rest = parser.parse_known_args(argv)
    if options.rounds < 1 or options.epochs < 1:
        parser.error("--rounds and --epochs must be at least 1")
    console.quieten()
    ours: list[Medians] = []
    bare: list[Medians] = []
    with tempfile.TemporaryDirectory() as runs:
        arguments = [
            *rest,
            f"--runs={runs}",
            f"--trainer.max_epochs={options.epochs + 1}",
            "--trainer.enable_progress_bar=false",
        ]
        task = catalogue.find(options.task)
        for turn in range(options.rounds):
            cli = CourseCLI(task, arguments)
            print(f"round {turn + 1} of {options.rounds}", file=sys.stderr, flush=True)
            times = Times()
            callbacks: list[Callback] = vars(cli.trainer)["callbacks"]
            callbacks.insert(0, Stopwatch(times))
            cli.trainer.fit(cli.model, datamodule=cli.datamodule)
            ours.append(times.median())
            bare.append(hand_written(cli, options.epochs + 1).median())
        started = statistics.median(start_up([f"--task={task.name}", *arguments]) for _ in range(3))
    steps = len(training_rows(cli, torch.arange(len(cli.datamodule.splits["train"][1]))))
    print(report(task.name, cli, ours, bare, steps, started))


def hand_written(cli: CourseCLI, epochs: int) -> Times:
    """Train a fresh copy of the task's network in a plain loop; the first epoch is not timed."""
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
    """Return the rows of each training batch, of all rows in an order."""
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
    """Return the table: seconds, ratio, and what a step and an epoch cost above the loop."""

    def middle(values: Iterable[float]) -> float:
        return statistics.median(values)

    pairs = list(zip(ours, bare, strict=True))
    lines = [
        f"{what:24}{middle(our):9.4f} s{middle(other):13.4f} s"
        f"{middle(a / b for a, b in zip(our, other, strict=True)):9.2f}"
        for what, our, other in (
            ("whole epoch", [turn.epoch for turn in ours], [turn.epoch for turn in bare]),
            ("training steps", [turn.training for turn in ours], [turn.training for turn in bare]),
            ("validation and the rest", [turn.rest for turn in ours], [turn.rest for turn in bare]),
        )
    ]
    step_ms = 1000 * middle(our.training - other.training for our, other in pairs) / steps
    epoch_ms = 1000 * middle(our.rest - other.rest for our, other in pairs)
    table = "\n".join(lines)
    return f"""
{name} on {cli.trainer.strategy.root_device.type}, {torch.get_num_threads()} threads, \
precision {cli.trainer.precision}, {steps} steps an epoch, medians of {len(ours)} turns

                  lightning_course   hand-written    ratio
{table}

above the hand-written loop: {step_ms:+.2f} ms a step (budget {BUDGET_MS_PER_STEP:g}), \
{epoch_ms:+.1f} ms an epoch (budget {BUDGET_MS_PER_EPOCH:g})
start-up: {started:.1f} s from process start to first batch"""
