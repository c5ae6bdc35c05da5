"""Gates over time: cells set by hand to remember one of many values (course chapters 5.3 and 5.4).

The inputs of each step are a value and a signal that says "store this value". An LSTM or a GRU with
one unit can do this; a SimpleRNN takes in every value.
"""

from typing import Any, NamedTuple

import numpy as np

from lightning_course import from_scratch as fs
from lightning_course.explain.base import Explanation
from lightning_course.explain.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Array,
    label,
    legend,
    new_figure,
    table,
)

STEPS, STORED = 24, (3, 10, 18)
# sigmoid(±6) is 0.998 and 0.002: nearly open and nearly closed.
OPEN = 6.0
SCALE = 1.5  # of values into tanh


class Cells(NamedTuple):
    """The cells' states and gates for one sequence.

    Attributes:
        inputs: Value and store signal (T, 2).
        target: What should be remembered at each step (T,); NaN before the first store.
        rnn: States of the SimpleRNN (T,).
        gru: Steps of Keras's GRU, each (T, 1).
        course_gru: Steps of the course's GRU, each (T, 1).
        lstm: Steps of the LSTM, each (T, 1).
    """

    inputs: Array
    target: Array
    rnn: Array
    gru: fs.GRUSteps
    course_gru: fs.GRUSteps
    lstm: fs.LSTMSteps


def run_cells() -> Cells:
    """Run the three cells, and the GRU in the course's form too, over one sequence."""
    values = np.random.default_rng(4).uniform(-1, 1, STEPS)
    store = np.zeros(STEPS)
    store[list(STORED)] = 1.0
    x = np.stack([values, store], axis=1)
    remembered = [values[[t for t in STORED if t <= step][-1:]] for step in range(STEPS)]
    target = np.array([fs.tanh(SCALE * v[0]) if len(v) else np.nan for v in remembered])

    # Columns are gates; the first row is for the value, the second for the store signal.
    # A GRU keeps its state where z is 1: always, except to store. r has no effect where U is 0.
    gru_kernel = np.array([[0, 0, SCALE], [-2 * OPEN, 0, 0]])
    gru_bias = np.array([[OPEN, 0, 0], [0, 0, 0]])
    none = np.zeros((1, 3))
    # The course's z is the opposite one: the same cell with the z block's signs reversed.
    signs = np.array([-1, 1, 1])
    lstm_kernel = np.array([[0, 0, SCALE, 0], [2 * OPEN, -2 * OPEN, 0, 0]])
    # o is a little less open, or its line would cover f's.
    lstm_bias = np.array([-OPEN, OPEN, 0, OPEN / 3])
    return Cells(
        x,
        target,
        fs.simple_rnn(x, np.array([[SCALE], [0.0]]), [[0.9]])[:, 0],
        fs.gru(x, gru_kernel, none, gru_bias),
        fs.course_gru(x, gru_kernel * signs, none, gru_bias[0] * signs),
        fs.lstm(x, lstm_kernel, np.zeros((1, 4)), lstm_bias),
    )


def explain() -> Explanation:
    """Draw inputs, gates and states over time; list the cells' parameter counts."""
    cells = run_cells()
    figure = new_figure('Gates over time: remember the value that came with "store"', 8.2)
    panels = figure.subplots(4, 1, sharex=True, height_ratios=(1, 1, 1, 1.4))
    steps = np.arange(STEPS)
    values = cells.inputs[:, 0]
    stored = list(STORED)
    panels[0].vlines(steps, 0, values, color=GREY, lw=1)
    panels[0].plot(steps, values, color=GREY, ls="", marker="o", ms=4, label="value")
    panels[0].plot(stored, values[stored], color="black", ls="", marker="o", ms=7, label="store!")
    label(panels[0], "inputs", "", "value", ylim=(-1.15, 1.15))

    lstm, gru = cells.lstm, cells.gru
    _gate(panels[1], lstm.forget, ORANGE, "forget gate f: 1 keeps the cell")
    _gate(panels[1], lstm.input, BLUE, "input gate i: 1 takes the new value in")
    _gate(panels[1], lstm.output, GREY, "output gate o: 1 shows the cell")
    label(panels[1], "LSTM", "", "gate, 0 to 1", ylim=(-0.1, 1.1))
    _gate(panels[2], gru.update, ORANGE, "Keras's update gate z: 1 keeps the state")
    _gate(panels[2], cells.course_gru.update, BLUE, "the course's z: 1 takes the new state", "--")
    _gate(panels[2], gru.reset, GREY, "reset gate r, without effect here")
    label(panels[2], "GRU: two conventions, one result", "", "gate, 0 to 1", ylim=(-0.1, 1.1))

    panels[3].plot(steps, cells.target, color="black", lw=5, alpha=0.2, label="value to remember")
    panels[3].plot(steps, cells.rnn, color=PINK, marker="o", ms=3, lw=1, label="SimpleRNN's h")
    panels[3].plot(steps, lstm.cell, color=GREEN, marker=".", label="LSTM's cell c")
    panels[3].plot(steps, gru.hidden, color=ORANGE, marker=".", ls="--", label="GRU's h")
    label(panels[3], "states", "time step", "state", ylim=(-1.15, 1.15))
    for axes in panels:
        legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    panels[3].set_xticks(range(0, STEPS, 2))
    return Explanation({"gates": figure}, _lines(cells))


def _gate(axes: Any, values: Array, colour: str, name: str, style: str = "-") -> None:
    axes.plot(values, color=colour, ls=style, marker=".", ms=5, lw=1.4, label=name)


def _lines(cells: Cells) -> list[str]:
    after = slice(STORED[0], None)
    states = {
        "SimpleRNN's h": cells.rnn,
        "GRU's h": cells.gru.hidden[:, 0],
        "LSTM's c": cells.lstm.cell[:, 0],
    }
    errors = [
        [name, f"{np.abs(state - cells.target)[after].mean():.3f}"]
        for name, state in states.items()
    ]
    difference = np.abs(cells.gru.hidden - cells.course_gru.hidden).max()
    kinds: tuple[tuple[str, Any], ...] = (("SimpleRNN", "rnn"), ("GRU", "gru"), ("LSTM", "lstm"))
    counts = ", ".join(f"{n} {fs.recurrent_parameter_count(cell, 1, 10)}" for n, cell in kinds)
    course = fs.recurrent_parameter_count("gru", 1, 10, reset_after=False)
    shared = fs.simple_rnn_weight_count(inputs=10, units=15, outputs=1)
    unshared = fs.unshared_rnn_weight_count(length=100, inputs=10, units=15, outputs=1)
    return [
        *table(["mean distance from the value to remember", ""], errors),
        "At z = 1 the course's GRU takes the new state and Keras's keeps the old one: with the "
        "signs of z's weights reversed both give the same states, here to "
        f"{difference:.0e}. Keras resets after the product with U, the course before it.",
        f"Parameters of 10 units on 1 input: {counts}; the course's GRU, with one bias, {course}.",
        f"Weights shared over 100 steps (D = 10, M = 15, K = 1): {shared}, "
        f"a dense network's: {unshared:,}.",
    ]
