import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from lightning_course.preprocessing import ColumnScaler

TABLE = np.array([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0], [5.0, np.nan, 7.0]])


def fitted(scaling: str = "standard") -> ColumnScaler:
    scaler = ColumnScaler()
    scaler.fit(["a", "b", "c"], TABLE, scaling)
    return scaler


def test_the_course_s_standardisation_with_gaps_filled() -> None:
    scaled = fitted().scale(TABLE)
    assert scaled.dtype == torch.float32
    side = np.sqrt(1.5)
    wanted = [[-side, -1, 0], [0, 1, 0], [side, 0, 0]]  # a gap is the mean, a constant 0
    np.testing.assert_allclose(scaled, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("scaling", "wanted"), [("center", [-2.0, -10, 0]), ("none", [1.0, 10, 7])]
)
def test_other_scalings(scaling: str, wanted: list[float]) -> None:
    assert fitted(scaling).scale(TABLE)[0].tolist() == wanted


@given(arrays(np.float64, (6, 2), elements=st.floats(-1e3, 1e3)))
def test_scikit_learn_s_and_back(values: np.ndarray) -> None:
    scaler = ColumnScaler()
    scaler.fit(["a", "b"], values)
    reference = StandardScaler().fit(values)
    np.testing.assert_allclose(scaler.scale(values), reference.transform(values), atol=1e-4)
    back = scaler.unscale(torch.from_numpy(reference.transform(values)))
    np.testing.assert_allclose(back, values, atol=1e-9)


def test_the_state_is_plain_and_gives_the_scale_back() -> None:
    state = fitted().state_dict()
    assert {type(value) for value in state.values()} == {list}
    other = ColumnScaler()
    assert not other.fitted
    other.load_state_dict(state)
    assert other.fitted
    assert other.names == ["a", "b", "c"]
    assert torch.equal(other.scale(TABLE), fitted().scale(TABLE))


def test_one_column_may_come_without_its_dimension() -> None:
    scaler = ColumnScaler()
    scaler.fit(["a"], np.array([[2.0], [4.0]]))
    assert scaler.unscale(torch.tensor([0.0, 1.0, -1.0])).tolist() == [3, 4, 2]


def test_errors() -> None:
    with pytest.raises(RuntimeError, match="nothing is fitted"):
        ColumnScaler().scale(TABLE)
    with pytest.raises(ValueError, match=r"of shape \(N, 3\), got \(3, 2\)"):
        fitted().scale(TABLE[:, :2])
    with pytest.raises(ValueError, match="scaling must be one of standard, center, none"):
        fitted("log")
    with pytest.raises(ValueError, match="not the scale of 3 columns"):
        ColumnScaler().load_state_dict({**fitted().state_dict(), "scale": [1.0]})
