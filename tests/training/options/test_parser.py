from typing import Union

from lightning_course.training.options.parser import CourseArgumentParser


class Sample:
    """A class whose argument tries float first, as typing may have it of Lightning's Trainer."""

    def __init__(self, batches: Union[float, int, None] = None) -> None:  # noqa: UP007
        self.batches = batches


def test_an_integer_stays_one_whatever_the_order_of_the_types() -> None:
    parser = CourseArgumentParser()
    parser.add_class_arguments(Sample, "sample")
    for text, kind in (("1", int), ("1.0", float), ("null", type(None))):
        config = parser.parse_args([f"--sample.batches={text}"])
        assert type(config.sample.batches) is kind
