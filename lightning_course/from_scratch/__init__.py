"""The course's arithmetic written out: small pure functions on NumPy arrays, float64.

Each is the formula itself, checked against torch or SciPy in ``tests/from_scratch``, with no speed
in mind and without torch; the layers that train are in :mod:`lightning_course.nn`. Inputs may be
lists. What does not fit raises a ValueError that names the shape or the value.
"""

from lightning_course.from_scratch.activations import (
    bionodal_root_unit,
    bionodal_root_unit_derivative,
    elu,
    elu_derivative,
    leaky_relu,
    leaky_relu_derivative,
    log_softmax,
    odd_root_unit,
    odd_root_unit_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_jacobian,
    softplus,
    softplus_derivative,
    tanh,
    tanh_derivative,
)
from lightning_course.from_scratch.adaptive import (
    adagrad,
    adam,
    rmsprop,
)
from lightning_course.from_scratch.convolution import (
    convolution_layer,
    convolve_1d,
    convolve_2d,
    cross_correlate_1d,
    cross_correlate_2d,
    toeplitz_matrix,
)
from lightning_course.from_scratch.convolution_arithmetic import (
    Mode,
    convolution_parameter_count,
    output_length,
    padding,
    unshared_convolution_weight_count,
)
from lightning_course.from_scratch.filters import (
    SOBEL_X,
    SOBEL_Y,
    edge_strength,
    gaussian_kernel,
)
from lightning_course.from_scratch.gradient_descent import (
    gradient_descent,
    linear_mse_gradient,
    numerical_gradient,
    stochastic_gradient_descent,
)
from lightning_course.from_scratch.layers import (
    dead_units,
    dense,
    dense_parameter_count,
    embedding,
    embedding_by_one_hot,
    layer_gradients,
    one_hot,
)
from lightning_course.from_scratch.pooling import (
    average_pool,
    global_average_pool,
    global_max_pool,
    max_pool,
)
from lightning_course.from_scratch.similarity import (
    cosine_similarity,
    dot_product,
    euclidean_distance,
    pearson_correlation,
)

__all__ = [
    "SOBEL_X",
    "SOBEL_Y",
    "Mode",
    "adagrad",
    "adam",
    "average_pool",
    "bionodal_root_unit",
    "bionodal_root_unit_derivative",
    "convolution_layer",
    "convolution_parameter_count",
    "convolve_1d",
    "convolve_2d",
    "cosine_similarity",
    "cross_correlate_1d",
    "cross_correlate_2d",
    "dead_units",
    "dense",
    "dense_parameter_count",
    "dot_product",
    "edge_strength",
    "elu",
    "elu_derivative",
    "embedding",
    "embedding_by_one_hot",
    "euclidean_distance",
    "gaussian_kernel",
    "global_average_pool",
    "global_max_pool",
    "gradient_descent",
    "layer_gradients",
    "leaky_relu",
    "leaky_relu_derivative",
    "linear_mse_gradient",
    "log_softmax",
    "max_pool",
    "numerical_gradient",
    "odd_root_unit",
    "odd_root_unit_derivative",
    "one_hot",
    "output_length",
    "padding",
    "pearson_correlation",
    "relu",
    "relu_derivative",
    "rmsprop",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "softmax_jacobian",
    "softplus",
    "softplus_derivative",
    "stochastic_gradient_descent",
    "tanh",
    "tanh_derivative",
    "toeplitz_matrix",
    "unshared_convolution_weight_count",
]
