"""Training batches are augmented, and nothing else is."""

from collections import defaultdict

import pytorch_lightning as pl
import torch
from torch import Tensor
from torchvision.transforms import v2

from lightning_course.datamodules import ImageDataModule
from lightning_course.models import DenseClassifier
from lightning_course.preprocessing import RandomAugmentation


class Squares(ImageDataModule):
    """Images of noise, brighter for class 1."""

    def build(self) -> dict[str, tuple[Tensor, Tensor]]:
        self.class_names = ["dark", "bright"]
        generator = torch.Generator().manual_seed(self.seed)
        labels = torch.arange(70) % 2
        noise = torch.randint(0, 128, (70, 1, 8, 8), generator=generator)
        images = (noise + 100 * labels[:, None, None, None]).to(torch.uint8)
        return {"train": (images[:50], labels[:50]), "test": (images[50:], labels[50:])}


class Watched(DenseClassifier):
    """Keeps what its steps get."""

    def __init__(self) -> None:
        super().__init__(in_features=64, hidden_sizes=[4])
        self.seen: dict[str, list[Tensor]] = defaultdict(list)

    def forward(self, inputs: Tensor) -> Tensor:
        stage = self.trainer.state.stage
        assert stage is not None
        self.seen[stage.name].append(inputs)
        return super().forward(inputs)


def trainer(**options: object) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=1,
        **options,
    )


def fitted(augmentation: v2.Transform | None, **options: object) -> tuple[Watched, Squares]:
    pl.seed_everything(0)
    data = Squares(augmentation=augmentation, **options)
    module = Watched()
    trainer().fit(module, data)
    return module, data


def test_only_training_batches_are_augmented() -> None:
    # Darker for certain, where a rotation may be by next to nothing.
    module, data = fitted(RandomAugmentation(brightness_range=(0.3, 0.6)))
    runner = trainer()
    runner.test(module, [data.loader("train"), data.loader("test")], verbose=False)
    runner.test(module, datamodule=data, verbose=False)
    runner.validate(module, datamodule=data, verbose=False)
    runner.predict(module, dataloaders=data.loader("train"))
    data.predict_dataloader = data.test_dataloader  # type: ignore[method-assign]
    runner.predict(module, datamodule=data)
    stages = {"TRAINING", "SANITY_CHECKING", "VALIDATING", "TESTING", "PREDICTING"}
    assert set(module.seen) == stages
    rows = torch.cat([images for images, _ in data.splits.values()])
    originals = {image.numpy().tobytes() for image in rows}
    for stage, batches in module.seen.items():
        if stage == "TRAINING":
            assert {batch.dtype for batch in batches} == {torch.float32}
            as_bytes = (255 * torch.cat(batches)).round().to(torch.uint8)
            assert not {image.numpy().tobytes() for image in as_bytes} & originals
        else:
            assert {batch.dtype for batch in batches} == {torch.uint8}
            assert {image.numpy().tobytes() for batch in batches for image in batch} <= originals


def test_an_image_is_augmented_again_each_epoch_and_the_seed_decides_how() -> None:
    augmentation = RandomAugmentation(width_shift_range=0.3, height_shift_range=0.3)
    (module, _), (again, _) = fitted(augmentation), fitted(augmentation)
    for first, second in zip(module.seen["TRAINING"], again.seen["TRAINING"], strict=True):
        assert torch.equal(first, second)
    for name, weight in module.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
    images = torch.cat(module.seen["TRAINING"])
    assert len(images.flatten(1).unique(dim=0)) == len(images) == 2 * 50


def test_stock_transforms_augment_too() -> None:
    module, _ = fitted(v2.Compose([v2.RandomHorizontalFlip(), v2.ColorJitter(brightness=0.2)]))
    assert {batch.dtype for batch in module.seen["TRAINING"]} == {torch.uint8}


def test_without_augmentation_bytes_stay_bytes() -> None:
    module, _ = fitted(None)
    assert {batch.dtype for batch in module.seen["TRAINING"]} == {torch.uint8}


def test_without_a_trainer_nothing_is_augmented() -> None:
    data = Squares(augmentation=RandomAugmentation(rotation_range=20))
    batch = next(iter(data.train_dataloader()))
    images, _ = data.on_after_batch_transfer(batch, 0)
    assert images is batch[0]


def test_the_last_partial_batch_can_be_left_out() -> None:
    module, data = fitted(None, batch_size=16, drop_last=True)
    assert [len(batch) for batch in module.seen["TRAINING"]] == [16, 16, 16] * 2
    # Evaluation leaves out nothing, and a single partial batch is all there is.
    assert sum(len(labels) for _, labels in data.test_dataloader()) == 20
    module, _ = fitted(None, batch_size=64, drop_last=True)
    assert [len(batch) for batch in module.seen["TRAINING"]] == [50, 50]
