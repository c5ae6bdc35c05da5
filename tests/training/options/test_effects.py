import inspect

from lightning_course import datamodules
from lightning_course.comparing.folder import flatten
from lightning_course.training.options import effects


def test_the_options_are_those_of_data_modules() -> None:
    modules = [getattr(datamodules, name) for name in datamodules.__all__]
    known = {name for module in modules for name in inspect.signature(module).parameters}
    named = effects.DATA_WITHOUT_EFFECT | effects.DATA_FOR_TRAINING | effects.OWN_FILE
    assert named - known == set()


def test_runs_of_a_comparison_may_differ_in_what_changes_no_result() -> None:
    data = dict.fromkeys(effects.DATA_WITHOUT_EFFECT, 1) | {"seed": 3, "window": 10}
    config = {"runs": "there", "seed_everything": 3, "data": {"init_args": data}}
    assert flatten(config) == {"data.init_args.window": 10}
