"""Counting parameters as Keras's ``Model.count_params`` does."""

from torch import nn


def keras_parameter_count(module: nn.Module, recurse: bool = True) -> int:
    """Return the number of parameters as Keras counts them.

    That is every trained or frozen parameter and BatchNorm's moving mean and variance, which
    Keras keeps as non-trainable weights; not the zero buffers of our recurrent layers.

    Args:
        module: A network or a layer.
        recurse: Whether those of its submodules count too.
    """
    moving = sum(
        buffer.numel()
        for name, buffer in module.named_buffers(recurse=recurse)
        if name.rsplit(".", 1)[-1] in ("running_mean", "running_var")
    )
    return moving + sum(parameter.numel() for parameter in module.parameters(recurse))
