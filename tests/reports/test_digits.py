import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_course.reports.digits import in_units, rounded


@given(
    st.floats(-8, 8, width=32),
    st.floats(1e-6, 1e6),
    st.floats(-1e9, 1e9),
)
def test_neighbouring_outputs_stay_apart(output: float, scale: float, center: float) -> None:
    first = torch.tensor([output])
    outputs = torch.cat([first, torch.nextafter(first, torch.tensor(np.inf))])
    exact = (outputs.double() * scale + center).numpy()
    values = in_units(outputs, lambda scaled: scaled * scale + center)
    # Unless double precision cannot tell them apart either.
    assert (values[0] == values[1]) == (exact[0] == exact[1])
    np.testing.assert_allclose(values, exact, atol=abs(exact[1] - exact[0]))


def test_no_more_digits_than_the_model_has() -> None:
    outputs = torch.tensor([1.5, -1.25, 0.75])
    # A meter and a latitude.
    assert in_units(outputs, lambda z: z * 200.123456789 + 1_000_000_000).tolist() == [
        1_000_000_300.18519,
        999_999_749.84568,
        1_000_000_150.09259,
    ]
    latitudes = in_units(outputs, lambda z: z * 1.23456789e-5 + 48.858370)
    assert latitudes.tolist() == [48.858388518518, 48.858354567901, 48.8583792592592]
    assert in_units(outputs, torch.exp)[0] == 4.4816891


def test_what_cannot_be_rounded_stays() -> None:
    values = np.array([[1 / 3, np.inf], [np.nan, 2 / 3]])
    done = rounded(values, np.array([[0, 1], [1, np.inf]]))
    np.testing.assert_array_equal(done, values)
    # A step of 50 is above ten: the last digit stands for tens.
    assert rounded(np.array([12_345.0]), np.array([50.0])).tolist() == [12_340.0]
