"""What only convolutional networks show: their first filters, and one image on its way."""

import numpy as np
import torch
from torch import Tensor, nn

from lightning_course.reports.figures import Figure
from lightning_course.reports.images import as_picture

# More would be too small to see.
_MOST_MAPS, _MOST_LAYERS, _MOST_FILTERS = 12, 6, 32


def first_layer_filters(network: nn.Module, title: str) -> Figure | None:
    """Return the kernels of the first convolution, None where there is none.

    Of three input channels as colours, of one as grey, of others their mean; each kernel is scaled
    to its own least and largest weight.

    Args:
        network: Contains ``nn.Conv2d`` layers.
        title: What was trained, on which data.
    """
    layers = convolutions(network)
    if not layers:
        return None
    kernels = layers[0][1].weight.detach().float().cpu()[:_MOST_FILTERS]
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
        axes.imshow(as_picture(colours), cmap="gray", interpolation="nearest")
    return figure


def feature_maps(network: nn.Module, image: Tensor, title: str) -> Figure | None:
    """Return what each convolution makes of an image, None where there is no convolution.

    A row for each of the first layers: the image, then its first feature maps after the
    convolution, before the activation; each is scaled to its own range.

    Args:
        network: Contains ``nn.Conv2d`` layers; it runs once in evaluation mode.
        image: (C, H, W), uint8 or float in [0, 1], on the network's device.
        title: What was trained, on which data.
    """
    layers = convolutions(network)[:_MOST_LAYERS]
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
        figsize=(0.95 * (_MOST_MAPS + 1) + 0.6, 1.1 * len(layers) + 0.5), layout="constrained"
    )
    figure.suptitle(f"{title}: one image through the convolutions", fontsize=11)
    grid = figure.subplots(len(layers), _MOST_MAPS + 1, squeeze=False)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
        axes.set_frame_on(False)
    grid[0, 0].imshow(as_picture(image), cmap="gray", interpolation="nearest")
    grid[0, 0].set_title("image", fontsize=8)
    for row, (name, _) in zip(grid, layers, strict=True):
        maps = seen[name][:_MOST_MAPS].numpy()
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
