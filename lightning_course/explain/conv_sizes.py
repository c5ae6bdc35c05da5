"""Sizes and weight counts of convolutions (course chapters 4.1 to 4.3)."""

from typing import Any, get_args

from matplotlib.patches import Rectangle

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import BLUE, GREY, ORANGE, label, legend, new_figure, table

LENGTH, KERNEL = 6, 3
FORMULAS = {"valid": "N − K + 1", "same": "N", "full": "N + K − 1"}

# The course's layer: a colour image of 32 × 32, 64 filters of 5 × 5.
IMAGE_SHAPE, LAYER_KERNEL, FILTERS = (32, 32, 3), 5, 64
HALVED = 32


def explain() -> Explanation:
    """Draw the three modes in one dimension, halving by strides, and weights shared or not."""
    shared = fs.convolution_parameter_count(LAYER_KERNEL, IMAGE_SHAPE[2], FILTERS, bias=False)
    unshared = fs.unshared_convolution_weight_count(IMAGE_SHAPE, LAYER_KERNEL, FILTERS)
    chains: dict[fs.Mode, list[int]] = {mode: halvings(mode) for mode in ("same", "valid")}

    figure = new_figure("Sizes and weights of a convolution", 6.6)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.5, 1))
    _modes(figure.add_subplot(grid[0, :]))
    _chains(figure.add_subplot(grid[1, 0]), chains)
    _weights(figure.add_subplot(grid[1, 1]), shared, unshared)
    side = fs.output_length(IMAGE_SHAPE[0], LAYER_KERNEL)
    biases = fs.convolution_parameter_count(LAYER_KERNEL, IMAGE_SHAPE[2], FILTERS) - shared
    rows = [
        [mode, FORMULAS[mode], f"{fs.output_length(LENGTH, KERNEL, mode=mode)}"]
        for mode in get_args(fs.Mode)
    ]
    return Explanation(
        {"sizes_and_weights": figure},
        [
            *table(["mode", "length", f"N = {LENGTH}, K = {KERNEL}"], rows),
            *(
                f'stride 2 repeatedly, "{mode}": {" → ".join(map(str, chain))}'
                for mode, chain in chains.items()
            ),
            "The course's notes say that images can become too small to be halved. Their 32 → 16 "
            '→ 8 → 4 → 2 is "same", where a side of 1 stays 1; only "valid" comes to an end.',
            f"32 x 32 x 3 to {side} x {side} x {FILTERS}: {shared:,} weights in a convolution, "
            f"{unshared:,} in a dense layer ({unshared / shared:,.0f} times as many).",
            f"The convolution also has {biases} biases, one for each feature map.",
        ],
    )


def halvings(mode: fs.Mode) -> list[int]:
    """Return the sides of an image of 32 after convolutions of 3 × 3 with stride 2."""
    sides = [HALVED]
    while len(sides) < 7:
        try:
            sides.append(fs.output_length(sides[-1], KERNEL, 2, mode))
        except ValueError:  # too small for another one
            break
    return sides


def _modes(axes: Any) -> None:
    """Draw signal, zeros and outputs of each mode as rows of cells."""
    for band, mode in enumerate(get_args(fs.Mode)):
        before, after = fs.padding(LENGTH, KERNEL, mode=mode)
        top = -3.1 * band
        for place in range(-before, LENGTH + after):
            inside = 0 <= place < LENGTH
            text = f"a{_subscript(place)}" if inside else "0"
            _cell(axes, place, top, text, BLUE if inside else "white")
        count = fs.output_length(LENGTH, KERNEL, mode=mode)
        for output in range(count):
            # Under the middle of the window that it is computed from.
            middle = output - before + (KERNEL - 1) / 2
            _cell(axes, middle, top - 1.25, f"b{_subscript(output)}", ORANGE)
        for output, style in ((0, "-"), (count - 1, "--")):
            corner = (output - before - 0.5, top - 0.5)
            axes.add_patch(Rectangle(corner, KERNEL, 1, fill=False, ec="black", lw=2, ls=style))
        axes.text(
            LENGTH + 2,
            top - 0.65,
            f"{FORMULAS[mode]} = {count} outputs",
            va="center",
            fontsize=10,
        )
    label(
        axes,
        f"signal of N = {LENGTH} (blue) with zeros (white), filter of K = {KERNEL} (first and last "
        "position), outputs (orange)",
        "position in the signal",
        "mode",
        xlim=(-2.7, LENGTH + 5.2),
        ylim=(-8.2, 0.8),
        xticks=range(LENGTH),
    )
    axes.set_yticks([-3.1 * band - 0.6 for band in range(3)], get_args(fs.Mode))
    axes.tick_params(axis="y", length=0, labelsize=10)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _cell(axes: Any, place: float, height: float, text: str, colour: str) -> None:
    corner = (place - 0.5, height - 0.5)
    alpha = 0.35 if colour != "white" else 1.0
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, alpha=alpha))
    axes.add_patch(Rectangle(corner, 1, 1, fill=False, ec=GREY, lw=0.8))
    axes.text(place, height, text, ha="center", va="center", fontsize=9)


def _subscript(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


def _chains(axes: Any, chains: dict[fs.Mode, list[int]]) -> None:
    for (mode, sides), colour in zip(chains.items(), (BLUE, ORANGE), strict=True):
        axes.plot(sides, color=colour, marker="o", ms=4, label=mode)
        above = mode == "same"
        for place, side in enumerate(sides):
            if above or side != chains["same"][place]:
                axes.annotate(
                    f"{side}",
                    (place, side),
                    (4 if above else -4, 4 if above else -4),
                    textcoords="offset points",
                    ha="left" if above else "right",
                    va="bottom" if above else "top",
                    fontsize=8,
                    color=colour,
                )
    label(
        axes,
        "3 × 3 filters with stride 2",
        "convolutions",
        "side of the image, pixels",
        yscale="log",
        ylim=(0.6, 50),
        yticks=(1, 2, 4, 8, 16, 32),
        yticklabels=(1, 2, 4, 8, 16, 32),
    )
    axes.minorticks_off()
    legend(axes)


def _weights(axes: Any, shared: int, unshared: int) -> None:
    bars = axes.bar(
        ["convolution:\nshared by all positions", "dense layer:\none for each pair"],
        [shared, unshared],
        0.55,
        color=(BLUE, ORANGE),
    )
    axes.bar_label(bars, fmt="{:,.0f}", fontsize=9, padding=2)
    label(
        axes,
        f"32 × 32 × 3 to {FILTERS} maps of 28 × 28",
        "layer",
        "weights, logarithmic",
        yscale="log",
        ylim=(1e2, 5e9),
    )
    axes.grid(axis="x", visible=False)
