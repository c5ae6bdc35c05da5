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
from lightning_course.from_scratch.gradient_descent import (
    gradient_descent,
    linear_mse_gradient,
    numerical_gradient,
    stochastic_gradient_descent,
)

__all__ = [
    "adagrad",
    "adam",
    "bionodal_root_unit",
    "bionodal_root_unit_derivative",
    "elu",
    "elu_derivative",
    "gradient_descent",
    "leaky_relu",
    "leaky_relu_derivative",
    "linear_mse_gradient",
    "log_softmax",
    "numerical_gradient",
    "odd_root_unit",
    "odd_root_unit_derivative",
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
]
