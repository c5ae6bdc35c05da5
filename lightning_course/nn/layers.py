"""Dense and Embedding: torch layers with Keras's initial weights."""

from torch import nn


class Dense(nn.Linear):
    """``nn.Linear`` with the initial weights of Keras's ``Dense``: Glorot-uniform, zero bias.

    Input (…, in_features), output (…, out_features).
    """

    def reset_parameters(self) -> None:
        """Draw the kernel from U(±sqrt(6 / (in + out))) and set the bias to zero."""
        nn.init.xavier_uniform_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Embedding(nn.Embedding):
    """``nn.Embedding`` with the initial weights of Keras's ``Embedding``: U(−0.05, 0.05).

    Input integers (…), output (…, embedding_dim).
    """

    def reset_parameters(self) -> None:
        """Draw every row, also row 0: without a mask, padding is input like any word."""
        nn.init.uniform_(self.weight, -0.05, 0.05)
