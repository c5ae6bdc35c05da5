"""Figures of convolutional networks: the first filters, and the feature maps of one image."""

import numpy as np
import torch
from torch import Tensor, nn

from lightning_course.reports.figures import Figure
from lightning_course.reports.images import displayable

# More would be too small to see.
_MAX_MAPS, _MAX_LAYERS, _MAX_FILTERS = 12, 6, 32


def first_layer_filters(network: nn.Module, title: str) -> Figure | None:
    """Return the kernels of the first convolution, None where there is none.

    Three input channels are shown as colours, one as grey, other numbers by their mean. Each kernel
    is scaled to its own smallest and largest weight.

    Args:
        network: Contains ``nn.Conv2d`` layers.
        title: What was trained, on which data.
    """
    layers = convolutions(network)
    if not layers:
        return None
    kernels = layers[0][1].weight.detach().float().cpu()[:_MAX_FILTERS]
    columns = min(8, len(kernels))
    rows = -(-len(kernels) // columns)
    figure = Figure(figsize=(0.9 * columns + 0.4, 0.9 * rows + 0.6), layout="constrained")
    figure.suptitle(f"{title}: first filters", fontsize=10)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, kernel in zip(grid, kernels, strict=False):
        low, high = kernel.min(), kernel.max()
        scaled = (kernel - low) / (high - low).clamp(min=1e-12)
        colours = scaled if len(kernel) in (1, 3) else scaled.mean(dim=0, keepdim=True)
        axes.imshow(displayable(colours), cmap="gray", interpolation="nearest")
    return figure


def feature_maps(network: nn.Module, image: Tensor, title: str) -> Figure | None:
    """Return the feature maps of each convolution for an image, None without a convolution.

    A row for each of the first layers: the image, then its first feature maps after the
    convolution, before the activation; each is scaled to its own range.

    Args:
        network: Contains ``nn.Conv2d`` layers; it runs once in evaluation mode.
        image: (C, H, W), uint8 or float in [0, 1], on the network's device.
        title: What was trained, on which data.
    """
    layers = convolutions(network)[:_MAX_LAYERS]
    if not layers:
        return None
    seen: dict[str, Tensor] = {}
    handles = [
        layer.register_forward_hook(
            lambda _, __, output, name=name: seen.update({name: output[0].float().cpu()})
        )
        for name, layer in layers
    ]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(image[None])
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    figure = Figure(
        figsize=(0.95 * (_MAX_MAPS + 1) + 0.6, 1.1 * len(layers) + 0.5), layout="constrained"
    )
    figure.suptitle(f"{title}: one image through the convolutions", fontsize=11)
    grid = figure.subplots(len(layers), _MAX_MAPS + 1, squeeze=False)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
        axes.set_frame_on(False)
    grid[0, 0].imshow(displayable(image), cmap="gray", interpolation="nearest")
    grid[0, 0].set_title("image", fontsize=8)
    for row, (name, _) in zip(grid, layers, strict=True):
        maps = seen[name][:_MAX_MAPS].numpy()
        height, width = maps.shape[1:]
        row[1].set_ylabel(f"{name}\n{height} x {width}", fontsize=7)
        for axes, values in zip(row[1:], maps, strict=False):
            axes.imshow(np.asarray(values), cmap="viridis", interpolation="nearest")
    return figure


def convolutions(network: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    """Return the convolutions of a network by name, in the order of their definition."""
    return [
        (name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)
    ]
