"""The base of all data modules: splits in memory as tensors, each batch read in one step."""

import os
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lightning_course.checks import check_choice, check_fraction, check_minimum, check_seed
from lightning_course.datamodules.splits import validation_split
from lightning_course.errors import UserError
from lightning_course.sources import Provenance

Split = tuple[Tensor, Tensor]
Residency = Literal["auto", "device", "host"]

#: The most numbers that a data module generates: 80 MB, and some seconds for the checksum.
MAX_GENERATED = 10_000_000

# With `residency` "auto", the data take at most this part of the accelerator's free memory.
_RESIDENT_PART = 0.25


class TensorRows(Dataset[tuple[Tensor, ...]]):
    """A data set of equally long tensors; a batch is one indexed read of each tensor.

    Args:
        tensors: Tensors of shape (N, …), on one device.
        split: The name of the split, for reports.
    """

    def __init__(self, *tensors: Tensor, split: str) -> None:
        self.tensors = tensors
        self.split = split

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> tuple[Tensor, ...]:
        # DataLoader's own hook for whole batches: rows are not read one by one.
        rows = torch.as_tensor(indices, device=self.tensors[0].device)
        return tuple(tensor[rows] for tensor in self.tensors)


def derived_seed(seed: int, *purpose: int) -> int:
    """Return a seed for another stream of random numbers, far from every small seed.

    Never derive a seed by addition: sums of neighbouring seeds coincide. ``DistributedSampler``
    shuffles each epoch by its seed plus the epoch's number, so with the user's seeds, seed 0 would
    see in epoch 79 the order that seed 1 sees in epoch 78. Their results would not be independent,
    and the range over ten seeds would be too narrow.

    Args:
        seed: The user's, at least 0.
        purpose: Integers above 0 that distinguish the streams of one seed; none for shuffling.
    """
    return int(np.random.SeedSequence((seed, *purpose)).generate_state(1, np.uint64)[0] >> 1)


