"""Counts parameters as Keras's ``Model.count_params`` does."""

from torch import nn


def keras_parameter_count(module: nn.Module, recurse: bool = True) -> int:
    """Return the number of parameters as Keras counts them.

    These are all trained and frozen parameters, and the moving mean and variance of BatchNorm,
    which are non-trainable weights in Keras. The zero buffers of our recurrent layers do not count.

    Args:
        module: A network or a layer.
        recurse: Whether to count the parameters of submodules too.
    """
    moving = sum(
        buffer.numel()
        for name, buffer in module.named_buffers(recurse=recurse)
        if name.rsplit(".", 1)[-1] in ("running_mean", "running_var")
    )
    return moving + sum(parameter.numel() for parameter in module.parameters(recurse))
