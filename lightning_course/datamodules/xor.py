"""XOR of signs at a distance, which a cell must remember (course chapter 5.4)."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import torch
from torch import Tensor

from lightning_course.checks import check_choice, check_maximum, check_minimum
from lightning_course.datamodules.base import MAX_GENERATED, Split, TensorDataModule
from lightning_course.datamodules.splits import ordered_splits
from lightning_course.sources import Provenance, sha256_of_rows

_MIN_ROWS = 4


class XORDataModule(TensorDataModule):
    """Random sequences whose label is 1 if an odd number of three of their values is negative.

    It is always the same three: the last ones ("short" distance), or the first ones ("long"), which
    the cell has to remember until the end. With T = 4 and the last three, (−1, 2, −3, 4) has one
    negative value among them and the label 1; (−1, 2, −3, −4) has two and the label 0.

    Batches are (sequences (B, T, 1) float32, standard normal; labels (B,) int64). The first half of
    the rows is for training, the last half for validation, as with Keras's
    ``validation_split=0.5``. With a ``validation_fraction`` the last of the training rows are for
    validation, and the last half is the test split.

    Example:
        >>> data = XORDataModule(length=4, rows=10, seed=0)
        >>> sequences, labels = data.splits["train"]
        >>> sequences.shape, labels.tolist()
        (torch.Size([5, 4, 1]), [1, 0, 1, 1, 1])

    Args:
        length: T, at least 3.
        positions: "short", "long", or three different positions from 0 to T − 1; negative ones
            count from the end.
        rows: The number of sequences, at least 4.
        kwargs: See :class:`TensorDataModule`.

    Attributes:
        class_names: "even" and "odd".
        num_classes: 2.

    Raises:
        ValueError: An argument outside its range.
    """

    num_classes = 2

    def __init__(
        self,
        length: int = 10,
        positions: Literal["short", "long"] | Sequence[int] = "short",
        rows: int = 5_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_minimum("length", length, 3)
        check_minimum("rows", rows, _MIN_ROWS)
        check_maximum("rows times length", rows * length, MAX_GENERATED)
        self.length = length
        self.rows = rows
        self.positions = positions
        self.class_names = ["even", "odd"]
        self.deciding_positions(length)

    def deciding_positions(self, length: int) -> tuple[int, int, int]:
        """Return the positions, from 0, of the three values that decide in a sequence.

        Args:
            length: The length of the sequence.

        Raises:
            ValueError: They are not three different positions of the sequence.
        """
        if isinstance(self.positions, str):
            check_choice("positions", self.positions, ("short", "long"))
            first = length - 3 if self.positions == "short" else 0
            return first, first + 1, first + 2
        places = [place + length if place < 0 else place for place in self.positions]
        if len(set(places)) != 3 or len(places) != 3 or not all(0 <= p < length for p in places):
            raise ValueError(
                f"positions must be short, long or three different ones from {-length} to "
                f"{length - 1}, got {list(self.positions)}"
            )
        first, second, third = places
        return first, second, third

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """(T, 1)."""
        return self.length, 1

    def sample(self, rows: int, length: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return new sequences (rows, length, 1) and their labels (rows,).

        Args:
            rows: The number of sequences.
            length: T, which may differ from the length of the training rows.
            seed: The same seed draws the same sequences.
        """
        generator = torch.Generator().manual_seed(seed)
        sequences = torch.randn(rows, length, generator=generator)
        negative = (sequences[:, list(self.deciding_positions(length))] < 0).sum(dim=1)
        return sequences[..., None], negative % 2

    def build(self) -> dict[str, Split]:
        """Draw the sequences; the same seed draws the same ones."""
        sequences, labels = self.sample(self.rows, self.length, self.seed)
        where = self.positions if isinstance(self.positions, str) else list(self.positions)
        table = pd.DataFrame(sequences[..., 0].numpy())
        self.provenance = Provenance(
            kind="generated",
            name=f"XOR of three signs, {self.rows:,} sequences of {self.length}, {where}",
            sha256=sha256_of_rows(table.assign(label=labels.numpy())),
        )
        return ordered_splits(sequences, labels, self.rows // 2, self.validation_fraction)

    def state_dict(self) -> dict[str, Any]:
        """Return the names of the classes."""
        return {"class_names": self.class_names}
