"""SimpleRNN, GRU and LSTM: torch's layers (cuDNN on a GPU) with Keras's defaults.

Keras has one bias vector where torch's RNN and LSTM have two that are only ever added. Both
would be trained, so SGD and Adam would move their sum twice as fast. Here the second is a buffer
of zeros: not trained, not saved, and not counted. Keras's GRU (``reset_after=True``) has two
biases like torch's, both trained.
"""

from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightning_course.checks import check_choice, check_minimum

Cell = Literal["rnn", "gru", "lstm"]
RecurrentActivation = Literal["tanh", "relu", "none"]
Pooling = Literal["max", "mean", "last"]


def _reset_like_keras(layer: nn.RNNBase) -> None:
    for name, tensor in layer.named_parameters():
        if name.startswith("weight_ih"):
            # The limit comes from the fused matrix, sqrt(6 / (in + gates·u)), not from one gate.
            nn.init.xavier_uniform_(tensor)
        elif name.startswith("weight_hh"):
            # Keras's (u, gates·u) kernel has orthonormal rows; torch stores its transpose.
            nn.init.orthogonal_(tensor)
        else:
            nn.init.zeros_(tensor)
            if isinstance(layer, nn.LSTM) and name.startswith("bias_ih"):
                # Keras's unit_forget_bias; the gates lie in the order i, f, g, o in both.
                with torch.no_grad():
                    tensor[layer.hidden_size : 2 * layer.hidden_size] = 1.0


def _freeze_second_bias(layer: nn.RNNBase) -> None:
    for name, tensor in list(layer.named_parameters()):
        if name.startswith("bias_hh"):
            delattr(layer, name)
            layer.register_buffer(name, torch.zeros_like(tensor.data), persistent=False)
    # torch keeps the tensors it hands to its kernels in a list of its own.
    layer._init_flat_weights()


class SimpleRNN(nn.RNN):
    """``nn.RNN`` with Keras's ``SimpleRNN`` defaults and ``batch_first=True``.

    Input (B, T, input_size), output (B, T, hidden_size) and the last state (1, B, hidden_size).
    Takes the arguments of ``nn.RNN``, whose ``nonlinearity`` is "tanh" or "relu";
    :class:`LinearRNN` has none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, batch_first=True, **kwargs)
        _freeze_second_bias(self)

    def reset_parameters(self) -> None:
        """Glorot-uniform kernel, orthogonal recurrent kernel, zero bias."""
        _reset_like_keras(self)


class LinearRNN(SimpleRNN):
    """``SimpleRNN`` with no activation, h = W x + U h' + b: a linear model of the whole sequence.

    The course tries it (chapter 5.3). Torch has no kernel for it: it runs step by step, one layer
    in one direction. Input, output and parameters are those of :class:`SimpleRNN`.

    Args:
        input_size: D.
        hidden_size: M.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return all states and the last one; see ``nn.RNN``."""
        kernel, recurrent_kernel, bias = (
            self.get_parameter(f"{name}_l0") for name in ("weight_ih", "weight_hh", "bias_ih")
        )
        steps = F.linear(input, kernel, bias).unbind(1)
        state = torch.zeros_like(steps[0]) if hx is None else hx[0]
        states = []
        for step in steps:
            state = step + F.linear(state, recurrent_kernel)
            states.append(state)
        return torch.stack(states, dim=1), state[None]


class GRU(nn.GRU):
    """``nn.GRU`` with Keras's ``GRU`` defaults (``reset_after=True``) and ``batch_first=True``.

    Input (B, T, input_size), output (B, T, hidden_size) and the last state (1, B, hidden_size).
    Takes the arguments of ``nn.GRU``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, batch_first=True, **kwargs)

    def reset_parameters(self) -> None:
        """Glorot-uniform kernel, orthogonal recurrent kernel, zero biases."""
        _reset_like_keras(self)


class LSTM(nn.LSTM):
    """``nn.LSTM`` with Keras's ``LSTM`` defaults and ``batch_first=True``.

    Input (B, T, input_size), output (B, T, hidden_size) and the last states (h, c), each
    (1, B, hidden_size). Takes the arguments of ``nn.LSTM``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, batch_first=True, **kwargs)
        _freeze_second_bias(self)

    def reset_parameters(self) -> None:
        """Glorot-uniform kernel, orthogonal recurrent kernel, zero bias but 1 for forgetting."""
        _reset_like_keras(self)


_LAYERS: dict[str, type[SimpleRNN] | type[GRU] | type[LSTM]] = {
    "rnn": SimpleRNN,
    "gru": GRU,
    "lstm": LSTM,
}


def recurrent_layer(
    cell: Cell,
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    activation: RecurrentActivation | None = None,
    bidirectional: bool = False,
) -> nn.RNNBase:
    """Return the layer for a cell's name.

    Args:
        cell: "rnn", "gru" or "lstm".
        input_size: D.
        hidden_size: M.
        num_layers: Layers on top of each other.
        activation: Of the cell "rnn": "tanh", "relu" or "none" (:class:`LinearRNN`, a single
            layer); None takes "tanh".
        bidirectional: Add a second layer that reads the sequence backwards, and join the states of
            both: (B, T, 2·M).

    Raises:
        ValueError: An argument outside its range, or an activation for another cell.
    """
    check_choice("cell", cell, get_args(Cell))
    check_minimum("input_size", input_size, 1)
    check_minimum("hidden_size", hidden_size, 1)
    check_minimum("num_layers", num_layers, 1)
    options: dict[str, Any] = {"num_layers": num_layers, "bidirectional": bidirectional}
    if activation is not None:
        check_choice("activation", activation, get_args(RecurrentActivation))
        if cell != "rnn":
            raise ValueError(f'activation is for the cell "rnn", and the cell is "{cell}"')
        if activation == "none":
            if num_layers > 1 or bidirectional:
                raise ValueError('activation "none" is for a single layer in one direction')
            return LinearRNN(input_size, hidden_size)
        options["nonlinearity"] = activation
    return _LAYERS[cell](input_size, hidden_size, **options)


class Recurrent(nn.Module):
    """A recurrent layer that returns what Keras's returns.

    Input (B, T, input_size). Output (B, hidden_size), the last state of the last layer, or with
    ``return_sequences`` (B, T, hidden_size), the states of all steps. With ``return_state`` a tuple
    of that and the last state h (B, hidden_size), for an LSTM also c (B, hidden_size).

    Args:
        cell: See :func:`recurrent_layer`, like the next four.
        input_size: D.
        hidden_size: M.
        num_layers: Layers on top of each other.
        activation: Of the cell "rnn".
        return_sequences: Return the states of all steps, not of the last one alone.
        return_state: Return the last state too.

    Attributes:
        layer: The layer of torch's kind.

    Raises:
        ValueError: An argument outside its range, or an activation for another cell.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        activation: RecurrentActivation | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
    ) -> None:
        super().__init__()
        self.layer = recurrent_layer(cell, input_size, hidden_size, num_layers, activation)
        self.return_sequences = return_sequences
        self.return_state = return_state

    def forward(
        self, inputs: Tensor, initial_state: tuple[Tensor, ...] | None = None
    ) -> Tensor | tuple[Tensor, ...]:
        """Run over the steps.

        Args:
            inputs: (B, T, input_size).
            initial_state: Of each layer, h (num_layers, B, hidden_size) and for an LSTM c; None
                starts with zeros, as Keras does.

        Returns:
            See the class.
        """
        is_lstm = isinstance(self.layer, nn.LSTM)
        start = initial_state if initial_state is None or is_lstm else initial_state[0]
        states, last = self.layer(inputs, start)
        finals = last if is_lstm else (last,)
        # Of several layers, the last one's: it is what the states come from.
        outputs = states if self.return_sequences else finals[0][-1]
        return (outputs, *(final[-1] for final in finals)) if self.return_state else outputs


def pool_over_time(
    states: Tensor, pooling: Literal["max", "mean"], lengths: Tensor | None = None
) -> Tensor:
    """Reduce hidden states over time.

    Args:
        states: (B, T, H).
        pooling: "max" (Keras's ``GlobalMaxPooling1D``) or "mean" (``GlobalAveragePooling1D``).
        lengths: (B,) integers from 1 to T: steps from there on do not count. None counts all.

    Returns:
        Shape (B, H).
    """
    if lengths is None:
        return states.amax(dim=1) if pooling == "max" else states.mean(dim=1)
    lengths = lengths.to(states.device)[:, None]
    beyond = (torch.arange(states.shape[1], device=states.device) >= lengths)[..., None]
    if pooling == "max":
        return states.masked_fill(beyond, -torch.inf).amax(dim=1)
    return states.masked_fill(beyond, 0).sum(dim=1) / lengths
