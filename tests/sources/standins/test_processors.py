import numpy as np

from lightning_course.sources.standins.processors import PROCESSORS, processors


def test_the_doubling_time_is_moores() -> None:
    table = processors()
    slope, _ = np.polyfit(table["year"], np.log(table["transistors"]), 1)
    assert 1.8 < np.log(2) / slope < 2.4


def test_it_has_the_shape_of_the_courses_file() -> None:
    table = processors()
    assert table.columns.tolist() == ["year", "transistors"]
    assert (table.dtypes == "float64").all()
    assert 60 <= len(table) <= 100
    assert table["year"].is_monotonic_increasing
    assert table["year"].iloc[0] == 1971
    assert len({name for name, *_ in PROCESSORS}) == len(PROCESSORS)
