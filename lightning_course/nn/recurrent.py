"""SimpleRNN, GRU and LSTM: torch's layers (cuDNN on a GPU) with Keras's defaults.

Keras's SimpleRNN and LSTM have one bias vector. Torch's have two, which are only ever added: SGD
and Adam would train both and so move their sum twice as fast. Here the second bias is a buffer of
zeros: not trained, not saved and not counted. The GRU (``reset_after=True``) has two trained biases
in Keras and in torch.
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
            # The limit is that of the fused matrix, sqrt(6 / (in + gates·u)), not of one gate.
            nn.init.xavier_uniform_(tensor)
        elif name.startswith("weight_hh"):
            # Keras's kernel (u, gates·u) has orthonormal rows; torch stores the transpose.
            nn.init.orthogonal_(tensor)
        else:
            nn.init.zeros_(tensor)
            if isinstance(layer, nn.LSTM) and name.startswith("bias_ih"):
                # Keras's unit_forget_bias; the order of the gates is i, f, g, o in both.
                with torch.no_grad():
                    tensor[layer.hidden_size : 2 * layer.hidden_size] = 1.0


def _freeze_second_bias(layer: nn.RNNBase) -> None:
    for name, tensor in list(layer.named_parameters()):
        if name.startswith("bias_hh"):
            delattr(layer, name)
            layer.register_buffer(name, torch.zeros_like(tensor.data), persistent=False)
    # torch keeps a second list of these tensors, for its kernels.
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
    """``SimpleRNN`` without activation, h = W x + U h' + b: a linear model of the whole sequence.

    The course tries it in chapter 5.3. Torch has no kernel for it, so this layer runs step by step.
    It is a single layer in one direction; input, output and parameters are those of
    :class:`SimpleRNN`.

    Args:
        input_size: D.
        hidden_size: M.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return all states and the last state, as ``nn.RNN`` does."""
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
        """Glorot-uniform kernel, orthogonal recurrent kernel, zero bias; 1 in the forget gate."""
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
    """Return the recurrent layer with a cell's name.

    Args:
        cell: "rnn", "gru" or "lstm".
        input_size: D, the number of features of a step.
        hidden_size: M, the number of units.
        num_layers: Number of layers on top of each other.
        activation: Activation of the cell "rnn": "tanh" (also None), "relu" or "none"
            (:class:`LinearRNN`, a single layer).
        bidirectional: Whether to add a second layer that reads the sequence backwards; the states
            of both are joined: (B, T, 2·M).

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
    """A recurrent layer with the outputs of Keras's recurrent layers.

    Input (B, T, input_size). Output (B, hidden_size): the final state of the top layer; with
    ``return_sequences`` (B, T, hidden_size): its states at all steps. With ``return_state`` the
    output is a tuple of that and the final state h (B, hidden_size), for an LSTM also c
    (B, hidden_size).

    Example:
        >>> output, h, c = Recurrent("lstm", 1, 5, return_state=True)(torch.zeros(4, 10, 1))
        >>> h.shape
        torch.Size([4, 5])

    Args:
        cell: "rnn", "gru" or "lstm".
        input_size: Number of features of a step.
        hidden_size: Number of units.
        num_layers: Number of layers on top of each other.
        activation: Activation of the cell "rnn", see :func:`recurrent_layer`.
        return_sequences: Whether to return the states of all steps, not only the last one.
        return_state: Whether to return the final state too.

    Attributes:
        layer: The torch layer.

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
            initial_state: h (num_layers, B, hidden_size) of each layer, and for an LSTM c of the
                same shape; None: zeros, as in Keras.

        Returns:
            The output that the class describes.
        """
        is_lstm = isinstance(self.layer, nn.LSTM)
        start = initial_state if initial_state is None or is_lstm else initial_state[0]
        states, last = self.layer(inputs, start)
        finals = last if is_lstm else (last,)
        # `states` are those of the top layer, so the final state must be its too.
        outputs = states if self.return_sequences else finals[0][-1]
        return (outputs, *(final[-1] for final in finals)) if self.return_state else outputs


def pool_over_time(
    states: Tensor, pooling: Literal["max", "mean"], lengths: Tensor | None = None
) -> Tensor:
    """Reduce hidden states over time.

    Args:
        states: (B, T, H).
        pooling: "max" (Keras's ``GlobalMaxPooling1D``) or "mean" (``GlobalAveragePooling1D``).
        lengths: (B,) integers from 1 to T: the number of steps that count. None: all count.

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
