"""Long-term dependencies of recurrent networks: gradients by time step, accuracy by distance."""

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from lightning_course.datamodules import XORDataModule
from lightning_course.datamodules.base import derived_seed
from lightning_course.models import CourseModule
from lightning_course.nn import ImageRows, Rescaling
from lightning_course.reports.chance import binomial_interval
from lightning_course.reports.figures import BLUE, GREY, ORANGE, Figure

# More markers than these run into a line.
_MAX_MARKERS = 40
# Sequence lengths that accuracy is measured at.
_LENGTHS = 12


def gradient_norms(
    network: nn.Module,
    objective_loss: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    targets: Tensor,
) -> Tensor:
    """Return the mean norm of ∂loss/∂x at each time step, without dropout.

    The gradient is that of each row's own loss, so the number of rows has no effect. The arguments
    are not changed, and the parameters get no gradients.

    Args:
        network: On the CPU: cuDNN has no gradients of recurrent layers in evaluation mode.
        objective_loss: The mean loss of (outputs, targets).
        inputs: Sequences (B, T, D), or images (B, C, T, W), whose rows of pixels are the steps;
            bytes are scaled to [0, 1] first, and x is the result.
        targets: (B, …).

    Returns:
        Shape (T,).
    """
    training = network.training
    # Lightning tests in inference mode, whose tensors know no gradients.
    with torch.inference_mode(False), torch.enable_grad():
        values = Rescaling()(inputs).detach().clone().requires_grad_()
        try:
            loss = objective_loss(network.eval()(values), targets.clone())
        finally:
            network.train(training)
        (gradient,) = torch.autograd.grad(loss * len(values), values)
        norms: Tensor = ImageRows()(gradient).norm(dim=2).mean(dim=0)
    return norms


def detached_copy(network: nn.Module) -> nn.Module:
    """Return a copy on the CPU in single precision, not compiled, that gradients can run through.

    It also works in inference mode, in which Lightning tests.
    """
    with torch.inference_mode(False):
        return copy.deepcopy(network).cpu().float()


def untrained(module: CourseModule, seed: int = 0) -> nn.Module:
    """Return the network of a new module with the same hyperparameters, on the CPU.

    Args:
        module: Its hyperparameters are the arguments of its class.
        seed: Of the weights; the global random state stays as it was.
    """
    with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would set the GPU's generator too.
        torch.default_generator.manual_seed(seed)
        network: nn.Module = type(module)(**module.hparams).network
        return network


def gradient_by_step(
    norms: Mapping[str, Tensor], title: str, deciding: Sequence[int] = ()
) -> Figure:
    """Return the norms of the gradient over the time steps, on a logarithmic scale.

    A logarithmic scale cannot show a gradient of exactly 0: the legend counts those steps.

    Args:
        norms: (T,) by name of the network, see :func:`gradient_norms`.
        title: Which split of what.
        deciding: Steps that decide about the label, from 0, which are marked.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, fontsize=11)
    for number, step in enumerate(deciding):
        label = None if number else "deciding values"
        axes.axvline(step + 1, color="0.88", lw=7, label=label)
    scale = "linear"
    for colour, (name, values) in zip((BLUE, ORANGE), norms.items(), strict=False):
        heights = values.double().numpy()
        zeros = int((heights == 0).sum())
        label = f"{name} (exactly 0 at {zeros} of {len(heights)})" if zeros else name
        if (heights > 0).any():
            scale = "log"
        axes.plot(
            np.arange(1, len(heights) + 1),
            np.where(heights > 0, heights, np.nan),
            color=colour,
            marker="o" if len(heights) <= _MAX_MARKERS else None,
            ms=3,
            label=label,
        )
    axes.set(
        xlabel="time step (the last is nearest to the output)",
        ylabel="mean norm of ∂loss/∂x of the step",
        yscale=scale,
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


def lengths(data: XORDataModule) -> list[int]:
    """Return about a dozen lengths from 3 to 3 T to try, the training length among them.

    At each, the deciding positions lie within the sequence and differ.
    """

    def holds(length: int) -> bool:
        try:
            data.deciding_positions(length)
        except ValueError:
            return False
        return True

    held = [length for length in range(3, 3 * data.length + 1) if holds(length)]
    chosen = np.linspace(0, len(held) - 1, _LENGTHS).round().astype(int)
    return sorted({data.length, *(held[index] for index in chosen)})


def correct_by_length(network: nn.Module, data: XORDataModule, rows: int = 2_000) -> dict[int, int]:
    """Return how many new sequences a network classifies correctly, by sequence length.

    Args:
        network: Takes sequences of any length, on the CPU; returns logits.
        data: Draws the sequences; none of them is a row of this data module or of another seed's.
        rows: Sequences of each length.
    """
    training = network.training
    correct = {}
    with torch.no_grad():
        try:
            network.eval()
            for length in lengths(data):
                sequences, labels = data.sample(rows, length, derived_seed(data.seed, length))
                correct[length] = int(((network(sequences) > 0) == labels).sum())
        finally:
            network.train(training)
    return correct


def accuracy_by_distance(
    correct: Mapping[int, int], rows: int, data: XORDataModule, title: str
) -> Figure:
    """Return the accuracy over the length of the sequence, with exact 95 % intervals.

    Args:
        correct: Number of correctly classified sequences by length.
        rows: Sequences of each length.
        data: Which values decide, and the length of the training rows.
        title: What was trained, on which data.
    """
    match data.positions:
        case "short":
            where = "its last three values decide, whatever the length"
        case "long":
            where = "its first three values decide, length - 3 steps before the last"
        case positions:
            where = f"the values at {', '.join(map(str, positions))} decide"
    intervals = 100 * np.array([binomial_interval(count, rows) for count in correct.values()])
    x = list(correct)
    figure = Figure(figsize=(7, 4), layout="constrained")
    figure.suptitle(title, fontsize=11)
    axes = figure.subplots()
    axes.fill_between(x, *intervals.T, color=BLUE, alpha=0.2, lw=0, label="95 % interval")
    axes.plot(
        x,
        [100 * count / rows for count in correct.values()],
        color=BLUE,
        marker="o",
        ms=3,
        label=f"{rows:,} new sequences each",
    )
    axes.axhline(50, color=GREY, ls="--", lw=1, label="guessing")
    axes.axvline(data.length, color=ORANGE, lw=1, label=f"length in training: {data.length}")
    axes.set(
        xlabel=f"length of the sequence\n({where})",
        ylabel="accuracy (%)",
        ylim=(min(40.0, float(intervals.min()) - 2), 103),
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure
