"""Plain torch layers with Keras's defaults, usable without Lightning."""

from lightning_course.nn.convolution import (
    BatchNorm2d,
    Conv2d,
    ConvolutionalNetwork,
    GlobalPool2d,
    Head,
    MaxPool2d,
    Padding,
    output_size,
)
from lightning_course.nn.dense import (
    Activation,
    ClassLogits,
    Rescaling,
    activation_layer,
    dense_layers,
)
from lightning_course.nn.layers import Dense, Embedding
from lightning_course.nn.parameters import keras_parameter_count
from lightning_course.nn.recurrent import (
    GRU,
    LSTM,
    Cell,
    LinearRNN,
    Pooling,
    Recurrent,
    RecurrentActivation,
    SimpleRNN,
    pool_over_time,
    recurrent_layer,
)
from lightning_course.nn.sequences import (
    ForecastCell,
    ForecastNetwork,
    ImageRows,
    SequenceNetwork,
)
from lightning_course.nn.summary import summary

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "BatchNorm2d",
    "Cell",
    "ClassLogits",
    "Conv2d",
    "ConvolutionalNetwork",
    "Dense",
    "Embedding",
    "ForecastCell",
    "ForecastNetwork",
    "GlobalPool2d",
    "Head",
    "ImageRows",
    "LinearRNN",
    "MaxPool2d",
    "Padding",
    "Pooling",
    "Recurrent",
    "RecurrentActivation",
    "Rescaling",
    "SequenceNetwork",
    "SimpleRNN",
    "activation_layer",
    "dense_layers",
    "keras_parameter_count",
    "output_size",
    "pool_over_time",
    "recurrent_layer",
    "summary",
]
