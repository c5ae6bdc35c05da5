"""Convolution, pooling and batch normalisation with Keras's defaults (course chapter 4)."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightning_course.checks import check_choice, check_fraction, check_minimum
from lightning_course.nn.dense import (
    Activation,
    ClassLogits,
    Rescaling,
    activation_layer,
    dense_layers,
)

Padding = Literal["valid", "same"]
Head = Literal["flatten", "max", "average"]


def output_size(size: int, kernel_size: int, stride: int, padding: Padding) -> int:
    """Return the length of an image side after a convolution or pooling, as in Keras.

    For a side of n, "valid" gives ⌊(n − k) / s⌋ + 1 (0 or less if the window does not fit), "same"
    gives ⌈n / s⌉.
    """
    if padding == "same":
        return math.ceil(size / stride)
    return (size - kernel_size) // stride + 1


def _same_padding(size: int, kernel_size: int, stride: int) -> tuple[int, int]:
    """Return the numbers of rows that Keras adds before and after; an odd row is added after."""
    total = max(
        0, (output_size(size, kernel_size, stride, "same") - 1) * stride + kernel_size - size
    )
    return total // 2, total - total // 2


def _pad(images: Tensor, kernel_size: int, stride: int, value: float) -> Tensor:
    top, bottom = _same_padding(images.shape[-2], kernel_size, stride)
    left, right = _same_padding(images.shape[-1], kernel_size, stride)
    return F.pad(images, (left, right, top, bottom), value=value)


class Conv2d(nn.Conv2d):
    """``nn.Conv2d`` with the defaults of Keras's ``Conv2D``.

    The kernel is square; its initial weights are Glorot-uniform, the bias is zero. Input
    (B, in_channels, H, W), output (B, out_channels, H', W'); :func:`output_size` gives H' and W'.

    Example:
        >>> Conv2d(3, 8, kernel_size=3, stride=2, padding="same")(torch.zeros(1, 3, 32, 32)).shape
        torch.Size([1, 8, 16, 16])

    Args:
        in_channels: Number of colours or feature maps in the input.
        out_channels: Number of feature maps in the output, Keras's ``filters``.
        kernel_size: Side of the kernel.
        stride: Step of the kernel, Keras's ``strides``.
        padding: "valid", or "same" with zeros. If the total padding is odd, as with a stride of 2,
            the extra row goes at the bottom and the extra column on the right; torch's
            ``padding=1`` would shift the result by a pixel.

    Attributes:
        keras_padding: "valid" or "same", as given.

    Raises:
        ValueError: An argument outside its range.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: Padding = "valid",
    ) -> None:
        check_minimum("in_channels", in_channels, 1)
        check_minimum("filters", out_channels, 1)
        check_minimum("kernel_size", kernel_size, 1)
        check_minimum("stride", stride, 1)
        check_choice("padding", padding, ("valid", "same"))
        # torch pads evenly itself, which costs nothing; `forward` does the uneven padding.
        self._even = stride == 1 and kernel_size % 2 == 1
        even = kernel_size // 2 if padding == "same" and self._even else 0
        super().__init__(in_channels, out_channels, kernel_size, stride, even)
        self.keras_padding = padding

    def reset_parameters(self) -> None:
        """Draw the kernel from U(±sqrt(6 / (k²·in + k²·out))) and set the bias to zero."""
        nn.init.xavier_uniform_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature maps."""
        if self.keras_padding == "same" and not self._even:
            images = _pad(images, self.kernel_size[0], self.stride[0], 0.0)
        return super().forward(images)


class MaxPool2d(nn.MaxPool2d):
    """``nn.MaxPool2d`` with the defaults of Keras's ``MaxPooling2D``.

    Input (B, C, H, W), output (B, C, H', W'); :func:`output_size` gives H' and W'.

    Args:
        kernel_size: Side of the window, Keras's ``pool_size``.
        stride: Step of the window; None: its side.
        padding: "valid" drops rows and columns that do not fill a window. "same" keeps them;
            padding values are never selected.

    Attributes:
        keras_padding: "valid" or "same", as given.
    """

    kernel_size: int
    stride: int

    def __init__(
        self, kernel_size: int, stride: int | None = None, padding: Padding = "valid"
    ) -> None:
        check_minimum("pool_size", kernel_size, 1)
        check_choice("padding", padding, ("valid", "same"))
        super().__init__(kernel_size, stride or kernel_size)
        self.keras_padding = padding

    def forward(self, images: Tensor) -> Tensor:
        """Return the largest value of each window."""
        if self.keras_padding == "same":
            images = _pad(images, self.kernel_size, self.stride, -math.inf)
        pooled: Tensor = super().forward(images)
        return pooled


class BatchNorm2d(nn.BatchNorm2d):
    """``nn.BatchNorm2d`` with Keras's momentum of 0.99 (0.01 in torch's terms) and epsilon 0.001.

    The moving variance is unbiased, as in the fused operation for images of tf.keras. Keras 3 keeps
    the biased variance, which is smaller by a factor of (n − 1) / n.
    """

    def __init__(self, num_features: int) -> None:
        super().__init__(num_features, eps=1e-3, momentum=0.01)


class GlobalPool2d(nn.Module):
    """Maximum or mean of each feature map: (B, C, H, W) to (B, C)."""

    def __init__(self, kind: Literal["max", "average"]) -> None:
        super().__init__()
        check_choice("kind", kind, ("max", "average"))
        self.kind = kind

    def forward(self, images: Tensor) -> Tensor:
        """Return the pooled features."""
        return images.amax(dim=(2, 3)) if self.kind == "max" else images.mean(dim=(2, 3))


class ConvolutionalNetwork(nn.Module):
    """Stages of convolutions, then a dense network: images (B, C, H, W) to logits.

    A stage has ``convolutions`` times Conv2d, activation and, with ``batch_norm``, BatchNorm2d;
    then max pooling if ``pool_size`` is above 1. After the stages come the head (flatten or a
    global pooling), Dropout, the hidden dense layers, each with Dropout, and
    :class:`~lightning_course.nn.ClassLogits`. uint8 images are scaled to [0, 1] first. Output (B,)
    for two classes, else (B, K).

    The defaults are the course's network for Fashion-MNIST.

    Example:
        >>> vgg = dict(filters=(32, 64), stride=1, padding="same", convolutions=2, pool_size=2)
        >>> ConvolutionalNetwork((3, 32, 32), 10, **vgg)(torch.zeros(5, 3, 32, 32)).shape
        torch.Size([5, 10])

    Args:
        image_shape: (C, H, W).
        num_classes: K, at least 2.
        filters: Number of feature maps in each stage.
        kernel_size: Side of every kernel.
        stride: Step of every kernel.
        padding: Padding of the convolutions, "valid" or "same".
        convolutions: Number of convolutions in a stage.
        batch_norm: Whether to normalise after each activation, as in the course.
        pool_size: Side of the max-pooling window after each stage; 1: no pooling.
        head: "flatten", or global "max" or "average" pooling. With global pooling the network takes
            images of any size that is not too small.
        head_dropout: Dropout rate in [0, 1) before the dense layers.
        hidden_sizes: Numbers of units in the hidden dense layers.
        dropout: Dropout rate in [0, 1) after each hidden layer.
        activation: Activation of the convolutions and hidden layers.
        channels_last: Whether to store the channels of images as the innermost dimension, which is
            the fastest layout for convolutions. Results differ only by rounding.

    Attributes:
        stages: The convolutional part, (B, C, H, W) to (B, filters[-1], H', W').

    Raises:
        ValueError: An argument outside its range, or images that are too small.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        num_classes: int,
        filters: Sequence[int] = (32, 64, 128),
        kernel_size: int = 3,
        stride: int = 2,
        padding: Padding = "valid",
        convolutions: int = 1,
        batch_norm: bool = False,
        pool_size: int = 1,
        head: Head = "flatten",
        head_dropout: float = 0.2,
        hidden_sizes: Sequence[int] = (512,),
        dropout: float = 0.2,
        activation: Activation = "relu",
        channels_last: bool = True,
    ) -> None:
        super().__init__()
        check_minimum("convolutions", convolutions, 1)
        check_minimum("pool_size", pool_size, 1)
        check_minimum("number of filters", len(filters), 1)
        check_choice("head", head, ("flatten", "max", "average"))
        check_fraction("head_dropout", head_dropout, zero=True)
        self.scale = Rescaling()
        channels, *sides = image_shape
        windows = [(kernel_size, stride, padding)] * convolutions
        if pool_size > 1:
            windows.append((pool_size, pool_size, "valid"))
        windows *= len(filters)
        layers: list[nn.Module] = []
        for maps in filters:
            for _ in range(convolutions):
                layers += [
                    Conv2d(channels, maps, kernel_size, stride, padding),
                    activation_layer(activation),
                ]
                if batch_norm:
                    layers.append(BatchNorm2d(maps))
                channels = maps
            if pool_size > 1:
                layers.append(MaxPool2d(pool_size))
        self.stages = nn.Sequential(*layers)
        height, width = (_after(side, windows) for side in sides)
        if min(height, width) < 1:
            least = next(side for side in range(1, 1 << 20) if _after(side, windows) >= 1)
            raise ValueError(
                f"images of {sides[0]} x {sides[1]} are too small for this network: at least "
                f"{least} x {least}"
            )
        features = channels * (height * width if head == "flatten" else 1)
        self.head = nn.Flatten() if head == "flatten" else GlobalPool2d(head)
        self.head_dropout = nn.Dropout(head_dropout)
        self.hidden = dense_layers(features, hidden_sizes, activation, dropout)
        self.output = ClassLogits([features, *hidden_sizes][-1], num_classes)
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        self.to(memory_format=self._format)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images, uint8 or float in [0, 1]."""
        maps = self.stages(self.scale(images).contiguous(memory_format=self._format))
        logits: Tensor = self.output(self.hidden(self.head_dropout(self.head(maps))))
        return logits


def _after(side: int, windows: Sequence[tuple[Any, ...]]) -> int:
    """Return the length of a side after all windows, 0 or less if one does not fit."""
    for kernel_size, stride, padding in windows:
        if side < 1:
            return 0
        side = output_size(side, kernel_size, stride, padding)
    return side
