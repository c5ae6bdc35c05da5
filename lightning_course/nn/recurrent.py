"""SimpleRNN, GRU and LSTM: torch's layers (cuDNN on a GPU) with Keras's defaults.

Keras has one bias vector where torch's RNN and LSTM have two that are only ever added. Both
would be trained, so SGD and Adam would move their sum twice as fast. Here the second is a buffer
of zeros: not trained, not saved, and not counted. Keras's GRU (``reset_after=True``) has two
biases like torch's, both trained.
"""

from typing import Any, Literal

import torch
from torch import nn

Cell = Literal["rnn", "gru", "lstm"]


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
    Takes the arguments of ``nn.RNN``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, batch_first=True, **kwargs)
        _freeze_second_bias(self)

    def reset_parameters(self) -> None:
        """Glorot-uniform kernel, orthogonal recurrent kernel, zero bias."""
        _reset_like_keras(self)


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


def recurrent_layer(cell: Cell, input_size: int, hidden_size: int, **kwargs: Any) -> nn.RNNBase:
    """Return the layer for a cell's name: "rnn", "gru" or "lstm"."""
    return _LAYERS[cell](input_size, hidden_size, **kwargs)
