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

__all__ = [
    "bionodal_root_unit",
    "bionodal_root_unit_derivative",
    "elu",
    "elu_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "log_softmax",
    "odd_root_unit",
    "odd_root_unit_derivative",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "softmax_jacobian",
    "softplus",
    "softplus_derivative",
    "tanh",
    "tanh_derivative",
]
