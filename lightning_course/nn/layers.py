"""Dense and Embedding: torch's layers with Keras's initial weights."""

from torch import nn


class Dense(nn.Linear):
    """``nn.Linear`` as Keras's ``Dense`` starts it: Glorot-uniform kernel, zero bias.

    Input (…, in_features), output (…, out_features).
    """

    def reset_parameters(self) -> None:
        """Draw the kernel from U(±sqrt(6 / (in + out))) and set the bias to zero."""
        nn.init.xavier_uniform_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Embedding(nn.Embedding):
    """``nn.Embedding`` as Keras's ``Embedding`` starts it: U(−0.05, 0.05), row 0 included.

    Input integers (…), output (…, embedding_dim).
    """

    def reset_parameters(self) -> None:
        """Draw every row, the padding's too: without a mask padding is input like any word."""
        nn.init.uniform_(self.weight, -0.05, 0.05)
