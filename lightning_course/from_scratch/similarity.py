"""Measures of similarity, such as of a filter and a window (course chapters 4.1 and 6.1).

The course's notes treat three measures as the same. They differ: the cosine is the dot product
without the vectors' lengths, and Pearson's correlation is the cosine without their means. So
vectors at right angles have dot product and cosine 0, but hardly ever correlation 0. The notes also
call the cosine "cosine distance", which is 1 minus the cosine.

Arrays may have any number of axes, but equal shapes; they are flattened.
"""

import numpy as np
import numpy.typing as npt

from lightning_course.from_scratch._arrays import Array, check_shape, filled


def dot_product(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return a·b = Σ aᵢ·bᵢ = |a|·|b|·cos θ.

    Args:
        a: Any shape.
        b: The same shape.

    Raises:
        ValueError: Shapes that differ, or no entries.
    """
    a, b = _flat(a, b)
    return float(a @ b)


def cosine_similarity(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return cos θ = a·b / (|a|·|b|), in [−1, 1]: 1 for the same direction, 0 at right angles.

    Args:
        a: Any shape.
        b: The same shape.

    Raises:
        ValueError: Shapes that differ, no entries, or a length of 0, which has no direction.
    """
    a, b = _flat(a, b)
    return float(np.clip(_unit("a", a) @ _unit("b", b), -1.0, 1.0))


def pearson_correlation(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the cosine of a − mean(a) and b − mean(b), in [−1, 1].

    Unlike the cosine it does not change if a constant is added, such as brightness to an image.

    Args:
        a: Any shape, at least 2 different values.
        b: The same shape, at least 2 different values.

    Raises:
        ValueError: Shapes that differ, no entries, or an array of equal values.
    """
    a, b = _flat(a, b)
    for name, values in (("a", a), ("b", b)):
        # Rounding may leave a constant a tiny distance from its mean.
        if (values == values[0]).all():
            raise ValueError(f"{name} must not be constant, all its values are {values[0]:g}")
    return cosine_similarity(a - a.mean(), b - b.mean())


def euclidean_distance(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return |a − b| = √Σ (aᵢ − bᵢ)², at least 0; √2 between any two one-hot vectors.

    Args:
        a: Any shape.
        b: The same shape.

    Raises:
        ValueError: Shapes that differ, or no entries.
    """
    a, b = _flat(a, b)
    return float(np.linalg.norm(a - b))


def _flat(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Array, Array]:
    a, b = filled("a", a), filled("b", b)
    check_shape("b", b, a.shape, "as a")
    return a.ravel(), b.ravel()


def _unit(name: str, vector: Array) -> Array:
    largest = np.abs(vector).max()
    if largest == 0:
        raise ValueError(f"{name} must not be all zeros: it has no direction")
    # Scaled before squaring, or tiny and huge entries would under- or overflow.
    vector = vector / largest
    return vector / np.linalg.norm(vector)