def _whole_batch(batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return batch


class TensorDataModule(pl.LightningDataModule):
    """The base of all data modules: it keeps the splits in memory and makes batches of them.

    A subclass implements :meth:`build`, which returns the splits by name ("train", and if the
    recipe has them, "validation" and "test") and sets :attr:`provenance`. Values fitted on the
    training rows (tokenizer, scaler, class names) belong in its ``state_dict`` in plain types:
    checkpoints contain it.

    As in Keras's ``fit``, training rows are shuffled again in each epoch, and the last partial
    batch is kept unless ``drop_last`` is set. The course validates on its test set; so does this,
    where there is no validation split.

    Example:
        >>> import torch
        >>> class Squares(TensorDataModule):
        ...     def build(self):
        ...         x = torch.arange(10.0)
        ...         return {"train": (x[:8, None], x[:8] ** 2), "test": (x[8:, None], x[8:] ** 2)}
        >>> inputs, targets = next(iter(Squares(batch_size=4).train_dataloader()))
        >>> inputs.shape, targets.shape
        (torch.Size([4, 1]), torch.Size([4]))

    Args:
        batch_size: Rows in a training batch (of each process).
        evaluation_batch_size: Rows in a batch of evaluation; changes speed, not results.
        validation_fraction: The part of the training rows that becomes the "validation" split, in
            [0, 1). With it, the best epoch is chosen without looking at the test rows.
        seed: Sets the split, noise, stand-in and shuffling. None: the global seed.
        residency: Where the splits are kept: on the accelerator ("device"), in main memory
            ("host"), or on a CUDA device if they fit into a quarter of its free memory ("auto").
        drop_last: Leave out an epoch's last training batch if it is not full: the course's
            ``steps_per_epoch = N // batch_size``. Keras's generator would return the remaining rows
            as the first batch of the next epoch; here all rows are shuffled again.

    Raises:
        ValueError: A batch size below 1, a fraction outside [0, 1), an unknown residency, or a
            seed that is not from 0 to 4294967295.
    """

    provenance: Provenance
    #: Name of the column in predictions.csv that holds :meth:`row_texts`.
    row_text_name: ClassVar[str] = "input"

    def __init__(
        self,
        batch_size: int = 32,
        evaluation_batch_size: int = 1024,
        validation_fraction: float = 0.0,
        seed: int | None = None,
        residency: Residency = "auto",
        drop_last: bool = False,
    ) -> None:
        super().__init__()
        check_minimum("batch_size", batch_size, 1)
        check_minimum("evaluation_batch_size", evaluation_batch_size, 1)
        check_choice("residency", residency, ("auto", "device", "host"))
        if seed is not None:
            check_seed("seed", seed)
        check_fraction("validation_fraction", validation_fraction, zero=True)
        self.batch_size = batch_size
        self.evaluation_batch_size = evaluation_batch_size
        self.validation_fraction = validation_fraction
        self.seed = seed if seed is not None else int(os.environ.get("PL_GLOBAL_SEED", 0))
        self.residency = residency
        self.drop_last = drop_last
        self._splits: dict[str, Split] = {}

    def build(self) -> dict[str, Split]:
        """Return the splits as (inputs, targets) of shape (N, …) and (N,); called once."""
        raise NotImplementedError(f"{type(self).__name__} must implement build()")

    def __str__(self) -> str:
        # Lightning's own builds the splits to count their rows. jsonargparse puts the text into
        # error messages, so a file that is refused would be read four times.
        return super().__str__() if self._splits else type(self).__name__

    def prepare(self) -> None:
        """Build the splits, if they are not built yet; any number of calls does no harm."""
        if self._splits:
            return
        try:
            self._splits = self.build()
        except UserError:
            raise
        except Exception as error:
            # A defect, not bad input. jsonargparse would read the AttributeError of a linked
            # property as "no such attribute" and pass None to the model.
            raise RuntimeError(f"building the data failed: {error!r}") from error

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name, each (inputs, targets); built on first use."""
        self.prepare()
        return self._splits

    @property
    def in_features(self) -> int:
        """The number of values in an input row, whatever its shape."""
        return self.splits["train"][0][0].numel()

    @property
    def restored_sizes(self) -> dict[str, object]:
        """Sizes of the model that a restored checkpoint implies, by the model's argument.

        Empty if nothing is restored.
        """
        return {}

    def decode(self, values: Tensor) -> Tensor:
        """Return predicted values in the units of the data; here they are unchanged."""
        return values

    def prepare_data(self) -> None:
        """Download and build before the other processes start (Lightning's hook)."""
        self.prepare()

    def setup(self, stage: str) -> None:
        """Move the splits to the accelerator if `residency` says so (Lightning's hook)."""
        if self.trainer is None or not self._resident(self.trainer.strategy.root_device):
            return
        device = self.trainer.strategy.root_device
        self._splits = {
            name: (inputs.to(device), targets.to(device))
            for name, (inputs, targets) in self.splits.items()
        }

    def _resident(self, device: torch.device) -> bool:
        if self.residency != "auto" or device.type != "cuda":
            return self.residency == "device"
        size = sum(tensor.nbytes for split in self.splits.values() for tensor in split)
        return size <= _RESIDENT_PART * torch.cuda.mem_get_info(device)[0]

    def loader(self, split: str, shuffle: bool = False) -> DataLoader[tuple[Tensor, ...]]:
        """Return batches of a split: shuffled for training, in row order for evaluation.

        The order of an epoch depends only on ``seed`` and the epoch's number. Two processes with
        batches of 16 see together the same rows as one process with batches of 32, because the
        sampler is torch's ``DistributedSampler`` even in a single process.
        """
        dataset = TensorRows(*self.splits[split], split=split)
        sampler: DistributedSampler[tuple[Tensor, ...]] = DistributedSampler(
            dataset,
            num_replicas=self.trainer.world_size if self.trainer else 1,
            rank=self.trainer.global_rank if self.trainer else 0,
            shuffle=shuffle,
            seed=derived_seed(self.seed),
        )
        return DataLoader(
            dataset,
            # With fewer rows than one batch, the partial batch is the whole epoch.
            batch_size=min(
                self.batch_size if shuffle else self.evaluation_batch_size, len(sampler)
            ),
            sampler=sampler,
            drop_last=shuffle and self.drop_last,
            collate_fn=_whole_batch,  # type: ignore[arg-type]  # batches are whole already
            # With its own generator, reading data does not change the global random state.
            generator=torch.Generator().manual_seed(self.seed),
        )

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Return the shuffled training batches."""
        return self.loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]] | list[object]:
        """Return the batches of the validation split, else of the test split, else nothing."""
        split = validation_split(self.splits)
        return self.loader(split) if split else []

    def test_dataloader(self) -> DataLoader[tuple[Tensor, ...]] | list[object]:
        """Return the batches of the test split, or nothing where the recipe has none."""
        return self.loader("test") if "test" in self.splits else []

    def row_texts(self, split: str) -> list[str] | None:
        """Return a text for every row, such as a message or a date; None if the rows have none."""
        return None
