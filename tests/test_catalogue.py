import subprocess
import sys

import pytest

from lightning_course import catalogue
from lightning_course.errors import UserError


def test_the_closest_task_is_suggested() -> None:
    with pytest.raises(UserError, match=r"unknown task 'spma' .*did you mean 'spam'"):
        catalogue.find("spma")


@pytest.mark.parametrize(
    ("argv", "rest"),
    [
        (["--task", "spam", "--data.seed", "1"], ["--data.seed", "1"]),
        (["--data.seed=1", "--task=spam"], ["--data.seed=1"]),
    ],
)
def test_the_task_is_taken_out_of_the_command_line(argv: list[str], rest: list[str]) -> None:
    task, left = catalogue.task_of(argv)
    assert task.name == "spam"
    assert left == rest


def test_an_option_without_its_value() -> None:
    with pytest.raises(UserError, match="option --task needs a value"):
        catalogue.task_of(["--data.seed=1", "--task"])


@pytest.mark.parametrize("argv", [[], ["--trainer.max_epochs", "3"]])
def test_a_command_line_without_a_task(argv: list[str]) -> None:
    with pytest.raises(UserError, match="--task NAME"):
        catalogue.task_of(argv)


def test_a_recipe_that_is_missing() -> None:
    with pytest.raises(UserError, match=r"nothing\.yaml is missing"):
        catalogue.config_path("nothing")


@pytest.mark.parametrize("task", catalogue.TASKS.values(), ids=lambda task: task.name)
def test_a_recipe_is_short_and_says_what_to_expect(task: catalogue.Task) -> None:
    lines = catalogue.config_path(task.name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# Chapter {task.chapter}: ")
    assert "# Expect " in "\n".join(lines)
    assert len(lines) <= 35


def test_the_listing_shows_every_task() -> None:
    lines = catalogue.listing().splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue.TASKS)


@pytest.mark.parametrize(
    "statement", ["import lightning_course", "import lightning_course.catalogue"]
)
def test_importing_is_quick_because_it_leaves_torch_and_yaml_alone(statement: str) -> None:
    code = f"{statement}, sys; sys.exit(bool({{'torch', 'yaml'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_can_be_imported() -> None:
    import lightning_course

    for name in lightning_course.__all__:
        assert getattr(lightning_course, name)
    assert set(lightning_course.__all__) <= set(dir(lightning_course))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lightning_course.nothing
