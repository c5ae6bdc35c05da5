"""Parameter counts of recurrent layers (course chapters 5.3 and 5.4)."""

from typing import Literal

from lightning_course.checks import check_choice
from lightning_course.from_scratch._arrays import integer
from lightning_course.from_scratch.layers import dense_parameter_count


def recurrent_parameter_count(
    cell: Literal["rnn", "gru", "lstm"],
    inputs: int,
    units: int,
    bias: bool = True,
    reset_after: bool = True,
) -> int:
    """Return gates·(D·M + M·M + M) parameters, with 1, 3 or 4 gates; the same for every length.

    Args:
        cell: "rnn", "gru" or "lstm".
        inputs: D, at least 1.
        units: M, at least 1.
        bias: Whether to count the biases.
        reset_after: A GRU in Keras's default form, which has two biases for each unit and gate;
            false for the course's, which has one.

    Raises:
        ValueError: An argument outside its range.
    """
    check_choice("cell", cell, ("rnn", "gru", "lstm"))
    inputs, units = integer("inputs", inputs), integer("units", units)
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    biases = (2 if cell == "gru" and reset_after else 1) * bool(bias)
    return gates * (inputs * units + units * units + biases * units)


def simple_rnn_weight_count(inputs: int, units: int, outputs: int) -> int:
    """Return D·M + M·M + M·K: the course's count of a SimpleRNN and a dense layer, without biases.

    Example:
        >>> simple_rnn_weight_count(inputs=10, units=15, outputs=1)
        390

    Args:
        inputs: D, at least 1.
        units: M, at least 1.
        outputs: K, at least 1.

    Raises:
        ValueError: An argument outside its range.
    """
    recurrent = recurrent_parameter_count("rnn", inputs, units, bias=False)
    return recurrent + dense_parameter_count(units, outputs, bias=False)


def unshared_rnn_weight_count(length: int, inputs: int, units: int, outputs: int) -> int:
    """Return T·D·T·M + T·M·K: a dense network with all of the RNN's inputs and hidden states.

    Without biases, as the course counts.

    Example:
        >>> unshared_rnn_weight_count(length=100, inputs=10, units=15, outputs=1)
        1501500

    Args:
        length: T, at least 1.
        inputs: D, at least 1.
        units: M, at least 1.
        outputs: K, at least 1.

    Raises:
        ValueError: An argument outside its range.
    """
    length = integer("length", length)
    inputs, hidden = length * integer("inputs", inputs), length * integer("units", units)
    return dense_parameter_count(inputs, hidden, False) + dense_parameter_count(
        hidden, outputs, False
    )
