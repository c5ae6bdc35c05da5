"""What the options ask of the machine: devices, precision, threads."""

import os
from typing import Any

import torch

from lightning_course.errors import UserError

# A thread for each of the cores of the largest machines.
_MAX_THREADS = 1024


def check_trainer(trainer: Any) -> None:
    """Raise a UserError for Trainer options that Lightning takes, and that end badly later.

    Args:
        trainer: The Trainer's options, after parsing.
    """
    for name in ("accumulate_grad_batches", "check_val_every_n_epoch"):
        if (value := trainer.get(name)) is not None and value < 1:
            raise UserError(f"--trainer.{name} must be at least 1, got {value}")
    for name in ("limit_train_batches", "max_steps"):
        # Lightning would train nothing, without a word. With max_epochs 0 that is what one asks.
        if trainer.get(name) == 0:
            raise UserError(f"--trainer.{name} 0 would train nothing")
    clip = trainer.gradient_clip_val
    if clip is not None and clip < 0:
        raise UserError(f"--trainer.gradient_clip_val must not be negative, got {clip}")
    if trainer.gradient_clip_algorithm and not clip:
        raise UserError(
            "--trainer.gradient_clip_algorithm has no effect without --trainer.gradient_clip_val"
        )
    least, most = trainer.min_epochs, trainer.max_epochs
    if least and most is not None and 0 <= most < least:
        raise UserError(f"--trainer.min_epochs {least} is more than --trainer.max_epochs {most}")
    if trainer.barebones:
        raise UserError("--trainer.barebones true would leave no results")
    if trainer.num_nodes > 1 and not {"MASTER_ADDR", "SLURM_NTASKS"} & os.environ.keys():
        # Lightning would wait for the others.
        raise UserError(
            f"--trainer.num_nodes {trainer.num_nodes} needs a launcher: torchrun, or SLURM's srun"
        )
    accelerator = trainer.accelerator
    usable = torch.cuda.is_available() or (
        accelerator == "gpu" and torch.backends.mps.is_available()
    )
    if accelerator in ("gpu", "cuda") and not usable:
        raise UserError(
            f"--trainer.accelerator {accelerator}: there is no GPU here that torch "
            f"{torch.__version__} can use; --trainer.accelerator cpu trains without"
        )
    devices, cores = trainer.devices, os.cpu_count() or 1
    if accelerator == "cpu" and str(devices).isdecimal() and int(devices) > cores:
        raise UserError(f"--trainer.devices {devices}: this machine has {cores} CPU cores")


def settle_precision(trainer: Any, optimizer: Any) -> None:
    """Choose the precision that the device is best at, where the options leave it open.

    Args:
        trainer: The Trainer's options. Its precision is set.
        optimizer: The optimiser's arguments. ``fused`` is set to False where it could not go with
            the Trainer's.

    Raises:
        UserError: float16 without CUDA.
    """
    if trainer.precision is None:
        trainer.precision = best_precision(trainer.accelerator)
    elif str(trainer.precision) in ("16", "16-mixed") and not _on_cuda(trainer.accelerator):
        # Lightning would take bfloat16 in its place, and the record would say float16.
        raise UserError(
            f"--trainer.precision {trainer.precision} needs a GPU with CUDA; take bf16-mixed or "
            "32-true here"
        )
    clips_scaled = trainer.precision == "16-mixed" and trainer.gradient_clip_val
    if clips_scaled and "fused" in optimizer:
        # The fused kernel unscales gradients itself, after they would have been clipped.
        optimizer.fused = False


def set_up_torch(tf32: bool, threads: int | None) -> None:
    """Set what torch keeps for the whole process.

    Args:
        tf32: Whether float32 products on CUDA may use TensorFloat-32.
        threads: CPU threads; None leaves torch's choice.

    Raises:
        UserError: A number of threads outside 1 to 1024.
    """
    if torch.cuda.is_available():
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = tf32
    else:
        # Lightning has torch look for GPUs through NVML. Where there is no driver, torch's
        # optimisers search the disk for that library in every step: 0.2 ms each.
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    if threads is not None:
        if not 1 <= threads <= _MAX_THREADS:
            raise UserError(f"--threads must be from 1 to {_MAX_THREADS}, got {threads}")
        torch.set_num_threads(threads)


def best_precision(accelerator: object) -> str:
    """Return the precision for a device: bfloat16 or half on CUDA, full elsewhere."""
    if not _on_cuda(accelerator):
        return "32-true"
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if native else "16-mixed"


def _on_cuda(accelerator: object) -> bool:
    return accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
