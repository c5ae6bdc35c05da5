"""Trainer options and the machine: devices, precision, threads."""

import os
from typing import Any

import torch

from lightning_course.errors import UserError

# The largest machines have about as many cores.
_MAX_THREADS = 1024


def check_trainer(trainer: Any) -> None:
    """Raise a UserError for Trainer options that Lightning accepts, and that fail later.

    Args:
        trainer: The Trainer's options, after parsing.
    """
    for name in ("accumulate_grad_batches", "check_val_every_n_epoch"):
        if (value := trainer.get(name)) is not None and value < 1:
            raise UserError(f"--trainer.{name} must be at least 1, got {value}")
    for name in ("limit_train_batches", "max_steps"):
        # Lightning would train nothing, without a message. Whoever wants that sets max_epochs 0.
        if trainer.get(name) == 0:
            raise UserError(f"--trainer.{name} 0 would train nothing")
    clip = trainer.gradient_clip_val
    if clip is not None and clip < 0:
        raise UserError(f"--trainer.gradient_clip_val must not be negative, got {clip}")
    if trainer.gradient_clip_algorithm and not clip:
        raise UserError(
            "--trainer.gradient_clip_algorithm has no effect without --trainer.gradient_clip_val"
        )
    low, high = trainer.min_epochs, trainer.max_epochs
    if low and high is not None and 0 <= high < low:
        raise UserError(f"--trainer.min_epochs {low} is more than --trainer.max_epochs {high}")
    if trainer.barebones:
        raise UserError("--trainer.barebones true would leave no results")
    if trainer.num_nodes > 1 and not {"MASTER_ADDR", "SLURM_NTASKS"} & os.environ.keys():
        # Lightning would wait for the other machines.
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
    """Choose the best precision for the device, where the options leave it open.

    Args:
        trainer: The Trainer's options. Its precision is set.
        optimizer: The optimiser's arguments. ``fused`` is set to False where it does not work with
            the Trainer's options.

    Raises:
        UserError: float16 without CUDA.
    """
    if trainer.precision is None:
        trainer.precision = best_precision(trainer.accelerator)
    elif str(trainer.precision) in ("16", "16-mixed") and not _on_cuda(trainer.accelerator):
        # Lightning would train with bfloat16 instead, and results.json would say float16.
        raise UserError(
            f"--trainer.precision {trainer.precision} needs a GPU with CUDA; use bf16-mixed or "
            "32-true here"
        )
    clips_scaled = trainer.precision == "16-mixed" and trainer.gradient_clip_val
    if clips_scaled and "fused" in optimizer:
        # The fused kernel unscales the gradients itself, which is after they were clipped.
        optimizer.fused = False


def set_up_torch(tf32: bool, threads: int | None) -> None:
    """Set torch's options for the whole process.

    Args:
        tf32: Whether float32 products on CUDA may use TensorFloat-32.
        threads: Number of CPU threads; None leaves torch's choice.

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
