import pytest

from lightning_course.reports.chance import binomial_interval, verdict


def test_the_exact_interval_of_a_share() -> None:
    # 0.975 = (1 - low)^10 and the like at the ends: 1 - 0.025^(1/10).
    assert binomial_interval(0, 10) == pytest.approx((0, 1 - 0.025**0.1))
    assert binomial_interval(10, 10) == pytest.approx((0.025**0.1, 1))
    # In Clopper and Pearson's tables 5 of 10 has 0.187 to 0.813.
    assert binomial_interval(5, 10) == pytest.approx((0.187, 0.813), abs=5e-4)


def test_an_interval_that_holds_what_guessing_gives_is_no_better_than_it() -> None:
    assert verdict(208, 410, 0.485) == (
        "accuracy 50.7 % of 410: 95 % interval 45.8 to 55.7 %, which holds 50 % and the training "
        "majority's 48.5 %: no better than guessing"
    )


@pytest.mark.parametrize(
    ("correct", "majority", "ending"),
    [
        (900, 0.51, "above 50 % and the training majority's 51.0 %: better than guessing"),
        (100, 0.51, "below 50 % and the training majority's 51.0 %: worse than guessing"),
        (600, 0.6, "which holds the training majority's 60.0 %: no better than guessing"),
        (600, 0.8, "below the training majority's 80.0 %: no better than guessing"),
    ],
)
def test_the_verdict_weighs_both_ways_of_guessing(
    correct: int, majority: float, ending: str
) -> None:
    assert verdict(correct, 1_000, majority).endswith(f" %, {ending}")
