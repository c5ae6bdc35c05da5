"""Recurrent cells, one step at a time from their weights (course chapters 5.3 and 5.4).

Weights are as Keras's ``layer.get_weights()`` gives them, the gates' blocks side by side:

=========  ============  ================  ===============  ========================
cell       kernel        recurrent kernel  bias             blocks
=========  ============  ================  ===============  ========================
SimpleRNN  (D, M)        (M, M)            (M,)
GRU        (D, 3M)       (M, 3M)           (2, 3M)          update z, reset r, new h
LSTM       (D, 4M)       (M, 4M)           (4M,)            i, f, new c, o
=========  ============  ================  ===============  ========================

torch stores the transposes, and its GRU has r before z; its LSTM has Keras's order, with the names
i, f, g, o. The course's GRU has one bias, (3M,).

Inputs x are (T, D), or (N, T, D) for N sequences at once. The results are the states of all T
steps, (T, M) or (N, T, M); Keras's layers return only the last one unless ``return_sequences`` is
set. σ is the sigmoid and ⊙ multiplies entry by entry.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, filled
from lightning_course.from_scratch.activations import sigmoid, tanh
from lightning_course.from_scratch.layers import Function


class GRUSteps(NamedTuple):
    """A GRU's states and gates at each step, each (T, M) or (N, T, M).

    Attributes:
        hidden: h, in (−1, 1) from a state of zeros.
        update: z, in (0, 1).
        reset: r, in (0, 1).
        candidate: ĥ, in (−1, 1): the proposed new state.
    """

    hidden: Array
    update: Array
    reset: Array
    candidate: Array


class LSTMSteps(NamedTuple):
    """An LSTM's states, cells and gates at each step, each (T, M) or (N, T, M).

    Attributes:
        hidden: h, in (−1, 1); the course's notes call it a gate, too.
        cell: c, unbounded.
        input: i, in (0, 1).
        forget: f, in (0, 1): how much of the cell is kept, despite its name.
        candidate: ĉ, in (−1, 1): the proposed addition to the cell.
        output: o, in (0, 1).
    """

    hidden: Array
    cell: Array
    input: Array
    forget: Array
    candidate: Array
    output: Array


def simple_rnn(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike,
    recurrent_kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    activation: Function | None = tanh,
    initial_state: npt.ArrayLike | None = None,
) -> Array:
    """Return all states of Elman's unit: hₜ = f(xₜ·W + hₜ₋₁·U + b).

    Args:
        x: (T, D) or (N, T, D).
        kernel: W (D, M).
        recurrent_kernel: U (M, M).
        bias: b (M,); None adds nothing.
        activation: f, of arrays; tanh as in Keras. None makes the whole model linear.
        initial_state: h₀ (M,) or (N, M); None is zeros, as in Keras.

    Returns:
        h (T, M) or (N, T, M).

    Raises:
        ValueError: Shapes that do not fit, or no steps.
    """
    x, w, u = _weights(x, kernel, recurrent_kernel, 1)
    b = _bias(bias, (u.shape[0],))
    h = _state("initial_state", initial_state, x, u)
    states = []
    for x_t in _steps(x):
        z = x_t @ w + h @ u + b
        h = z if activation is None else activation(z)
        states.append(h)
    return np.stack(states, axis=-2)


def gru(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike,
    recurrent_kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    initial_state: npt.ArrayLike | None = None,
) -> GRUSteps:
    """Return all steps of Keras's GRU (``reset_after=True``, its default), which is torch's too.

        zₜ = σ(xₜ·W_z + b_z + hₜ₋₁·U_z + d_z)
        rₜ = σ(xₜ·W_r + b_r + hₜ₋₁·U_r + d_r)
        ĥₜ = tanh(xₜ·W_h + b_h + rₜ ⊙ (hₜ₋₁·U_h + d_h))
        hₜ = zₜ ⊙ hₜ₋₁ + (1 − zₜ) ⊙ ĥₜ

    It resets after the product with U_h and keeps the old state where z is 1; :func:`course_gru`
    differs in both.

    Args:
        x: (T, D) or (N, T, D).
        kernel: W (D, 3M), blocks z, r, h.
        recurrent_kernel: U (M, 3M), the same blocks.
        bias: (2, 3M), b above d; None adds nothing.
        initial_state: h₀ (M,) or (N, M); None is zeros.

    Returns:
        All states and gates.

    Raises:
        ValueError: Shapes that do not fit, or no steps.
    """
    x, w, u = _weights(x, kernel, recurrent_kernel, 3)
    b, d = _bias(bias, (2, u.shape[1]))
    h = _state("initial_state", initial_state, x, u)
    steps = []
    for x_t in _steps(x):
        from_input = np.split(x_t @ w + b, 3, axis=-1)
        from_state = np.split(h @ u + d, 3, axis=-1)
        z = sigmoid(from_input[0] + from_state[0])
        r = sigmoid(from_input[1] + from_state[1])
        candidate = tanh(from_input[2] + r * from_state[2])
        h = z * h + (1.0 - z) * candidate
        steps.append((h, z, r, candidate))
    return GRUSteps(*_stack(steps))


def course_gru(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike,
    recurrent_kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    initial_state: npt.ArrayLike | None = None,
) -> GRUSteps:
    """Return all steps of the GRU as the course writes it.

        zₜ = σ(xₜ·W_z + hₜ₋₁·U_z + b_z)
        rₜ = σ(xₜ·W_r + hₜ₋₁·U_r + b_r)
        ĥₜ = tanh(xₜ·W_h + (rₜ ⊙ hₜ₋₁)·U_h + b_h)
        hₜ = (1 − zₜ) ⊙ hₜ₋₁ + zₜ ⊙ ĥₜ

    Keras's layer computes something else. The course resets the state before the product with U_h,
    as Keras with ``reset_after=False``, and takes the *new* state where z is 1, the opposite of
    Keras's z. With −W_z, −U_z and −b_z in the update's blocks it equals Keras's GRU with
    ``reset_after=False``. As the blocks are learned, either sign works.

    Args:
        x: (T, D) or (N, T, D).
        kernel: W (D, 3M), blocks z, r, h.
        recurrent_kernel: U (M, 3M), the same blocks.
        bias: b (3M,); None adds nothing.
        initial_state: h₀ (M,) or (N, M); None is zeros.

    Returns:
        All states and gates.

    Raises:
        ValueError: Shapes that do not fit, or no steps.
    """
    x, w, u = _weights(x, kernel, recurrent_kernel, 3)
    b = _bias(bias, (u.shape[1],))
    h = _state("initial_state", initial_state, x, u)
    u_z, u_r, u_h = np.split(u, 3, axis=1)
    steps = []
    for x_t in _steps(x):
        z, r, new = np.split(x_t @ w + b, 3, axis=-1)
        z = sigmoid(z + h @ u_z)
        r = sigmoid(r + h @ u_r)
        candidate = tanh(new + (r * h) @ u_h)
        h = (1.0 - z) * h + z * candidate
        steps.append((h, z, r, candidate))
    return GRUSteps(*_stack(steps))


def lstm(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike,
    recurrent_kernel: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    initial_state: npt.ArrayLike | None = None,
    initial_cell: npt.ArrayLike | None = None,
) -> LSTMSteps:
    """Return all steps of the LSTM, the same in the course, Keras and torch.

        iₜ, fₜ, oₜ = σ(xₜ·W + hₜ₋₁·U + b), each with its own block
        ĉₜ = tanh(xₜ·W_c + hₜ₋₁·U_c + b_c)
        cₜ = fₜ ⊙ cₜ₋₁ + iₜ ⊙ ĉₜ
        hₜ = oₜ ⊙ tanh(cₜ)

    In Keras, f's biases start at 1 and the others at 0.

    Args:
        x: (T, D) or (N, T, D).
        kernel: W (D, 4M), blocks i, f, c, o.
        recurrent_kernel: U (M, 4M), the same blocks.
        bias: b (4M,); None adds nothing.
        initial_state: h₀ (M,) or (N, M); None is zeros.
        initial_cell: c₀, the same shape; None is zeros.

    Returns:
        All states, cells and gates.

    Raises:
        ValueError: Shapes that do not fit, or no steps.
    """
    x, w, u = _weights(x, kernel, recurrent_kernel, 4)
    b = _bias(bias, (u.shape[1],))
    h = _state("initial_state", initial_state, x, u)
    c = _state("initial_cell", initial_cell, x, u)
    steps = []
    for x_t in _steps(x):
        i, f, new, o = np.split(x_t @ w + h @ u + b, 4, axis=-1)
        i, f, o, candidate = sigmoid(i), sigmoid(f), sigmoid(o), tanh(new)
        c = f * c + i * candidate
        h = o * tanh(c)
        steps.append((h, c, i, f, candidate, o))
    return LSTMSteps(*_stack(steps))


def simple_rnn_gradients(
    states: npt.ArrayLike, kernel: npt.ArrayLike, recurrent_kernel: npt.ArrayLike
) -> Array:
    """Return ∂h_T / ∂xₜ, the gradient of a tanh SimpleRNN's last state, for each input.

    By the chain rule it is a product of T − t factors,

        ∂h_T/∂xₜ = (D_T·Uᵀ)·(D_T₋₁·Uᵀ) ⋯ (Dₜ₊₁·Uᵀ)·Dₜ·Wᵀ,    Dₜ = diag(1 − hₜ²),

    which is why its size falls (or explodes) exponentially with the distance T − t.

    Args:
        states: All states h (T, M) of one sequence, from :func:`simple_rnn`.
        kernel: W (D, M).
        recurrent_kernel: U (M, M).

    Returns:
        (T, M, D): entry (t, m) is the gradient of unit m with respect to input t.

    Raises:
        ValueError: Shapes that do not fit.
    """
    states = filled("states", states, 2)
    w, u = filled("kernel", kernel, 2), filled("recurrent_kernel", recurrent_kernel, 2)
    units = states.shape[1]
    check_shape("kernel", w, (w.shape[0], units), "a column for each unit")
    check_shape("recurrent_kernel", u, (units, units), "from each unit to each")
    gradients = np.empty((len(states), units, w.shape[0]))
    by_state = np.eye(units)
    for t in reversed(range(len(states))):
        by_sum = by_state * (1.0 - states[t] ** 2)
        gradients[t] = by_sum @ w.T
        by_state = by_sum @ u.T
    return gradients


def _weights(
    x: npt.ArrayLike, kernel: npt.ArrayLike, recurrent_kernel: npt.ArrayLike, gates: int
) -> tuple[Array, Array, Array]:
    x, w = filled("x", x, 2, 3), filled("kernel", kernel, 2)
    u = filled("recurrent_kernel", recurrent_kernel, 2)
    units = u.shape[0]
    blocks = f"{gates} times {units} columns" if gates > 1 else "a column for each unit"
    check_shape("recurrent_kernel", u, (units, gates * units), blocks)
    check_shape("kernel", w, (x.shape[-1], gates * units), f"x has shape {x.shape}; {blocks}")
    return x, w, u


def _bias(bias: npt.ArrayLike | None, shape: tuple[int, ...]) -> Array:
    if bias is None:
        return np.zeros(shape)
    b = filled("bias", bias)
    check_shape("bias", b, shape, "by the kernels")
    return b


def _state(name: str, state: npt.ArrayLike | None, x: Array, u: Array) -> Array:
    shape = (*x.shape[:-2], u.shape[0])
    if state is None:
        return np.zeros(shape)
    h = filled(name, state)
    check_shape(name, h, shape, "one for each sequence and unit")
    return h


def _steps(x: Array) -> Array:
    """Return x with time first: T times (D,) or (N, D)."""
    return np.moveaxis(x, -2, 0)


def _stack(steps: Sequence[tuple[Array, ...]]) -> list[Array]:
    return [np.stack(values, axis=-2) for values in zip(*steps, strict=True)]
