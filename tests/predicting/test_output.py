"""What ``predict`` says about options that do not fit the data."""

import argparse

import pytest

from lightning_course.errors import UserError
from lightning_course.predicting.output import check_options


@pytest.mark.parametrize(
    ("fitting", "takes"), [(("text", "input"), "--text, --input"), ((), "no inputs: in Python")]
)
def test_an_option_that_does_not_fit_is_refused_with_those_that_do(fitting, takes):
    with pytest.raises(UserError, match=f"^--steps: task 'spam' predicts rows; it takes {takes}"):
        check_options(argparse.Namespace(run="r", steps=3, text=None), "spam", "rows", fitting)
