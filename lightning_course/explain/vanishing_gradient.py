"""How gradients fade with depth and with time (course chapters 3.1 and 5.4)."""

import numpy as np
import torch
from torch import Tensor, nn

from lightning_course import from_scratch as fs
from lightning_course.explain.activations import FUNCTIONS
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    COLOURS,
    GREEN,
    ORANGE,
    Array,
    label,
    legend,
    new_figure,
    table,
)
from lightning_course.from_scratch.layers import Function
from lightning_course.nn import GRU, LSTM, SimpleRNN

LAYERS, WIDTH_OF_LAYERS, ROWS = 20, 64, 128
STEPS, UNITS, SEQUENCES = 50, 8, 32
# A gate of sigmoid(5) = 0.993 keeps half of the state over 100 steps.
OPEN_BIAS = 5.0


def explain() -> Explanation:
    """Draw the gradient by layer and by time step."""
    by_layer = {
        name: layer_sizes(function, derivative)
        for name, function, derivative, _ in FUNCTIONS
        if "root" not in name
    }
    by_step = {name: step_sizes(layer) for name, layer in recurrent_layers().items()}

    figure = new_figure("Vanishing gradients: by layer, and by time step", 4.6)
    left, right = figure.subplots(1, 2)
    layers = np.arange(1, LAYERS + 1)
    for (name, sizes), colour in zip(by_layer.items(), COLOURS, strict=True):
        left.plot(layers, sizes / sizes[-1], color=colour, marker="o", ms=3, label=name)
    label(
        left,
        f"dense network of {LAYERS} layers, Glorot weights",
        "layer, 1 is the first",
        "mean |gradient| of its weights / the last layer's",
        yscale="log",
        xticks=(1, 5, 10, 15, 20),
    )
    legend(left, loc="lower right")
    styles = {
        "SimpleRNN": (BLUE, "-"),
        "GRU": (ORANGE, "-"),
        "LSTM": (GREEN, "-"),
        "GRU, gate held open": (ORANGE, "--"),
        "LSTM, gate held open": (GREEN, "--"),
    }
    back = np.arange(STEPS)[::-1]
    for name, sizes in by_step.items():
        colour, style = styles[name]
        right.plot(back, sizes / sizes[-1], color=colour, ls=style, label=name)
    label(
        right,
        "recurrent cells, Keras's initial weights",
        "steps between input and last state",
        "|gradient of the last state| / the last input's",
        yscale="log",
        ylim=(1e-12, 10),
    )
    legend(right, loc="lower left")
    return Explanation({"gradients": figure}, _lines(by_layer, by_step))


def layer_sizes(function: Function, derivative: Function) -> Array:
    """Return the mean |gradient| of each layer's weights, first layer first: (LAYERS,)."""
    random = np.random.default_rng(0)
    limit = np.sqrt(6 / (2 * WIDTH_OF_LAYERS))
    shape = (LAYERS, WIDTH_OF_LAYERS, WIDTH_OF_LAYERS)
    x = random.standard_normal((ROWS, WIDTH_OF_LAYERS))
    kernels = random.uniform(-limit, limit, shape)
    gradients = fs.layer_gradients(x, list(kernels), function, derivative)
    return np.array([np.abs(gradient).mean() for gradient in gradients])


def recurrent_layers() -> dict[str, nn.RNNBase]:
    """Return cells with Keras's initial weights, and two whose gate is held open."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        layers: dict[str, nn.RNNBase] = {
            "SimpleRNN": SimpleRNN(1, UNITS),
            "GRU": GRU(1, UNITS),
            "LSTM": LSTM(1, UNITS),
            "GRU, gate held open": GRU(1, UNITS),
            "LSTM, gate held open": LSTM(1, UNITS),
        }
    with torch.no_grad():
        # The second block of both is the gate that keeps the state: z of r, z, n; f of i, f, g, o.
        for name in ("GRU, gate held open", "LSTM, gate held open"):
            layers[name].get_parameter("bias_ih_l0")[UNITS : 2 * UNITS] = OPEN_BIAS
    return {name: layer.double() for name, layer in layers.items()}


def inputs() -> Tensor:
    """Return standard normal sequences (SEQUENCES, STEPS, 1)."""
    return torch.from_numpy(np.random.default_rng(1).standard_normal((SEQUENCES, STEPS, 1)))


def step_sizes(layer: nn.RNNBase) -> Array:
    """Return the size of ∂h_T / ∂xₜ for each step t: its norm, averaged over sequences (STEPS,).

    The chain rule is left to torch; ``from_scratch.simple_rnn_gradients`` writes it out.
    """
    x = inputs().requires_grad_()
    states: Tensor = layer(x)[0]
    squares = torch.zeros(SEQUENCES, STEPS, dtype=torch.float64)
    for unit in range(UNITS):
        (gradient,) = torch.autograd.grad(states[:, -1, unit].sum(), x, retain_graph=True)
        squares += gradient.square().sum(dim=-1)
    sizes: Array = squares.sqrt().mean(dim=0).numpy()
    return sizes


def _lines(by_layer: dict[str, Array], by_step: dict[str, Array]) -> list[str]:
    depth = [[name, f"{sizes[0] / sizes[-1]:.1e}"] for name, sizes in by_layer.items()]
    time = [
        [
            name,
            f"{sizes[0] / sizes[-1]:.1e}",
            f"{(sizes[0] / sizes[-1]) ** (1 / (STEPS - 1)):.2f}",
        ]
        for name, sizes in by_step.items()
    ]
    half, kept, held = (float(fs.sigmoid(bias)) for bias in (0.0, 1.0, OPEN_BIAS))
    return [
        *table([f"gradient {LAYERS - 1} layers back", "of the last layer's"], depth),
        "",
        *table([f"gradient {STEPS - 1} steps back", "of the last step's", "per step"], time),
        "tanh, which the course's notes name beside the sigmoid, does not fade here: with Glorot's "
        "weights its inputs stay small, where its derivative is near 1.",
        f"At the start a GRU's gate keeps {half:g} of the state each step and an LSTM's, with "
        f"forget bias 1, {kept:.2f} of the cell: both fade too. Unlike a SimpleRNN they can learn "
        f"to hold the gate open: with a bias of {OPEN_BIAS:g}, set by hand, it keeps {held:.3f}.",
    ]
